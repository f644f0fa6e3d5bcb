from __future__ import annotations

import pytest
from tests.web.conftest import Browser
from tests.web.fake_house import Built

from hearthwatch.web.accounts import Role


@pytest.fixture
async def owner(built: Built, browser) -> Browser:
    await built.add_user("ada", Role.OWNER)
    made = browser()
    await made.login("ada")
    return made


async def test_the_doors_say_who_each_camera_is(built: Built, owner: Browser) -> None:
    [door] = (await owner.get("/api/v1/doors")).json()
    assert (door["camera"], door["reach"], door["vendor"]) == (built.house.cameras_on[0], "stranger", "dahua")
    assert (door["mac"], door["serial"], door["firmware"]) == ("9c:8e:cd:00:11:22", "AMC1", "2.520")
    assert "mark" not in door


async def test_the_owner_accepts_a_new_device(built: Built, owner: Browser) -> None:
    camera = built.house.cameras_on[0]
    answer = await owner.send_json(f"/api/v1/cameras/{camera}/door/accept")
    assert answer.json()["reach"] == "open"
    assert built.house.known.accepted == [camera]
    assert (await owner.send_json("/api/v1/cameras/none/door/accept")).status_code == 404


async def test_who_may_only_look_may_neither(built: Built, browser) -> None:
    await built.add_user("bob", Role.VIEWER)
    viewer = browser()
    await viewer.login("bob")
    assert (await viewer.get("/api/v1/doors")).status_code == 403
    assert (await viewer.send_json(f"/api/v1/cameras/{built.house.cameras_on[0]}/door/accept")).status_code == 403
    assert built.house.known.accepted == []
