"""Events, house and doors in a browser: found, marked, taught; and hostile words that stay words, on a phone, too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect
from tests.alerts.house import an_event, opened
from tests.runs.rig import OWNER_NAME, OWNER_PASSWORD, House
from tests.web.browsing import CHROMIUM, PAINTED, Settled, Watched
from tests.web.fake_house import PASSWORD, FakeHouse, picture
from tests.web.naughty import kept_words
from tests.web.running import Running, new_house, running_house

from hearthwatch.events import ledger
from hearthwatch.events.event import EventId
from hearthwatch.events.ledger import EventFiles
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.run.config import load
from hearthwatch.web.accounts import Role
from hearthwatch.web.page import BUILT

pytestmark = [
    pytest.mark.wired,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (make test installs it)"),
    pytest.mark.skipif(not (BUILT / "index.html").exists(), reason="the page is not built (make setup builds it)"),
]

PHONE = {"width": 390, "height": 844}


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


async def logged_in(chromium: Browser, running: Running, **context: object) -> Watched:
    await running.built.add_user("ada", Role.OWNER)
    opened_page = await chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, "locale": "en-GB"} | context)
    watched = Watched(await opened_page.new_page(), running.base)
    page = watched.page
    page.set_default_timeout(120_000)
    await page.goto(running.base)
    await page.get_by_label("Name").fill("ada")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await page.wait_for_selector(".shell")
    return watched


async def cards(page: Page) -> list[str]:
    return await page.locator(".card[data-event]").evaluate_all("found => found.map(card => card.dataset.event)")


async def scrolled_to(page: Page, count: int) -> None:
    """Go on to the end of the list until so many events are in it."""
    while (have := await page.locator(".card").count()) < count:
        await page.evaluate("() => scrollTo(0, document.body.scrollHeight)")
        await page.wait_for_function("have => document.querySelectorAll('.card').length > have", arg=have)


async def test_filter_search_mark_by_hand_and_by_keys(chromium: Browser, tmp_path: Path) -> None:
    house = new_house()
    house.events_now[:] = [replace(event, reviewed=False) for event in house.events_now]
    house.events_now[1] = replace(house.events_now[1], note="Der Müllmann")
    async with running_house(tmp_path, house) as running:
        watched = await logged_in(chromium, running)
        page = watched.page
        await page.goto(f"{running.base}/events")
        await page.locator(".card").first.wait_for()
        everything = await cards(page)
        assert everything[0] == house.events_now[0].id

        await page.get_by_label("Search: camera").fill("muellmann")
        await expect(page.locator(".card")).to_have_count(1)
        assert "search=muellmann" in page.url
        await page.reload()
        await expect(page.locator(".card")).to_have_count(1)
        await page.goto(f"{running.base}/events")

        await page.get_by_role("group", name="Camera").get_by_role("button", name="Driveway").click()
        await page.wait_for_function(
            "() => { const all = [...document.querySelectorAll('.card')];"
            " return all.length > 0 && all.every(card => card.textContent.includes('Driveway')); }"
        )
        assert "camera=driveway" in page.url
        await page.get_by_role("group", name="Camera").get_by_role("button", name="All cameras").click()
        await expect(page.locator(".card")).to_have_count(len(everything))

        await page.evaluate(PAINTED)  # until then the keys are about the list before
        await page.keyboard.press("j")
        await page.keyboard.press("j")
        await page.keyboard.press("s")
        await expect(page.locator(".card").nth(1).locator(".new-dot")).to_have_count(0)
        assert house.events_now[1].reviewed
        assert not house.events_now[0].reviewed
        await page.keyboard.press("j")
        await page.keyboard.press("Shift+S")
        await expect(page.locator(".card").nth(2).locator(".new-dot")).to_have_count(0)
        assert [event.reviewed for event in house.events_now[:4]] == [True, True, True, False]

        await page.get_by_role("button", name="Choose", exact=True).click()
        await page.locator(".card").nth(4).click()
        await page.locator(".card").nth(5).click()
        await page.get_by_role("button", name="Seen", exact=True).click()
        await expect(page.locator(".card").nth(5).locator(".new-dot")).to_have_count(0)
        assert [event.reviewed for event in house.events_now[3:6]] == [False, True, True]
        await page.get_by_role("button", name="All seen").click()
        await expect(page.locator(".review-bar")).to_contain_text("marked as seen")
        assert all(event.reviewed for event in house.events_now)
        assert (watched.foreign, watched.complaints) == ([], [])
        await page.context.close()


async def test_a_glimpse_plays_muted_and_not_for_those_who_want_calm(chromium: Browser, tmp_path: Path) -> None:
    async with running_house(tmp_path, new_house()) as running:
        watched = await logged_in(chromium, running)
        await watched.page.goto(f"{running.base}/events")
        await watched.page.locator(".card .preview").first.hover()
        film = watched.page.locator(".preview.is-playing video")
        await film.wait_for()
        assert await film.evaluate("film => [film.muted, film.currentSrc.includes('stream=sub')]") == [True, True]
        await watched.page.mouse.move(0, 0)
        await expect(watched.page.locator(".preview video")).to_have_count(0)
        storage = await watched.page.context.storage_state()
        await watched.page.context.close()
        calm = await chromium.new_context(
            storage_state=storage, reduced_motion="reduce", viewport={"width": 1280, "height": 900}
        )
        page = await calm.new_page()
        page.set_default_timeout(120_000)
        await page.goto(f"{running.base}/events")
        await page.locator(".card .preview").first.hover()
        await page.evaluate("() => new Promise(done => setTimeout(done, 700))")  # in the page's time: a film would be there
        await expect(page.locator(".preview video")).to_have_count(0)
        await calm.close()


async def test_the_list_goes_on_and_nothing_jumps_when_somebody_comes(chromium: Browser, tmp_path: Path) -> None:
    house = new_house()
    first = house.events_now[0]
    house.events_now += [
        replace(
            first, id=EventId(f"old{number:04}"), start_us=WallUs(first.start_us - (20_000 + number) * US_PER_S), picture=False
        )
        for number in range(200)
    ]
    async with running_house(tmp_path, house) as running:
        watched = await logged_in(chromium, running)
        page = watched.page
        await page.goto(f"{running.base}/events")
        await page.locator(".card").first.wait_for()
        await scrolled_to(page, 181)
        ids = await cards(page)
        assert len(ids) == len(set(ids)) > 180
        before = await page.evaluate("() => [scrollY, document.querySelectorAll('.card').length]")
        house.changes.publish(house.visit())
        await expect(page.locator(".fresh")).to_have_text("1 new event")
        assert await page.evaluate("() => [scrollY, document.querySelectorAll('.card').length]") == before
        await page.locator(".fresh").click()
        await expect(page.locator(".card").first).not_to_have_attribute("data-event", ids[0])
        await page.context.close()


async def test_sec_14_hostile_words_stay_words_on_a_phone(chromium: Browser, tmp_path: Path) -> None:
    words = kept_words()
    house = new_house()
    first = house.events_now[0]
    house.events_now[:] = [
        replace(
            first,
            id=EventId(f"w{number:04}"),
            start_us=WallUs(first.start_us - number * 60 * US_PER_S),
            end_us=WallUs(first.start_us - number * 60 * US_PER_S + 9 * US_PER_S),
            best_us=WallUs(first.start_us - number * 60 * US_PER_S + US_PER_S),
            label=(word or "person")[:64],
            zones=frozenset({word[:64]}) if word else frozenset(),
            detail=word,
            note=word,
            picture=False,
            reviewed=bool(number % 2),
        )
        for number, word in enumerate(words)
    ]
    _hostile_house(house, words)
    async with running_house(tmp_path, house) as running:
        watched = await logged_in(chromium, running, viewport=PHONE)
        page = watched.page
        settled = Settled(page)
        wide = "() => document.documentElement.scrollWidth - innerWidth"
        await page.goto(f"{running.base}/events")
        await page.locator(".card").first.wait_for()
        await scrolled_to(page, len(words))
        assert await page.evaluate(wide) <= 0
        for path in ("/house", "/alerts", "/logins", *(f"/events/w{number:04}" for number in range(0, len(words), 40))):
            await settled.load(running.base + path)
            assert await page.evaluate(wide) <= 0, path
        assert await page.evaluate("() => window.pwned") is None
        assert watched.foreign == []
        assert [text for text in watched.complaints if "404" not in text] == []
        await page.context.close()


def _hostile_house(house: FakeHouse, words: list[str]) -> None:
    """Rules and people with the worst of them."""
    long = [word for word in words if word][:40]
    house.house_page.rows = [
        replace(row, name=long[number % len(long)][:60], zones={mode: tuple(long[:3]) for mode in row.told}, times=(long[-1],))
        for number, row in enumerate(house.house_page.rows)
    ]


async def test_the_house_page_shows_and_changes_the_rules(chromium: Browser, tmp_path: Path) -> None:
    house = new_house()
    async with running_house(tmp_path, house) as running:
        watched = await logged_in(chromium, running)
        page = watched.page
        await page.get_by_role("link", name="House").click()
        await expect(page.get_by_role("heading", name="What leaves this house")).to_be_visible()
        await expect(page.get_by_label("What leaves this house")).to_contain_text("size not counted")
        await expect(page.get_by_label("Speed of alerts")).to_contain_text("213 ms")
        version = page.get_by_label("This version")
        await expect(version).to_contain_text("Nobody is asked unless you press this.")
        await version.get_by_role("button", name="Ask for a newer one now").click()
        await expect(version).to_contain_text("0.2.0 of 15 January 2027 mends a hole in the security.")
        await expect(version).to_contain_text("make a backup before")
        await page.get_by_role("group", name="Mode of the house").get_by_role("button", name="Away").click()
        cell = page.get_by_role("switch", name="Front door, car, Away")
        await expect(cell).not_to_be_checked()
        await cell.click()
        await expect(cell).to_be_checked()
        row = next(row for row in house.house_page.rows if row.camera == "front-door")
        assert "car" in row.told[next(mode for mode in row.told if mode.value == "away")]
        await page.get_by_label("Garden: who stays is told again").select_option(label="again every 15 min")
        await expect(page.get_by_label("Garden: who stays is told again")).to_have_value("900")
        way = page.get_by_role("switch", name="Telegram: Ada, Log-ins and settings")
        await way.click()
        await expect(way).not_to_be_checked()
        await page.get_by_text("no limits").last.click()
        await page.get_by_role("group", name="Only these cameras").last.get_by_role("button", name="Garden").click()
        await expect(page.get_by_text("only Garden")).to_be_visible()
        told = house.house_page.routes["telegram:Ada"]
        assert [topic.value for topic in told.topics] == ["visitors", "cameras", "house"]
        assert told.cameras == ("garden",)
        assert next(row for row in house.house_page.rows if row.camera == "garden").remind_s == 900
        assert (watched.foreign, watched.complaints) == ([], [])
        await page.context.close()


async def test_false_alarms_of_a_real_house_become_a_mask_in_its_file(
    chromium: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models").mkdir()
    monkeypatch.setenv("HEARTHWATCH_MODELS", str(tmp_path / "models"))
    folder = tmp_path / "house"
    house = House(folder, "[web]\nhttps_port = 0\n# the owner's remark\n", {})
    engine = opened(folder)
    files = EventFiles(folder)
    now_us = SystemClock().wall_us()
    with engine.begin() as connection:
        for number in range(3):
            event = an_event(
                id=EventId(f"G{number}"),
                camera=CameraId("demo"),
                start_us=WallUs(now_us - (60 + number) * US_PER_S),
                end_us=WallUs(now_us - (50 + number) * US_PER_S),
                box=Box(x0=0.02, y0=0.02 * number, x1=0.12, y1=0.02 * number + 0.12),
                picture=True,
            )
            ledger.save(connection, event)
            files.write_picture(event.id, (await asyncio.to_thread(picture, "front-door", 0.5))[0])
    engine.dispose()
    await house.start()
    try:
        await house.claim()
        context = await chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
        page = await context.new_page()
        page.set_default_timeout(120_000)
        await page.goto(house.base)
        await page.get_by_label("Name").fill(OWNER_NAME)
        await page.get_by_label("Password").fill(OWNER_PASSWORD)
        await page.get_by_role("button", name="Log in").click()
        await page.wait_for_selector(".shell")
        for number in range(3):
            await page.goto(f"{house.base}/events/G{number}")
            await page.get_by_role("button", name="False alarm").click()
            await expect(page.get_by_role("button", name="Was a false alarm")).to_be_visible()
        panel = page.get_by_label("Suggestion")
        await expect(panel).to_contain_text("3 of the last 3 false alarms were here")
        await expect(panel.locator(".suggestion-box")).to_have_count(3)
        assert "camera" not in house.config_path.read_text(), "nothing is written by itself"
        await panel.get_by_role("button", name="Ignore this corner", exact=True).click()
        await expect(page.get_by_text("Written into the configuration")).to_be_visible()
        (mask,) = load(house.config_path).cameras[CameraId("demo")].motion.masks
        assert mask[0] == (0.005, 0.0)
        assert "# the owner's remark" in house.config_path.read_text()
        await context.close()
    finally:
        await house.close()
