"""The pages about the cameras' doors with a made-up house: who may see what, hostile words, the keyboard, empty places."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect
from tests.web.browsing import CHROMIUM, Watched
from tests.web.fake_house import PASSWORD
from tests.web.running import Running, new_house, running_house

from hearthwatch.kit.units import WallUs
from hearthwatch.logins.login import Login, LoginId
from hearthwatch.web.accounts import Role
from hearthwatch.web.page import BUILT

pytestmark = [
    pytest.mark.wired,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (make test installs it)"),
    pytest.mark.skipif(not (BUILT / "index.html").exists(), reason="the page is not built (make setup builds it)"),
]

EVIL = "<img src=x onerror=\"document.title='owned'\">"


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with running_house(tmp_path, new_house(small=True)) as run:
        yield run


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


async def enter(chromium: Browser, running: Running, role: Role = Role.OWNER, **context: object) -> Watched:
    await running.built.add_user("ada", role)
    opened = await chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, "locale": "en-GB"} | context)
    watched = Watched(await opened.new_page(), running.base)
    watched.page.set_default_timeout(120_000)
    await watched.page.goto(running.base)
    await watched.page.get_by_label("Name").fill("ada")
    await watched.page.get_by_label("Password").fill(PASSWORD)
    await watched.page.get_by_role("button", name="Log in").click()
    await watched.page.wait_for_selector(".shell")
    return watched


def another(running: Running, **more: object) -> Login:
    """Let the last log-in of the story happen once more, changed, and tell it to every open page."""
    logins = running.built.house.logins
    now_us = WallUs(running.built.house.clock.wall_us())
    login = dataclasses.replace(
        logins.rows[3], **{"id": LoginId(logins.rows[-1].id + 1), "at_us": now_us, "seen_us": now_us} | more
    )
    logins.rows.append(login)
    running.built.house.changes.publish(login)
    return login


async def test_whoever_may_only_look_sees_who_came_and_nothing_to_press(chromium: Browser, running: Running) -> None:
    watched = await enter(chromium, running, Role.VIEWER)
    page = watched.page
    tabs = page.get_by_label("The cameras' doors")
    await page.goto(f"{running.base}/logins")
    await expect(tabs.get_by_role("link")).to_have_text(["Log-ins", "Settings", "Logs"])
    row = page.locator(".login.is-bad").first
    for said in ("203.0.113.7 (outside)", "scan-7.example.net", "Front door"):
        await expect(row).to_contain_text(said)
    await expect(row).to_contain_text("The owner of this house can")
    await expect(row.get_by_role("button")).to_have_count(0)
    for path, said in (
        ("/audit", "what is weak about each camera"),
        ("/done", "who changed what"),
        ("/cameras/front-door/door", "who is in it now"),
        ("/copies?copy=01J00000000000000000000002", "can write it back"),
    ):
        await page.goto(running.base + path)
        await expect(page.get_by_text("Only for the owner of this house.")).to_be_visible()
        await expect(page.locator(".note.is-quiet")).to_contain_text(said)
        await expect(page.locator(".button.is-main")).to_have_count(0)
    assert watched.complaints == [], "what he may not see is not even asked for"


async def test_sec_14_words_of_a_camera_are_never_markup(chromium: Browser, running: Running) -> None:
    watched = await enter(chromium, running)
    page = watched.page
    await page.goto(f"{running.base}/logins")
    await page.locator(".login").first.wait_for()
    another(running, user=EVIL, via=EVIL, code=EVIL, address=None, origin=EVIL)
    row = page.locator(".login").filter(has_text="<img src=x").first
    await expect(row).to_contain_text(f"{EVIL} logged in")
    await expect(row).to_contain_text(f"from {EVIL}")
    assert await page.title() != "owned"
    assert watched.complaints == []


async def test_a_thousand_guesses_are_one_line_and_the_page_stays_quick(chromium: Browser, running: Running) -> None:
    watched = await enter(chromium, running)
    page = watched.page
    await page.goto(f"{running.base}/logins?what=failed")
    guess = running.built.house.logins.rows[1]
    await page.locator(".login").first.wait_for()
    for _ in range(150):
        another(running, **{name: getattr(guess, name) for name in ("user", "verdict", "action", "told", "wanted")})
    await expect(page.locator(".login").first).to_contain_text("root was refused 152 times")
    await expect(page.locator(".login")).to_have_count(1)
    assert watched.complaints == []


async def test_everything_can_be_done_by_the_keyboard(chromium: Browser, running: Running) -> None:
    watched = await enter(chromium, running)
    page = watched.page
    await page.goto(f"{running.base}/audit")
    finding = page.locator('[data-finding="telnet"] summary')
    await finding.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator('[data-finding="telnet"] .finding-more')).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(page.locator('[data-finding="telnet"]').get_by_role("button", name="Fix it")).to_be_focused()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("button", name="No", exact=True)).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(dialog).to_contain_text("read back from the camera")
    await expect(dialog.get_by_role("button", name="Close").last).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(page.locator('[data-finding="telnet"]').get_by_role("button", name="Fix it")).to_be_focused()
    assert [entry.state for entry in running.built.house.remedies.entries.values()] == ["done"]


async def test_a_plain_no_way_says_what_to_do_instead(chromium: Browser, running: Running) -> None:
    watched = await enter(chromium, running)
    page = watched.page
    await page.goto(f"{running.base}/logins")
    await page.locator(".login.is-bad").filter(has_text="logged in").locator("summary").first.click()
    await page.get_by_role("button", name="Block 203.0.113.7").first.click()
    await expect(page.get_by_role("dialog")).to_contain_text("Not possible from here")
    await expect(page.get_by_role("dialog")).to_contain_text("This camera cannot block an address.")
    await expect(page.get_by_role("dialog").get_by_role("button", name="Yes, do it")).to_have_count(0)


async def test_a_device_in_the_camera_s_place_is_told_and_taken_only_after_a_second_look(
    chromium: Browser, running: Running
) -> None:
    watched = await enter(chromium, running)
    page = watched.page
    await page.goto(f"{running.base}/cameras/front-door/door")
    await expect(page.get_by_text("Another device answers.")).to_be_visible()
    await page.get_by_role("button", name="I replaced it").click()
    assert running.built.house.known.accepted == []
    await page.get_by_role("button", name="Yes, it is my camera").click()
    await expect(page.locator(".camera-head .pill")).to_have_text("Watched")
    assert running.built.house.known.accepted == ["front-door"]


async def test_empty_places_say_what_to_do(chromium: Browser, running: Running) -> None:
    house = running.built.house
    house.logins.rows.clear()
    house.logins.kept.clear()
    house.copies.kept.clear()
    watched = await enter(chromium, running)
    page = watched.page
    for path, said in (
        ("/logins", "Nobody has been at a camera's door"),
        ("/logins?what=foreign", "Nothing with this choice"),
        ("/copies", "No copy of any settings yet"),
        ("/logs", "No line yet"),
        ("/done", "Nothing was done yet"),
    ):
        await page.goto(running.base + path)
        await expect(page.get_by_role("heading", name=said)).to_be_visible()
    await page.route("**/api/v1/logins/watch", lambda route: route.fulfill(json=[]))
    await page.goto(f"{running.base}/logins")
    await expect(page.get_by_role("heading", name="No camera lets us look at its door yet")).to_be_visible()
    await expect(page.locator(".empty")).to_contain_text("[camera.front-door.door]")
    assert watched.complaints == []
