"""The timeline by the API: who sees which lanes, small pictures, playing, and keeping a range."""

from __future__ import annotations

import pytest
from tests.web.conftest import Browser, Built, MakeBrowser
from tests.web.fake_house import PASSWORD

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.units import CameraId
from hearthwatch.web.accounts import Role
from hearthwatch.web.timeline_replies import LanesReply

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US


def day(clock: FakeClock, hours: float = 24) -> dict[str, int]:
    return {"start_us": clock.wall_us() - round(hours * HOUR_US), "end_us": clock.wall_us()}


async def test_all_cameras_come_in_one_answer(owner: Browser, clock: FakeClock, built: Built) -> None:
    told = (await owner.get("/api/v1/timeline", params=day(clock))).json()
    assert [lane["camera"] for lane in told["cameras"]] == list(built.house.cameras_on)
    front = told["cameras"][0]
    assert all(start < end and covered == 1 for start, end, covered in front["footage"])
    starts = [event[0] for event in front["events"]]
    assert starts == sorted(starts)
    assert {event[5] for event in front["events"]} == {"person"}
    assert told["arming"][0]["mode"] == "away"
    assert told["now_us"] == clock.wall_us()
    assert LanesReply.model_validate(told).model_dump(mode="json") == told


async def test_gaps_come_with_their_cause(owner: Browser, clock: FakeClock) -> None:
    told = (await owner.get("/api/v1/timeline", params=day(clock))).json()
    garage = next(lane for lane in told["cameras"] if lane["camera"] == "garage")
    start_us, end_us, reason, detail, count = garage["gaps"][-1]
    assert (end_us, reason, count) == (None, "network", 1)
    assert start_us < clock.wall_us()
    assert detail


@pytest.mark.parametrize(
    "asked",
    [
        {"start_us": 5, "end_us": 5},
        {"start_us": 0, "end_us": 94 * DAY_US},
        {"start_us": 0, "end_us": DAY_US, "cells": 5},
        {"start_us": 0, "end_us": DAY_US, "cells": 5000},
        {"start_us": -1, "end_us": DAY_US},
        {},
    ],
)
async def test_a_range_that_makes_no_sense_is_refused(owner: Browser, asked: dict) -> None:
    answer = await owner.get("/api/v1/timeline", params=asked)
    assert answer.status_code == 422
    assert answer.json()["detail"]


async def test_somebody_limited_to_a_camera_sees_its_lane_alone(
    built: Built, browser: MakeBrowser, owner: Browser, clock: FakeClock
) -> None:
    await built.add_user("neighbour", Role.VIEWER, PASSWORD, cameras=(CameraId("garden"),))
    client = browser()
    assert (await client.login("neighbour")).status_code == 200
    told = (await client.get("/api/v1/timeline", params=day(clock))).json()
    assert [lane["camera"] for lane in told["cameras"]] == ["garden"]
    at_us = clock.wall_us() - 5 * HOUR_US
    for path in ("thumb.jpg", "playback.mp4"):
        params = {"at_us": at_us, "start_us": at_us, "end_us": at_us + 10_000_000}
        assert (await client.get(f"/api/v1/cameras/driveway/{path}", params=params)).status_code == 404
        assert (await client.get(f"/api/v1/cameras/garden/{path}", params=params)).status_code == 200


async def test_a_thumbnail_is_a_small_picture_or_plainly_none(owner: Browser, clock: FakeClock) -> None:
    at_us = clock.wall_us() - 2 * HOUR_US
    answer = await owner.get("/api/v1/cameras/garden/thumb.jpg", params={"at_us": at_us})
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.content[:2] == b"\xff\xd8"
    assert answer.headers["cache-control"].startswith("private")
    none = await owner.get("/api/v1/cameras/garden/thumb.jpg", params={"at_us": 1})
    assert none.status_code == 404
    assert "no picture" in none.json()["detail"]


async def test_playback_says_what_its_times_mean(owner: Browser, clock: FakeClock) -> None:
    start_us = clock.wall_us() - 3 * HOUR_US
    params = {"start_us": start_us, "end_us": start_us + 20_000_000}
    answer = await owner.get("/api/v1/cameras/garden/playback.mp4", params=params)
    assert answer.content == b"whole"
    assert answer.headers["x-start-us"] == str(start_us)
    assert answer.headers["x-end-us"] == str(start_us + 20_000_000)
    assert answer.headers["x-mime"] == 'video/mp4; codecs="avc1.42c01e"'
    keys = await owner.get("/api/v1/cameras/garden/playback.mp4", params=params | {"keys": True})
    assert keys.content == b"keys"
    assert (await owner.get("/api/v1/cameras/garden/playback.mp4", params={"start_us": 1, "end_us": 2})).status_code == 409
    long = params | {"end_us": start_us + HOUR_US}
    assert (await owner.get("/api/v1/cameras/garden/playback.mp4", params=long)).status_code == 422


async def test_a_range_is_kept_and_let_go_of(owner: Browser, viewer: Browser, built: Built, clock: FakeClock) -> None:
    start_us = clock.wall_us() - 3 * HOUR_US
    body = {"start_us": start_us, "end_us": start_us + 120_000_000}
    answer = await owner.send_json("/api/v1/cameras/garden/keep", body)
    assert answer.status_code == 200
    assert answer.json()["segments"] >= 2
    assert built.house.pinned == [("garden", start_us, start_us + 120_000_000)]
    assert (await owner.send_json("/api/v1/cameras/garden/keep", body | {"kept": False})).status_code == 200
    assert built.house.pinned == []
    assert (await viewer.send_json("/api/v1/cameras/garden/keep", body)).status_code == 403
    for wrong in ({"end_us": start_us}, {"end_us": start_us + 2 * DAY_US}, {"start_us": clock.wall_us() + HOUR_US}):
        assert (await owner.send_json("/api/v1/cameras/garden/keep", body | wrong)).status_code == 422


async def test_nobody_sees_anything_without_a_log_in(browser: MakeBrowser, clock: FakeClock) -> None:
    for path in ("timeline", "cameras/garden/thumb.jpg", "cameras/garden/playback.mp4", "shares"):
        assert (await browser().get(f"/api/v1/{path}", params=day(clock))).status_code == 401
