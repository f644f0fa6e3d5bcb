"""The own pages of an emulated Foscam and an emulated Amcrest, used in a real browser through the relay, and held in by it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect
from tests.devices import dahua_page, foscam_page
from tests.run.relay_bench import Relay, relaying
from tests.web.browsing import CHROMIUM

from hearthwatch.kit.units import CameraId
from hearthwatch.web.relay.own_page import ENTRY

pytestmark = [
    pytest.mark.wired,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (make test installs it)"),
]

WATCH = {"foscam": "watchPass1", "amcrest": "watch-Pass-1"}
NASTY = """
addEventListener('load', async function () {
  var found = { cookies: document.cookie };
  async function tried(name, work) { try { found[name] = 'did: ' + await work(); } catch (error) { found[name] = 'refused'; } }
  await tried('elsewhere', function () { return fetch('http://127.0.0.1:OTHER/', { mode: 'no-cors' }); });
  await tried('worker', function () { return navigator.serviceWorker.register('/js/main.js'); });
  await tried('window', async function () { var opened = window.open('http://127.0.0.1:OTHER/'); if (!opened) throw 0; });
  await tried('socket', function () {
    return new Promise(function (yes, no) {
      var socket = new WebSocket('ws://127.0.0.1:OTHER/');
      socket.onopen = yes; socket.onerror = no;
    });
  });
  await tried('frame', function () {
    return new Promise(function (yes, no) {
      var frame = document.createElement('img');
      frame.onload = yes; frame.onerror = no; frame.src = 'http://127.0.0.1:OTHER/x.jpg';
    });
  });
  window.found = found;
});
"""


def toml(**ports: int) -> str:
    vendors = {"foscam": "foscam-hd", "amcrest": "dahua"}
    return "[proxy]\npage_port = 0\n" + "".join(
        f"""
