"""The wall and one camera over the whole screen, in a real browser: what a hand does with a picture."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect
from tests.web.browsing import CHROMIUM, Settled, Watched, moving
from tests.web.fake_house import PASSWORD, loop
from tests.web.running import Running, new_house, running_house

from hearthwatch.feeds.packet import Gap, GapReason, Stream
from hearthwatch.kit.units import CameraId
from hearthwatch.web.accounts import Role
from hearthwatch.web.doors import CameraState
from hearthwatch.web.page import BUILT

pytestmark = [
    pytest.mark.wired,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (make test installs it)"),
    pytest.mark.skipif(not (BUILT / "index.html").exists(), reason="the page is not built (make setup builds it)"),
]

MANAGED = """
const Plain = window.MediaSource;
window.opened = 0;
window.ManagedMediaSource = class extends Plain {
  constructor() { super(); this.streaming = true; window.opened += 1; }
};
delete window.MediaSource;
const set = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'src');
Object.defineProperty(HTMLMediaElement.prototype, 'src', { ...set, set(value) {
  if (!this.disableRemotePlayback) throw new Error('an iPhone opens no managed source without disableRemotePlayback');
  set.set.call(this, value);
}});
"""


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    for camera in ("front-door", "driveway", "garden"):
        loop(camera, Stream.SUB)
    loop("driveway", Stream.MAIN)
    async with running_house(tmp_path, new_house()) as run:
        await run.built.add_user("ada", Role.OWNER)
        yield run


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


async def enter(chromium: Browser, running: Running, *, script: str = "", **context: object) -> Watched:
    opened = await chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, "locale": "en-GB"} | context)
    if script:
        await opened.add_init_script(script)
    watched = Watched(await opened.new_page(), running.base)
    page = watched.page
    page.set_default_timeout(120_000)
    await page.goto(running.base)
    await page.get_by_label("Name").fill("ada")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await page.locator('[data-tile="garden"] video.is-shown').wait_for()
    return watched


def tile(camera: str) -> str:
    return f'[data-tile="{camera}"]'


async def test_a_picture_grows_without_a_gap_and_shows_more_when_asked(chromium: Browser, running: Running) -> None:
    watched = await enter(chromium, running)
    page = watched.page
    await expect(page.locator(f"{tile('garden')} .tile-state")).to_have_text("Live")
    await page.locator(f"{tile('driveway')} video.is-shown").wait_for()  # what is not there yet cannot stay
    # from the tap on, each picture the screen shows is looked at: never one without a video
    await page.evaluate(
        """() => { window.gaps = 0; const look = () => {
          const big = document.querySelector('.enlarged');
          if (big && !big.querySelector('video.is-shown')) window.gaps += 1;
          requestAnimationFrame(look); }; look(); }"""
    )
    await page.locator(f"{tile('driveway')} .tile-link").click()
    await page.wait_for_function("() => document.querySelector('.enlarged video.is-shown')?.videoWidth === 1280")
    assert await page.evaluate("window.gaps") == 0
    assert await moving(page, ".enlarged video.is-shown")
    async with asyncio.timeout(60):  # what nobody sees is not sent
        while running.built.house.hub.wanted() != ((CameraId("driveway"), Stream.MAIN),):  # noqa: ASYNC110 the hub tells nobody
            await asyncio.sleep(0.02)

    stage = page.locator(".enlarged .live")
    await stage.dblclick(position={"x": 900, "y": 300})
    await expect(page.get_by_role("button", name="Show the whole picture")).to_have_text("2.5 \u00d7")
    await page.mouse.move(900, 300)
    await page.mouse.wheel(0, -300)
    await expect(page.get_by_role("button", name="Show the whole picture")).not_to_have_text("2.5 \u00d7")
    await page.keyboard.press("0")
    await expect(page.get_by_role("button", name="Show the whole picture")).to_have_count(0)

    async with page.expect_download() as waiting:
        await page.get_by_role("button", name="Save this picture").click()
    saved = await waiting.value
    assert saved.suggested_filename.startswith("Driveway 20")
    assert (await saved.path()).read_bytes()[:3] == b"\xff\xd8\xff"
    await page.keyboard.press("Escape")
    await expect(page.locator(f"{tile('driveway')} .tile-link")).to_be_focused()
    assert watched.complaints == []


async def test_a_held_arrow_moves_the_camera_until_it_is_let_go(chromium: Browser, running: Running) -> None:
    watched = await enter(chromium, running)
    page = watched.page
    settled = Settled(page)
    asked = running.built.house.heads.asked

    async def until(what: str, count: int = 1) -> None:
        async with asyncio.timeout(60):
            while sum(one[1] == what for one in asked) < count:  # noqa: ASYNC110 the fake tells nobody
                await asyncio.sleep(0.01)

    await page.goto(f"{running.base}/?camera=driveway")
    await page.get_by_role("button", name="Move the camera").click()
    await page.get_by_role("button", name="Left (hold)").hover()
    await page.mouse.down()
    await until("left", 2)
    await page.mouse.up()
    await until("stop")
    await settled.quiet()
    hold = asked[0][3]
    stop = ("driveway", "stop", hold)
    # how often it is said depends on the machine, and of two requests on their way either may come in first
    assert set(asked) == {("driveway", "left", "0.5", hold), stop}
    assert asked.count(stop) == 1

    asked.clear()
    await page.keyboard.down("ArrowUp")
    await until("up")
    await page.evaluate("dispatchEvent(new Event('blur'))")  # another window comes up while the key is down
    await until("stop")
    await settled.quiet()
    assert [one[1] for one in asked if one[1] != "up"] == ["stop"]
    await page.keyboard.up("ArrowUp")

    asked.clear()
    await page.get_by_label("Turn to").select_option("2")
    await until("preset")
    assert asked == [("driveway", "preset", "2")]
    await page.keyboard.press("Escape")
    async with page.expect_response("**/ptz"):
        await page.goto(f"{running.base}/?camera=garage")
    await expect(page.get_by_role("dialog", name="Garage")).to_be_visible()
    await settled.quiet()
    await expect(page.get_by_role("button", name="Move the camera")).to_have_count(0)
    assert watched.complaints == []


async def test_this_screen_keeps_its_cameras_and_fills_itself_with_them(chromium: Browser, running: Running) -> None:
    watched = await enter(chromium, running)
    page = watched.page
    await page.get_by_role("button", name="Choose and order").click()
    await page.get_by_label("Garage", exact=True).uncheck()
    await page.get_by_role("button", name="Garden further to the front").click()
    await page.keyboard.press("Escape")
    await expect(page.locator(tile("garage"))).to_have_count(0)
    names = "() => [...document.querySelectorAll('.tile-name')].map(one => one.textContent)"
    assert await page.evaluate(names) == ["Front door", "Garden", "Driveway"]
    await page.reload()
    await page.locator(f"{tile('garden')} video.is-shown").wait_for()
    assert await page.evaluate(names) == ["Front door", "Garden", "Driveway"]

    await page.get_by_role("button", name="The wall over the whole screen").click()
    await expect(page.locator(".is-kiosk")).to_be_visible()
    await page.wait_for_function("() => document.fullscreenElement !== null")
    assert await moving(page, f"{tile('garden')} video.is-shown")
    share = "() => [...document.querySelectorAll('.tile')].reduce((sum, one) => sum + one.clientWidth * one.clientHeight, 0)"
    await page.wait_for_function(f"() => ({share})() / (innerWidth * innerHeight) > 0.65")
    await page.get_by_role("link", name="Leave the full screen").click()
    await page.wait_for_function("() => document.fullscreenElement === null")
    await expect(page.get_by_role("heading", name="Elm Street 12")).to_be_visible()
    assert watched.complaints == []


async def test_what_is_out_of_sight_costs_the_house_nothing(chromium: Browser, running: Running) -> None:
    watched = await enter(chromium, running, viewport={"width": 390, "height": 640})
    page = watched.page
    wanted = running.built.house.hub.wanted

    async def until(ready: Callable[[set[str]], bool]) -> None:
        async with asyncio.timeout(60):
            while not ready({camera for camera, _stream in wanted()}):  # noqa: ASYNC110 the hub tells nobody
                await asyncio.sleep(0.02)

    await until(lambda cameras: "front-door" in cameras)
    await page.evaluate("scrollTo(0, document.body.scrollHeight)")
    await until(lambda cameras: "front-door" not in cameras)
    await page.evaluate("scrollTo(0, 0)")
    assert await moving(page, f"{tile('front-door')} video.is-shown")
    await page.evaluate(
        """() => { Object.defineProperty(document, 'hidden', { value: true, configurable: true });
        document.dispatchEvent(new Event('visibilitychange')); }"""
    )
    await until(lambda cameras: not cameras)


async def test_a_camera_that_turns_private_shows_nothing_at_once(chromium: Browser, running: Running) -> None:
    watched = await enter(chromium, running)
    page, house = watched.page, running.built.house
    garden = CameraId("garden")
    gap = Gap(camera=garden, stream=Stream.SUB, start_us=house.clock.wall_us(), end_us=None, reason=GapReason.PRIVATE)
    house._numbers.pop((garden, Stream.SUB))
    house.hub.end(gap)
    await expect(page.locator(f"{tile('garden')} video")).to_have_count(0)
    house.states["garden"] = CameraState.PRIVATE
    await expect(page.locator(f"{tile('garden')} .live-message")).to_contain_text("Private")
    await expect(page.locator(f"{tile('garden')} .tile-state")).to_have_text("Private")
    await page.goto(f"{running.base}/?camera=garden")
    await expect(page.get_by_role("button", name="Save this picture")).to_be_disabled()
    await expect(page.locator(".enlarged video, .enlarged img")).to_have_count(0)


async def test_an_iphone_plays_by_its_managed_media_source(chromium: Browser, running: Running) -> None:
    watched = await enter(chromium, running, script=MANAGED, viewport={"width": 390, "height": 844}, has_touch=True)
    page = watched.page
    assert await moving(page, f"{tile('front-door')} video.is-shown")
    assert await page.evaluate("window.opened") >= 1
    assert watched.complaints == []


async def pinch(page: Page, selector: str) -> None:
    """Two fingers apart, as the browser reports them."""
    await page.locator(selector).evaluate(
        """stage => {
          const at = (id, x, type) => stage.dispatchEvent(new PointerEvent(type, { pointerId: id, pointerType: 'touch',
            isPrimary: id === 1, clientX: x, clientY: 300, bubbles: true, button: 0 }));
          stage.setPointerCapture = () => {};
          at(1, 180, 'pointerdown'); at(2, 220, 'pointerdown');
          for (let step = 1; step <= 6; step += 1) { at(1, 180 - 10 * step, 'pointermove'); at(2, 220 + 10 * step, 'pointermove'); }
          at(1, 120, 'pointerup'); at(2, 280, 'pointerup');
        }"""
    )


async def test_two_fingers_look_closer_on_a_phone(chromium: Browser, running: Running) -> None:
    watched = await enter(chromium, running, viewport={"width": 390, "height": 844}, has_touch=True)
    page = watched.page
    await page.locator(f"{tile('garden')} .tile-link").tap()
    await page.locator(".enlarged video.is-shown").wait_for()
    await pinch(page, ".enlarged .live")
    await expect(page.get_by_role("button", name="Show the whole picture")).to_have_text("4.0 \u00d7")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    await page.get_by_role("button", name="Show the whole picture").tap()
    await expect(page.get_by_role("button", name="Show the whole picture")).to_have_count(0)
    assert watched.complaints == []
