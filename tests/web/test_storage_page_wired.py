"""The page's forecast of days, and footage for somebody else, in a real browser."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect
from tests.web.browsing import CHROMIUM, moving
from tests.web.fake_house import HOUR_US
from tests.web.running import Running
from tests.web.test_browser import chromium, logged_in, running  # noqa: F401 fixtures

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.web.page import BUILT

pytestmark = [
    pytest.mark.wired,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (make test installs it)"),
    pytest.mark.skipif(not (BUILT / "index.html").exists(), reason="the page is not built (make setup builds it)"),
]


async def test_the_settings_say_how_many_days_will_be_there_and_why(chromium: Browser, running: Running) -> None:  # noqa: F811
    opened, watched = await logged_in(chromium, running)
    page = watched.page
    await page.goto(f"{running.base}/settings")
    card = page.locator(".panel", has=page.get_by_role("heading", name="Storage", exact=True))
    await expect(card).to_contain_text("Everything of the last 7.0 days will be there")
    await expect(card).to_contain_text("the rules take it")
    row = card.get_by_role("row", name="Front door")
    await expect(row).to_contain_text("7.0 days rule")
    await expect(row).to_contain_text("30 days rule")
    assert watched.complaints == []
    await opened.close()


async def test_an_event_of_two_cameras_goes_into_one_zip(chromium: Browser, running: Running) -> None:  # noqa: F811
    opened, watched = await logged_in(chromium, running)
    page = watched.page
    await page.goto(f"{running.base}/events/e00100")
    await page.get_by_text("For somebody else").click()
    camera = running.built.house.remote.status().cameras
    event = next(each for each in running.built.house.events_now if each.id == "e00100")
    other = next(each for each in camera if each.id not in {event.camera, "garage"})
    await page.locator(".hand-over").get_by_label(other.name).check()
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name="Zip of 2 cameras").click()
    download = await waiting.value
    assert download.suggested_filename.startswith("case_2-cameras_")
    with zipfile.ZipFile(await download.path()) as box:
        assert box.namelist() == [f"{event.camera}.mp4", f"{other.id}.mp4", "SHA256SUMS"]
    assert watched.complaints == []
    await opened.close()


async def test_a_day_of_a_camera_has_its_film(chromium: Browser, running: Running, tmp_path: Path) -> None:  # noqa: F811
    house = running.built.house
    film = tmp_path / "film.mp4"
    start_us = WallUs(house.started_us - HOUR_US)
    running.built.app.state.site.doors.footage.export(
        CameraId("garden"), Stream.SUB, start_us, WallUs(start_us + 4 * US_PER_S), film
    )
    house.timelapses.film(CameraId("garden"), film, days_ago=0)
    opened, watched = await logged_in(chromium, running, timezone_id="UTC")
    page = watched.page
    await page.goto(f"{running.base}/cameras/garden")
    await page.get_by_text("The whole day in a minute and a half").click()
    # of four seconds: on a busy machine it could be over before it was looked at twice
    await page.locator(".hand-over video").evaluate("video => { video.loop = true; return video.play(); }")
    assert await moving(page, ".hand-over video")
    await page.get_by_role("button", name="The day before").click()
    await expect(page.get_by_text("The whole day in a minute and a half")).to_have_count(0)
    assert watched.complaints == []
    await opened.close()
