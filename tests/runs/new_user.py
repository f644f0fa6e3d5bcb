"""A new owner's whole way, on the real house and in a real browser, by nothing but what is written on the page.

An empty data folder, a home network of namespaces in which an ONVIF camera answers WS-Discovery, Chromium on the machine
itself. The clock of the table is the user's. `--phone` goes the way with a finger at 390 px, until somebody is told of.
Where no namespaces can be made the camera is on loopback, and its address is typed in.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import av
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect
from playwright.async_api import Error as PlaywrightError

from hearthwatch.web.page import BUILT
from tests.devices.fake_telegram import FakeTelegram
from tests.devices.lan import is_possible, lan
from tests.devices.push_service import Arrived, PushService, base64url
from tests.runs import new_user_camera
from tests.runs.rig import OWNER_NAME, OWNER_PASSWORD, ROOT, House
from tests.web.browsing import CHROMIUM, Watched, moving

CAMERA, CAMERA_MAC = "10.77.0.22", "02:77:00:00:00:16"
PICTURES = ROOT / ".artifacts" / "new-user"
LIMIT_S = 300
ENDPOINTS = '[alerts.telegram]\napi_base = "{telegram}"\n\n[alerts.push]\nservices = ["{push}"]\n'
"""All that is not the set-up's: where the stand-ins for the services of the outside answer."""
CORNERS = ((0.08, 0.3), (0.92, 0.3), (0.97, 0.97), (0.03, 0.97))
SUBSCRIBE = """
  Notification.requestPermission = async () => 'granted';
  Object.defineProperty(Notification, 'permission', { get: () => 'granted' });
  let now = null;
  PushManager.prototype.getSubscription = async () => now;
  PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
    const given = await window.subscribeAtService(applicationServerKey);
    return (now = { endpoint: given.endpoint, options: { applicationServerKey: null }, unsubscribe: async () => true,
      toJSON: () => ({ endpoint: given.endpoint, keys: { p256dh: given.p256dh, auth: given.auth } }) });
  };
"""
"""Headless Chromium reaches no push service of its vendor: who subscribes gets one at ours."""


@dataclass(slots=True, kw_only=True)
class Story:
    """The steps so far, each with its seconds since the start and its picture."""

    folder: Path
    page: Page
    started_s: float = field(default_factory=time.monotonic)
    steps: list[tuple[str, float]] = field(default_factory=list)

    async def done(self, what: str) -> None:
        at_s = time.monotonic() - self.started_s
        self.steps.append((what, at_s))
        name = "-".join("".join(each if each.isalnum() else " " for each in what.lower()).split()[:6])
        await self.page.screenshot(path=self.folder / f"{len(self.steps):02}-{name}.png")

    def table(self) -> str:
        rows = [f"{at_s:7.1f} s  {what}" for what, at_s in self.steps]
        return "\n".join(rows)


@dataclass(slots=True, kw_only=True)
class User:
    """Whoever sits before the page: clicks, or taps on a phone."""

    page: Page
    touch: bool

    async def press(self, on: Locator) -> None:
        await (on.tap() if self.touch else on.click())

    async def button(self, name: str, *, exact: bool = True) -> None:
        await self.press(self.page.get_by_role("button", name=name, exact=exact))

    async def point(self, on: Locator, x: float, y: float) -> None:
        await on.scroll_into_view_if_needed()
        box = await on.bounding_box()
        assert box is not None
        where = box["x"] + x * box["width"], box["y"] + y * box["height"]
        await (self.page.touchscreen.tap(*where) if self.touch else self.page.mouse.click(*where))

    async def title(self, words: str) -> None:
        await expect(self.page.get_by_role("heading", name=words, level=1)).to_be_visible()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the house and its owner reach outside: Telegram's Bot API and a push service."""

    telegram: FakeTelegram
    push: PushService

    async def subscribe(self, key: str) -> dict[str, str]:
        browser = self.push.subscribe(key)
        return {
            "endpoint": self.push.endpoint(browser),
            "p256dh": base64url(browser.p256dh),
            "auth": base64url(browser.auth),
        }


