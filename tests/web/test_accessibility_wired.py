"""Whether everybody can use the page: WCAG 2.2 AA as far as a program can tell, by axe and by the keyboard alone, in a real browser."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect
from playwright.async_api import TimeoutError as PlaywrightTimeout
from tests.web.browsing import CHROMIUM, Settled
from tests.web.fake_house import PASSWORD, loop
from tests.web.running import Running, new_house, running_house

from hearthwatch.feeds.packet import Stream
from hearthwatch.web.accounts import Role
from hearthwatch.web.page import BUILT
from hearthwatch.web.welcome_doors import Step

AXE = Path(__file__).resolve().parents[2] / "ui" / "node_modules" / "axe-core" / "axe.min.js"

pytestmark = [
    pytest.mark.wired,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (make test installs it)"),
    pytest.mark.skipif(not (BUILT / "index.html").exists(), reason="the page is not built (make setup builds it)"),
    pytest.mark.skipif(not AXE.exists(), reason="axe-core is not there (make setup fetches it)"),
]

PLACES = (
    "/",
    "/timeline",
    "/events",
    "/events/{event}",
    "/logins",
    "/audit",
    "/copies",
    "/logs",
    "/done",
    "/cameras",
    "/cameras/add",
    "/cameras/front-door",
    "/cameras/front-door/zones",
    "/cameras/front-door/door",
    "/alerts",
    "/house",
    "/settings",
    "/settings/all",
    "/settings/account",
    "/settings/people",
    "/settings/programs",
    "/settings/trail",
    *(f"/welcome?step={step}" for step in Step),
    "/welcome?step=end",
    "/docs",
    "/no/such/page",
)
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
LOOKS = ((WIDE, "light"), (PHONE, "dark"), (PHONE, "light"), (WIDE, "dark"))

FIND = """async whole => {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const rules = whole ? { runOnly: { type: 'tag', values: tags }, rules: { 'target-size': { enabled: true } } }
    : { runOnly: { type: 'rule', values: ['color-contrast'] } };
  const found = await axe.run(document, { preload: false, resultTypes: ['violations'], ...rules });
  return found.violations.flatMap(each => each.nodes.map(node =>
    `${each.id}: ${node.target.join(' ')}: ${[...node.any, ...node.all, ...node.none].map(check => check.message).join('; ')}`));
}"""


TABBABLE = """() => {
  const modal = document.querySelector('dialog[open]') ?? document;
  window.walked = [];
  const all = [...modal.querySelectorAll('a[href], button, input, select, textarea, summary, video[controls], [tabindex]')];
  window.wanted = all.filter(each => each.tabIndex >= 0 && !each.disabled && each.checkVisibility({ visibilityProperty: true })
    && !each.closest('[inert]') && !(each.type === 'radio' && !each.checked));
  return window.wanted.length;
}"""

START = """() => {
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute('tabindex');
  scrollTo(0, 0);
}"""

STEP = """() => {
  const here = document.activeElement;
  if (!here || here === document.body || (window.walked.length > 1 && here === window.walked[0])) return null;
  if (window.walked.at(-1) === here) return '';
  const before = window.walked.length ? window.walked.at(-1) : null;
  window.walked.push(here);
  const name = `${here.tagName.toLowerCase()}.${here.className} ${(here.getAttribute('aria-label') ?? here.textContent ?? '').trim().slice(0, 40)}`;
  const ringed = [here, here.parentElement].some(each => {
    const style = getComputedStyle(each);
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1;
  });
  const box = here.getBoundingClientRect();
  const points = [[.5, .5], [.1, .5], [.9, .5], [.5, .1], [.5, .9]].map(([x, y]) => [box.left + box.width * x, box.top + box.height * y]);
  const seen = points.some(([x, y]) => document.elementsFromPoint(x, y).slice(0, 2).some(each => here.contains(each) || each.contains(here)));
  const wrong = [];
  if (!ringed) wrong.push(`no ring: ${name}`);
  if (!seen) wrong.push(`hidden behind something: ${name}`);
  if (before && !(before.compareDocumentPosition(here) & Node.DOCUMENT_POSITION_FOLLOWING)) wrong.push(`out of order: ${name}`);
  return wrong.join(', ');
}"""

MISSED = """() => window.wanted.filter(each => each.isConnected && !window.walked.includes(each))
  .map(each => `${each.tagName.toLowerCase()}.${each.className} ${(each.getAttribute('aria-label') ?? each.textContent ?? '').trim().slice(0, 40)}`)"""

TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('body *')]
  .filter(each => each.getBoundingClientRect().right > innerWidth + 1).slice(0, 4).map(each => `${each.tagName}.${each.className}`)"""

STILL = """() => document.getAnimations().filter(each => each.playState === 'running')
  .map(each => `${each.animationName ?? each.transitionProperty} on ${each.effect?.target?.className}`)"""