[camera.{name}]
main = "rtsp://127.0.0.1:1/main"
allow_loopback = true
user = "watch"
door = {{ vendor = "{vendors[name]}", port = {port}, user = "watch" }}
"""
        for name, port in ports.items()
    )


SECRETS = {f"camera.{name}.password": password for name, password in WATCH.items()}


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


async def entered(browser: Browser, relay: Relay, camera: str) -> tuple[Page, int]:
    port, url = await relay.enter(camera)
    page = await browser.new_page()
    page.set_default_timeout(120_000)
    await page.goto(url)
    return page, port


async def test_a_setting_of_a_foscam_is_changed_at_its_own_page(chromium: Browser, tmp_path: Path) -> None:
    async with foscam_page.camera().running() as camera, relaying(tmp_path, toml(foscam=camera.port), SECRETS) as relay:
        page, port = await entered(chromium, relay, "foscam")
        await page.get_by_label("Username").fill("watch")
        await page.get_by_label("Password").fill("wrong")
        await page.get_by_role("button", name="Login").click()
        await expect(page.locator("#said")).to_have_text("Wrong password")
        await page.get_by_label("Password").fill(WATCH["foscam"])
        await page.get_by_role("button", name="Login").click()
        await expect(page.get_by_label("Device name")).to_have_value("Front door")
        await page.get_by_label("Device name").fill("Porch")
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator("#said")).to_have_text("Saved")
        assert camera.name == "Porch"
        assert page.url == f"http://127.0.0.1:{port}/index.html"
        assert "hearthwatch" not in await page.evaluate("document.cookie")
        seen = [request for request in camera.requests if "cookie" in request.headers]
        assert seen
        assert not any("hearthwatch" in str(request.headers) for request in camera.requests)
        assert {request.headers["host"] for request in camera.requests} == {f"127.0.0.1:{camera.port}"}


async def test_a_setting_of_an_amcrest_is_changed_at_its_own_page(chromium: Browser, tmp_path: Path) -> None:
    async with dahua_page.camera().running() as camera, relaying(tmp_path, toml(amcrest=camera.port), SECRETS) as relay:
        page, _ = await entered(chromium, relay, "amcrest")
        await page.get_by_label("Username").fill("watch")
        await page.get_by_label("Password").fill(WATCH["amcrest"])
        await page.get_by_role("button", name="Login").click()
        await expect(page.get_by_label("Machine name")).to_have_value("FrontDoor")
        await page.get_by_label("Machine name").fill("Garage")
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator("#said")).to_have_text("Saved")
        assert camera.tree["General"]["MachineName"] == "Garage"
        calls = [request for request in camera.requests if request.path.startswith("/RPC2")]
        assert len(calls) == 4


async def test_a_hostile_page_stays_in_its_own_place(chromium: Browser, tmp_path: Path) -> None:
    async with foscam_page.camera().running() as camera, dahua_page.camera().running() as other:
        camera.nasty = NASTY.replace("OTHER", str(other.port))
        async with relaying(tmp_path, toml(foscam=camera.port), SECRETS) as relay:
            port, url = await relay.enter("foscam")
            page = await chromium.new_page()
            session = {"name": "hearthwatch", "value": "session", "url": "http://127.0.0.1/", "httpOnly": True}
            await page.context.add_cookies([session])  # type: ignore[list-item]
            await page.goto(url)
            await page.wait_for_function("window.found")
            found = await page.evaluate("window.found")
            assert "session" not in found.pop("cookies")
            assert found == dict.fromkeys(("elsewhere", "worker", "window", "socket", "frame"), "refused")
            assert not other.requests
            assert not any("session" in request.headers.get("cookie", "") for request in camera.requests)
            assert port != camera.port


async def test_by_https_the_cookie_is_for_https_alone(tmp_path: Path) -> None:
    async with dahua_page.camera().running() as camera, relaying(tmp_path, toml(amcrest=camera.port), SECRETS) as relay:
        port = await relay.desk.open_page(CameraId("amcrest"), https=True)
        base, ticket = f"https://127.0.0.1:{port}", relay.desk.ticket(CameraId("amcrest"), "s1")
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
            async with http.get(f"{base}{ENTRY}{ticket}", ssl=False) as answer:
                cookie, *flags = answer.headers["Set-Cookie"].split("; ")
            assert cookie.startswith("__Host-hearthwatch-page-amcrest=")
            assert flags == ["Path=/", "HttpOnly", "SameSite=Strict", "Secure"]
            async with http.get(base + "/", headers={"Cookie": cookie}, ssl=False) as answer:
                assert "WEB SERVICE" in await answer.text()
                assert "sandbox" in answer.headers["Content-Security-Policy"]


async def test_the_page_is_for_one_stay_of_who_has_the_ticket(tmp_path: Path) -> None:
    async with foscam_page.camera().running() as camera, dahua_page.camera().running() as other:
        config = toml(foscam=camera.port, amcrest=other.port)
        async with (
            relaying(tmp_path, config, SECRETS) as relay,
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
        ):
            port, url = await relay.enter("foscam")
            base = f"http://127.0.0.1:{port}"

            async def asked(url: str, cookie: str = "", **headers: str) -> int:
                given = headers | ({"Cookie": cookie} if cookie else {})
                async with http.get(url, headers=given, allow_redirects=False) as answer:
                    return answer.status

            assert await asked(f"{base}/index.html") == 403
            assert await asked(f"{base}{ENTRY}guessed") == 403
            async with http.get(url, headers={"Cookie": "DhWebClientSessionID=7"}) as answer:
                cookies = answer.headers.getall("Set-Cookie")
                assert "DhWebClientSessionID=; Path=/; Max-Age=0" in cookies  # what another camera's page left
                assert "HttpOnly; SameSite=Strict" in cookies[-1]
                cookie = cookies[-1].partition(";")[0]
            assert await asked(url) == 403  # once
            assert await asked(f"{base}/index.html", cookie) == 200
            assert await asked(f"{base}/index.html", cookie, **{"Sec-Fetch-Site": "same-site"}) == 403
            assert await asked(f"{base}/index.html", cookie, Host="evil.example") == 421
            assert await asked(f"{base}/js/main.js", cookie, **{"Service-Worker": "script"}) == 403
            before = len(camera.requests)
            assert await asked(f"{base}/index.html", cookie[:-1] + "x") == 403
            assert len(camera.requests) == before
            await relay.enter("amcrest")
            with pytest.raises(aiohttp.ClientConnectionError):  # one stay at a time: nothing listens there any more
                await asked(f"{base}/index.html", cookie)
            port, url = await relay.enter("foscam", who="s2")
            assert await asked(f"http://127.0.0.1:{port}/index.html", cookie) == 403
            await relay.desk.end_stays("s1")
            assert await asked(url) == 200
            await relay.desk.end_stays("s2")
            with pytest.raises(aiohttp.ClientConnectionError):
                await asked(url)
