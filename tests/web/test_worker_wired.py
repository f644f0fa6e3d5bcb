"""The installed page in a real browser: the shell without the house, a new build, notifications, and what they may do."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import re
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, CDPSession, Page, async_playwright
from playwright.async_api import Error as PlaywrightError
from tests.devices.push_service import Browser as PushBrowser
from tests.devices.push_service import base64url
from tests.web.browsing import CHROMIUM, Watched
from tests.web.fake_house import PASSWORD, picture
from tests.web.fake_push import KEY
from tests.web.running import Running, new_house, running_house

from hearthwatch.web.accounts import Role
from hearthwatch.web.page import BUILT
from hearthwatch.web.page import Page as BuiltPage

pytestmark = [
    pytest.mark.wired,
    pytest.mark.skipif(not (BUILT / "sw.js").is_file(), reason="the page is not built: make setup"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium"),
]

SUBSCRIBE = """
  const given = %s;
  Object.defineProperty(Notification, 'permission', { get: () => 'granted' });
  Notification.requestPermission = async () => 'granted';
  const made = { endpoint: given.endpoint, options: { applicationServerKey: null }, unsubscribe: async () => true,
    toJSON: () => ({ endpoint: given.endpoint, keys: { p256dh: given.p256dh, auth: given.auth } }) };
  let now = null;
  PushManager.prototype.getSubscription = async () => now;
  PushManager.prototype.subscribe = async (asked) => { window.askedWith = asked; return (now = made); };
"""

# Chromium without a desktop takes a notification away after some seconds: what it was given says more than what still stands
RECORD = """() => {
  const show = ServiceWorkerRegistration.prototype.showNotification;
  self.given = [];
  ServiceWorkerRegistration.prototype.showNotification = async function (title, options) {
    await show.call(this, title, options);
    self.given.push({ title, ...options, actions: (options.actions ?? []).map((each) => each.action) });
  };
}"""


@dataclass
class Installed:
    house: Running
    context: BrowserContext
    page: Page
    watched: Watched
    cdp: CDPSession
    registration: str = ""
    seen: int = 0

    async def settle(self) -> None:
        """Wait until the worker is in charge of the page."""
        await self.until("navigator.serviceWorker.controller !== null")

    async def until(self, condition: str) -> None:
        """Wait until `condition` holds in the page, also over a reload; the page's policy allows Playwright's own way not."""
        while True:
            with contextlib.suppress(PlaywrightError):  # the page is being loaded
                if await self.page.evaluate(f"async () => {condition}"):
                    return
            await asyncio.sleep(0.03)

    async def push(self, message: object) -> None:
        await self.cdp.send(
            "ServiceWorker.deliverPushMessage",
            {
                "origin": self.house.base,
                "registrationId": self.registration,
                "data": message if isinstance(message, str) else json.dumps(message),
            },
        )

    async def shown(self) -> list[dict[str, object]]:
        """Return what the browser was given to show since the worker came up, oldest first."""
        return await self.context.service_workers[0].evaluate("() => self.given")

    async def one_with(self, fits: Callable[[dict[str, object]], object]) -> dict[str, object]:
        """Wait for a notification that fits and was not seen before."""
        all_said: list[dict[str, object]] = []
        try:
            async with asyncio.timeout(60):
                while True:
                    all_said = await self.shown()
                    for at, said in enumerate(all_said):
                        if at >= self.seen and fits(said):
                            self.seen = at + 1
                            return said
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"none fits of what is shown: {all_said!r:.3000}; {self.watched.complaints}") from None


@pytest.fixture
async def installed(tmp_path: Path) -> AsyncIterator[Installed]:
    async with running_house(tmp_path, new_house()) as house, async_playwright() as play:
        await house.built.add_user("ada", Role.OWNER)
        chromium = await play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await chromium.new_context(base_url=house.base)
        context.set_default_timeout(120_000)
        await context.grant_permissions(["notifications"], origin=house.base)
        page = await context.new_page()
        cdp = await context.new_cdp_session(page)
        made = Installed(house, context, page, Watched(page, house.base), cdp)

        def registered(event: dict) -> None:
            for each in event["registrations"]:
                made.registration = each["registrationId"]

        cdp.on("ServiceWorker.workerRegistrationUpdated", registered)
        await cdp.send("ServiceWorker.enable")
        await page.goto("/")
        await page.get_by_label("Name").fill("ada")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Log in").click()
        await page.get_by_role("link", name="Events").first.wait_for()
        await made.settle()
        await context.service_workers[0].evaluate(RECORD)
        yield made
        await chromium.close()


async def test_a_new_build_takes_over_and_leaves_nothing_of_the_old(installed: Installed, tmp_path: Path) -> None:
    page = installed.page
    old = await page.evaluate("() => caches.keys()")
    assert len(old) == 1
    folder = tmp_path / "dist"
    shutil.copytree(BUILT, folder)
    worker = folder / "sw.js"
    text = worker.read_text()
    version = old[0].removeprefix("shell ")
    assert version in text
    worker.write_text(text.replace(version, "0123456789ab"))
    index = folder / "index.html"
    index.write_text(
        index.read_text().replace("<title>Hearthwatch</title>", "<title>Hearthwatch</title><meta name='build' content='next'>")
    )
    served = installed.house.built.app.state.site.page
    served._assets = BuiltPage(folder)._assets
    served._index = served._assets["index.html"]
    # out of sight it may reload at once
    await page.evaluate("() => { Object.defineProperty(document, 'hidden', { get: () => true }); }")
    await page.evaluate("() => navigator.serviceWorker.ready.then((found) => found.update()).then(() => true)")
    await installed.until("document.querySelector('meta[name=build]') !== null")
    await installed.until("(await caches.keys()).join() === 'shell 0123456789ab'")
    assert not installed.watched.complaints

    await _the_shell_is_kept_and_nothing_that_is_shown(installed)


async def test_a_message_is_shown_with_its_picture_and_a_later_one_takes_its_place(installed: Installed) -> None:
    told = {
        "id": "01ALERT",
        "title": "Front door: person",
        "body": "14:03:27 · 83 % sure",
        "url": "/events/e00100",
        "severity": "urgent",
        "at_ms": 1_700_000_000_000,
        "event": "e00100",
        "camera": "front-door",
        "quiet": False,
    }
    await installed.push(told)
    text = await installed.one_with(lambda said: said["tag"] == "01ALERT")
    assert (text["title"], text["body"], text["silent"]) == (told["title"], told["body"], False)
    assert text["actions"] == ["quiet", "false"]
    assert text["icon"].endswith("/icons/icon-192.png")
    after = await _with_the_sharp_picture(installed, told)
    assert after["silent"]
    assert after["tag"] == text["tag"], "it takes the place of the one before"
    await installed.push({**told, "event": "none", "quiet": True, "picture": "AAAA"})
    await installed.one_with(lambda said: said.get("image") == "data:image/jpeg;base64,AAAA")
    await installed.push("no json")
    await installed.one_with(lambda said: said["title"] == "Hearthwatch")
    assert not installed.watched.complaints

    await _the_buttons_act_as_who_is_logged_in(installed)
    await _the_page_asks_for_this_device_and_tries_it(installed)


async def _with_the_sharp_picture(installed: Installed, told: dict[str, object]) -> dict[str, object]:
    """Return the notification with the house's own picture, which it has five seconds to give: a starved one is asked again."""
    small, _box = picture("front-door", 3.0)
    sent = base64.b64encode(small[:30]).decode()
    async with asyncio.timeout(120):
        while True:
            await installed.push({**told, "quiet": True, "picture": sent})
            said = await installed.one_with(lambda said: said.get("image"))
            if said["image"] != f"data:image/jpeg;base64,{sent}":
                assert len(said["image"]) > 10_000
                return said


