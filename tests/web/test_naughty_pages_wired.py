"""Hostile words in every text of every page, in a real browser: nothing executes, and nothing breaks the layout."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect
from tests.web.browsing import CHROMIUM, Settled, Watched
from tests.web.fake_house import PASSWORD
from tests.web.hostile_replies import HostileReplies
from tests.web.naughty import BIG_LIST, HALF, big_list, kept_words
from tests.web.running import Running, new_house, running_house

from hearthwatch.web.accounts import Role
from hearthwatch.web.page import BUILT

pytestmark = [
    pytest.mark.wired,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (make test installs it)"),
    pytest.mark.skipif(not (BUILT / "index.html").exists(), reason="the page is not built (make setup builds it)"),
    pytest.mark.skipif(not BIG_LIST.exists(), reason="the page's packages are not installed (make setup does)"),
]

PAGES = (
    "/",
    "/timeline",
    "/events",
    "/events/e00100",
    "/cameras",
    "/cameras/front-door",
    "/cameras/front-door/door",
    "/cameras/front-door/zones",
    "/cameras/add",
    "/logins",
    "/audit",
    "/copies",
    "/logs",
    "/done",
    "/alerts",
    "/house",
    "/settings",
    "/settings/all",
    "/settings/account",
    "/settings/people",
    "/settings/programs",
    "/settings/trail",
    "/welcome",
    "/docs",
)
LOOK = """() => {
  const nav = document.querySelector('nav.rail')?.getBoundingClientRect();
  const bad = 'iframe, object, embed, base, meta[http-equiv], math, a[href^="javascript:" i], [onerror], [onload]';
  const foreign = [...document.querySelectorAll('[src], [href]')].filter((each) => !/^(https?|wss?|blob|tg|mailto):/.test(each.src ?? each.href)
    && !(each.href instanceof SVGAnimatedString));
  return {
    wide: document.documentElement.scrollWidth - innerWidth,
    nav: !!nav && nav.left >= 0 && nav.right <= innerWidth && nav.bottom <= innerHeight + 1 && nav.height < 120,
    injected: [...document.querySelectorAll(bad), ...foreign].map((each) => each.outerHTML.slice(0, 200)),
    scripts: document.scripts.length,
    pwned: window.pwned ?? null,
    shown: document.querySelector('main')?.innerText.length ?? 0,
  };
}"""
OPEN_ALL = "() => { for (const each of document.querySelectorAll('details')) each.open = true; }"
WIDEST = """() => [...document.querySelectorAll('main *')]
  .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
  .map((each) => `${each.tagName}.${each.className} ${Math.round(each.getBoundingClientRect().right)}`).slice(0, 6)"""


@contextlib.asynccontextmanager
async def _phone(running: Running, locale: str) -> AsyncIterator[tuple[Watched, list[str]]]:
    """A page of somebody logged in, and what asked for an answer by a dialog."""
    dialogs: list[str] = []
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        opened = await chromium.new_context(viewport={"width": 390, "height": 844}, locale=locale, service_workers="block")
        watched = Watched(await opened.new_page(), running.base)
        watched.page.set_default_timeout(120_000)
        watched.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        await running.built.add_user("ada", Role.OWNER)
        await watched.page.goto(running.base)
        await watched.page.locator("input[autocomplete=username]").fill("ada")
        await watched.page.locator("input[type=password]").fill(PASSWORD)
        await watched.page.keyboard.press("Enter")
        await watched.page.wait_for_selector(".shell")
        yield watched, dialogs
        await opened.close()
        await chromium.close()


def _complaints(watched: Watched) -> list[str]:
    return [text for text in watched.complaints if "404" not in text and "503" not in text]


@pytest.mark.parametrize(("locale", "first"), [("en-GB", 0), ("de-DE", 517)])
async def test_every_page_shows_hostile_words_as_words(locale: str, first: int, tmp_path: Path) -> None:
    words = [*big_list(), *kept_words(), *HALF]
    around = [*words[first:], *words[:first]]
    async with (
        running_house(tmp_path, new_house(), wrap=lambda app: HostileReplies(app, around)) as running,
        _phone(running, locale) as (watched, dialogs),
    ):
        page, hostile = watched.page, running.app
        assert isinstance(hostile, HostileReplies)
        scripts = (await page.evaluate(LOOK))["scripts"]
        hostile.active = True
        settled = Settled(page)
        await page.goto(running.base)
        wrong: list[str] = []
        for path in PAGES:
            await settled.go(path)
            seen = await page.evaluate(LOOK)
            if seen["wide"] > 0 or not seen["nav"]:
                wrong.append(f"{path}: {seen['wide']} px too wide, nav in place: {seen['nav']}: {await page.evaluate(WIDEST)}")
            if seen["injected"] or seen["pwned"] is not None or seen["scripts"] != scripts:
                wrong.append(f"{path}: {seen}")
            if seen["shown"] < 20:
                wrong.append(f"{path}: shows nothing")
        assert not wrong, "\n".join(wrong)
        assert dialogs == []
        assert watched.foreign == []
        assert _complaints(watched) == []
        assert hostile.used >= len(words)


async def test_one_endless_word_in_every_text_leaves_the_page_as_wide_as_the_phone(tmp_path: Path) -> None:
    async with (
        running_house(tmp_path, new_house(), wrap=lambda app: HostileReplies(app, ["W" * 200])) as running,
        _phone(running, "en-GB") as (watched, _),
    ):
        page, hostile = watched.page, running.app
        assert isinstance(hostile, HostileReplies)
        hostile.active = True
        settled = Settled(page)
        await page.goto(running.base)
        wrong: list[str] = []
        for path in PAGES:
            await settled.go(path)
            await page.evaluate(OPEN_ALL)
            await settled.quiet()
            seen = await page.evaluate(LOOK)
            if seen["wide"] > 0 or not seen["nav"]:
                wrong.append(f"{path}: {seen['wide']} px too wide, nav in place: {seen['nav']}: {await page.evaluate(WIDEST)}")
        assert not wrong, "\n".join(wrong)


async def test_names_are_shown_letter_by_letter_and_odd_addresses_lead_nowhere(tmp_path: Path) -> None:
    house = new_house()
    names = (
        "{n} {camera}",
        "<img src=x onerror=window.pwned=1>",
        "constructor|a hint",
        "</title></h2><script>window.pwned=1</script>",
    )
    house.names.update(zip(house.cameras_on, names, strict=True))
    async with running_house(tmp_path, house) as running, _phone(running, "en-GB") as (watched, dialogs):
        page = watched.page
        settled = Settled(page)
        await settled.go("/cameras")
        for name in names:
            await expect(page.locator("main")).to_contain_text(name, use_inner_text=True)
        for odd in (
            "/events/%E0%A4%A",
            "/cameras/%E0%A4%A/zones",
            "/cameras/__proto__",
            "/cameras/<img src=x onerror=1>",
            "/settings/constructor",
        ):
            await settled.load(running.base + odd)
            assert len(await page.locator("main").inner_text()) > 10, odd
        link = await page.evaluate(
            """async () => {
              const token = (await (await fetch('/api/v1/session')).json()).token;
              const now = Date.now() * 1000;
              const ask = { cameras: ['front-door', 'driveway'], start_us: now - 7200e6, end_us: now - 7140e6, lasts: 'day' };
              const headers = { 'Content-Type': 'application/json', 'X-Hearthwatch-Token': token };
              return (await (await fetch('/api/v1/shares', { method: 'POST', headers, body: JSON.stringify(ask) })).json()).path;
            }"""
        )
        await settled.load(running.base + link)
        shared = await page.locator("main").inner_text()
        assert [name for name in names[:2] if name not in shared] == []
        assert (await page.evaluate(LOOK))["wide"] <= 0
        assert await page.evaluate("() => window.pwned") is None
        assert dialogs == []
        assert watched.foreign == []
