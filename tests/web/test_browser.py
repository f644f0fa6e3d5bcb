"""The page in a real browser: claim, moving video read from pixels, events, keyboard, nothing from elsewhere."""

from __future__ import annotations

import asyncio
import re
import shlex
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Route, async_playwright, expect
from tests.web.browsing import CHROMIUM, PAINTED, Settled, Watched, moving
from tests.web.fake_house import MINUTE_US, NAMES, PASSWORD, loop, picture
from tests.web.running import Running, new_house, running_house

from hearthwatch.feeds.packet import Stream
from hearthwatch.web.accounts import Role
from hearthwatch.web.page import BUILT

pytestmark = [
    pytest.mark.wired,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (make test installs it)"),
    pytest.mark.skipif(not (BUILT / "index.html").exists(), reason="the page is not built (make setup builds it)"),
]


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    house = new_house()
    for camera in NAMES:
        for step in range(20):
            picture(camera, step / 20)
        loop(camera, "sub")
    async with running_house(tmp_path, house) as run:
        yield run


async def open_page(chromium: Browser, running: Running, **context: object) -> tuple[BrowserContext, Watched]:
    opened = await chromium.new_context(**{"viewport": {"width": 1440, "height": 900}, "locale": "en-GB"} | context)
    page = await opened.new_page()
    page.set_default_timeout(120_000)
    return opened, Watched(page, running.base)


async def logged_in(chromium: Browser, running: Running, **context: object) -> tuple[BrowserContext, Watched]:
    await running.built.add_user("ada", Role.OWNER)
    opened, watched = await open_page(chromium, running, **context)
    await watched.page.goto(running.base)
    await watched.page.get_by_label("Name").fill("ada")
    await watched.page.get_by_label("Password").fill(PASSWORD)
    await watched.page.get_by_role("button", name="Log in").click()
    await watched.page.wait_for_selector(".shell")
    return opened, watched


def afternoon() -> str:
    """Return a time zone where it is between two and three: the last hours lie in one day."""
    return f"Etc/GMT{time.gmtime().tm_hour - 14:+d}"  # the sign is the other way round there


async def test_sec_13_from_the_claim_to_moving_video(chromium: Browser, running: Running) -> None:
    opened, watched = await open_page(chromium, running)
    page = watched.page
    await page.goto(running.base)
    await expect(page.get_by_role("heading", name="Make this house yours")).to_be_visible()
    await page.get_by_label("Code from the console").fill(running.built.codes[-1].lower())
    await page.get_by_label("Name").fill("ada")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_label("The password again").fill(PASSWORD)
    await page.get_by_role("button", name="Claim this house").click()
    await expect(page.get_by_role("heading", name="Elm Street 12")).to_be_visible()
    for camera in ("front-door", "driveway", "garden"):
        assert await moving(page, f'video[data-camera="{camera}"]'), camera
    garage = page.locator('[data-tile="garage"]')
    await expect(garage).to_contain_text("Reconnecting")
    await expect(garage).to_contain_text("no answer from 192.168.1.64")
    assert watched.foreign == []
    assert watched.complaints == []
    await opened.close()


async def test_the_main_stream_over_the_whole_screen_and_the_keyboard(chromium: Browser, running: Running) -> None:
    loop("garden", Stream.MAIN)
    opened, watched = await logged_in(chromium, running)
    page = watched.page
    await page.locator('[data-tile="front-door"]').wait_for()
    await page.keyboard.press("ArrowRight")
    await expect(page.locator('[data-tile="front-door"] .tile-link')).to_be_focused()
    await page.keyboard.press("ArrowRight")
    await expect(page.locator('[data-tile="driveway"] .tile-link')).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(page.locator('[data-tile="garage"] .tile-link')).to_be_focused()
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Garden")
    await expect(dialog).to_be_visible()
    await page.wait_for_function("() => document.querySelector('.enlarged video.is-shown')?.videoWidth === 1280")
    assert await moving(page, ".enlarged video.is-shown")
    await page.keyboard.press("ArrowLeft")
    await expect(page.get_by_role("dialog", name="Driveway")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.locator('[data-tile="driveway"] .tile-link')).to_be_focused()
    await opened.close()


