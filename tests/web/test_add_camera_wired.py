"""A new owner's way in the browser: an emulated ONVIF camera found, tried, seen, named and live, on a real house."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect
from tests.devices import onvif_camera
from tests.devices.camera_video import CameraVideo
from tests.runs.rig import House
from tests.web.browsing import CHROMIUM, Watched, moving
from tests.web.door_house import log_in

from hearthwatch.bench.rtsp_server import Mount
from hearthwatch.kit.secrets import Secrets
from hearthwatch.web.page import BUILT

pytestmark = [
    pytest.mark.wired,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (make test installs it)"),
    pytest.mark.skipif(not (BUILT / "index.html").exists(), reason="the page is not built (make setup builds it)"),
]
LARGE = Mount(path="/", length_s=10, width_px=640, height_px=360, fps=10, gop_s=1.0)
SMALL = Mount(path="/sub", length_s=10, width_px=320, height_px=180, fps=10, gop_s=1.0)
PASSWORD = "watch-Pass-1"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    made = House(tmp_path, '# ours\n[home]\nname = "Hill"\nnetworks = ["198.51.100.0/28"]\n[web]\nhttps_port = 0\n', {})
    try:
        await made.start()
        await made.claim()
        yield made
    finally:
        await made.close()


async def test_from_looking_to_live(house: House) -> None:
    camera = onvif_camera.camera(sub_path="/sub")
    async with (
        camera.running(),
        CameraVideo(camera=camera, user="watch", mounts=[LARGE, SMALL]).running(),
        async_playwright() as playwright,
    ):
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        watched = Watched(await browser.new_page(), house.base)
        page = watched.page
        page.set_default_timeout(120_000)
        await log_in(page, house)
        await page.get_by_role("navigation", name="Main").get_by_role("link", name="Cameras").click()
        await page.get_by_role("link", name="Add a camera").click()
        await page.get_by_role("button", name="Look for cameras").click()
        await expect(page.get_by_text("No cameras found")).to_be_visible()

        await page.get_by_label("Address of the camera").fill(f"127.0.0.1:{camera.port}")
        await page.get_by_role("button", name="Look there").click()
        await page.get_by_label("Name to log in with").fill("watch")
        await page.get_by_label("Password of the camera").fill("not-the-1")
        await page.get_by_role("button", name="Log in and show").click()
        await expect(page.locator(".trouble")).to_contain_text("does not accept this name and password")
        await page.get_by_label("Password of the camera").fill(PASSWORD)
        await page.get_by_role("button", name="Log in and show").click()
        await page.wait_for_function("() => document.querySelector('.find-picture img')?.naturalWidth > 0")
        await expect(page.locator(".find-facts")).to_contain_text("E1 Zoom")
        await expect(page.locator(".find-pick").first).to_contain_text("H.264, 640 x 360, 10 pictures a second, about")
        await page.get_by_label("Name", exact=True).fill("Front gate")
        await page.get_by_role("button", name="Add this camera").click()
        await expect(page.get_by_role("heading", name="Front gate is yours")).to_be_visible()
        await expect(page.locator(".find-step .dot.is-live")).to_be_visible()
        assert await moving(page, ".stage video", wait_s=60)

        written = tomllib.loads(house.config_path.read_text())["camera"]
        assert house.config_path.read_text().startswith("# ours\n")
        assert list(written) == ["front-gate"]
        assert Secrets(house.folder).get("camera.front-gate.password").reveal() == PASSWORD
        [known] = await house.until(lambda: house.get("/api/v1/doors"), lambda found: found[0]["mac"] == camera.mac)
        assert (known["camera"], known["model"], known["reach"]) == ("front-gate", "E1 Zoom", "open")

        await page.get_by_role("link", name="Open it").click()
        await page.get_by_role("button", name="Rename this camera").click()
        await page.get_by_label("Name", exact=True).fill("Back gate")
        await page.get_by_role("button", name="Rename", exact=True).click()
        await expect(page.get_by_role("heading", name="Back gate", exact=True)).to_be_visible()
        await page.get_by_role("button", name="Remove it").click()
        await page.get_by_role("button", name="Yes, remove it").click()
        await expect(page.get_by_text("footage and its events stay")).to_be_visible()
        await house.until(house.cameras, lambda found: list(found) == ["demo"])
        assert Secrets(house.folder).names() == ()
        assert not [text for text in watched.complaints if "422" not in text]
        assert watched.foreign == []
        await browser.close()
    await asyncio.sleep(0)
    assert PASSWORD not in "\n".join(house.lines)
