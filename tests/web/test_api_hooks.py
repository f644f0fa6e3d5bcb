"""Cameras call: only with the secret word, and what they post is nobody's business."""

from __future__ import annotations

import pytest
from tests.web.conftest import Browser
from tests.web.fake_hooks import WORD
from tests.web.fake_house import Built

from hearthwatch.web.accounts import Role


@pytest.fixture
async def owner(built: Built, browser) -> Browser:
    await built.add_user("ada", Role.OWNER)
    made = browser()
    await made.login("ada")
    return made


async def test_the_owner_is_told_what_to_enter_at_the_camera(built: Built, owner: Browser) -> None:
    camera = built.house.cameras_on[0]
    assert (await owner.get(f"/api/v1/cameras/{camera}/hook")).json() == {"path": f"/api/v1/hooks/{camera}/{WORD}"}
    assert (await owner.get("/api/v1/cameras/none/hook")).status_code == 404


async def test_a_camera_calls_without_being_a_page(built: Built, owner: Browser, browser) -> None:
    camera = built.house.cameras_on[0]
    stranger = browser()
    path = f"/api/v1/hooks/{camera}/{WORD}"
    assert (await stranger.get(path)).status_code == 204
    assert (await stranger.request("POST", path, content=b"{not json at all")).status_code == 204
    assert [name for name, _address in built.house.hooks.called] == [camera, camera]


async def test_what_is_wrong_is_nowhere(built: Built, owner: Browser, browser) -> None:
    camera = built.house.cameras_on[0]
    stranger = browser()
    assert (await stranger.get(f"/api/v1/hooks/{camera}/{'0' * 32}")).status_code == 404
    assert (await stranger.request("POST", f"/api/v1/hooks/{camera}/{'0' * 32}", content=b"x")).status_code == 404
    assert (await stranger.request("POST", f"/api/v1/hooks/{camera}/{WORD}", content=b"x" * 65_537)).status_code == 413
    assert built.house.hooks.called == []