async def test_an_events_picture_and_footage(chromium: Browser, running: Running) -> None:
    opened, watched = await logged_in(chromium, running)
    page = watched.page
    await page.goto(f"{running.base}/events")
    card = page.locator(".card").first
    await page.wait_for_function("() => document.querySelector('.card img')?.naturalWidth > 0")
    await expect(card).to_contain_text("Person")
    assert await card.locator("img").evaluate("img => img.getBoundingClientRect().width > img.parentElement.clientWidth * 1.2")
    await card.click()
    await expect(page.get_by_role("heading", name="Person")).to_be_visible()
    assert await moving(page, "video.footage")
    before = await page.locator("video.footage").evaluate("video => video.currentTime")
    await page.wait_for_function("before => document.querySelector('video.footage').currentTime > before + 0.5", arg=before)
    await page.get_by_role("button", name="Picture").click()
    await page.wait_for_function("() => document.querySelector('.stage img')?.naturalWidth > 0")
    await page.get_by_role("button", name="Keep").click()
    await expect(page.get_by_role("button", name="Kept for good")).to_be_visible()
    assert len(running.built.house.pinned) == 1
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name="Download").click()
    download = await waiting.value
    assert download.suggested_filename.endswith("Z.mp4")
    assert (await download.path()).stat().st_size > 10_000
    assert watched.foreign == []
    assert watched.complaints == []
    await opened.close()


async def test_what_happens_appears_by_itself(chromium: Browser, running: Running) -> None:
    opened, watched = await logged_in(chromium, running, timezone_id=afternoon())
    page = watched.page
    first = page.locator(".lately li").first
    await expect(first).to_contain_text("ago")
    event = await asyncio.to_thread(running.built.house.visit, "garden")
    await expect(first).to_contain_text("now")
    await expect(first.locator("a")).to_have_attribute("href", f"/events/{event.id}")
    await page.goto(f"{running.base}/alerts")
    alert = page.locator(".alert").first
    await expect(alert).to_contain_text("Person at Garden")
    await expect(alert).to_contain_text("ms")
    await opened.close()


async def test_a_fresh_alert_has_its_picture_as_soon_as_that_is_there(chromium: Browser, running: Running) -> None:
    opened, watched = await logged_in(chromium, running)
    page, house = watched.page, running.built.house
    await page.goto(f"{running.base}/alerts")
    fresh = page.locator(".alert").first
    await fresh.wait_for()
    event = await asyncio.to_thread(house.visit, "garden", has_picture=False)
    await expect(fresh).to_contain_text("Person at Garden")
    await expect(fresh.locator("img")).to_have_count(0)
    house.events_now[0] = replace(event, picture=True)
    house.changes.publish(house.events_now[0])
    await page.wait_for_function("() => document.querySelector('.alert img')?.naturalWidth > 0")
    await expect(fresh.locator("img")).to_have_count(1)
    assert watched.complaints == []
    await opened.close()


async def test_a_day_of_a_camera_with_its_gaps(chromium: Browser, running: Running) -> None:
    loop("front-door", Stream.MAIN)
    opened, watched = await logged_in(chromium, running)
    page = watched.page
    await page.goto(f"{running.base}/cameras/garage")
    await expect(page.locator(".strip-gap.is-network")).to_have_count(1)
    await expect(page.locator(".list")).to_contain_text("The camera did not answer")
    at_us = running.built.house.started_us - 3600 * 1_000_000
    await page.goto(f"{running.base}/cameras/front-door?at={at_us}")
    assert await moving(page, "video.footage")
    await page.get_by_role("button", name="Back to live").click()
    assert await moving(page, ".live video.is-shown")
    assert watched.complaints == []
    await opened.close()


async def test_a_browser_without_media_source_gets_pictures(chromium: Browser, running: Running) -> None:
    await running.built.add_user("ada", Role.OWNER)
    opened, watched = await open_page(chromium, running)
    await opened.add_init_script("delete window.MediaSource; delete window.ManagedMediaSource;")
    page = watched.page
    await page.goto(running.base)
    await page.get_by_label("Name").fill("ada")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_function("() => document.querySelector('[data-tile=\"garden\"] .live img')?.naturalWidth > 0")
    await expect(page.locator('[data-tile="garden"] .live-note')).to_contain_text("single pictures")
    await opened.close()


async def test_logging_out_elsewhere_ends_this_page(chromium: Browser, running: Running) -> None:
    opened, watched = await logged_in(chromium, running)
    page = watched.page
    await page.locator('[data-tile="garden"]').wait_for()
    token = next(cookie["value"] for cookie in await opened.cookies() if cookie["name"] == "hearthwatch")
    session = await running.built.auth.session(token)
    assert session is not None
    await running.built.auth.logout(session)
    await expect(page.get_by_role("button", name="Log in")).to_be_visible()
    await opened.close()


async def test_sec_14_a_name_is_never_markup(chromium: Browser, running: Running) -> None:
    evil = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>'
    running.built.house.names["garden"] = evil
    opened, watched = await logged_in(chromium, running)
    page = watched.page
    await expect(page.locator('[data-tile="garden"] .tile-name')).to_have_text(evil)
    assert await page.title() != "owned"
    assert watched.complaints == []
    await opened.close()


