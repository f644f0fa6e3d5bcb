"""The pages about the cameras' own doors, in a real browser, of a real house, with emulated cameras behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect
from tests.devices.dahua import Dahua
from tests.runs.rig import House
from tests.web import door_house
from tests.web.browsing import CHROMIUM, Watched
from tests.web.door_house import OUTSIDE, log_in, running, the_cameras, watching

from hearthwatch.kit.secrets import Secrets
from hearthwatch.web.page import BUILT

pytestmark = [
    pytest.mark.wired,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (make test installs it)"),
    pytest.mark.skipif(not (BUILT / "index.html").exists(), reason="the page is not built (make setup builds it)"),
]


@pytest.fixture
async def front() -> door_house.Watched:
    return the_cameras()[0]


@pytest.fixture
def camera(front: door_house.Watched) -> Dahua:
    assert isinstance(front.camera, Dahua)
    return front.camera


@pytest.fixture
async def house(front: door_house.Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """A claimed house with one emulated Amcrest, watched, its settings copied once."""
    monkeypatch.setenv("HEARTHWATCH_MODELS", str(tmp_path / "models"))
    async with running(tmp_path, [front]) as house:
        await house.claim()
        await watching(house, [front])
        yield house


@pytest.fixture
async def watched(house: House) -> AsyncIterator[Watched]:
    """A browser whose owner is logged in; whatever it complains of, or asks of others, fails the test."""
    async with async_playwright() as playwright:
        browser: Browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        opened = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB", timezone_id="UTC")
        found = Watched(await opened.new_page(), house.base)
        found.page.set_default_timeout(120_000)
        await log_in(found.page, house)
        yield found
        assert found.complaints == []
        assert found.foreign == []
        await browser.close()


async def yes(page: Page, said: str) -> None:
    """Answer the question, which must say that."""
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text(said)
    await dialog.get_by_role("button", name="Yes, do it").click()


async def close(page: Page) -> None:
    await page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_a_stranger_appears_by_himself_and_his_password_is_changed(
    house: House, watched: Watched, camera: Dahua, tmp_path: Path
) -> None:
    page = watched.page
    await page.goto(f"{house.base}/logins")
    await expect(page.get_by_label("Watched doors")).to_contain_text("watched by its log")
    await expect(page.locator(".login.is-bad")).to_have_count(0)
    old = camera.state.account("admin").password
    await camera.log_in(OUTSIDE, "admin", ok=True, stay=True)
    row = page.locator(".login.is-bad").filter(has_text="admin logged in").filter(has_text=OUTSIDE)
    await expect(row).to_have_count(1)
    await expect(row).to_contain_text("Unknown user")
    await expect(row).to_contain_text(f"from {OUTSIDE} (outside)")
    if not await row.locator("details").evaluate("found => found.open"):
        await row.locator("summary").click()
    await expect(row).to_contain_text("Camera's clock")
    await row.get_by_role("button", name="Change the password of admin").click()
    await expect(page.get_by_role("dialog")).to_contain_text("change the password of admin?")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert camera.state.account("admin").password == old, "nothing is done before the yes"
    await row.get_by_role("button", name="Change the password of admin").click()
    await yes(page, "change the password of admin?")
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("The camera took a new password for admin.")
    new = camera.state.account("admin").password
    assert new != old
    await expect(dialog.locator("[data-password]")).to_have_text(new)
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_visible()
    await close(page)
    assert new not in await page.content()
    assert Secrets(tmp_path / "house").get("camera.front-door.account.admin").reveal() == new
    await page.goto(f"{house.base}/done")
    states = page.locator(".trail .pill")
    await expect(page.locator(".trail strong")).to_have_text(["Change the password: admin"] * 2)
    await expect(states).to_have_text(["Done", "Not wanted"])


async def test_guessed_passwords_are_one_line_and_their_address_is_blocked(
    house: House, watched: Watched, camera: Dahua
) -> None:
    page = watched.page
    await page.goto(f"{house.base}/logins?what=failed")
    for _ in range(12):
        await camera.log_in(OUTSIDE, "root", ok=False)
    row = page.locator(".login").filter(has_text="root was refused 12 times")
    await expect(row).to_have_count(1)
    await expect(page.locator(".login").filter(has_text="was refused")).to_have_count(1)
    await row.locator("summary").click()
    await row.get_by_role("button", name=f"Block {OUTSIDE}").click()
    await yes(page, f"refuse everything from {OUTSIDE}?")
    await expect(page.get_by_role("dialog")).to_contain_text(f"The camera answers {OUTSIDE} no more.")
    assert OUTSIDE in camera.tree["AccessFilter"]["BannedList"]
    await close(page)
    await page.goto(f"{house.base}/cameras/front-door/door")
    await expect(page.get_by_role("button", name="Let in again")).to_be_visible()
    await page.get_by_label("Search the log").fill("illegal login")
    await expect(page.locator(".log li").first).to_contain_text("root")
    await page.get_by_label("Search the log").fill("nobody wrote this")
    await expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()


async def test_a_camera_s_door_says_who_it_is_and_ends_with_what_can_be_done(
    house: House, watched: Watched, camera: Dahua
) -> None:
    page = watched.page
    await camera.log_in(OUTSIDE, "admin", ok=True, stay=True)
    await page.goto(f"{house.base}/cameras/front-door/door")
    for said in ("IP2M-841B", "9c:8e:cd:00:11:22", "2.520.AC00.18.R", "AMC00056_24AAF8"):
        await expect(page.locator(".door-id")).to_contain_text(said)
    await expect(page.locator(".line.is-bad")).to_contain_text(f"{OUTSIDE} · outside")
    await page.get_by_text("things can be switched").click()
    await page.get_by_role("button", name="Switch off: Telnet").click()
    await yes(page, "switch off telnet?")
    await expect(page.get_by_role("dialog")).to_contain_text("read back from the camera")
    assert camera.tree["Telnet"]["Enable"] is False
    await close(page)
    await page.get_by_role("button", name="Set the clock by a time server").click()
    await page.get_by_role("dialog").get_by_label("Time server").fill("192.168.1.1")
    await page.keyboard.press("Enter")
    await yes(page, "time server 192.168.1.1?")
    await expect(page.get_by_role("dialog")).to_contain_text("Done")
    assert camera.tree["NTP"]["Address"] == "192.168.1.1"


async def test_firmware_is_taken_by_the_page_and_given_to_the_camera(
    house: House, watched: Watched, camera: Dahua, tmp_path: Path
) -> None:
    page = watched.page
    firmware = tmp_path / "IP2M-841B_V2.800.bin"
    firmware.write_bytes(b"DH_IPC" + bytes(range(256)) * 400)
    await page.goto(f"{house.base}/cameras/front-door/door")
    await page.get_by_role("button", name="Upload firmware").click()
    await page.get_by_label("Firmware file").set_input_files(firmware)
    assert camera.state.firmware_uploads == [], "nothing goes to the camera before the yes"
    await yes(page, f"install the firmware file {firmware.name}?")
    await expect(page.get_by_role("dialog").get_by_role("button", name="Close").last).to_be_visible()
    assert len(camera.state.firmware_uploads) == 1
    assert firmware.read_bytes() in camera.state.firmware_uploads[0]


async def test_a_setting_changed_behind_our_back_is_shown_and_put_back(house: House, watched: Watched, camera: Dahua) -> None:
    page = watched.page
    # past its log as well: what that tells, the house looks into by itself, and could come first
    camera.tree["MotionDetect"][0]["Enable"] = False
    await page.goto(f"{house.base}/copies?camera=front-door")
    await page.get_by_role("button", name="Look now").click()
    await expect(page.get_by_text("Something had changed")).to_be_visible()
    await expect(page.locator(".copy-row")).to_have_count(2)
    await page.locator(".copy-row").first.click()
    await expect(page.locator(".copy-row").first).to_contain_text("nobody ordered this")
    panel = page.locator(".copy-panel")
    await expect(panel.locator(".change")).to_contain_text("Motion detection switched off")
    await page.locator(".copy-row").last.click()
    await panel.get_by_label("Compare with").select_option("now")
    await expect(panel.locator(".change")).to_contain_text("Motion detection switched off")
    await panel.get_by_role("button", name="Restore this copy").click()
    sheet = page.get_by_role("dialog")
    await expect(sheet).to_contain_text("Nothing is written yet.")
    await expect(sheet.locator(".change")).to_contain_text("Motion detection switched on")
    assert camera.tree["MotionDetect"][0]["Enable"] is False
    await sheet.get_by_role("button", name="Write to the camera").click()
    await expect(sheet).to_contain_text("nothing differs any more")
    assert camera.tree["MotionDetect"][0]["Enable"] is True
    await close(page)
    await expect(panel).to_contain_text("Nothing differs.")
    await page.get_by_role("button", name="Baseline").click()
    await expect(page.get_by_role("dialog")).to_contain_text("Nothing is written yet.")


async def test_the_audit_is_read_accepted_and_mended(house: House, watched: Watched, camera: Dahua) -> None:
    page = watched.page
    await house.post("/api/v1/cameras/front-door/audit")
    await page.goto(f"{house.base}/audit")
    score = page.locator(".score b").first
    await expect(page.locator('[data-finding="p2p"].is-found')).to_have_count(1)
    before = int(await page.locator(".score b").first.text_content() or "")
    unknown = page.locator(".group.is-unknown .finding")
    assert await unknown.count() > 0
    await expect(page.locator(".group.is-ok .finding-mark.is-good").first).to_be_hidden()
    extra = page.locator('[data-finding="account-extra/888888"]')
    await extra.locator("summary").click()
    await expect(extra).to_contain_text("Why it matters")
    await extra.get_by_role("button", name="I know").click()
    await expect(page.locator(".group.is-accepted")).to_have_count(1)
    await page.get_by_role("button", name="that can be fixed").click()
    await yes(page, "Passwords and accounts stay as they are.")
    sheet = page.get_by_role("dialog")
    await expect(sheet.locator(".mended .is-good").first).to_be_visible()
    await expect(sheet.locator(".mended .is-bad")).to_have_count(0)
    await close(page)
    await expect(page.locator('[data-finding="p2p"].is-found')).to_have_count(0)
    assert camera.tree["T2UServer"]["Enable"] is False
    assert int(await score.text_content() or "") > before


async def test_an_alert_s_buttons_do_what_they_say(house: House, watched: Watched, camera: Dahua) -> None:
    page = watched.page
    await page.goto(f"{house.base}/alerts")
    await camera.log_in(OUTSIDE, "admin", ok=True, stay=True)
    alert = page.locator(".alert").filter(has_text="unknown user admin logged in")
    await alert.get_by_role("button", name=f"Block the address {OUTSIDE}").click()
    await yes(page, f"refuse everything from {OUTSIDE}?")
    await expect(page.get_by_role("dialog")).to_contain_text(f"The camera answers {OUTSIDE} no more.")
    await close(page)
    await page.goto(house.base)
    stranger = page.locator(".stranger")
    await expect(stranger).to_contain_text("admin logged in")
    await stranger.click()
    await expect(page.locator(".login.is-bad").first).to_be_visible()
    await page.get_by_role("link", name="Wall").click()
    await expect(page.locator(".stranger")).to_have_count(0)
