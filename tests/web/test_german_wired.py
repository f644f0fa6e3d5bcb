"""The page in German: no sentence of its own is left in English, wherever one goes, and nothing is wider than a phone; and the
switch between the languages."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect
from tests.web.browsing import CHROMIUM, Settled
from tests.web.fake_house import PASSWORD
from tests.web.languages import english, faults
from tests.web.running import Running
from tests.web.test_browser import chromium, open_page, running  # noqa: F401 fixtures

from hearthwatch.web.accounts import Role
from hearthwatch.web.page import BUILT

pytestmark = [
    pytest.mark.wired,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (make test installs it)"),
    pytest.mark.skipif(not (BUILT / "index.html").exists(), reason="the page is not built (make setup builds it)"),
]

PLACES = {
    "/": ".tile",
    "/?camera=front-door": ".enlarged .live-bar",
    "/events": ".card",
    "/events/e00100": ".event-side",
    "/timeline": ".tl-row",
    "/cameras": ".camera-row",
    "/cameras/front-door": ".timeline",
    "/alerts": ".alert",
    "/settings": ".panel",
    "/nowhere": ".empty",
    "/logins": "h1",
    "/cameras/front-door/door": ".door-id, .note",
    "/audit": ".scores, .empty",
    "/copies": ".copy-list, .empty",
    "/logs": ".log, .empty",
    "/done": ".feed, .empty",
    "/house": ".matrix",
    "/settings/all": ".set-card",
    "/settings/all?page=camera.front-door": ".set-card",
    "/settings/account": ".panel",
    "/settings/people": ".access-list",
    "/settings/programs": ".empty, .access-list",
    "/settings/trail": ".feed, .empty",
    "/cameras/add": ".find-start",
    "/cameras/front-door/zones": ".zones-stage",
} | {
    f"/welcome?step={step}": "h1"
    for step in (
        "cameras",
        "zones",
        "tellings",
        "phone",
        "mail",
        "people",
        "storage",
        "backup",
        "detector",
        "outside",
        "account",
        "end",
    )
}


async def test_nothing_of_the_page_is_left_in_english(chromium: Browser, running: Running) -> None:  # noqa: F811
    await running.built.add_user("ada", Role.OWNER)
    opened, watched = await open_page(chromium, running, locale="de-DE")
    page = watched.page
    settled = Settled(page)
    keys = english() + english(of_the_house=True)
    left: list[str] = []

    async def look(path: str) -> None:
        for width in (1440, 390):
            await page.set_viewport_size({"width": width, "height": 900})
            await settled.quiet()
            left.extend(each for each in await faults(page, path, keys) if each not in left)

    await page.goto(running.base)
    await page.wait_for_selector(".enter-card")
    await look("entry")
    await page.locator("input[autocomplete=username]").fill("ada")
    await page.locator("input[type=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".shell")
    assert await page.locator("html").get_attribute("lang") == "de"
    for path, sign in PLACES.items():
        await settled.go(path)
        await page.wait_for_selector(sign, state="attached")
        await look(path)
    assert not left, "\n".join(left)
    assert watched.complaints == []
    await opened.close()


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