class Walker:
    """A page on which one goes from place to place without loading it anew, so that axe is read once."""

    def __init__(self, page: Page, running: Running) -> None:
        self.page = page
        self.running = running
        self.settled = Settled(page)

    async def go(self, place: str) -> None:
        await self.settled.go(place.format(event=self.running.built.house.events_now[0].id))

    async def look(self, where: str, *, whole: bool = True) -> list[str]:
        return [f"{where}: {each}" for each in await self.page.evaluate(FIND, whole)]

    async def every_look(self, where: str) -> list[str]:
        """Colours are looked at in all four, what does not depend on them once wide and once narrow."""
        found: list[str] = []
        for number, (size, scheme) in enumerate(LOOKS):
            await self.page.set_viewport_size(size)
            await self.page.emulate_media(color_scheme=scheme)
            found += await self.look(f"{where} {size['width']} {scheme}", whole=number < 2)
        return found

    async def walk(self, where: str, *, most: int = 260) -> list[str]:
        """Press Tab until it leaves the page, and return what was wrong on the way."""
        wrong: list[str] = []
        await self.page.evaluate(START)
        wanted = await self.page.evaluate(TABBABLE)
        for _ in range(most):
            await self.page.keyboard.press("Tab")
            said = await self.page.evaluate(STEP)
            if said is None:
                break
            if said:
                wrong.append(f"{where}: {said}")
        else:
            wrong.append(f"{where}: no end after {most} steps of {wanted}")
        return wrong + [f"{where}: never reached: {each}" for each in await self.page.evaluate(MISSED)]


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    house = new_house(cameras_on=("front-door", "garage"))  # one that is well and one in trouble
    for stream in Stream:
        loop("front-door", stream)
    async with running_house(tmp_path, house) as run:
        yield run


async def opened(chromium: Browser, running: Running) -> Walker:
    context = await chromium.new_context(viewport=WIDE, color_scheme="dark", locale="en-GB", reduced_motion="reduce")
    page = await context.new_page()
    page.set_default_timeout(120_000)
    await page.goto(running.base)
    await page.wait_for_selector("h1")
    # evaluated by the browser's own console, which the page's policy against foreign scripts does not bind
    session = await context.new_cdp_session(page)
    await session.send("Runtime.evaluate", {"expression": AXE.read_text()})
    return Walker(page, running)


async def log_in(walker: Walker) -> None:
    await walker.page.get_by_label("Name").fill("ada")
    await walker.page.get_by_label("Password").fill(PASSWORD)
    await walker.page.get_by_role("button", name="Log in").click()
    await walker.page.wait_for_selector(".shell")
    await walker.settled.quiet()


async def test_axe_finds_nothing_on_any_page_wide_or_narrow_dark_or_light(chromium: Browser, running: Running) -> None:
    walker = await opened(chromium, running)
    found = await walker.every_look("claim")
    await running.built.add_user("ada", Role.OWNER)
    await walker.page.reload()
    walker = await opened(chromium, running)
    found += await walker.every_look("log-in")
    await log_in(walker)
    for place in PLACES:
        await walker.go(place)
        found += await walker.every_look(place)
        moving = await walker.page.evaluate(STILL)
        found += [f"{place}: moves though less motion is asked for: {each}" for each in moving]
        await walker.page.set_viewport_size({"width": 320, "height": 640})  # what 400 % of 1280 px leave
        with contextlib.suppress(PlaywrightTimeout):  # what is laid out by a script follows a moment later
            await walker.page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth", timeout=3000)
        found += [f"{place}: wider than 320 px: {each}" for each in await walker.page.evaluate(TOO_WIDE)]
    assert not found, "\n".join(found)


async def test_the_keyboard_alone_reaches_everything_in_order_and_is_seen(chromium: Browser, running: Running) -> None:
    walker = await opened(chromium, running)
    await running.built.add_user("ada", Role.OWNER)
    await walker.page.reload()
    await walker.page.wait_for_selector("h1")
    found = await walker.walk("log-in")
    await log_in(walker)
    found += await walker.walk("/ wide")
    await walker.page.set_viewport_size(PHONE)
    for place in PLACES:
        await walker.go(place)
        found += await walker.walk(place)
    assert not found, "\n".join(found)


