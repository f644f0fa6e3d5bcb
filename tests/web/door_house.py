"""A real house that watches the doors of emulated cameras, with a story of believable people.

`python -m tests.web.door_house --folder /tmp/doors` runs it for looking at; `--pictures FOLDER` takes pictures of every place,
and `--pictures docs/images --docs` those of the documentation.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright
from tests.devices import dahua, foscam_mjpeg, reolink
from tests.devices.camera_web import EmulatedCamera
from tests.runs.rig import OWNER_NAME, OWNER_PASSWORD, CameraSection, House, house_toml
from tests.web.browsing import CHROMIUM

OUTSIDE = "203.0.113.9"
STREET = "demo://street?seed={seed}&first_s=4&every_s=60&fps=5"
HOME = '[home]\nname = "Elm Street 12"\ntimezone = "UTC"\nnetworks = ["127.0.0.0/8", "192.168.1"]\n\n[web]\nhttps_port = 0\n\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One camera of the house: its emulated door, and what the configuration says of it."""

    id: str
    name: str
    vendor: str
    camera: EmulatedCamera
    password: str

    def section(self, seed: int) -> CameraSection:
        more = (
            f'name = "{self.name}"\n[camera.{self.id}.door]\nvendor = "{self.vendor}"\nhost = "127.0.0.1"\n'
            f'port = {self.camera.port}\n[camera.{self.id}.logins]\npoll_s = 1\nusers = ["anna", "ben"]\n'
            f"[camera.{self.id}.logs]\npoll_s = 1\n"
        )
        street = STREET.format(seed=seed)
        return CameraSection(name=self.id, main=street, sub=street, user="watch", password=self.password, more=more)


def the_cameras() -> list[Watched]:
    return [
        Watched(id="front-door", name="Front door", vendor="dahua", camera=dahua.camera(west_s=0), password="watch-Pass-1"),
        Watched(id="driveway", name="Driveway", vendor="reolink", camera=reolink.camera(west_s=0), password="watch-Pass-1"),
        Watched(
            id="nursery", name="Nursery", vendor="foscam-mjpeg", camera=foscam_mjpeg.camera(west_s=0), password="watchPass1"
        ),
    ]


@contextlib.asynccontextmanager
async def running(folder: Path, watched: list[Watched]) -> AsyncIterator[House]:
    """Run the emulated cameras and a house that knows them."""
    async with contextlib.AsyncExitStack() as stack:
        for one in watched:
            await stack.enter_async_context(one.camera.running())
        sections = [one.section(seed) for seed, one in enumerate(watched, start=1)]
        config = HOME + house_toml(sections).partition("[web]\nhttps_port = 0\n\n")[2]
        secrets = {key: value for section in sections for key, value in section.secrets().items()}
        (folder / "models").mkdir(parents=True, exist_ok=True)
        house = House(folder / "house", config, secrets)
        try:
            await house.start()
            yield house
        finally:
            await house.close()


async def watching(house: House, cameras: list[Watched]) -> None:
    """Wait until every door was looked at and every camera has a first copy of its settings."""
    await house.until(
        lambda: house.get("/api/v1/logins/watch"),
        lambda found: len(found) == len(cameras) and all(one["looked_us"] and not one["trouble"] for one in found),
    )
    for one in cameras:
        await house.post(f"/api/v1/cameras/{one.id}/copies")


