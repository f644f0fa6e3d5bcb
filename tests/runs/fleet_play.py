"""What tests.runs.fleet does from outside: a browser at the hub's place, and a node's certificate in somebody's hands."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from pathlib import Path

import aiohttp
from playwright.async_api import async_playwright, expect

from hearthwatch.fleet.authority import HUB_NAME
from hearthwatch.fleet.identity import IdentityShelf
from hearthwatch.fleet.options import DEFAULT_PORT
from tests.devices.sites_net import HUB, SitesNet
from tests.runs.rig import OWNER_NAME, OWNER_PASSWORD, House
from tests.web.browsing import CHROMIUM, PIXELS, Watched, moving

_FRAMES = 20


async def play(house: House, net: SitesNet, node: str, folder: Path) -> dict[str, object]:
    """Watch a node's camera on the hub's page, as its owner; return what was seen."""
    browser_file = folder / "chromium"
    browser_file.write_text(f'#!/bin/sh\nexec {" ".join(net.under(HUB))} {CHROMIUM} "$@"\n')
    browser_file.chmod(0o755)
    async with asyncio.timeout(240), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_file, args=["--no-sandbox"])
        try:
            context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
            watched = Watched(await context.new_page(), house.base)
            page = watched.page
            page.set_default_timeout(120_000)
            await page.goto(house.base)
            await page.get_by_label("Name").fill(OWNER_NAME)
            await page.get_by_label("Password", exact=True).fill(OWNER_PASSWORD)
            await page.get_by_role("button", name="Log in").click()
            await expect(page.get_by_role("navigation", name="Main")).to_be_visible()
            began = time.monotonic()
            await page.goto(f"{house.base}/at/{node}/")
            video = 'video[data-camera="yard"]'
            moves = await moving(page, video, wait_s=60)
            moved_s = time.monotonic() - began
            shown = page.locator(video)
            seen = set()
            began_at = await shown.evaluate("shown => shown.currentTime")
            for _ in range(_FRAMES):
                seen.add(tuple(await shown.evaluate(PIXELS)))
                await page.wait_for_timeout(250)
            return {
                "pixels_move": moves,
                "opened_and_moved_after_s": round(moved_s, 1),
                "different_pictures": f"{len(seen)} of {_FRAMES} in {_FRAMES / 4:.0f} s",
                "played_s": round(await shown.evaluate("shown => shown.currentTime") - began_at, 1),
                "asked_elsewhere": watched.foreign,
            }
        finally:
            await browser.close()


async def hello(net: SitesNet, place: str, folder: Path) -> int:
    """Ask the hub for something with the certificate of the node in `folder`, from its place; return the status."""
    shelf = IdentityShelf(folder)
    identity = shelf.read()
    assert identity is not None
    context: ssl.SSLContext = shelf.context(identity)
    connector = aiohttp.TCPConnector(socket_factory=lambda found: net.socket_at(place, found[0], found[1], found[2]))
    body = json.dumps({"now_us": time.time_ns() // 1000, "waiting": 0, "version": "0"})
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=10)) as session:
        url = f"https://{net.address(HUB)}:{DEFAULT_PORT}/fleet/v1/hello"
        try:
            async with session.post(url, data=body, ssl=context, server_hostname=HUB_NAME) as answer:
                return answer.status
        except aiohttp.ClientError as error:
            raise OSError(str(error)) from error
