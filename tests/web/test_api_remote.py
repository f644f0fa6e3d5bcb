"""Quiet times, false alarms and the people of Telegram by the API; the gate's tests hold who may ask."""

from __future__ import annotations

from tests.web.conftest import Browser
from tests.web.fake_house import Built

from hearthwatch.alerts.remote import Role
from hearthwatch.kit.units import US_PER_S


async def test_a_camera_is_quiet_for_a_while_and_again_loud(built: Built, owner: Browser) -> None:
    now_us = built.house.clock.wall_us()
    quiet = (await owner.send_json("/api/v1/cameras/driveway/snooze", {"for_s": 600})).json()
    assert quiet["camera"] == "driveway"
    assert now_us + 590 * US_PER_S < quiet["until_us"] < now_us + 700 * US_PER_S
    listed = {each["camera"]: each["until_us"] for each in (await owner.get("/api/v1/snoozes")).json()}
    assert [camera for camera, until_us in listed.items() if until_us] == ["driveway"]
    await owner.send_json("/api/v1/snoozes", {"for_s": 60})
    assert all(each["until_us"] for each in (await owner.get("/api/v1/snoozes")).json())
    await owner.send_json("/api/v1/snoozes", {"for_s": 0})
    assert not any(each["until_us"] for each in (await owner.get("/api/v1/snoozes")).json())
    assert {(done[0], *done[2:]) for done in built.house.remote.done} == {("snooze", "ada", "page")}


async def test_a_snooze_has_bounds(owner: Browser) -> None:
    assert (await owner.send_json("/api/v1/cameras/driveway/snooze", {"for_s": 32 * 86_400})).status_code == 422
    assert (await owner.send_json("/api/v1/cameras/nowhere/snooze", {"for_s": 60})).status_code == 404


async def test_a_false_alarm_is_noted_shown_and_taken_back(owner: Browser) -> None:
    noted = await owner.send_json("/api/v1/events/e00100/false-alarm", {"false_alarm": True})
    assert noted.json()["false_alarm"] is True
    assert (await owner.get("/api/v1/events/e00100")).json()["event"]["false_alarm"] is True
    taken_back = await owner.send_json("/api/v1/events/e00100/false-alarm", {"false_alarm": False})
    assert taken_back.json()["false_alarm"] is False
    assert (await owner.send_json("/api/v1/events/nowhere/false-alarm", {"false_alarm": True})).status_code == 409


async def test_people_of_telegram_are_invited_promoted_and_removed(built: Built, owner: Browser) -> None:
    assert (await owner.send_json("/api/v1/telegram/enrol")).json()["bot"] == "elm_street_bot"
    assert built.house.phones.wanted is None
    await owner.send_json("/api/v1/telegram/enrol?role=viewer")
    assert built.house.phones.wanted is Role.VIEWER
    listed = (await owner.get("/api/v1/telegram/people")).json()
    assert [(one["name"], one["role"], one["chat_id"]) for one in listed] == [("Anna", "owner", 1000), ("Ben", "member", -77)]
    promoted = (await owner.send_json("/api/v1/telegram/people/2000/role", {"role": "owner"})).json()
    assert [one["role"] for one in promoted] == ["owner", "owner"]
    left = await owner.delete("/api/v1/telegram/people/2000", headers=owner.page_headers())
    assert [one["name"] for one in left.json()] == ["Anna"]
    stranger = await owner.send_json("/api/v1/telegram/people/666/role", {"role": "viewer"})
    assert (stranger.status_code, "666" in stranger.json()["detail"]) == (409, True)
    assert (await owner.send_json("/api/v1/telegram/enrol?role=king")).status_code == 422
