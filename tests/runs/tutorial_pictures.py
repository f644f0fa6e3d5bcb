"""Walk the tutorial (docs/tutorial/first-alert.md) with a bare house and its demo camera, and take its pictures.

`.venv/bin/python -m tests.runs.tutorial_pictures` makes docs/images/tutorial anew; `--to FOLDER` elsewhere. What the tutorial says is what is
pressed here, in its order: exit code 1 and the text of what was not found when it is no longer so.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page, async_playwright, expect

from hearthwatch.web.page import BUILT
from tests.runs.rig import OWNER_PASSWORD, ROOT, House
from tests.web.browsing import CHROMIUM, Settled, moving

TO = ROOT / "docs" / "images" / "tutorial"
QUALITY = 82


async def walk(to: Path) -> list[tuple[str, float]]:
    """Return each step with its seconds since the house was started."""
    began_s = time.monotonic()
    steps: list[tuple[str, float]] = []

    async def done(page: Page, step: str, name: str = "") -> None:
        steps.append((step, time.monotonic() - began_s))
        if name:
            found = cv2.imdecode(np.frombuffer(await page.screenshot(), np.uint8), cv2.IMREAD_COLOR)
            cv2.imwrite(str(to / f"{name}.webp"), found, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])

    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder) / "data", "[web]\nhttps_port = 0\n", {})  # other houses may run on this machine
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            context = await browser.new_context(
                viewport={"width": 1180, "height": 760}, locale="en-GB", color_scheme="dark", reduced_motion="reduce"
            )
            page = await context.new_page()
            page.set_default_timeout(120_000)
            try:
                await house.start()
                await page.goto(house.base)
                await page.get_by_label("Code from the console").fill(await house.code())
                await page.get_by_label("Name").fill("anna")
                await done(page, "the page of a new house", "claim")
                await page.get_by_label("Password", exact=True).fill(OWNER_PASSWORD)
                await page.get_by_label("The password again").fill(OWNER_PASSWORD)
                await page.get_by_role("button", name="Claim this house", exact=True).click()
                await _skip_set_up(page)
                await page.goto(house.base)
                assert await moving(page, "video.is-shown", wait_s=60), "the demo camera does not move on the wall"
                await done(page, "live on the wall")
                new = page.get_by_role("complementary", name="Lately").locator('a[href^="/events/"]').first
                await expect(new).to_contain_text("Person", timeout=120_000)
                await done(page, "the walker is on the page", "wall")
                await new.click()
                await expect(page.get_by_role("heading", name="Person", level=1)).to_be_visible()
                await expect(page.get_by_label("Footage: Person")).to_be_visible(timeout=60_000)
                await expect(page.get_by_text("still there").first).to_be_hidden(timeout=60_000)
                await page.get_by_text("Picture", exact=True).click()
                await Settled(page).quiet()
                await done(page, "the event and its footage", "event")
                await page.get_by_role("link", name="Alerts").click()
                await expect(page.get_by_role("main")).to_contain_text("person")
                await done(page, "the alert", "alerts")
            finally:
                await browser.close()
                await house.close()
    return steps


async def _skip_set_up(page: Page) -> None:
    """Press what leads on, as the tutorial says, until the set-up has ended."""
    for _ in range(20):
        late, skip = (page.get_by_role("button", name=name, exact=True) for name in ("Do the rest later", "Skip this"))
        await expect(late.or_(skip).or_(page.get_by_role("button", name="To the wall")).first).to_be_visible()
        if await page.get_by_role("button", name="To the wall").count():
            return
        await (late if await late.count() else skip).first.click()
    raise AssertionError("the set-up does not end")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=Path, default=TO)
    given = parser.parse_args()
    if not (BUILT / "index.html").exists():
        sys.exit("the page is not built: make setup")
    given.to.mkdir(parents=True, exist_ok=True)
    try:
        steps = asyncio.run(walk(given.to))
    except (AssertionError, TimeoutError, PlaywrightError) as error:
        print(f"the tutorial does not hold: {error}")
        return 1
    print(*(f"{at_s:6.1f} s  {step}" for step, at_s in steps), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
