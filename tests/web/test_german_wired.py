"""The page in German: no sentence of its own is left in English, wherever one goes, and nothing is wider than a phone."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page
from tests.web.browsing import CHROMIUM
from tests.web.fake_house import NAMES, PASSWORD
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

CATALOGUE = Path(__file__).parents[2] / "ui" / "src" / "words" / "de"
HOLE = re.compile(r"\\\{\w+\\\}")
LEAST_LETTERS = 6

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
    "/settings": ".panel",
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

READ = """() => {
  for (const fold of document.querySelectorAll('details')) fold.open = true;
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement: parent, data } = walker.currentNode;
    if (data.trim() && !parent.closest('code, pre, script, style, textarea')) found.push(data.replace(/\\s+/g, ' ').trim());
  }
  for (const name of ['aria-label', 'title', 'placeholder', 'alt'])
    for (const element of document.querySelectorAll(`[${name}]`)) found.push(element.getAttribute(name));
  return found;
}"""
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def english() -> list[re.Pattern[str]]:
    """What the page says in English and otherwise in German, its holes open."""
    found = []
    for path in CATALOGUE.glob("*.json"):
        if path.stem == "house":  # what the house says, not the page
            continue
        for key, german in json.loads(path.read_text()).items():
            sentence = key.partition("|")[0]
            if sentence != german and sum(map(str.isalpha, re.sub(r"\{\w+\}", "", sentence))) >= LEAST_LETTERS:
                found.append(re.compile(HOLE.sub(".+", re.escape(sentence))))
    assert len(found) > 500
    return found


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
    keys = english()
    left: list[str] = []
    for path in PLACES:
        await settled(page, running.base, path)
        for text in sorted(set(await page.evaluate(READ))):
            if text not in NAMES.values() and any(key.fullmatch(text) for key in keys):
                left.append(f"{path}: {text}")
        for width in (390, 1440):
            await page.set_viewport_size({"width": width, "height": 900})
            if (wider := await page.evaluate(TOO_WIDE)) > 0:
                left.append(f"{path}: {wider} px wider than a screen of {width}")
            if folder := os.environ.get("GERMAN_PICTURES"):
                name = re.sub(r"\W+", "-", path.strip("/"))
                await page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)
    assert not left, "\n".join(left)
    assert watched.complaints == []
    await opened.close()
