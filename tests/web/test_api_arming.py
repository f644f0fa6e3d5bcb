"""How the house is armed, by the API."""

from __future__ import annotations

import pytest
from tests.arming.scene import person
from tests.web.conftest import Browser
from tests.web.fake_house import PASSWORD, Built

from hearthwatch.arming.arming import ArmingOptions, Disarm, Mode
from hearthwatch.web.accounts import Role

ARMING = "/api/v1/arming"


@pytest.fixture
async def owner(built: Built, browser) -> Browser:
    await built.add_user("ada", Role.OWNER)
    made = browser()
    await made.login("ada")
    return made


async def test_how_it_is_armed_and_who_said_so(built: Built, owner: Browser) -> None:
    now = (await owner.get(ARMING)).json()
    assert (now["mode"], now["cause"], now["question"]) == ("away", "start", None)
    until_us = built.house.clock.wall_us() + 3_600_000_000
    answer = await owner.send_json(ARMING, {"mode": "disarmed", "until_us": until_us, "password": PASSWORD})
    assert answer.status_code == 200
    said = answer.json()
    assert (said["mode"], said["who"], said["via"], said["until_us"]) == ("disarmed", "ada", "page", until_us)
    await owner.send_json(ARMING, {"mode": "auto"})
    lines = (await owner.get(f"{ARMING}/changes")).json()
    assert [(line["before"], line["mode"]) for line in lines] == [("disarmed", "away"), ("away", "disarmed")]
    older = (await owner.get(f"{ARMING}/changes?before={lines[0]['number']}&limit=1")).json()
    assert older == [lines[1]]


@pytest.mark.parametrize("wanted", ["disarmed", "home", "disabled", "auto"])
@pytest.mark.parametrize("password", ["", "not the password"])
async def test_sec_07_a_page_left_open_disarms_nothing(built: Built, owner: Browser, wanted: str, password: str) -> None:
    answer = await owner.send_json(ARMING, {"mode": wanted, "password": password})
    assert answer.status_code == 403
    assert "password" in answer.json()["detail"]
    assert built.house.arming.state.number == 0


async def test_passwords_are_not_guessed_here_either(built: Built, owner: Browser) -> None:
    codes = [(await owner.send_json(ARMING, {"mode": "disarmed", "password": "wrong"})).status_code for _ in range(12)]
    assert codes[-1] == 429
    assert built.house.arming.state.mode is Mode.AWAY


async def test_arming_needs_no_password(built: Built, owner: Browser) -> None:
    assert (await owner.send_json(ARMING, {"mode": "away"})).json()["cause"] == "person"


async def test_what_cannot_be_done_is_said(built: Built, owner: Browser) -> None:
    await owner.send_json(ARMING, {"mode": "disabled", "password": PASSWORD})
    answer = await owner.send_json(ARMING, {"mode": "away"})
    assert (answer.status_code, answer.json()["detail"]) == (409, "Intrusion alerts are disabled. Enable them first.")
    assert (await owner.send_json(ARMING, {"mode": "asleep"})).status_code == 422


async def test_the_houses_question(built: Built, owner: Browser) -> None:
    house = built.house.arming
    house.options, house.people = ArmingOptions(disarm=Disarm.CONFIRM), (person("anna", home=True),)
    house.look()
    question = (await owner.get(ARMING)).json()["question"]
    assert question["people"] == ["Anna"]
    yes = {"number": question["number"], "yes": True}
    assert (await owner.send_json(f"{ARMING}/answer", yes)).status_code == 403
    answer = await owner.send_json(f"{ARMING}/answer", {**yes, "password": PASSWORD})
    assert (answer.json()["mode"], answer.json()["question"]) == ("home", None)
    assert (await owner.send_json(f"{ARMING}/answer", {**yes, "password": PASSWORD})).status_code == 409


async def test_a_viewer_sees_and_decides_nothing(built: Built, browser) -> None:
    await built.add_user("bob", Role.VIEWER)
    viewer = browser()
    await viewer.login("bob")
    assert (await viewer.get(ARMING)).status_code == 200
    assert (await viewer.send_json(ARMING, {"mode": "away"})).status_code == 403
    assert built.house.arming.state.number == 0


async def test_what_the_disk_does_not_take_is_said(built: Built, owner: Browser) -> None:
    built.house.arming.stored = False
    assert (await owner.send_json(ARMING, {"mode": "away"})).json()["stored"] is False
