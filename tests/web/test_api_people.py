"""Who is home by the API, and the signed address that needs no page."""

from __future__ import annotations

import pytest
from tests.web.conftest import Browser
from tests.web.fake_house import Built
from tests.web.fake_people import ANNA_SIGN

from hearthwatch.web.accounts import Role


@pytest.fixture
async def viewer(built: Built, browser) -> Browser:
    await built.add_user("ada", Role.VIEWER)
    made = browser()
    await made.login("ada")
    return made


async def test_who_looks_sees_who_is_home_and_by_what_that_is_known(built: Built, viewer: Browser, browser) -> None:
    anna, ben = (await viewer.get("/api/v1/people")).json()
    assert (anna["name"], anna["home"], anna["answered"]["means"], anna["answered"]["is_answer"]) == ("Anna", True, "arp", True)
    assert [device["device"] for device in anna["devices"]] == ["phone", "tag"]
    assert (ben["home"], ben["answered"], ben["seen"]["is_answer"]) == (True, None, False)
    assert (await browser().get("/api/v1/people")).status_code == 401


async def test_a_phone_says_it_is_home_without_being_a_page(built: Built, browser) -> None:
    phone = browser()
    for word in ("home", "away"):
        assert (await phone.request("POST", f"/api/v1/ping/anna/phone/{word}?token={ANNA_SIGN}")).status_code == 200
    assert built.house.people.said == [("anna.phone", "home"), ("anna.phone", "away")]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/api/v1/ping/anna/phone/home?token=wrong", 403),
        ("POST", "/api/v1/ping/ben/phone/home?token=right", 403),
        ("POST", "/api/v1/ping/anna/phone/home", 422),
        ("POST", "/api/v1/ping/anna/phone/disarm?token=right", 422),
        ("POST", "/api/v1/ping/ANNA/phone/home?token=right", 422),
        ("POST", f"/api/v1/ping/anna/phone/home?token={'x' * 200}", 422),
        ("GET", "/api/v1/ping/anna/phone/home?token=right", 405),
    ],
)
async def test_what_is_not_signed_says_nothing(built: Built, browser, method: str, path: str, status: int) -> None:
    assert (await browser().request(method, path)).status_code == status
    assert built.house.people.said == []
