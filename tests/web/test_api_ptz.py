"""Moving cameras by the API: what a camera can do, moving, stopping, presets, and who may."""

from __future__ import annotations

import pytest
from tests.web.conftest import Browser
from tests.web.fake_house import Built

from hearthwatch.web.doors import CameraState

PTZ = "/api/v1/cameras/driveway/ptz"


async def test_an_owner_moves_a_camera_and_turns_it_to_a_preset(built: Built, owner: Browser) -> None:
    reach = (await owner.get(PTZ)).json()
    assert reach["moves"] == ["down", "left", "right", "up", "zoom-in", "zoom-out"]
    assert reach["presets"] == [{"number": 1, "name": "Gate"}, {"number": 2, "name": ""}]
    assert (await owner.send_json(f"{PTZ}/move", {"move": "left", "hold": "a-1"})).status_code == 204
    assert (await owner.send_json(f"{PTZ}/stop", {"hold": "a-1"})).status_code == 204
    assert (await owner.send_json(f"{PTZ}/preset", {"preset": 2})).status_code == 204
    assert built.house.heads.asked == [
        ("driveway", "left", "0.5", "a-1"),
        ("driveway", "stop", "a-1"),
        ("driveway", "preset", "2"),
    ]
    found = (await owner.get("/api/v1/access/trail", params={"camera": "driveway"})).json()["deeds"]
    assert [(each["who"], each["deed"]) for each in found] == [("ada", "moved-camera")]


async def test_a_camera_that_stands_still_says_so(owner: Browser) -> None:
    assert (await owner.get("/api/v1/cameras/garden/ptz")).json() == {"moves": [], "presets": []}
    refused = await owner.send_json("/api/v1/cameras/garden/ptz/move", {"move": "left"})
    assert refused.status_code == 409
    assert "cannot be moved" in refused.json()["detail"]
    assert (await owner.send_json("/api/v1/cameras/cellar/ptz/move", {"move": "left"})).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"move": "sideways"},
        {"move": "left", "speed_frac": 0},
        {"move": "left", "hold": "x y"},
        {"move": "left", "for_s": 60},
    ],
)
async def test_what_is_no_move_moves_nothing(built: Built, owner: Browser, body: dict[str, object]) -> None:
    assert (await owner.send_json(f"{PTZ}/move", body)).status_code == 422
    assert built.house.heads.asked == []


async def test_a_private_camera_is_not_moved_but_may_be_stopped(built: Built, owner: Browser) -> None:
    built.house.states["driveway"] = CameraState.PRIVATE
    assert (await owner.send_json(f"{PTZ}/move", {"move": "left"})).status_code == 409
    assert (await owner.send_json(f"{PTZ}/preset", {"preset": 1})).status_code == 409
    assert (await owner.send_json(f"{PTZ}/stop")).status_code == 204
    assert built.house.heads.asked == [("driveway", "stop", "")]


async def test_a_viewer_moves_nothing(built: Built, viewer: Browser) -> None:
    assert (await viewer.get(PTZ)).status_code == 403
    for what in ("move", "stop", "preset"):
        assert (await viewer.send_json(f"{PTZ}/{what}", {"move": "left"})).status_code == 403
    assert built.house.heads.asked == []
