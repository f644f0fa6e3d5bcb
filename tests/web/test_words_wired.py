"""The language of the page: the wall, the events and the timeline in German, and the switch between the languages."""

from __future__ import annotations

import os

import pytest
from playwright.async_api import Browser, expect
from tests.web.browsing import CHROMIUM
from tests.web.fake_house import PASSWORD
from tests.web.languages import english, faults
from tests.web.running import Running
from tests.web.test_browser import chromium, logged_in, open_page, running  # noqa: F401 fixtures

from hearthwatch.web.accounts import Role
from hearthwatch.web.page import BUILT

pytestmark = [
    pytest.mark.wired,
    pytest.mark.timeout(180),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (make test installs it)"),
    pytest.mark.skipif(not (BUILT / "index.html").exists(), reason="the page is not built (make setup builds it)"),
]

PLACES = {
    "/": ".tile",
    "/?camera=front-door": ".enlarged .live-bar",
    "/events": ".card",
    "/timeline": ".tl-row",
    "/cameras": ".camera-row",
    "/cameras/front-door": ".timeline",
    "/alerts": ".alert",
    "/settings": ".panel",
    "/nowhere": ".empty",
}


async def left_over(chromium: Browser, running: Running, width: int) -> list[str]:  # noqa: F811
    """Visit each place in German; return what was English all the same, or too wide."""
    opened, watched = await open_page(chromium, running, locale="de-DE", viewport={"width": width, "height": 900})
    page = watched.page
    keys = english()
    left: list[str] = []

    await page.goto(running.base)
    await expect(page.locator("html")).to_have_attribute("lang", "de")
    await page.wait_for_selector(".enter-card")
    left += await faults(page, "entry", keys)
    await page.locator("input[autocomplete=username]").fill("ada")
    await page.locator("input[type=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".shell")
    for path, sign in PLACES.items():
        await page.goto(running.base + path)
        await page.wait_for_selector(sign)
        left += await faults(page, path, keys)
    await page.goto(running.base + "/events")
    await page.locator(".card").first.click()
    await page.wait_for_selector(".event-side")
    left += await faults(page, "event", keys)
    assert watched.complaints == []
    await opened.close()
    return left


async def test_nothing_is_left_in_english(chromium: Browser, running: Running) -> None:  # noqa: F811
    await running.built.add_user("ada", Role.OWNER)
    assert await left_over(chromium, running, int(os.environ.get("GERMAN_WIDTH", "390"))) == []


async def test_the_language_is_chosen_at_the_entry_and_in_the_settings(chromium: Browser, running: Running) -> None:  # noqa: F811
    await running.built.add_user("ada", Role.OWNER)
    opened, watched = await open_page(chromium, running, locale="fr-FR")
    page = watched.page
    await page.goto(running.base)
    await expect(page.get_by_role("heading", name="Welcome home")).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await page.get_by_role("button", name="Deutsch").click()
    await expect(page.get_by_role("heading", name="Willkommen zu Hause")).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("lang", "de")
    await page.get_by_label("Name").fill("ada")
    await page.get_by_label("Passwort").fill(PASSWORD)
    await page.get_by_role("button", name="Anmelden").click()
    await page.wait_for_selector(".shell")
    await page.goto(running.base + "/settings")
    choice = page.get_by_role("group", name="Sprache")
    await expect(choice.get_by_role("button", name="Deutsch")).to_have_attribute("aria-pressed", "true")
    await choice.get_by_role("button", name="English").click()
    await expect(page.get_by_role("heading", name="Settings", level=1)).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await opened.close()
