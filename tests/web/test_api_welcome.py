"""Setting up by the API: who may, what is kept, and what is answered once and by nobody stored."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.web.conftest import Browser
from tests.web.fake_house import Built

from hearthwatch.web.welcome_doors import Opening, RouterSays, Trial

PATH = "/api/v1/welcome"


async def test_how_far_one_came_is_kept(owner: Browser) -> None:
    assert (await owner.get(PATH)).json() == {"steps": {}, "closed": False, "has_camera": True}
    await owner.send_json(PATH, {"steps": {"cameras": "done"}})
    answer = await owner.send_json(PATH, {"steps": {"zones": "skipped"}, "closed": True})
    assert answer.json() == {"steps": {"cameras": "done", "zones": "skipped"}, "closed": True, "has_camera": True}
    assert (await owner.send_json(PATH, {"steps": {"cooking": "done"}})).status_code == 422


async def test_a_try_says_how_it_ended(owner: Browser, built: Built) -> None:
    built.house.welcome.mail_ends = Trial(works=False, text="Mail server mail.example.org refuses our login.")
    assert (await owner.send_json(f"{PATH}/mail")).json()["works"] is False
    assert built.house.welcome.mails == 1
    answer = await owner.send_json(f"{PATH}/targets/nas", {"create": True})
    assert (answer.json()["works"], built.house.welcome.tried) == (True, [("nas", True)])


async def test_disks_and_ways_in(owner: Browser) -> None:
    assert [disk["kind"] for disk in (await owner.get(f"{PATH}/disks")).json()] == ["card", "ssd"]
    assert (await owner.get(f"{PATH}/outside")).json()["https_port"] == 8443


async def test_keys_are_made_anew_and_kept_nowhere(owner: Browser, built: Built) -> None:
    made = [await owner.send_json(f"{PATH}/tunnel", {"endpoint": "home.example.org"}) for _ in range(2)]
    assert made[0].json()["server"] != made[1].json()["server"]
    assert made[0].headers["cache-control"] == "no-store"
    keys = await owner.send_json(f"{PATH}/seal-keys")
    assert keys.headers["cache-control"] == "no-store"
    assert keys.json()["identity"].startswith("AGE-SECRET-KEY-")
    assert keys.json()["identity"] not in built.house.config.text
    wrong = await owner.send_json(f"{PATH}/tunnel", {"endpoint": "https://home.example.org"})
    assert wrong.status_code == 409
    assert "without https://" in wrong.json()["detail"]


@pytest.mark.parametrize("path", ["", "/disks", "/outside"])
async def test_only_the_owner_sets_up(viewer: Browser, browser, path: str) -> None:
    assert (await viewer.get(PATH + path)).status_code == 403
    assert (await browser().get(PATH + path)).status_code == 401
    assert (await viewer.send_json(f"{PATH}/tunnel", {"endpoint": "home.example.org"})).status_code == 403


async def test_whether_the_page_is_open_to_the_internet(owner: Browser, viewer: Browser, built: Built) -> None:
    opening = Opening(protocol="TCP", outer_port=443, inner_port=8443, what="Hearthwatch", is_page=True)
    welcome = built.house.welcome
    welcome.seen_from_outside = replace(
        welcome.seen_from_outside, says=RouterSays.ALL, openings=(opening,), public=("9.9.9.9",)
    )
    answer = (await owner.send_json("/api/v1/welcome/outside")).json()
    assert (answer["says"], answer["public"], answer["openings"][0]["is_page"]) == ("all", ["9.9.9.9"], True)
    assert (await viewer.send_json("/api/v1/welcome/outside")).status_code == 403
