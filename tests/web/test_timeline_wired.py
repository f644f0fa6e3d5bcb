"""The timeline of a real house in a real browser: scrubbing, playing over seams and a gap, two cameras in step, and what is done
with a selected range."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect
from tests.runs.rig import OWNER_NAME, OWNER_PASSWORD, CameraSection, House, house_toml
from tests.web.browsing import CHROMIUM, Watched, moving

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.web.page import BUILT

pytestmark = [
    pytest.mark.wired,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (make test installs it)"),
    pytest.mark.skipif(not (BUILT / "index.html").exists(), reason="the page is not built (make setup builds it)"),
]

S = 1_000_000
CAMERAS = ("street", "yard")
RANGE = "() => { const area = document.querySelector('.tl-area'); return ['min', 'max'].map(each => 1e6 * area.getAttribute('aria-value' + each)); }"
STEP = """() => [...document.querySelectorAll('.tl-video')].map(video => [video.readyState, video.paused, video.currentTime])"""

APART = """() => {
  const at = [...document.querySelectorAll('.tl-screen')].map(screen => Number(screen.dataset.at));
  return Math.abs(at[0] - at[1]) / 1e6;
}"""


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    (tmp_path / "models").mkdir()
    monkeypatch.setenv("HEARTHWATCH_MODELS", str(tmp_path / "models"))
    cameras = [CameraSection(name=name, main=f"demo://street?seed={seed}&fps=10") for seed, name in enumerate(CAMERAS)]
    running = House(tmp_path / "house", house_toml(cameras, "[storage]\nsegment_s = 4\nfree_gib = 0.5\n"), {})
    await running.start()
    try:
        yield running
    finally:
        await running.close()


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


async def log_in(page: Page, house: House) -> None:
    await page.goto(house.base)
    await page.get_by_label("Name").fill(OWNER_NAME)
    await page.get_by_label("Password", exact=True).fill(OWNER_PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await page.get_by_role("link", name="Timeline").click()


def kept(house: House, camera: str) -> list:
    with house.index() as index:
        return list(index.segments(CameraId(camera), Stream.MAIN, WallUs(0), WallUs(2**53)))


async def place(page: Page, camera: str, at_us: int) -> tuple[float, float]:
    """Return where a moment of a lane lies on the screen."""
    low, high = await page.evaluate(RANGE)
    box = await page.locator(f'.tl-row[data-lane="{camera}"]').bounding_box()
    return box["x"] + box["width"] * (at_us - low) / (high - low), box["y"] + box["height"] / 2


async def come_into_step(page: Page) -> None:
    """Wait until both cameras play, and three of four looks in a second and a half find them within 0.1 s of each other."""
    await page.wait_for_function(
        f"() => {{ const all = ({STEP})(); return all.length === 2 && all.every(each => each[0] >= 3 && !each[1]); }}"
    )
    apart_s: list[float] = []
    async with asyncio.timeout(60):
        while len(apart_s) < 12 or sorted(apart_s[-12:])[8] > 0.1:
            apart_s.append(await page.evaluate(APART))
            await page.wait_for_timeout(120)


async def test_a_day_is_scrubbed_played_selected_kept_and_shared(chromium: Browser, house: House, tmp_path: Path) -> None:
    await house.claim()
    await house.until(lambda: _enough(house), bool)
    house.kill("recorder")  # a gap in the middle, of both cameras
    before_us = {name: kept(house, name)[-1].start_us for name in CAMERAS}
    await house.until(lambda: _goes_on(house, before_us), bool)

    opened = await chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB", accept_downloads=True)
    watched = Watched(await opened.new_page(), house.base)
    page = watched.page
    page.set_default_timeout(120_000)
    await log_in(page, house)
    await page.wait_for_selector(".tl-row canvas")
    found = kept(house, "street")
    first, seam = found[0], found[1].start_us

    # scrubbing shows a small picture
    await page.mouse.move(*await place(page, "street", first.start_us + 2 * S))
    await page.wait_for_function("() => document.querySelector('.tl-tip img')?.naturalWidth >= 160")

    # it plays over the seam of two files
    await page.goto(f"{house.base}/timeline?at={seam - 2 * S}&cameras=street,yard")
    await page.get_by_role("button", name="Play", exact=True).click()
    await expect(page.locator(".tl-video")).to_have_count(2)
    assert await moving(page, '.tl-video[data-camera="street"]', wait_s=60)
    await page.wait_for_function("seam => Number(document.querySelector('.tl-screen').dataset.at) > seam + 5e5", arg=seam)
    await come_into_step(page)

    # and over the gap, which it names
    gap_us = before_us["street"] + 1 * S
    ends = [each for each in found if each.start_us <= before_us["street"]]
    end_us = ends[-1].end_us if ends[-1].duration_us else gap_us
    after = next(each.start_us for each in kept(house, "street") if each.start_us > before_us["street"])
    await page.goto(f"{house.base}/timeline?at={end_us - 1 * S}&cameras=street")
    await page.get_by_role("button", name="Play", exact=True).click()
    await page.wait_for_function("at => Number(document.querySelector('.tl-screen')?.dataset.at) > at", arg=after)

    # one picture on and back
    await page.keyboard.press("Space")
    await expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    at_us = "() => Number(document.querySelector('.tl-screen').dataset.clock)"
    start = await page.evaluate(at_us)
    await page.keyboard.press(".")
    await page.wait_for_function(f"start => {{ const at = ({at_us})(); return at > start && at - start < 1e6; }}", arg=start)
    on = await page.evaluate(at_us)
    await page.keyboard.press(",")
    await page.wait_for_function(f"on => {{ const at = ({at_us})(); return at < on && on - at < 1e6; }}", arg=on)

    # a file that is not what was recorded any more is said to be damaged while it is seen
    harmed = found[2]
    file = house.footage / harmed.path
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2] + bytes([whole[len(whole) // 2] ^ 1]) + whole[len(whole) // 2 + 1 :])
    # it stands still: played, it would be seen for three seconds
    await page.goto(f"{house.base}/timeline?at={harmed.start_us + 1 * S}&cameras=street")
    await expect(page.get_by_text("Damaged: the file of this time")).to_be_visible()
    file.write_bytes(whole)

    # a selected range is exported, kept and shared
    await page.goto(f"{house.base}/timeline?at={seam}&cameras=street")
    await page.wait_for_selector(".tl-row canvas")
    left, right = await place(page, "street", seam - 3 * S), await place(page, "street", seam + 3 * S)
    await page.keyboard.down("Shift")
    await page.mouse.move(*left)
    await page.mouse.down()
    await page.mouse.move(right[0] + 8, right[1], steps=6)
    await page.mouse.up()
    await page.keyboard.up("Shift")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Export").click()
    target = tmp_path / "export.mp4"
    await (await download.value).save_as(target)
    told = await asyncio.to_thread(probed, target)
    assert told["streams"][0]["codec_name"] == "h264"
    assert float(told["format"]["duration"]) > 1
    await page.get_by_role("button", name="Keep").click()
    await expect(page.get_by_role("status").filter(has_text="Kept for good")).to_be_visible()
    assert any(each.pinned for each in kept(house, "street"))
    await page.get_by_role("button", name="Share").click()
    await page.get_by_role("button", name="1 hour").click()
    await page.get_by_role("button", name="Make the link").click()
    link = await page.get_by_label("The link", exact=True).input_value()
    assert link.startswith(f"{house.base}/s/")
    assert watched.foreign == []
    # 404 for no small picture, 409 for no footage (yet): the player asks, is told and passes over it
    assert [each for each in watched.complaints if "404" not in each and "409" not in each] == []
    await opened.close()

    # somebody else opens the link: the video and nothing of the house
    stranger = await chromium.new_context(viewport={"width": 820, "height": 900}, locale="en-GB")
    stranger.set_default_timeout(120_000)
    theirs = Watched(await stranger.new_page(), house.base)
    await theirs.page.goto(link)
    await theirs.page.wait_for_function("() => document.querySelector('video')?.readyState >= 1")
    assert await theirs.page.locator("nav, script").count() == 0
    assert (await theirs.page.goto(f"{house.base}/api/v1/cameras")).status == 401
    assert theirs.foreign == []
    await stranger.close()


def probed(file: Path) -> dict:
    asked = ["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", str(file)]
    return json.loads(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)


async def _enough(house: House) -> bool:
    try:
        return all(sum(bool(each.duration_us) for each in kept(house, name)) >= 4 for name in CAMERAS)
    except StorageFailed:  # the recorder has not made its index yet
        return False


async def _goes_on(house: House, before_us: dict[str, int]) -> bool:
    return all(
        sum(each.start_us > before_us[name] and each.duration_us > 0 for each in kept(house, name)) >= 2 for name in CAMERAS
    )
