"""The page in German: no sentence of its own is left in English, wherever one goes, and nothing is wider than a phone."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page
from tests.web.browsing import CHROMIUM
from tests.web.fake_house import PASSWORD
from tests.web.languages import english, faults
from tests.web.running import Running
from tests.web.test_browser import chromium, open_page, running  # noqa: F401 fixtures

from hearthwatch.web.accounts import Role
from hearthwatch.web.page import BUILT

pytestmark = [
    pytest.mark.wired,
    pytest.mark.timeout(180),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (make test installs it)"),
    pytest.mark.skipif(not (BUILT / "index.html").exists(), reason="the page is not built (make setup builds it)"),
]

PLACES = {
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


async def settled(page: Page, base: str, path: str) -> None:
    await page.goto(base + path)
    await page.wait_for_selector(PLACES[path], state="attached")


async def test_nothing_of_the_page_is_left_in_english(chromium: Browser, running: Running) -> None:  # noqa: F811
    await running.built.add_user("ada", Role.OWNER)
    opened, watched = await open_page(chromium, running, locale="de-DE")
    page = watched.page
    await page.goto(running.base)
    await page.locator("input[autocomplete=username]").fill("ada")
    await page.locator("input[type=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".shell")
    assert await page.locator("html").get_attribute("lang") == "de"
    keys = english() + english(of_the_house=True)
    left: list[str] = []
    for path in PLACES:
        tries = 30
        await settled(page, running.base, path)
        for width in (1440, 390):
            await page.set_viewport_size({"width": width, "height": 900})
            found = await faults(page, path, keys)
            while found and (tries := tries - 1) > 0:  # what the house says is read after the page
                await page.wait_for_timeout(100)
                found = await faults(page, path, keys)
            left += [each for each in found if each not in left]
    assert not left, "\n".join(left)
    assert watched.complaints == []
    await opened.close()
