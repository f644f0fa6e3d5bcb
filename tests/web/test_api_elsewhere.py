"""The timeline shows what is only elsewhere, and one route says where that is and how to get it back."""

from __future__ import annotations

import shlex

import pytest
from tests.web.conftest import Browser, Built
from tests.web.fake_elsewhere import MINUTE_US

HOUR_US = 60 * MINUTE_US
CAMERA = "/api/v1/cameras/garden"


@pytest.fixture
def gone(built: Built) -> tuple[int, int]:
    """An hour of the garden that ended two hours ago and is no longer here."""
    now_us = built.house.clock.wall_us()
    start_us = now_us - now_us % MINUTE_US - 3 * HOUR_US
    built.house.gone.append(("garden", start_us, start_us + HOUR_US))
    return start_us, start_us + HOUR_US


async def test_the_timeline_keeps_what_is_only_elsewhere(viewer: Browser, gone: tuple[int, int]) -> None:
    start_us, end_us = gone
    asked = {"start_us": start_us - HOUR_US, "end_us": end_us + HOUR_US}
    found = (await viewer.get(f"{CAMERA}/timeline", params=asked)).json()
    nas, pc = {"target": "nas", "sealed": True}, {"target": "pc", "sealed": False}
    half_us = (start_us + end_us) // 2
    assert found["elsewhere"] == [
        {"start_us": start_us, "end_us": half_us, "places": [nas]},
        {"start_us": half_us, "end_us": end_us, "places": [nas, pc]},
    ]
    assert found["spans"]
    assert not any(span["start_us"] < end_us and span["end_us"] > start_us for span in found["spans"])


async def test_what_is_here_is_not_elsewhere(viewer: Browser, gone: tuple[int, int]) -> None:
    asked = {"start_us": gone[1], "end_us": gone[1] + HOUR_US}
    assert (await viewer.get(f"{CAMERA}/elsewhere", params=asked)).json() == {"spans": [], "ways": []}
    assert (await viewer.get("/api/v1/cameras/driveway/elsewhere", params=asked)).json()["spans"] == []


async def test_each_place_has_its_way_back(viewer: Browser, gone: tuple[int, int]) -> None:
    end_us = gone[1]
    asked = {"start_us": end_us - 5 * MINUTE_US, "end_us": end_us + MINUTE_US}
    found = (await viewer.get(f"{CAMERA}/elsewhere", params=asked)).json()
    nas, pc = found["ways"]
    words = shlex.split(nas["command"])
    assert words[:4] == ["hearthwatch", "offsite", "restore", "nas"]
    assert (nas["sealed"], nas["files"], "--identity" in words) == (True, [], True)
    assert (pc["sealed"], "--identity" in shlex.split(pc["command"])) == (False, False)
    assert len(pc["files"]) == 5
    assert pc["files"][0].startswith("garden/")
    assert (nas["start_us"], nas["end_us"]) == (end_us - 5 * MINUTE_US, end_us)


@pytest.mark.parametrize("length_us", [0, 25 * HOUR_US])
async def test_a_range_of_a_wrong_length_is_refused(length_us: int, viewer: Browser) -> None:
    answer = await viewer.get(f"{CAMERA}/elsewhere", params={"start_us": HOUR_US, "end_us": HOUR_US + length_us})
    assert answer.status_code == 422