PLACES = (
    "/",
    "/events",
    "/events/e00100",
    "/cameras",
    "/cameras/driveway",
    "/cameras/front-door/door",
    "/logins",
    "/audit",
    "/copies?copy=01J00000000000000000000002",
    "/logs",
    "/done",
    "/alerts",
    "/settings",
    "/docs",
)


BEYOND = """() => [...document.querySelectorAll('body *')]
    .filter(found => found.getBoundingClientRect().right > innerWidth)
    .map(found => `${found.tagName}.${found.className} ${found.getBoundingClientRect().right}`)"""


async def test_no_page_is_wider_than_the_screen(chromium: Browser, running: Running) -> None:
    opened, watched = await logged_in(chromium, running)
    page = watched.page
    settled = Settled(page)
    for path in PLACES:
        await settled.go(path)
        for width in (360, 820):
            await page.set_viewport_size({"width": width, "height": 780})
            await settled.quiet()
            wide = await page.evaluate(BEYOND) if await page.evaluate("document.documentElement.scrollWidth") > width else []
            assert wide == [], f"{path} at {width} px"
    assert watched.complaints == []
    await opened.close()


SHIFTS = """window.shifts = [];
const where = found => ['x', 'y', 'width', 'height'].map(side => Math.round(found[side])).join(' ');
const named = node => node?.nodeType === Node.TEXT_NODE ? `'${node.data}' in ${named(node.parentElement)}`
  : node ? `${node.nodeName.toLowerCase()}.${node.className}` : 'something gone again';
new PerformanceObserver(list => { for (const entry of list.getEntries()) for (const each of entry.sources)
    window.shifts.push(`${entry.value.toFixed(4)} ${named(each.node)}: ${where(each.previousRect)} -> ${where(each.currentRect)}`); })
  .observe({ type: 'layout-shift', buffered: true });"""
# in this order, each after the picture moves: what the wall reads, and the typeface
LATE = ("arming", "fleet", "house", "alerts", "outages", "logins", "events", "picture.jpg", "woff2")


@pytest.mark.parametrize(
    ("width", "height", "late"), [(1440, 900, ()), (1440, 900, LATE), (1440, 1100, LATE), (1000, 800, LATE), (390, 844, LATE)]
)
async def test_nothing_on_the_wall_moves_while_it_loads(
    width: int, height: int, late: tuple[str, ...], chromium: Browser, running: Running
) -> None:
    size = {"width": width, "height": height}
    opened, watched = await logged_in(chromium, running, viewport=size, service_workers="block")
    page = watched.page
    held = {name: asyncio.Event() for name in late}

    async def hold(route: Route) -> None:
        await next(each for name, each in held.items() if route.request.url.partition("?")[0].endswith(name)).wait()
        await route.continue_()

    if held:
        await page.route(re.compile(rf"[/.]({'|'.join(held)})(\?|$)"), hold)
    settled = Settled(page)
    await page.add_init_script(SHIFTS)
    await page.reload(wait_until="commit")
    assert await moving(page, 'video[data-camera="garden"]')
    for each in held.values():
        each.set()
        await page.evaluate(PAINTED)
    await settled.quiet()
    await expect(page.locator(".stranger")).to_be_visible()
    await expect(page.locator(".lately li")).to_have_count(12)
    moved = await page.evaluate("window.shifts")
    assert moved == [], "\n".join(moved)
    await opened.close()


@pytest.mark.parametrize(("scheme", "dark"), [("dark", True), ("light", False)])
async def test_the_theme_follows_the_system_and_can_be_switched(
    scheme: str, dark: bool, chromium: Browser, running: Running
) -> None:
    opened, watched = await logged_in(chromium, running, color_scheme=scheme)
    page = watched.page
    brightness = "() => { const c = getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g).map(Number); return c[0]; }"
    assert (await page.evaluate(brightness) < 100) is dark
    await page.get_by_role("button", name="Switch to light" if dark else "Switch to dark").click()
    assert (await page.evaluate(brightness) < 100) is not dark
    await page.reload()
    await page.wait_for_selector(".shell")
    assert (await page.evaluate(brightness) < 100) is not dark
    await opened.close()


async def test_an_owner_tries_out_what_can_be_switched(chromium: Browser, running: Running) -> None:
    context, watched = await logged_in(chromium, running)
    await watched.page.goto(f"{running.base}/settings")
    row = watched.page.locator(".row", has_text="Siren in the yard")
    await row.get_by_role("button", name="Test").click()
    await expect(row).to_contain_text("on since")
    await row.get_by_role("button", name="Switch off").click()
    await expect(row.get_by_role("button", name="Test")).to_be_enabled()
    lamp = watched.page.locator(".row", has_text="lamp")
    await lamp.get_by_role("button", name="Test").click()
    await expect(lamp).to_contain_text("the pins of this machine cannot be reached")
    await context.close()


