"""Trusting the house, looking whether it is open to the internet, and video for other software: in a real browser."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from playwright.async_api import Browser, expect
from tests.web.browsing import CHROMIUM
from tests.web.running import Running, new_house, running_house
from tests.web.test_browser import chromium, logged_in  # noqa: F401 fixtures

from hearthwatch.web.own_certificate import print_of
from hearthwatch.web.page import BUILT
from hearthwatch.web.welcome_doors import Opening, RouterSays

pytestmark = [
    pytest.mark.wired,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (make test installs it)"),
    pytest.mark.skipif(not (BUILT / "index.html").exists(), reason="the page is not built (make setup builds it)"),
]


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with running_house(tmp_path, new_house(small=True, cameras_on=("front-door",))) as run:
        yield run


async def test_how_a_device_comes_to_trust_it_and_whether_it_is_open(chromium: Browser, running: Running) -> None:  # noqa: F811
    house = running.built.house
    opened, watched = await logged_in(chromium, running)
    page = watched.page
    await running.built.auth.is_claimed()
    await running.https_port()
    await page.goto(f"{running.base}/settings")
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name="Load its certificate").click()
    found = x509.load_pem_x509_certificate((await (await waiting.value).path()).read_bytes())
    trust = page.locator(".trust")
    await expect(trust).to_contain_text(print_of(found))
    await trust.get_by_text("iPhone, iPad").click()
    await expect(trust).to_contain_text("Certificate Trust Settings")

    look = page.locator(".from-outside")
    await look.get_by_role("button", name="Look now").click()
    await expect(look).to_contain_text("does not tell what it opens")
    opening = Opening(protocol="TCP", outer_port=443, inner_port=8443, what="<b>Hearthwatch</b>", is_page=True)
    house.welcome.seen_from_outside = replace(house.welcome.seen_from_outside, says=RouterSays.ALL, openings=(opening,))
    await look.get_by_role("button", name="Look again").click()
    await expect(look.locator(".is-bad")).to_contain_text("port 443 outside leads to 8443 here")
    await expect(look.locator(".is-bad")).to_contain_text("<b>Hearthwatch</b>")
    assert watched.foreign == []
    assert watched.complaints == []
    await opened.close()


async def test_video_for_others_is_switched_on_where_it_is_explained(chromium: Browser, running: Running) -> None:  # noqa: F811
    house = running.built.house
    house.relay.restreams = lambda: house.config.in_force.restream.enabled
    opened, watched = await logged_in(chromium, running)
    page = watched.page
    await page.goto(f"{running.base}/cameras/front-door")
    await page.get_by_text("Use elsewhere").click()
    await expect(page.get_by_text("Video by RTSP is off")).to_be_visible()
    await page.get_by_role("button", name="Switch video on").click()
    await expect(page.get_by_label("Video (RTSP)", exact=True)).to_contain_text(
        re.compile(r"rtsp://viewer@127\.0\.0\.1:8554/front-door")
    )
    assert "[restream]\nenabled = true" in house.config.text
    await page.get_by_role("button", name="Switch video off").click()
    await expect(page.get_by_text("Video by RTSP is off")).to_be_visible()
    assert not house.config.in_force.restream.enabled
    assert watched.complaints == []
    await opened.close()