async def walk(folder: Path, pictures: Path, camera: str, *, phone: bool) -> Story:
    """Go the whole way. `camera`: its address when it must be typed in, empty when it is found."""
    async with _outside() as outside, _chromium() as browser:
        config = ENDPOINTS.format(telegram=outside.telegram.base, push=outside.push.origin)
        if camera:  # other houses may run on this machine
            config += "\n[web]\nhttps_port = 0\n"
        house = House(folder / "house", config, {})
        context = await _context(browser, outside, phone=phone)
        watched = Watched(await context.new_page(), house.base)
        watched.page.set_default_timeout(120_000)
        story = Story(folder=pictures, page=watched.page)
        user = User(page=watched.page, touch=phone)
        try:
            await house.start()
            await _claim(user, story, house)
            await _camera(user, story, camera)
            await _zone(user, story)
            await _told(user, story)
            await _phone(user, story, outside)
            await _rest(user, story)
            event = await _somebody(user, story, outside)
            if not phone:
                await _footage(user, story, event)
                await _export(user, story, folder)
            assert watched.foreign == [], watched.foreign
            assert watched.complaints == [], watched.complaints
            assert not outside.push.faults, outside.push.faults
            assert new_user_camera.PASSWORD not in "\n".join(house.lines)
        except (AssertionError, TimeoutError, PlaywrightError):
            await watched.page.screenshot(path=pictures / "it-failed-here.png")
            print(story.table(), *house.lines[-15:], *(each.text for each in outside.telegram.taken), sep="\n")
            raise
        finally:
            await house.close()
    return story


@contextlib.asynccontextmanager
async def _outside() -> AsyncIterator[Outside]:
    telegram, push = FakeTelegram(), PushService()
    await telegram.start()
    await push.start()
    try:
        yield Outside(telegram=telegram, push=push)
    finally:
        await telegram.stop()
        await push.stop()


@contextlib.asynccontextmanager
async def _chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


async def _context(browser: Browser, outside: Outside, *, phone: bool) -> BrowserContext:
    if phone:
        agent = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"
        context = await browser.new_context(
            viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, user_agent=agent, locale="en-GB"
        )
    else:
        context = await browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB", accept_downloads=True)
    await context.expose_function("subscribeAtService", lambda key: outside.subscribe(key))  # noqa: PLW0108 Playwright cannot write on a method
    await context.add_init_script(SUBSCRIBE)
    return context


async def _claim(user: User, story: Story, house: House) -> None:
    code = await house.code()
    await user.page.goto(house.base)
    await user.title("Make this house yours")
    await story.done("the bare machine shows the claim page")
    await user.page.get_by_label("Code from the console").fill(code)
    await user.page.get_by_label("Name").fill(OWNER_NAME)
    await user.page.get_by_label("Password", exact=True).fill(OWNER_PASSWORD)
    await user.page.get_by_label("The password again").fill(OWNER_PASSWORD)
    await user.button("Claim this house")
    await user.title("Find your cameras")
    await story.done("claimed with the code of the console, set-up opens")


async def _camera(user: User, story: Story, address: str) -> None:
    page = user.page
    if address:
        await page.get_by_label("Address of the camera").fill(address)
        await user.button("Look there")
    else:
        await user.button("Look for cameras")
        await expect(page.get_by_role("list", name="Found")).to_contain_text(CAMERA)
        await expect(page.get_by_text("One camera found")).to_be_visible()
        await story.done("camera found by WS-Discovery")
        await user.press(page.get_by_role("button", name=f"at {CAMERA}"))
    await page.get_by_label("Name to log in with").fill(new_user_camera.USER)
    await page.get_by_label("Password of the camera").fill(new_user_camera.PASSWORD)
    await user.button("Log in and show the picture")
    await expect(page.get_by_role("img", name="shows now")).to_be_visible()
    await story.done("password entered once, its picture and streams shown")
    recorded, looked_at = (page.get_by_role("group", name=name) for name in ("Recorded", "Looked at"))
    await user.press(recorded.get_by_role("radio").first)
    await user.press(looked_at.get_by_role("radio").first)
    await page.get_by_label("Name", exact=True).fill("Hall")
    await story.done("streams chosen, named")
    await user.button("Add this camera")
    await expect(page.get_by_role("list", name="Your cameras")).to_contain_text("live")
    assert await moving(page, "video.is-shown", wait_s=60), "no live picture in the set-up"
    await story.done("live picture of it")
    await user.button("Go on")


async def _zone(user: User, story: Story) -> None:
    page = user.page
    await user.title("Draw where it matters")
    await user.button("New zone")
    stage = page.get_by_role("application", name="Picture of Hall")
    await expect(stage).to_be_visible()
    for x, y in CORNERS:
        await user.point(stage, x, y)
    await page.get_by_label("Name", exact=True).fill("Hallway")
    await user.press(page.get_by_role("group", name="What counts in it").get_by_role("button", name="person"))
    await story.done("zone drawn on the picture")
    await user.button("Save")
    await user.button("Go on")