async def test_what_opens_holds_the_focus_and_gives_it_back(chromium: Browser, running: Running) -> None:
    await running.built.add_user("ada", Role.OWNER)
    walker = await opened(chromium, running)
    page = walker.page
    # a password manager, or a paste, may fill the log-in in
    name, password = page.get_by_label("Name"), page.get_by_label("Password")
    await expect(name).to_have_attribute("autocomplete", "username")
    await expect(password).to_have_attribute("autocomplete", "current-password")
    await name.fill(PASSWORD)
    await name.press("Control+a")
    await name.press("Control+x")
    await password.press("Control+v")
    await expect(password).to_have_value(PASSWORD)
    await log_in(walker)
    found: list[str] = []

    await walker.go("/settings")
    await page.evaluate(START)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")  # the skip link
    assert await page.evaluate("() => document.activeElement.id") == "content"

    await page.set_viewport_size(PHONE)
    for button, dialog in (("Armed: change", "Armed"), ("More", "More")):
        await page.get_by_role("button", name=button).press("Enter")
        sheet = page.get_by_role("dialog", name=dialog)
        await expect(sheet).to_be_visible()
        for _ in range(12):
            await page.keyboard.press("Tab")
            assert await page.evaluate(
                "() => document.activeElement === document.body || !!document.activeElement.closest('dialog')"
            )
        found += await walker.every_look(dialog)
        await page.set_viewport_size(PHONE)
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await expect(page.get_by_role("button", name=button)).to_be_focused()
    await page.get_by_role("button", name="More").click()
    await page.get_by_role("dialog", name="More").get_by_role("link", name="House").click()
    await page.wait_for_url("**/house")
    await expect(page.get_by_role("dialog")).to_have_count(0)

    await page.set_viewport_size(WIDE)
    await walker.go("/?camera=front-door")
    await expect(page.get_by_role("dialog", name="Front door")).to_be_visible()
    found += await walker.look("the enlarged camera")
    assert not found, "\n".join(found)


async def test_time_and_zones_without_dragging(chromium: Browser, running: Running) -> None:
    await running.built.add_user("ada", Role.OWNER)
    walker = await opened(chromium, running)
    page = walker.page
    await log_in(walker)
    now_us = running.built.house.clock.wall_us()
    await walker.go(f"/timeline?at={now_us - 1800 * 1_000_000}")
    slider = page.get_by_role("slider", name="Time")
    await slider.focus()
    before = float(await slider.get_attribute("aria-valuenow"))
    await page.keyboard.press("ArrowLeft")
    await page.wait_for_function("before => document.querySelector('.tl-area').ariaValueNow < before - 5", arg=before)
    assert ":" in await slider.get_attribute("aria-valuetext")
    await page.get_by_role("button", name="Select").click()
    bar = page.get_by_label("Selected time")
    begins, ends = bar.get_by_label("Begins"), bar.get_by_label("Ends")
    hours, minutes, _seconds = (await begins.input_value()).split(":")
    await begins.fill(f"{hours}:{minutes}:00")
    await ends.fill(f"{hours}:{minutes}:40")
    await expect(bar).to_contain_text("40 s")
    found = await walker.every_look("a selected time")

    await page.set_viewport_size(WIDE)
    await walker.go("/cameras/front-door/zones")
    await page.get_by_role("button", name="New zone").press("Enter")
    for key in ("ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown"):
        for _ in range(4):
            await page.keyboard.press(f"Shift+{key}")
        await page.keyboard.press("Enter")
    corners = page.locator(".zones-corner")
    await expect(corners).to_have_count(4)
    await corners.nth(1).click()
    at = await corners.nth(1).get_attribute("style")
    nudge = page.get_by_role("group", name="Corner 2")
    await nudge.get_by_role("button", name="Further left").click()
    await expect(corners.nth(1)).not_to_have_attribute("style", at)
    found += await walker.every_look("a zone")
    await nudge.get_by_role("button", name="Take it away").click()
    await expect(corners).to_have_count(3)
    await expect(page.locator(".zones .hint[role=status]")).to_contain_text("is gone")
    assert not found, "\n".join(found)


async def test_what_happens_is_said_and_pictures_have_words(chromium: Browser, running: Running) -> None:
    await running.built.add_user("ada", Role.OWNER)
    walker = await opened(chromium, running)
    page = walker.page
    await log_in(walker)
    said = page.locator(".shell > .sr [role=status]")
    await walker.go("/events")
    await expect(said.filter(has_text="Events")).to_have_count(1)
    await asyncio.to_thread(running.built.house.visit, "front-door")
    await expect(said.filter(has_text="Person at Front door")).to_have_count(1)
    pictures = page.locator(".card img")
    await pictures.first.wait_for(state="attached")
    for at in range(min(5, await pictures.count())):
        alt = await pictures.nth(at).get_attribute("alt")
        assert re.fullmatch(r"\w.* at [\w -]+, \d?\d:\d\d", alt), alt
    assert not await page.evaluate("() => [...document.querySelectorAll('.card video')].some(each => !each.paused)")

    await page.emulate_media(forced_colors="active")
    await walker.go("/settings")
    pressed = page.locator(".segmented [aria-pressed=true]").first
    assert await pressed.evaluate("each => getComputedStyle(each).outlineStyle") != "none"

    letters = page.get_by_label("Single letters do things on a page")
    await letters.uncheck()
    await walker.go("/")
    await page.keyboard.press("f")
    await page.keyboard.press("ArrowRight")
    await expect(page.locator(".tile-link").first).to_be_focused()
    assert "wall=full" not in page.url
