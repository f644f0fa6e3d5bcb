"""Watching a page in a real browser: what it asks for, what it complains of, and what its videos really show."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import ConsoleMessage, Page, Request, expect

expect.set_options(timeout=30_000)  # of a machine that does other things as well

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
            self.complaints.append(message.text)


async def moving(page: Page, selector: str, *, wait_s: float = 4.0) -> bool:
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