async def _the_buttons_act_as_who_is_logged_in(installed: Installed) -> None:
    worker = installed.context.service_workers[0]
    press = """async (action) => {
      let notification;
      for (let tries = 0; !notification && tries < 50; tries += 1) { // it may be taken away at once
        await registration.showNotification('Front door: person', { tag: 'one', data: { url: '/events/e00100', event: 'e00100', camera: 'front-door' } });
        [notification] = await registration.getNotifications({ tag: 'one' });
      }
      self.dispatchEvent(new NotificationEvent('notificationclick', { notification, action }));
    }"""
    remote = installed.house.built.house.remote
    await worker.evaluate(press, "quiet")
    said = await installed.one_with(lambda said: "for an hour" in said.get("body", ""))
    assert said["title"] == "Front door: person"
    assert [each.id for each in remote.status().cameras if each.quiet_until_us] == ["front-door"]


async def _the_page_asks_for_this_device_and_tries_it(installed: Installed) -> None:
    page = installed.page
    browser = PushBrowser(token="x", key=KEY)
    given = {"endpoint": "https://push.example.org/abc", "p256dh": base64url(browser.p256dh), "auth": base64url(browser.auth)}
    await page.add_init_script(SUBSCRIBE % json.dumps(given))
    await page.goto("/settings")
    await page.get_by_label("Name of this device").fill("Kitchen tablet")
    await page.get_by_role("button", name="Notify this device").click()
    await page.get_by_text("Kitchen tablet").first.wait_for()
    asked = await page.evaluate("[window.askedWith.userVisibleOnly, window.askedWith.applicationServerKey]")
    assert asked == [True, KEY]
    assert installed.house.built.house.push.given == [(given["endpoint"], browser.p256dh, browser.auth)]
    await page.get_by_role("button", name="Send a test").click()
    await page.get_by_text("A test is on its way").wait_for()
    assert installed.house.built.house.push.tested
    await page.get_by_role("button", name="Stop").click()
    await page.get_by_role("button", name="Notify this device").wait_for()
    assert not installed.house.built.house.push.kept
    assert not installed.watched.complaints

    await installed.page.add_init_script("Object.defineProperty(Notification, 'permission', { get: () => 'denied' })")
    await installed.page.goto("/settings")
    await installed.page.get_by_text("are blocked here").wait_for()


async def _the_shell_is_kept_and_nothing_that_is_shown(installed: Installed) -> None:
    page = installed.page
    await page.goto("/events")
    await page.locator("img").first.wait_for()
    kept = await page.evaluate(
        """async () => {
          const all = [];
          for (const name of await caches.keys())
            for (const request of await (await caches.open(name)).keys()) all.push(new URL(request.url).pathname);
          return all;
        }"""
    )
    assert "/" in kept
    assert any(re.fullmatch(r"/assets/.*\\.js", path) or path.endswith(".js") for path in kept)
    assert not [path for path in kept if not re.match(r"/$|/hearth\.svg$|/icons/|/assets/", path)]
    manifest = await page.evaluate("() => fetch('/hearth.webmanifest').then((answer) => answer.json())")
    for icon in manifest["icons"]:
        assert (await page.request.get(installed.house.base + icon["src"])).ok
    assert not installed.watched.foreign
    assert not installed.watched.complaints

    installed.house.serving.cancel()
    await asyncio.gather(installed.house.serving, return_exceptions=True)
    await page.goto("/alerts")
    await page.get_by_text("Hearthwatch does not answer").first.wait_for()
    assert not [each for each in installed.watched.complaints if "trusted" in each.lower() or "policy" in each.lower()]
