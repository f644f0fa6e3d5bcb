"""Setting up in a real browser: through every step, zones by mouse and by keyboard, settings with their lines before saving."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect
from tests.web.browsing import CHROMIUM
from tests.web.running import Running
from tests.web.test_browser import chromium, logged_in, running  # noqa: F401 fixtures

from hearthwatch.web.page import BUILT
from hearthwatch.web.welcome_doors import Trial

pytestmark = [
    pytest.mark.wired,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (make test installs it)"),
    pytest.mark.skipif(not (BUILT / "index.html").exists(), reason="the page is not built (make setup builds it)"),
]


DRAWN = ((0.2, 0.6), (0.8, 0.6), (0.8, 0.95), (0.2, 0.95))


async def tap(page: Page, x: float, y: float) -> None:
    box = await page.locator(".zones-stage").bounding_box()
    await page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])


async def test_through_every_step_of_the_set_up(chromium: Browser, running: Running) -> None:  # noqa: F811
    house = running.built.house
    opened, watched = await logged_in(chromium, running)
    page = watched.page
    await page.goto(f"{running.base}/welcome")

    async def on(title: str) -> None:
        await expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()

    async def go_on() -> None:
        await page.get_by_role("button", name="Go on").click()

    await on("Find your cameras")
    await go_on()

    await on("Draw where it matters")
    await page.get_by_role("button", name="Driveway").click()
    await page.get_by_role("button", name="New zone").click()
    await page.wait_for_function("() => document.querySelector('.zones-stage img')?.naturalWidth > 0")
    for x, y in DRAWN:
        await tap(page, x, y)
    await page.get_by_label("Name").fill("Einfahrt Nord")
    await page.get_by_role("group", name="What counts in it").get_by_role("button", name="car").click()
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("button", name="Go on")).to_be_visible()
    zone = house.config.in_force.cameras["driveway"].zones["einfahrt-nord"]
    assert zone.labels == ("car",)
    assert zone.points == tuple(pytest.approx(point, abs=0.02) for point in DRAWN)
    await go_on()

    await on("What do you want to be told?")
    garden = page.locator("section").filter(has=page.get_by_role("heading", name="Garden"))
    await expect(garden).to_contain_text("not end-to-end encrypted")
    await garden.get_by_role("button", name="car").click()
    await expect(page.get_by_role("button", name="Go on")).to_be_visible()
    await garden.get_by_role("switch").click()
    await expect(garden.get_by_role("switch")).to_have_attribute("aria-checked", "true")
    assert "car" in house.config.in_force.cameras["garden"].alerts.labels
    assert house.config.in_force.cameras["garden"].alerts.send_picture
    await go_on()

    await on("Be told on your phone")
    await page.get_by_role("button", name="Show the code").click()
    await expect(page.get_by_label("One-time code")).to_be_visible()
    house.phones.now.append(replace(house.phones.now[0], user_id=3000, chat_id=3000, name="Cleo"))
    await expect(page.get_by_text("Connected. The bot has greeted this phone.")).to_be_visible()
    await go_on()

    await on("E-mail")
    await page.get_by_label("Your address").fill("ada@gmx.net")
    await expect(page.get_by_label("Outgoing mail server")).to_have_value("mail.gmx.net")
    await page.get_by_label("Password", exact=False).fill("canary-mail")
    house.welcome.mail_ends = Trial(works=False, text="mail.gmx.net refuses our login.")
    await page.get_by_role("button", name="Save and send a test mail").click()
    await expect(page.get_by_text("refuses our login")).to_be_visible()
    house.welcome.mail_ends = Trial(works=True, text="mail.gmx.net has taken the mail.")
    await page.get_by_role("button", name="Save and send a test mail").click()
    await expect(page.get_by_text("has taken the mail")).to_be_visible()
    assert house.config.in_force.alerts.email.to == ("ada@gmx.net",)
    assert house.config.secrets.get("alerts.email.password").reveal() == "canary-mail"
    assert "canary" not in house.config.text
    await go_on()

    await on("Who lives here?")
    await page.get_by_label("Name", exact=True).fill("Anna Lind")
    await page.get_by_label("Wi-Fi address of the phone").fill("a4:83:e7:12:34:5")
    await expect(page.get_by_role("button", name="Add this person")).to_be_disabled()
    await page.get_by_label("Wi-Fi address of the phone").fill("a4:83:e7:12:34:56")
    await page.get_by_role("button", name="Add this person").click()
    await expect(page.get_by_role("list", name="Who lives here")).to_contain_text("Anna Lind")
    assert house.config.in_force.people["anna-lind"].devices == ("phone",)
    assert house.config.secrets.get("people.anna-lind.phone.mac")
    await go_on()

    await on("Where footage lives")
    await expect(page.get_by_text("An SD card wears out.")).to_be_visible()
    await page.get_by_label("/mnt/ssd").check()
    await expect(page.get_by_text("after a restart of Hearthwatch")).to_be_visible()
    await expect(page.get_by_text("An SD card wears out.")).to_have_count(0)
    assert house.config.in_force.storage.folder == "/mnt/ssd/hearthwatch-footage"
    await go_on()

    await on("Copies somewhere else")
    await page.get_by_role("button", name="Make a key").click()
    await page.get_by_label("I have it in a safe place").check()
    await page.get_by_role("button", name="Use it").click()
    await expect(page.get_by_text("Copies are sealed")).to_be_visible()
    await page.get_by_label("Its name or address").fill("nas.local")
    await page.get_by_label("Account there").fill("watch")
    await page.get_by_label("Folder there").fill("copies")
    await page.get_by_label("Password there").fill("canary-nas")
    await page.get_by_role("button", name="Save this place").click()
    mark = "SHA256:" + "a" * 43
    house.welcome.target_ends = Trial(works=False, text="not known yet", fingerprint=mark)
    await page.get_by_role("button", name="Try it").click()
    await expect(page.get_by_role("button", name="It is the right one")).to_be_visible()
    house.welcome.target_ends = Trial(works=True, text="It works: what it was sent was read back.")
    await page.get_by_role("button", name="It is the right one").click()
    await expect(page.get_by_text("It works")).to_be_visible()
    assert house.config.in_force.offsite.targets["nas"].host_key == mark
    assert house.config.secrets.get("offsite.nas.password").reveal() == "canary-nas"
    await go_on()

    await on("The detection model")
    await page.get_by_role("button", name="Skip this").click()

    await on("From outside")
    await expect(page.get_by_text("Do not open a port of your router")).to_be_visible()
    await page.get_by_label("Name or address of your house outside").fill("home.example.org")
    await page.get_by_role("button", name="Make the keys").click()
    await expect(page.get_by_role("img", name="Code for the WireGuard app")).to_be_visible()
    await expect(page.get_by_label("Configuration for this machine")).to_contain_text("PresharedKey")
    await go_on()

    await on("A second lock for your account")
    await page.get_by_role("button", name="Skip this").click()

    await on("Elm Street 12 is watched")
    await expect(page.locator(".wizard-left")).to_contain_text("Second factor")
    await page.reload()
    await expect(page.locator(".wizard-left li")).to_have_count(2)
    await page.get_by_role("button", name="To the wall").click()
    await page.wait_for_url(f"{running.base}/")
    assert house.welcome.progress().closed
    assert house.config.text.startswith("# Elm Street 12: the owner wrote this by hand\n")
    assert watched.foreign == []
    assert watched.complaints == []
    await opened.close()


async def test_zones_by_keyboard_alone_pulled_by_the_mouse_and_shown_again(chromium: Browser, running: Running) -> None:  # noqa: F811
    config = running.built.house.config
    opened, watched = await logged_in(chromium, running)
    page = watched.page
    await page.goto(f"{running.base}/cameras/garden/zones")
    await page.get_by_role("button", name="New mask").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".zones-stage")).to_be_focused()
    for keys in (("Enter",), ("Shift+ArrowRight", "Shift+ArrowRight", "Enter"), ("Shift+ArrowDown", "ArrowDown", "Enter")):
        for key in keys:
            await page.keyboard.press(key)
    await page.keyboard.press("Enter")
    await expect(page.locator(".zones-corner")).to_have_count(4)
    await page.keyboard.press("Control+z")
    await expect(page.locator(".zones-corner")).to_have_count(3)
    await page.locator(".zones-corner").first.focus()
    await page.keyboard.press("ArrowLeft")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("button", name="Save", exact=True)).to_have_count(0)
    assert config.in_force.cameras["garden"].motion.masks == (((0.49, 0.5), (0.6, 0.5), (0.6, 0.56)),)

    await page.reload()
    await page.get_by_role("button", name="Mask 1").click()
    await expect(page.locator(".zones-corner")).to_have_count(3)
    box = await page.locator(".zones-stage").bounding_box()
    await page.mouse.move(box["x"] + 0.49 * box["width"], box["y"] + 0.5 * box["height"])
    await page.mouse.down()
    await page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"], steps=4)
    await page.mouse.up()
    await page.locator(".zones-corner").nth(2).focus()
    await page.keyboard.press("Delete")
    await expect(page.get_by_text("1 corner missing")).to_be_visible()
    await page.get_by_role("button", name="Undo").click()
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("button", name="Save", exact=True)).to_have_count(0)
    ((x, y), *rest) = config.in_force.cameras["garden"].motion.masks[0]
    assert (round(x, 1), round(y, 1), rest) == (0.3, 0.3, [(0.6, 0.5), (0.6, 0.56)])
    assert "# watched since spring" in config.text

    await page.get_by_label("Sensitivity").fill("0.5")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("Saved: how much must move.")).to_be_visible()
    assert config.in_force.cameras["garden"].motion.sensitivity_frac == 0.016

    meter = page.get_by_role("meter", name="What moves now")
    now = await meter.get_attribute("aria-valuenow")
    await expect(meter).not_to_have_attribute("aria-valuenow", now or "")
    assert 0.1 < float(await meter.get_attribute("aria-valuenow") or 0) < 2.0  # per cent of the picture, as the house says
    assert watched.complaints == []
    await opened.close()


async def test_a_setting_is_found_checked_looked_at_and_saved(chromium: Browser, running: Running, tmp_path: Path) -> None:  # noqa: F811
    config = running.built.house.config
    opened, watched = await logged_in(chromium, running)
    page = watched.page
    await page.goto(f"{running.base}/settings/all")
    await page.get_by_label("Search every setting").fill("garden cooldown")
    await page.get_by_label("Cooldown", exact=True).fill("-5")
    await expect(page.get_by_text("must be at least 0, is -5")).to_be_visible()
    await expect(page.get_by_role("button", name="Look and save")).to_be_disabled()
    await page.get_by_label("Cooldown", exact=True).fill("40")
    await expect(page.get_by_role("button", name="Look and save")).to_be_enabled()
    await page.get_by_role("button", name="Look and save").click()
    sheet = page.get_by_role("dialog", name="Save this?")
    await expect(sheet).to_contain_text("+cooldown_s = 40")
    config.path.write_text(config.text + "# somebody was here\n")
    await sheet.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("The file was changed meanwhile")).to_be_visible()
    # once it has the new file, the page tries its changes on it by itself
    async with page.expect_response(
        lambda answer: answer.url.endswith("/api/v1/config") and answer.request.method == "POST" and answer.ok
    ):
        await page.get_by_role("button", name="Load it anew").click()
    await page.get_by_role("button", name="Look and save").click()
    await sheet.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("region", name="Not saved yet")).to_have_count(0)
    assert config.in_force.cameras["garden"].events.cooldown_s == 40
    assert config.text.rstrip().count("# somebody was here") == 1
    await page.get_by_role("button", name="Cooldown back to default").click()
    await page.get_by_role("button", name="Look and save").click()
    await sheet.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("region", name="Not saved yet")).to_have_count(0)
    assert "cooldown_s" not in config.text
    assert watched.foreign == []
    await opened.close()