async def log_in(page: Page, house: House) -> None:
    await page.goto(house.base)
    await page.get_by_label("Name").fill(OWNER_NAME)
    await page.get_by_label("Password").fill(OWNER_PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await page.wait_for_selector(".shell")


async def past(cameras: list[Watched]) -> None:
    """Let a day go by, before the house first reads the cameras' logs."""
    front, _, nursery = (one.camera for one in cameras)
    for camera, hours, address, user, ok, times in (
        (nursery, 26.2, "192.168.1.31", "ben", True, 1),
        (front, 23.5, "192.168.1.23", "anna", True, 1),
        (nursery, 9.1, "198.51.100.24", "root", False, 38),
        (front, 4.4, "192.168.1.23", "anna", True, 1),
        (nursery, 2.7, "192.168.1.31", "ben", True, 1),
    ):
        clock = camera.state.clock
        clock.set_utc(clock.utc_s() - round(hours * 3600))
        await camera.log_in(address, user, ok=ok, times=times)
        clock.sync()


async def story(house: House, cameras: list[Watched]) -> None:
    """Somebody guesses, somebody comes in from outside and changes what he needs."""
    front, driveway, _ = (one.camera for one in cameras)
    await driveway.log_in("192.168.1.23", "anna", ok=True)
    await front.log_in("198.51.100.24", "root", ok=False, times=3)
    await asyncio.sleep(3)
    await front.log_in(OUTSIDE, "admin", ok=True, stay=True)
    await front.change_setting("MotionDetect[0].Enable", "false")
    await front.change_setting("Network.eth0.DnsServers[0]", "198.51.100.53")
    await front.change_setting("SSHD.Enable", "true")
    await asyncio.sleep(4)
    await house.post("/api/v1/cameras/front-door/copies")
    for one in cameras:
        await house.post(f"/api/v1/cameras/{one.id}/audit")


SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
PLACES = {
    "log-ins": "/logins",
    "door": "/cameras/front-door/door",
    "audit": "/audit?camera=front-door",
    "copies": "/copies?camera=front-door",
    "logs": "/logs",
    "done": "/done",
    "alerts": "/alerts",
    "cameras": "/cameras",
    "wall": "/",
}


async def look(browser: Browser, house: House, folder: Path, places: dict[str, str]) -> None:
    """Take a picture of every place, on a phone and a desktop, dark and light."""
    for size, (width, height) in SIZES.items():
        for scheme in ("dark", "light"):
            context = await browser.new_context(
                viewport={"width": width, "height": height}, locale="en-GB", color_scheme=scheme, device_scale_factor=1
            )
            page = await context.new_page()
            page.on("console", lambda message: print("console:", message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: print("error:", error))
            await log_in(page, house)
            for name, path in places.items():
                await page.goto(house.base + path)
                await page.wait_for_timeout(1500)
                await page.screenshot(path=folder / f"{name}-{size}-{scheme}.png", full_page=name != "wall")
            await context.close()


async def illustrate(browser: Browser, house: House, folder: Path) -> None:
    """Take the pictures of the documentation."""
    for name, path, scheme in (("log-ins", "/logins", "dark"), ("audit", "/audit?camera=front-door", "light")):
        context = await browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB", color_scheme=scheme)
        page = await context.new_page()
        await log_in(page, house)
        if name == "audit":
            for camera in ("driveway", "nursery"):
                await house.post(f"/api/v1/cameras/{camera}/audit/apply")
        await page.goto(house.base + path)
        if name == "audit":
            await page.locator('[data-finding="p2p"] summary').click()
        await page.mouse.move(0, 0)
        await page.wait_for_timeout(1500)
        await page.screenshot(path=folder / f"{name}.png")
        await context.close()


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="where the house lives; thrown away at the end when not given")
    parser.add_argument("--pictures", type=Path, help="take pictures of every place into this folder and end")
    parser.add_argument("--docs", action="store_true", help="take those of the documentation instead")
    parser.add_argument("--only", default="", help="of these places only, with commas between")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        cameras = the_cameras()
        await past(cameras)
        async with running(given.folder or Path(temporary), cameras) as house:
            await house.claim()
            await watching(house, cameras)
            await story(house, cameras)
            print(f"{house.base}  {OWNER_NAME}  {OWNER_PASSWORD}", flush=True)
            if given.pictures is None:
                await asyncio.Event().wait()
                return
            wanted = given.only.split(",") if given.only else list(PLACES)
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
                if given.docs:
                    await illustrate(browser, house, given.pictures)
                else:
                    await look(browser, house, given.pictures, {name: PLACES[name] for name in wanted})
                await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
