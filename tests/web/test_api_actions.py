"""Actions on the page: what there is, trying one out, switching it off, and who may."""

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


async def test_an_owner_tries_one_out_and_switches_it_off(built: Built, owner: Browser) -> None:
    assert [(one["name"], one["on_since_us"]) for one in (await owner.get("/api/v1/actions")).json()] == [
        ("siren", None),
        ("lamp", None),
    ]
    tried = (await owner.send_json("/api/v1/actions/siren/test")).json()
    assert (tried["turn"], tried["done"], tried["why"]) == ("on", True, "test by ada (page)")
    assert (await owner.get("/api/v1/actions")).json()[0]["on_since_us"] == tried["at_us"]
    assert (await owner.send_json("/api/v1/actions/siren/off")).json()["turn"] == "off"
    assert [one["turn"] for one in (await owner.get("/api/v1/actions/trail?limit=5")).json()] == ["off", "on"]


async def test_one_that_fails_says_why_and_one_there_is_not_is_refused(owner: Browser) -> None:
    failed = (await owner.send_json("/api/v1/actions/lamp/test")).json()
    assert failed["done"] is False
    assert "pins" in failed["text"]
    refused = await owner.send_json("/api/v1/actions/horn/test")
    assert refused.status_code == 409
    assert "no action horn" in refused.json()["detail"]
    assert (await owner.send_json("/api/v1/actions/UP/test")).status_code == 422


async def test_who_may(built: Built, browser) -> None:
    statuses = {}
    for role in Role:
        await built.add_user(f"u-{role.value}", role)
        made = browser()
        await made.login(f"u-{role.value}")
        look, test, off = (
            await made.get("/api/v1/actions"),
            await made.send_json("/api/v1/actions/siren/test"),
            await made.send_json("/api/v1/actions/siren/off"),
        )
        statuses[role] = (look.status_code, test.status_code, off.status_code)
    assert statuses[Role.OWNER] == (200, 200, 200)
    assert all(found[:2] == (200, 403) for role, found in statuses.items() if role is not Role.OWNER)
    assert (await browser().send_json("/api/v1/actions/siren/off")).status_code in {401, 403}
