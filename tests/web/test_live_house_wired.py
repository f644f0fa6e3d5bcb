"""Real cameras in a real browser: H.265 it cannot play, sound of both kinds, and a head that stops when the page is killed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect
from tests.devices import dahua
from tests.devices.camera_video import CameraVideo
from tests.runs.rig import OWNER_NAME, OWNER_PASSWORD, CameraSection, House, house_toml
from tests.web.browsing import CHROMIUM, Watched, moving

from hearthwatch.bench.rtsp_server import Mount, RtspServer
from hearthwatch.web.page import BUILT

pytestmark = [
    pytest.mark.wired,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (make test installs it)"),
    pytest.mark.skipif(not (BUILT / "index.html").exists(), reason="the page is not built (make setup builds it)"),
]

SMALL = {"width_px": 320, "height_px": 180, "fps": 10.0, "gop_s": 1.0, "length_s": 10.0}
HEARD = """
const plain = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (to, ...rest) {
  if (to instanceof AudioDestinationNode) {
    const meter = this.context.createAnalyser();
    plain.call(this, meter);
    window.heard = () => { const wave = new Float32Array(meter.fftSize); meter.getFloatTimeDomainData(wave);
      return Math.max(...wave.map(Math.abs)); };
  }
  return plain.call(this, to, ...rest);
};
"""


async def enter(page: Page, house: House) -> None:
    await page.goto(house.base)
    await page.get_by_label("Name").fill(OWNER_NAME)
    await page.get_by_label("Password").fill(OWNER_PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await page.wait_for_selector(".shell")


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--autoplay-policy=user-gesture-required"]
        )
        yield browser
        await browser.close()


async def test_what_real_cameras_send(chromium: Browser, tmp_path: Path) -> None:
    mounts = [
        Mount(path="/hevc", codec="h265", **SMALL),
        Mount(path="/hevc-sub", **SMALL),
        Mount(path="/aac", audio="aac", **SMALL),
        Mount(path="/ulaw", audio="pcmu", **SMALL),
    ]
    with RtspServer(mounts) as server:
        async with (
            dahua.camera().running() as turning,
            CameraVideo(camera=turning, user="watch", mounts=[Mount(path="/cam/realmonitor", **SMALL)]).running() as video,
        ):
            password = next(one.password for one in turning.state.accounts if one.name == "watch")
            yard = CameraSection(
                name="yard",
                main=video.url("/cam/realmonitor"),
                user="watch",
                password=password,
                more=f'[camera.yard.door]\nvendor = "dahua"\nport = {turning.port}\n',
            )
            sections = [
                CameraSection(name="hevc", main=server.url("/hevc"), sub=server.url("/hevc-sub")),
                CameraSection(name="aac", main=server.url("/aac")),
                CameraSection(name="ulaw", main=server.url("/ulaw")),
                yard,
            ]
            house = House(tmp_path / "house", house_toml(sections), yard.secrets())
            try:
                await house.start()
                await house.claim()
                await house.all_live()
                context = await chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
                await context.add_init_script(HEARD)
                watched = Watched(await context.new_page(), house.base)
                watched.page.set_default_timeout(120_000)
                await enter(watched.page, house)
                await _hevc(watched.page, house)
                await _sound(watched.page, house)
                assert watched.complaints == []
                await _killed(watched.page, house, turning.state.moves)
            finally:
                await house.close()


async def _hevc(page: Page, house: House) -> None:
    """The tile shows the H.264 sub-stream; enlarged it stays, with a plain word why there is no more."""
    assert await moving(page, '[data-tile="hevc"] video.is-shown', wait_s=60)
    assert not await page.evaluate("""MediaSource.isTypeSupported('video/mp4; codecs="hvc1.1.6.L93.B0"')"""), (
        "then this proves nothing"
    )
    await page.goto(f"{house.base}/?camera=hevc")
    await expect(page.locator(".enlarged .live-note")).to_contain_text("cannot play H.265: this is the smaller stream")
    assert await moving(page, ".enlarged video.is-shown", wait_s=60)


async def _sound(page: Page, house: House) -> None:
    """Off until asked for; a track of the video in AAC, our own decoder for G.711."""
    await page.goto(f"{house.base}/?camera=aac")
    await page.locator(".enlarged video.is-shown").wait_for()
    assert await page.locator(".enlarged video.is-shown").evaluate("video => video.muted")
    await page.get_by_role("button", name="Sound on").click()
    await page.wait_for_function("() => document.querySelector('.enlarged video.is-shown')?.muted === false")
    await page.evaluate(
        """async () => { const context = new AudioContext(); await context.resume();
        context.createMediaElementSource(document.querySelector('.enlarged video.is-shown')).connect(context.destination); }"""
    )
    await page.wait_for_function("() => window.heard() > 0.05")
    await page.goto(f"{house.base}/?camera=ulaw")
    await page.locator(".enlarged video.is-shown").wait_for()
    await page.get_by_role("button", name="Sound on").click()
    await page.wait_for_function("() => window.heard?.() > 0.02")
    await page.get_by_label("Volume").fill("0")
    await page.wait_for_function("() => window.heard() === 0")
    await page.get_by_role("button", name="Sound off").click()
    assert await moving(page, ".enlarged video.is-shown", wait_s=60)


async def _killed(page: Page, house: House, moves: list[str]) -> None:
    """The page dies with the arrow held: the camera is stopped all the same."""
    await page.goto(f"{house.base}/?camera=yard")
    await page.get_by_role("button", name="Move the camera").click()
    await page.get_by_role("button", name="Right (hold)").hover()
    await page.mouse.down()
    await house.until(lambda: _of(moves), bool, every_s=0.02)
    cdp = await page.context.new_cdp_session(page)
    async with page.expect_event("crash"):
        dying = asyncio.create_task(cdp.send("Page.crash"))
    found = await house.until(lambda: _of(moves), lambda found: found[-1].startswith("stop"), every_s=0.02)  # type: ignore[index]
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    # a page that stood still for a second before it died was taken for dead, and held on again
    assert [move.split()[:2] for move in found] == [["start", "Right"], ["stop", "Right"]] * (len(found) // 2)


async def _of(moves: list[str]) -> list[str]:
    return list(moves)
