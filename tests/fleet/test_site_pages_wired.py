"""Two real houses, one the hub of the other, in a real browser: the far camera plays, its events are listed, its death is said."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect
from tests.devices.free_port import free_port
from tests.runs.rig import OWNER_NAME, OWNER_PASSWORD, CameraSection, House, house_toml
from tests.web.browsing import CHROMIUM, Watched, moving

from hearthwatch.web.page import BUILT

pytestmark = [
    pytest.mark.wired,
    pytest.mark.timeout(400),
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (make test installs it)"),
    pytest.mark.skipif(not (BUILT / "index.html").exists(), reason="the page is not built (make setup builds it)"),
]

STREET = "demo://street?seed=3&first_s=2&every_s=9&fps=8"
QUIET = "demo://street?seed=1&first_s=9000&fps=4"
GUEST_PASSWORD = "tin lamp over the dunes 7"


@dataclass
class Fleet:
    home: House
    beach: House
    node: str
    browser: Browser

    async def page(self, name: str = OWNER_NAME, password: str = OWNER_PASSWORD) -> Watched:
        """Log somebody in at the hub, in a browser of their own."""
        opened = await self.browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
        watched = Watched(await opened.new_page(), self.home.base)
        watched.page.set_default_timeout(120_000)
        await watched.page.goto(self.home.base)
        await watched.page.get_by_label("Name").fill(name)
        await watched.page.get_by_label("Password", exact=True).fill(password)
        await watched.page.get_by_role("button", name="Log in").click()
        await expect(watched.page.get_by_role("navigation", name="Main")).to_be_visible()
        return watched

    async def in_page(self, page: Page, method: str, path: str, body: dict | None = None) -> int:
        """Ask as the page itself would, with its cookie and token; return the status."""
        return await page.evaluate(
            """async ([method, path, body]) => {
                const session = await (await fetch('/api/v1/session')).json();
                const headers = {'X-Hearthwatch-Token': session.token, 'Content-Type': 'application/json'};
                const sent = method === 'GET' ? {} : {body: JSON.stringify(body ?? {})};
                return (await fetch(path, {method, headers, ...sent})).status;
            }""",
            [method, path, body],
        )


async def hearthwatch(*args: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hearthwatch", *args, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


async def is_hub(house: House) -> bool:
    try:
        return (await house.get("/api/v1/fleet"))["is_hub"]
    except AssertionError:  # it is just starting
        return False


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fleet(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fleet]:
    """A hub with a quiet camera, a beach house with a busy one, and an owner who is logged in at both."""
    folder = tmp_path_factory.mktemp("fleet")
    (folder / "models").mkdir()
    hub = f'[hub]\nenabled = true\nlisten = "127.0.0.1"\naddress = "127.0.0.1"\nport = {free_port()}\n'
    titles = '[hub.sites.beach-house]\ntitle = "Beach"\n'
    home = House(folder / "home", house_toml([CameraSection(name="porch", main=QUIET, sub=QUIET)], hub, titles), {})
    beach = House(folder / "beach", house_toml([CameraSection(name="dunes", main=STREET, sub=STREET)]), {})
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HEARTHWATCH_MODELS", str(folder / "models"))
            await asyncio.gather(home.start(300), beach.start(300))
        await home.claim()
        await beach.claim()
        await home.until(lambda: is_hub(home), bool)
        made = await home.post("/api/v1/fleet/invitations", {"site": "beach-house", "name": "Beach house"})
        await hearthwatch(*made["command"].split()[1:], "--data", str(beach.folder))
        there = await home.until(
            lambda: home.get("/api/v1/fleet"),
            lambda found: any(not each["own"] and each["hearing"] == "here" for each in found["nodes"]),
        )
        node = next(each["id"] for each in there["nodes"] if not each["own"])
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            yield Fleet(home, beach, node, browser)
            await browser.close()
    finally:
        await asyncio.gather(home.close(), beach.close())


async def test_a_nodes_camera_plays_through_the_hub(fleet: Fleet) -> None:
    watched = await fleet.page()
    page = watched.page
    await page.get_by_label("House", exact=True).select_option("Beach house")
    await expect(page.get_by_text("You are looking at Beach house through the hub")).to_be_visible()
    assert await moving(page, 'video[data-camera="dunes"]', wait_s=60)
    assert page.url == f"{fleet.home.base}/at/{fleet.node}/"
    await page.get_by_role("link", name="Cameras").click()
    await expect(page).to_have_url(f"{fleet.home.base}/at/{fleet.node}/cameras")
    await page.reload()
    await expect(page.get_by_role("heading", name="Cameras")).to_be_visible()
    await page.goto(f"{fleet.home.base}/at/{fleet.node}/machine")
    await expect(page.get_by_text("Restarting the machine from this page is off")).to_be_visible()
    assert not watched.foreign
    await page.context.close()


async def test_what_happened_at_all_houses_is_one_list(fleet: Fleet) -> None:
    page = (await fleet.page()).page
    await fleet.home.until(
        lambda: fleet.home.get("/api/v1/fleet/events"),
        lambda found: any(each["node"] == fleet.node and each["picture"] for each in found["events"]),
        timeout_s=120,
    )
    await page.goto(f"{fleet.home.base}/sites/events")
    row = page.get_by_role("listitem").filter(has_text="Beach house").first
    await expect(row).to_be_visible()
    await page.wait_for_function("() => [...document.querySelectorAll('.far-picture img')].some(each => each.naturalWidth > 0)")
    await row.get_by_role("link").click()
    await expect(page.get_by_text("You are looking at Beach house through the hub")).to_be_visible()
    assert f"/at/{fleet.node}/events/" in page.url
    await page.context.close()


async def test_a_viewer_of_one_site_changes_nothing_there_and_sees_no_other(fleet: Fleet) -> None:
    rights = {"name": "gwen", "password": GUEST_PASSWORD, "role": "viewer", "cameras": []}
    added = await fleet.home.post("/api/v1/access/people", rights)
    owner = (await fleet.page()).page
    await owner.goto(f"{fleet.home.base}/settings/people")
    await owner.get_by_label("gwen, Beach").select_option("viewer")
    roles = await fleet.home.until(lambda: fleet.home.get("/api/v1/fleet/roles"), bool)
    assert roles == [{"user_id": added["id"], "site": "beach-house", "role": "viewer", "cameras": None}]
    page = (await fleet.page("gwen", GUEST_PASSWORD)).page
    await page.goto(f"{fleet.home.base}/at/{fleet.node}/")
    assert await moving(page, 'video[data-camera="dunes"]', wait_s=60)
    at = f"/at/{fleet.node}/api/v1"
    change = {"mark": "x", "dry": True, "changes": []}
    assert await fleet.in_page(page, "POST", f"{at}/config", change) == 403
    assert await fleet.in_page(page, "POST", f"{at}/arming", {"mode": "disarmed"}) == 403
    assert await fleet.in_page(page, "GET", f"{at}/access/people") == 403
    assert await fleet.in_page(page, "GET", "/api/v1/cameras/porch/snapshot.jpg") == 404
    changed = await fleet.home._ask("PUT", f"/api/v1/fleet/roles/{added['id']}/beach-house", json={"role": None})
    assert changed == {}
    again = (await fleet.page("gwen", GUEST_PASSWORD)).page
    assert await fleet.in_page(again, "GET", f"{at}/cameras") == 404
    await again.goto(f"{fleet.home.base}/at/{fleet.node}/")
    await expect(again.get_by_role("heading", name="This house cannot be shown")).to_be_visible()
    for each in (owner, page, again):
        await each.context.close()


async def test_a_house_that_died_is_said_to_be_away_with_what_is_known(fleet: Fleet) -> None:
    page = (await fleet.page()).page
    await page.goto(f"{fleet.home.base}/at/{fleet.node}/")
    assert await moving(page, 'video[data-camera="dunes"]', wait_s=60)
    await fleet.beach.close()
    await expect(page.get_by_role("heading", name="Beach house is not connected")).to_be_visible()
    assert await page.locator("video").count() == 0
    await page.get_by_role("link", name="Its events").click()
    await expect(page.get_by_role("listitem").filter(has_text="Beach house").first).to_be_visible()
    assert await fleet.in_page(page, "GET", f"/at/{fleet.node}/api/v1/cameras") == 503
    await page.context.close()
