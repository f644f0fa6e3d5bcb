"""Watching a page in a real browser: what it asks for, what it complains of, and what its videos really show."""

from __future__ import annotations

import asyncio
from pathlib import Path

from playwright.async_api import ConsoleMessage, Page, Request, expect

expect.set_options(timeout=120_000)  # of a machine that does other things as well

CHROMIUM = Path("/usr/bin/chromium")

PIXELS = """shown => {
  const canvas = document.createElement('canvas');
  canvas.width = 64; canvas.height = 36;
  const context = canvas.getContext('2d');
  context.drawImage(shown, 0, 0, 64, 36);
  return Array.from(context.getImageData(0, 0, 64, 36).data);
}"""


class Watched:
    """A page whose requests and complaints are written down."""

    def __init__(self, page: Page, base: str) -> None:
        self.page = page
        self.base = base
        self.foreign: list[str] = []
        self.complaints: list[str] = []
        page.on("request", self._request)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _request(self, request: Request) -> None:
        url = request.url
        if not url.startswith((self.base, self.base.replace("http", "ws"), "blob:" + self.base)):
            self.foreign.append(url)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} at {message.location['url']}")


GO = "path => { history.pushState(null, '', path); dispatchEvent(new PopStateEvent('popstate')); }"
PAINTED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 30))))"


class Settled:
    """Knows what a page still waits for of the house; streams, which never end, do not count."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._waiting: set[Request] = set()
        self._changed = asyncio.Event()
        page.on("request", self._asked)
        page.on("requestfinished", self._answered)
        page.on("requestfailed", self._answered)

    def _asked(self, request: Request) -> None:
        if request.resource_type in {"fetch", "xhr", "image", "script"} and not request.url.partition("?")[0].endswith(
            ("/stream", "/live", ".mjpeg")
        ):
            self._waiting.add(request)

    def _answered(self, request: Request) -> None:
        self._waiting.discard(request)
        self._changed.set()

    async def go(self, path: str) -> None:
        """Follow a link as the page itself does it, without loading it anew; wait for all it shows."""
        await self.page.evaluate(GO, path)
        await self._shown()

    async def load(self, url: str) -> None:
        """Load the page anew, as a typed address does; wait for all it shows."""
        await self.page.goto(url)
        await self._shown()

    async def _shown(self) -> None:
        await self.page.wait_for_selector("main :is(h1, h2, .trouble)", state="attached")
        await self.quiet()

    async def quiet(self) -> None:
        """Wait until nothing is asked any more and what came is painted."""
        async with asyncio.timeout(60):
            while True:
                await self.page.evaluate(PAINTED)
                if not self._waiting:
                    return
                while self._waiting:
                    self._changed.clear()
                    await self._changed.wait()


async def moving(page: Page, selector: str, *, wait_s: float = 60.0) -> bool:
    """Read the pixels of a video or a picture until two readings differ clearly; False when they never do."""
    shown = page.locator(selector)
    await page.wait_for_function(
        "selector => { const found = document.querySelector(selector);"
        " return found?.readyState >= 3 || found?.naturalWidth > 0; }",
        arg=selector,
    )
    first: list[int] = []
    for _ in range(round(wait_s * 10)):
        second = await shown.evaluate(PIXELS)
        if not first and max(second) > min(second[:3]):  # a picture of one colour proves nothing: none is painted yet
            first = second
        elif first and sum(abs(a - b) > 24 for a, b in zip(first, second, strict=True)) > 20:
            return True
        await page.wait_for_timeout(100)
    return False