def leave(running: Running, camera: str, minutes_ago: tuple[int, int]) -> None:
    """Let footage of a camera be gone here and lie on the NAS, its later half on a PC as well."""
    house = running.built.house
    now_us = house.started_us - house.started_us % MINUTE_US
    house.gone.append((camera, now_us - minutes_ago[0] * MINUTE_US, now_us - minutes_ago[1] * MINUTE_US))


async def test_footage_that_is_only_elsewhere_stays_in_the_day_with_its_way_back(chromium: Browser, running: Running) -> None:
    leave(running, "garden", (300, 60))
    _camera, gone_us, end_us = running.built.house.gone[0]
    opened, watched = await logged_in(
        chromium, running, permissions=["clipboard-read", "clipboard-write"], timezone_id=afternoon()
    )
    page = watched.page
    await page.goto(f"{running.base}/cameras/garden?at={gone_us - 10 * MINUTE_US}")
    assert await moving(page, "video.footage")
    panel = page.get_by_role("region", name="Footage elsewhere")
    await expect(panel).to_have_count(0)
    away = page.locator(".strip-elsewhere")
    await expect(away.first).to_have_attribute("title", re.compile("^Only at nas, "))
    await expect(page.get_by_role("list", name="Legend")).to_contain_text("Only elsewhere")
    await away.first.click()
    await expect(panel).to_contain_text("This footage is no longer on this machine")
    await expect(panel).to_contain_text("It lies sealed at nas")
    await expect(page.locator("video.footage")).to_have_count(0)
    await panel.get_by_role("button", name="Copy").first.click()
    await expect(panel.get_by_role("button", name="Copied")).to_be_visible()
    words = shlex.split(await page.evaluate("navigator.clipboard.readText()"))
    assert words[:6] == ["hearthwatch", "offsite", "restore", "nas", "--identity", "identity.txt"]
    since, until = (datetime.fromisoformat(words[words.index(name) + 1]).timestamp() for name in ("--from", "--to"))
    assert gone_us / 1e6 <= since < until <= end_us / 1e6
    assert 290 <= until - since <= 310

    await page.goto(f"{running.base}/cameras/garden?at={end_us - 2 * MINUTE_US}")
    await expect(panel).to_contain_text("where every player opens it")
    await expect(panel.locator("li code").first).to_have_text(re.compile(r"^garden/\d{4}-\d\d-\d\d/\d\d-\d\d\.mp4$"))
    await page.get_by_role("button", name="Back to live").click()
    await expect(panel).to_have_count(0)
    assert await moving(page, ".live video.is-shown")
    assert watched.complaints == []
    await opened.close()


async def test_an_event_whose_footage_is_gone_says_where_it_lies(chromium: Browser, running: Running) -> None:
    house = running.built.house
    event = next(each for each in house.events_now if each.camera == "front-door")
    start_us = event.start_us - event.start_us % MINUTE_US
    house.gone.append(("front-door", start_us - 5 * MINUTE_US, start_us + 5 * MINUTE_US))
    opened, watched = await logged_in(chromium, running)
    page = watched.page
    await page.goto(f"{running.base}/events/{event.id}")
    panel = page.get_by_role("region", name="Footage elsewhere")
    await expect(panel.get_by_label("The command").last).to_contain_text(
        "hearthwatch offsite restore nas --identity identity.txt --camera front-door --from "
    )
    await page.wait_for_function("() => document.querySelector('.stage img')?.naturalWidth > 0")
    await expect(page.get_by_text("There is no footage of this time")).to_have_count(0)
    for width in (360, 820):
        await page.set_viewport_size({"width": width, "height": 780})
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert watched.complaints == []
    await opened.close()


async def test_the_settings_say_how_far_the_copies_elsewhere_are(chromium: Browser, running: Running) -> None:
    context, watched = await logged_in(chromium, running)
    await watched.page.goto(f"{running.base}/settings")
    card = watched.page.locator(".panel", has_text="Copies elsewhere")
    await expect(card).to_contain_text(re.compile(r"Last minute safe off-site: \d+ (s|min) ago"))
    await expect(card.locator("li", has_text="nas")).to_contain_text("3 pieces wait")
    away = card.locator("li", has_text="bucket").locator(".warm")
    await expect(away).to_contain_text("s3.example.org does not answer. 120 pieces wait (3.2 GB); nothing is deleted here")
    await card.get_by_role("button", name="Bring the last minutes to safety now").click()
    async with asyncio.timeout(60):
        while not running.built.house.offsite.flushed:
            await watched.page.wait_for_timeout(50)
    assert watched.complaints == []
    await context.close()
