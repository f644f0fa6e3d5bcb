"""What a page says, and whether it is English where it should be German."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from playwright.async_api import Page

CATALOGUE = Path(__file__).parents[2] / "ui" / "src" / "words" / "de"
HOLE = re.compile(r"\\\{\w+\\\}")
LEAST_LETTERS = 6
NAMED = {"Front door", "Garden", "Garage"}
"""What the fake house has as names of cameras, and a set-up proposes."""

READ = """() => {
  for (const fold of document.querySelectorAll('details')) fold.open = true;
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement: parent, data } = walker.currentNode;
    if (data.trim() && !parent.closest('code, pre, script, style, textarea, .set-item, .is-code')) found.push(data.replace(/\\s+/g, ' ').trim());
  }
  for (const name of ['aria-label', 'title', 'placeholder', 'alt'])
    for (const element of document.querySelectorAll(`[${name}]`)) found.push(element.getAttribute(name));
  return [...new Set(found)].sort();
}"""
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def english(*, of_the_house: bool = False) -> list[re.Pattern[str]]:
    """What the page says in English and otherwise in German, its holes open."""
    found = []
    for path in CATALOGUE.glob("*.json"):
        if (path.stem == "house") is not of_the_house:
            continue
        for key, german in json.loads(path.read_text()).items():
            sentence = key.partition("|")[0]
            if (
                sentence != german
                and sentence not in NAMED
                and sum(map(str.isalpha, re.sub(r"\{\w+\}", "", sentence))) >= LEAST_LETTERS
            ):
                found.append(re.compile(HOLE.sub(".+", re.escape(sentence))))
    return found


async def faults(page: Page, name: str, keys: list[re.Pattern[str]]) -> list[str]:
    """Return what the page shows in English, and whether it is wider than its screen; a picture of it goes to GERMAN_PICTURES."""
    texts = await page.evaluate(READ)
    found = [f"{name}: {text}" for text in texts if any(key.fullmatch(text) for key in keys)]
    wider = await page.evaluate(TOO_WIDE)
    if wider > 0:
        found.append(f"{name}: {wider} px wider than the screen")
    if folder := os.environ.get("GERMAN_PICTURES"):
        width = await page.evaluate("innerWidth")
        file = re.sub(r"\W+", "-", name).strip("-")
        await page.screenshot(path=f"{folder}/{file or 'wall'}-{width}.png", full_page=True)
    return found
