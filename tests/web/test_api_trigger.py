"""Sensors elsewhere call a secret address: only with its word, and what they post is nobody's business."""

from __future__ import annotations

import pytest
from tests.web.conftest import Browser
from tests.web.fake_house import Built
from tests.web.fake_trigger import WORD

from hearthwatch.feeds.sensor import TriggerOptions
from hearthwatch.web.accounts import Role


@pytest.fixture
async def owner(built: Built, browser) -> Browser:
    await built.add_user("ada", Role.OWNER)
    made = browser()
    await made.login("ada")
    return made


async def test_the_owner_is_told_what_the_sensor_shall_call(built: Built, owner: Browser, browser) -> None:
    camera = built.house.cameras_on[0]
    assert (await owner.get(f"/api/v1/cameras/{camera}/trigger")).status_code == 404, "it has none"
    built.house.triggers.cameras[camera] = TriggerOptions(pin=17, webhook=True, label="pir")
    told = (await owner.get(f"/api/v1/cameras/{camera}/trigger")).json()
    assert (told["path"], told["pin"], told["label"]) == (f"/api/v1/triggers/{camera}/{WORD}", 17, "pir")
    built.house.triggers.cameras[camera] = TriggerOptions(mqtt=True)
    told = (await owner.get(f"/api/v1/cameras/{camera}/trigger")).json()
    assert (told["path"], told["pin"], told["mqtt"]) == ("", None, True)
    assert (await browser().get(f"/api/v1/cameras/{camera}/trigger")).status_code == 401


async def test_a_sensor_calls_without_being_a_page(built: Built, owner: Browser, browser) -> None:
    camera = built.house.cameras_on[0]
    built.house.triggers.cameras[camera] = TriggerOptions(webhook=True)
    path = f"/api/v1/triggers/{camera}/{WORD}"
    assert (await browser().get(path)).status_code == 204
    assert (await browser().request("POST", path, content=b"{not json at all")).status_code == 204
    assert built.house.triggers.called == [camera, camera]


async def test_what_is_wrong_is_nowhere(built: Built, owner: Browser, browser) -> None:
    camera = built.house.cameras_on[0]
    built.house.triggers.cameras[camera] = TriggerOptions(webhook=True)
    assert (await browser().get(f"/api/v1/triggers/{camera}/{'0' * 32}")).status_code == 404
    assert (await browser().request("POST", f"/api/v1/triggers/none/{WORD}", content=b"x")).status_code == 404
    assert (await browser().request("POST", f"/api/v1/triggers/{camera}/{WORD}", content=b"x" * 65_537)).status_code == 413
    assert built.house.triggers.called == []
