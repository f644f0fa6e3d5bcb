"""The page of the real house in a real browser: live H.264 that moves, an event's picture, its footage, its alert."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect
from tests.runs.rig import OWNER_NAME, OWNER_PASSWORD, CameraSection, House, house_toml
from tests.web.browsing import CHROMIUM, Watched, moving

from hearthwatch.web.page import BUILT

pytestmark = [
    pytest.mark.wired,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (make test installs it)"),
    pytest.mark.skipif(not (BUILT / "index.html").exists(), reason="the page is not built (make setup builds it)"),
]

STREET = "demo://street?seed=1&first_s=3&every_s=14"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A house with one camera and the built-in detector."""
    folder = tmp_path_factory.mktemp("real")
    (folder / "models").mkdir()
    running = House(folder / "house", house_toml([CameraSection(name="street", main=STREET, sub=STREET)]), {})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEARTHWATCH_MODELS", str(folder / "models"))
        await running.start()
    try:
        yield running
    finally:
        await running.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


async def enter(page: Page, house: House) -> None:
    """Claim the house, or log in where a test before did."""
    await page.goto(house.base)
    code, name = page.get_by_label("Code from the console"), page.get_by_label("Name")
    await name.wait_for()
    is_new = await code.count() > 0
    if is_new:
        await code.fill(await house.code())
    await name.fill(OWNER_NAME)
    await page.get_by_label("Password", exact=True).fill(OWNER_PASSWORD)
    if is_new:
        await page.get_by_label("The password again").fill(OWNER_PASSWORD)
    await page.get_by_role("button", name="Claim this house" if is_new else "Log in").click()


async def plays(page: Page, selector: str) -> bool:
    """Tell whether a recording's clock runs and its pixels change."""
    before = await page.locator(selector).evaluate("video => video.currentTime")
    await page.wait_for_function(
        "([selector, before]) => document.querySelector(selector).currentTime > before + 0.5", arg=[selector, before]
    )
    return await moving(page, selector)


async def test_an_owner_sees_live_video_an_event_its_footage_and_its_alert(chromium: Browser, house: House) -> None:
    opened = await chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    watched = Watched(await opened.new_page(), house.base)
    page = watched.page
    page.set_default_timeout(120_000)
    await enter(page, house)
    live = 'video[data-camera="street"]'
    assert await moving(page, live, wait_s=60)
    assert await page.locator(live).evaluate("video => [video.videoWidth, video.videoHeight]") == [640, 360]
    assert (await (await opened.request.get(f"{house.base}/api/v1/cameras")).json())[0]["streams"][1]["codec"] == "h264"

    visit = page.locator(".lately li").first
    await expect(visit).to_contain_text("Person")
    await page.wait_for_function("() => document.querySelector('.lately img')?.naturalWidth > 0")
    await visit.click()
    await expect(page.get_by_role("heading", name="Person")).to_be_visible()
    await page.wait_for_function("() => document.querySelector('video.footage')?.readyState >= 3")
    assert await plays(page, "video.footage")
    await page.get_by_role("button", name="Picture").click()
    await page.wait_for_function("() => document.querySelector('.stage img')?.naturalWidth >= 640")

    await page.get_by_role("link", name="Alerts").click()
    await expect(page.locator(".alert").filter(has_text="person").first).to_contain_text("decided in")
    await page.get_by_role("link", name="Cameras").click()
    await expect(page.get_by_text("Basic detector: people only")).to_be_visible()
    await expect(page.locator(".camera-row")).to_contain_text("H.264")
    await expect(page.locator(".camera-row")).to_contain_text("Dropped")
    assert watched.foreign == []
    assert watched.complaints == []
    await opened.close()


async def test_a_browser_without_media_source_sees_the_street_move(chromium: Browser, house: House) -> None:
    opened = await chromium.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
    await opened.add_init_script("delete window.MediaSource; delete window.ManagedMediaSource;")
    watched = Watched(await opened.new_page(), house.base)
    watched.page.set_default_timeout(120_000)
    await enter(watched.page, house)
    assert await moving(watched.page, ".live img", wait_s=60)
    assert watched.complaints == []
    await opened.close()


async def test_an_open_page_finds_its_house_again_by_itself(chromium: Browser, house: House) -> None:
    opened = await chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    page = await opened.new_page()
    page.set_default_timeout(120_000)
    await enter(page, house)
    live = 'video[data-camera="street"]'
    await page.wait_for_function("selector => document.querySelector(selector)?.readyState >= 3", arg=live)
    house.kill("house")
    await expect(page.locator(".banner")).to_be_visible()
    await expect(page.locator(".banner")).to_have_count(0)
    await page.wait_for_function("selector => document.querySelector(selector)?.readyState >= 3", arg=live)
    assert await moving(page, live, wait_s=60)
    await opened.close()