async def _told(user: User, story: Story) -> None:
    page = user.page
    await user.title("What do you want to be told?")
    told = page.get_by_role("group", name="What is told of Hall")
    await expect(told.get_by_role("button", name="person")).to_have_attribute("aria-pressed", "true")
    await user.press(page.get_by_role("switch", name="Send pictures of Hall"))
    await expect(page.get_by_role("switch", name="Send pictures of Hall")).to_have_attribute("aria-checked", "true")
    await story.done("chosen what is told, with pictures")
    await user.button("Go on")


async def _phone(user: User, story: Story, outside: Outside) -> None:
    page = user.page
    await user.title("Be told on your phone")
    await page.get_by_label(re.compile("The bot.s token")).fill(outside.telegram.token)
    await user.button("Keep the token")
    await user.button("Show the code")
    code = await page.get_by_label("One-time code").inner_text()
    await story.done("Telegram bot known, one-time code shown")
    await outside.telegram.say(f"/start {code.strip()}")
    await expect(page.get_by_text("Anna")).to_be_visible()
    await story.done("Telegram connected by the one-time code")
    await user.button("Notify this device")
    await expect(page.get_by_text("This device is notified from now on")).to_be_visible()
    await user.button("Send a test")
    assert "test" in (await outside.push.got.get()).said["title"]
    await story.done("notifications of this device, tested")
    await user.button("Go on")


async def _rest(user: User, story: Story) -> None:
    await user.title("E-mail")
    await user.button("Do the rest later")
    await expect(user.page.get_by_role("heading", name="is watched", level=1)).to_be_visible()
    await story.done("the rest put off")
    await user.button("To the wall")
    assert await moving(user.page, "video.is-shown", wait_s=60), "no live picture on the wall"
    await story.done("live on the wall")


async def _somebody(user: User, story: Story, outside: Outside) -> str:
    """Wait until somebody is told of by push and Telegram, text and picture, and return the event's id."""
    page = user.page
    while outside.push.got.qsize():
        outside.push.got.get_nowait()
    before = len(outside.telegram.taken)
    async with asyncio.timeout(120):
        text = await _pushed(outside.push, lambda said: not said.get("picture"))  # not the end of one told of before
        shown = await _pushed(outside.push, lambda said: said.get("picture") and said["event"] == text.said["event"])
        event = str(text.said["event"])
        jpeg = shown.said["picture"]
    assert text.said["title"] == "Hall: person", text.said
    assert str(jpeg).startswith("_9j_") or str(jpeg).startswith("/9j/"), "no JPEG in the notification"
    await outside.telegram.wait_for(lambda: any(each.data for each in outside.telegram.taken[before:]), 60)
    fresh = outside.telegram.taken[before:]
    assert any("person" in each.text.lower() for each in fresh), fresh
    [picture, *_] = [each for each in fresh if each.data]
    assert picture.data[:2] == b"\xff\xd8"
    (story.folder / "told-by-telegram.jpg").write_bytes(picture.data)
    new = page.get_by_role("complementary", name="Lately").locator(f'a[href="/events/{event}"]')
    await expect(new).to_be_visible()
    await expect(new).to_contain_text("Person · Hall")
    await new.scroll_into_view_if_needed()
    await story.done("somebody walks in: event on the page, push with its picture, Telegram text and picture")
    await user.press(new)
    await user.title("Person")
    return event


async def _pushed(service: PushService, fits: Callable[[dict[str, object]], object]) -> Arrived:
    while True:
        arrived = await service.got.get()
        if fits(arrived.said):
            return arrived


async def _footage(user: User, story: Story, event: str) -> None:
    page = user.page
    video = page.get_by_label("Footage: Person at Hall")
    await expect(video).to_be_visible()
    assert await moving(page, "video.footage", wait_s=60), f"the footage of {event} does not move"
    await story.done("footage of the event plays")
    await user.press(page.get_by_role("link", name="Open in the timeline"))
    await user.title("Timeline")
    await user.button("Play")
    assert await moving(page, ".tl-video", wait_s=60), "the timeline does not play"
    await user.button("Pause")
    await story.done("played in the timeline")


async def _export(user: User, story: Story, folder: Path) -> None:
    """Draw over the lane from 27 to 3 seconds before the moment shown, and have that as a file."""
    page = user.page
    await user.button("Select")
    axis = page.get_by_role("slider", name="Time")
    lane = await page.locator('.tl-row[data-lane="hall"]').bounding_box()
    assert lane is not None
    low, high, now = [float(await axis.get_attribute(f"aria-value{each}") or 0) for each in ("min", "max", "now")]
    x, second = lane["x"] + lane["width"] * (now - low) / (high - low), lane["width"] / (high - low)
    await page.mouse.move(x - 27 * second, lane["y"] + lane["height"] / 2)
    await page.mouse.down()
    await page.mouse.move(x - 3 * second, lane["y"] + lane["height"] / 2, steps=8)
    await page.mouse.up()
    await expect(page.get_by_role("region", name="Selected time")).to_contain_text("Hall")
    await story.done("a stretch of time selected")
    link = page.get_by_role("link", name="Export")
    asked = parse_qs(urlsplit(await link.get_attribute("href") or "").query)
    wanted_s = (int(asked["end_us"][0]) - int(asked["start_us"][0])) / 1e6
    async with page.expect_download() as download:
        await user.press(link)
    target = folder / "export.mp4"
    await (await download.value).save_as(target)
    frames, length_s, moves = await asyncio.to_thread(played, target)
    assert frames > 0.9 * wanted_s * new_user_camera.FPS, f"{frames} pictures in {wanted_s:.1f} s"
    assert abs(length_s - wanted_s) < 1.5, f"the file lasts {length_s:.1f} s, {wanted_s:.1f} s were selected"
    assert moves, "the file shows one picture for ever"
    await story.done(f"exported; the file plays, {length_s:.1f} s for {wanted_s:.1f} s selected")


def emptied(folder: Path) -> Path:
    """Return the folder without the pictures of a former time."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("*.png"), *folder.glob("*.jpg")):
        old.unlink()
    return folder


def played(file: Path) -> tuple[int, float, bool]:
    """Decode a file to its end; return its pictures, how long they last, and whether what they show changes."""
    with av.open(str(file)) as container:
        rate = float(container.streams.video[0].average_rate or 1)
        times, firsts = [], []
        for frame in container.decode(video=0):
            times.append(float(frame.time or 0))
            firsts.append(frame.to_ndarray(format="gray")[::16, ::16].astype(int))
    moves = max(abs(firsts[0] - each).mean() for each in firsts) > 3
    return len(times), times[-1] - times[0] + 1 / rate, moves


@contextlib.contextmanager
def neighbourhood() -> Iterator[tuple[list[str], str]]:
    """Put the camera into a home network, or on loopback where that cannot be; yield how a command gets there, and the address
    to type in."""
    with contextlib.ExitStack() as stack:
        if not is_possible():
            port = stack.enter_context(_filming([], "127.0.0.1"))
            yield [], f"127.0.0.1:{port}"
            return
        net = stack.enter_context(lan())
        host = net.phone("c", CAMERA_MAC, CAMERA)
        host.join()
        stack.enter_context(_filming(["ip", "netns", "exec", host.namespace], CAMERA, "80"))
        yield net.command(), ""


@contextlib.contextmanager
def _filming(prefix: list[str], *words: str) -> Iterator[int]:
    command = [*prefix, sys.executable, "-m", "tests.runs.new_user_camera", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=_environment())
    try:
        assert process.stdout is not None
        said = process.stdout.readline().split()
        assert said[:1] == ["ready"], "the camera did not start"
        yield int(said[1])
    finally:
        process.terminate()
        process.communicate()


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--phone", action="store_true", help="390 px and a finger, until somebody is told of")
    parser.add_argument("--pictures", type=Path, default=None, help=f"where a picture of each step goes (default {PICTURES})")
    parser.add_argument("--there", default=None, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if not (BUILT / "index.html").exists():
        sys.exit("the page is not built: make setup")
    if given.there is None:
        with neighbourhood() as (prefix, address):
            return subprocess.run(
                [*prefix, sys.executable, "-m", "tests.runs.new_user", *sys.argv[1:], f"--there={address}"],
                check=False,
                cwd=ROOT,
                env=_environment(),
            ).returncode
    pictures = given.pictures or PICTURES.with_name("new-user-phone" if given.phone else "new-user")
    with tempfile.TemporaryDirectory() as name:
        story = asyncio.run(walk(Path(name), emptied(pictures), given.there, phone=given.phone))
    print(story.table())
    print(f"pictures: {pictures}")
    took_s = story.steps[-1][1]
    print(f"{took_s:.0f} s of {LIMIT_S} s")
    return 0 if took_s <= LIMIT_S else 1


if __name__ == "__main__":
    sys.exit(main())
