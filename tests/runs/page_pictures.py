"""Pictures of every page, on a phone, a tablet and a desk, dark and light, of one house with drawn cameras (tests/web/fake_house.py).

`.venv/bin/python -m tests.runs.page_pictures` makes all of docs/images/pages and docs/pages.md anew; `--only NAME …` some of them,
`--to FOLDER` elsewhere, `--whole` whole pages instead of what a screen shows, `--sheet` one picture of all of each width.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from playwright.async_api import Browser, Page, async_playwright
from playwright.async_api import Error as PlaywrightError

from hearthwatch.audit.remedy import Remedy, RemedyKind
from hearthwatch.audit.trail import Entry, RepairState
from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.recording import playback
from hearthwatch.recording.entries import codec_string
from hearthwatch.run.config import load
from hearthwatch.web.accounts import Role
from hearthwatch.web.page import BUILT
from hearthwatch.web.person import Permission
from tests.fleet.fake_hub import BEACH, OWN, beach_house, connected, hub_house
from tests.runs.rig import ROOT
from tests.web.browsing import CHROMIUM, Settled
from tests.web.fake_house import MINUTE_US, PASSWORD, FakeHouse, loop, picture
from tests.web.fake_timeline import FakeTimeline
from tests.web.running import Running, new_house, running_house

TO = ROOT / "docs" / "images" / "pages"
SIZES = {390: (844, "phone"), 820: (1180, "tablet"), 1440: (900, "desk")}
THEMES = ("dark", "light")
MOST_BYTES = 12_000_000
QUALITY = 82
SETTLED = """() => [...document.querySelectorAll('img')].filter((each) => { const { top, bottom, left } = each.getBoundingClientRect();
       return bottom > 0 && top < innerHeight && left < innerWidth; }).every((each) => each.complete)
  && [...document.querySelectorAll('.tl-video')].every((each) => each.readyState >= 2)
  && document.fonts.status === 'loaded'"""

ZONES = """
[camera.driveway.zones.pavement]
points = [[0.02, 0.76], [0.98, 0.76], [0.98, 0.97], [0.02, 0.97]]
labels = ["person"]

[camera.driveway.zones.road]
points = [[0.02, 0.58], [0.98, 0.58], [0.98, 0.73], [0.02, 0.73]]
labels = ["car"]

[camera.driveway.motion]
masks = [[[0.0, 0.0], [1.0, 0.0], [1.0, 0.22], [0.0, 0.22]]]
"""


DONE = (
    (
        3021,
        RemedyKind.SET_CLOCK,
        "garden",
        "page ada",
        RepairState.DONE,
        "The clock of Garden was 4 minutes late and is right now.",
    ),
    (1507, RemedyKind.REBOOT, "garage", "telegram 1000", RepairState.FAILED, "Garage did not answer."),
    (
        64,
        RemedyKind.CHANGE_PASSWORD,
        "front-door",
        "telegram 1000",
        RepairState.DONE,
        "The password of our account is a new one.",
    ),
    (12, RemedyKind.SERVICE_OFF, "front-door", "page ada", RepairState.DONE, "Access through the maker's cloud (P2P) is off."),
)


Act = Callable[[Page], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A page of the house: `path`, what must be on it before a picture is taken, and what is done first."""

    name: str
    words: str
    path: str
    ready: str = "main h1"
    act: Act | None = None
    out: bool = False
    """Of somebody who is not logged in; `claim` is of a house that nobody has claimed."""

    hub: bool = False
    """Of a house that is the hub of others."""


async def _select(page: Page) -> None:
    await page.get_by_role("button", name="Select").click()
    await page.locator(".tl-select").wait_for()


async def _zone(page: Page) -> None:
    await page.locator(".zones-pick").first.click()


async def _look(page: Page) -> None:
    await page.get_by_role("button", name="Look").first.wait_for()
    if await page.locator(".find-start").count():  # else it is still known what was found
        await page.get_by_role("button", name="Look for cameras").click()
    await page.locator(".find-row").first.wait_for()


async def _code(page: Page) -> None:
    await page.get_by_role("button", name="Show the code").click()
    await page.locator(".big-code").wait_for()


PAGES = (
    Shown(name="claim", words="A new house is claimed", path="/", ready=".enter h1", out=True),
    Shown(name="log-in", words="The door of the page", path="/", ready=".enter h1", out=True),
    Shown(name="wall", words="The wall: every camera live", path="/", ready="video.is-shown"),
    Shown(name="live", words="One camera large", path="/?camera=driveway", ready=".enlarged video.is-shown"),
    Shown(name="timeline", words="A day of all cameras", path="/timeline", ready=".tl-row canvas"),
    Shown(name="player", words="Two cameras played in step, a range selected", path="/timeline?at={visit}&cameras=front-door,driveway", ready=".tl-video", act=_select),
    Shown(name="events", words="Who came by", path="/events", ready=".card img"),
    Shown(name="event", words="One event", path="/events/{event}", ready=".stage"),
    Shown(name="doors", words="Who logs in to the cameras", path="/logins"),
    Shown(name="door", words="One camera's door", path="/cameras/front-door/door"),
    Shown(name="audit", words="What is weak in the cameras", path="/audit"),
    Shown(name="copies", words="The cameras' settings and what changed", path="/copies"),
    Shown(name="logs", words="The cameras' own logs", path="/logs"),
    Shown(name="done", words="What Hearthwatch did at the cameras", path="/done"),
    Shown(name="cameras", words="The cameras", path="/cameras"),
    Shown(name="camera", words="One camera", path="/cameras/driveway"),
    Shown(name="zones", words="Zones and masks", path="/cameras/driveway/zones", ready=".zones-stage img", act=_zone),
    Shown(name="add-camera", words="Looking for cameras", path="/cameras/add", act=_look),
    Shown(name="alerts", words="What was told, and how soon", path="/alerts"),
    Shown(name="house", words="The house: people, arming, rules", path="/house"),
    Shown(name="settings", words="Settings", path="/settings"),
    Shown(name="all-settings", words="Every setting", path="/settings/all"),
    Shown(name="account", words="One's own account", path="/settings/account"),
    Shown(name="people", words="People with access", path="/settings/people"),
    Shown(name="programs", words="Programs with access", path="/settings/programs"),
    Shown(name="trail", words="Who did what", path="/settings/trail"),
    Shown(name="set-up-cameras", words="Set-up: cameras", path="/welcome?step=cameras"),
    Shown(name="set-up-zones", words="Set-up: zones", path="/welcome?step=zones", ready=".zones-stage img"),
    Shown(name="set-up-told", words="Set-up: what is told", path="/welcome?step=tellings"),
    Shown(name="set-up-phone", words="Set-up: the phone", path="/welcome?step=telegram", act=_code),
    Shown(name="set-up-mail", words="Set-up: e-mail", path="/welcome?step=mail"),
    Shown(name="set-up-people", words="Set-up: who lives here", path="/welcome?step=people"),
    Shown(name="set-up-storage", words="Set-up: where footage lives", path="/welcome?step=storage"),
    Shown(name="set-up-copies", words="Set-up: copies elsewhere", path="/welcome?step=backup"),
    Shown(name="set-up-detector", words="Set-up: the detection model", path="/welcome?step=detector"),
    Shown(name="set-up-outside", words="Set-up: from outside", path="/welcome?step=outside"),
    Shown(name="set-up-end", words="Set-up: the end", path="/welcome?step=end"),
    Shown(name="api", words="The API's description", path="/docs"),
    Shown(name="houses", words="All houses of a hub", path="/sites", ready=".house-cards .panel", hub=True),
    Shown(name="houses-events", words="What happened at all houses", path="/sites/events", ready=".far-picture img", hub=True),
    Shown(name="far-wall", words="Another house through the hub", path="/at/beachaaa/", ready="video.is-shown", hub=True),
    Shown(name="machine", words="The machine of a house", path="/at/beachaaa/machine", ready=".house-facts", hub=True),
    Shown(name="away", words="A house that is away", path="/at/barnaaaa/", ready=".house-known", hub=True),
)  # fmt: skip


class _Playing(FakeTimeline):
    """Plays the walk of the fake house's cameras."""

    def playback(
        self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs, *, keys_only: bool
    ) -> playback.Playback:
        return playback.Playback(
            start_us=start_us,
            end_us=end_us,
            mime=f'video/mp4; codecs="{codec_string(loop(camera, stream).info)}"',
            pieces=self.footage.fragments(camera, stream, start_us, end_us),
        )


def _furnish(house: FakeHouse) -> None:
    """What a house of some weeks has, so that no page is empty."""
    house.config.path.write_text(house.config.text + ZONES)
    house.config.in_force = load(house.config.path)
    house.people.at_us = house.started_us - 47 * MINUTE_US
    house.timeline = _Playing(house, house.timeline.footage, house.timeline.events)
    for number, (minutes, kind, camera, who, state, text) in enumerate(DONE):
        at_us = WallUs(house.started_us - minutes * MINUTE_US)
        house.remedies.entries[f"d{number}"] = Entry(
            id=f"d{number}",
            remedy=Remedy(kind=kind, camera=CameraId(camera)),
            who=who,
            state=state,
            verified=state is RepairState.DONE,
            text=text,
            asked_us=at_us,
            begun_us=at_us,
            ended_us=WallUs(at_us + 4 * US_PER_S),
        )


async def take(folder: Path, only: Sequence[str], *, whole: bool) -> list[str]:
    """Take the pictures into `folder`; return what is wrong with them."""
    wrong: list[str] = []
    for camera in ("front-door", "driveway", "garden"):
        for stream in Stream:
            loop(camera, stream)
        for step in range(20):
            picture(camera, step / 20)
    pages = [one for one in PAGES if not only or one.name in only]
    shown, empty = new_house(), new_house()
    _furnish(shown)
    first, hub = hub_house(SystemClock())
    beach = beach_house(SystemClock())
    hub.told_of(BEACH, beach)
    hub.told_of(OWN, first)
    with tempfile.TemporaryDirectory() as name:
        mine, new, at_hub, at_beach = (Path(name) / each for each in ("mine", "new", "hub", "beach"))
        for each in (mine, new, at_hub, at_beach):
            each.mkdir()
        async with (
            running_house(mine, shown) as house,
            running_house(new, empty) as unclaimed,
            running_house(at_hub, first) as hub_page,
            running_house(at_beach, beach) as far,
            connected(hub, BEACH, far.built.app),
            async_playwright() as playwright,
        ):
            ada = await house.built.add_user("ada", Role.OWNER)
            await hub_page.built.add_user("ada", Role.OWNER)
            await house.built.add_user("ben", Role.MEMBER)
            await house.built.add_user("kim", Role.VIEWER)
            for program, scopes in (
                ("Home Assistant", (Permission.LOOK, Permission.DECIDE)),
                ("Hall display", (Permission.LOOK,)),
            ):
                await house.built.auth.access.add_token(ada, program, scopes, None, 365)
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            for theme in THEMES:
                for width in SIZES:
                    wrong += await _of_one_size(
                        browser, (house, unclaimed, hub_page), folder, pages, theme=theme, width=width, whole=whole
                    )
            await browser.close()
    return wrong


async def _of_one_size(
    browser: Browser,
    houses: tuple[Running, Running, Running],
    folder: Path,
    pages: Sequence[Shown],
    *,
    theme: str,
    width: int,
    whole: bool,
) -> list[str]:
    wrong: list[str] = []
    house, unclaimed, hub = houses
    high = SIZES[width][0]
    context = await browser.new_context(
        viewport={"width": width, "height": high},
        color_scheme=theme,  # type: ignore[arg-type] one of Playwright's words
        locale="en-GB",
        has_touch=width < 1000,
        reduced_motion="reduce",
    )
    page = await context.new_page()
    page.set_default_timeout(120_000)
    settled = Settled(page)
    logged_in = ""
    for one in pages:
        base = unclaimed.base if one.name == "claim" else hub.base if one.hub else house.base
        if not one.out and logged_in != base:
            await _log_in(page, base)
            logged_in = base
        event = next(each for each in house.built.house.events_now if each.camera == "front-door")
        path = one.path.format(event=event.id, visit=event.start_us)
        try:
            await page.goto(base + path)
            await page.locator(one.ready).first.wait_for()
            if one.act is not None:
                await one.act(page)
            await settled.quiet()
            await page.wait_for_function(SETTLED)
        except (PlaywrightError, TimeoutError) as error:
            wrong.append(f"{one.name} at {width} px, {theme}: {(str(error) or 'never quiet').splitlines()[0]}")
        wide = await page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            wrong.append(f"{one.name} at {width} px is {wide} px wide")
        _written(await page.screenshot(full_page=whole), folder / f"{one.name}-{width}-{theme}.webp")
    await context.close()
    return wrong


async def _log_in(page: Page, base: str) -> None:
    await page.goto(base)
    await page.get_by_label("Name").fill("ada")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in", exact=True).click()
    await page.locator(".shell").wait_for()


def _written(png: bytes, target: Path) -> None:
    found = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    cv2.imwrite(str(target), found, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])


def index() -> str:
    """Return docs/pages.md."""
    lines = [
        "# Every page",
        "",
        "One house with drawn cameras, on a phone (390 px), a tablet (820 px) and a desk (1440 px), dark and light; a click opens a picture",
        "in its own size. `.venv/bin/python -m tests.runs.page_pictures` makes them and this page anew.",
        "",
    ]
    for one in PAGES:
        lines += [f"## {one.words}", "", "| " + " | ".join(f"{width} px" for width in SIZES) + " |", "|" + "---|" * len(SIZES)]
        for theme in THEMES:
            cells = []
            for width, (_, kind) in SIZES.items():
                file = f"images/pages/{one.name}-{width}-{theme}.webp"
                shown_px = {390: 130, 820: 210, 1440: 380}[width]
                cells.append(f'<a href="{file}"><img src="{file}" width="{shown_px}" alt="{one.words}, {kind}, {theme}"></a>')
            lines.append("| " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


def sheet(folder: Path, width: int, theme: str, target: Path) -> None:
    """Put all pictures of one size beside each other, to be looked at at once."""
    wide = {390: 390, 820: 520, 1440: 720}[width]
    shots = [cv2.imread(str(path)) for one in PAGES if (path := folder / f"{one.name}-{width}-{theme}.webp").is_file()]
    small = [cv2.resize(each, (wide, each.shape[0] * wide // each.shape[1]), interpolation=cv2.INTER_AREA) for each in shots]
    across = 3 if width == 1440 else 4 if width == 820 else 6
    rows = []
    for at in range(0, len(small), across):
        row = small[at : at + across]
        high = max(each.shape[0] for each in row)
        line = np.full((high + 8, across * (wide + 8), 3), 90, np.uint8)
        for number, each in enumerate(row):
            line[: each.shape[0], number * (wide + 8) : number * (wide + 8) + wide] = each
        rows.append(line)
    cv2.imwrite(str(target), np.vstack(rows))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=Path, default=TO)
    parser.add_argument("--only", nargs="*", default=(), metavar="NAME", choices=[one.name for one in PAGES])
    parser.add_argument("--whole", action="store_true", help="whole pages, not what a screen shows")
    parser.add_argument("--sheet", action="store_true", help="also one picture of all of each width, in the folder's sheets/")
    given = parser.parse_args()
    if not (BUILT / "index.html").exists():
        sys.exit("the page is not built: make setup")
    given.to.mkdir(parents=True, exist_ok=True)
    wrong = asyncio.run(take(given.to, given.only, whole=given.whole))
    if given.to == TO:
        (ROOT / "docs" / "pages.md").write_text(index())
    if given.sheet:
        (given.to / "sheets").mkdir(exist_ok=True)
        for width in SIZES:
            for theme in THEMES:
                sheet(given.to, width, theme, given.to / "sheets" / f"{width}-{theme}.png")
    size = sum(path.stat().st_size for path in given.to.glob("*.webp"))
    if size > MOST_BYTES:
        wrong.append(f"{size} bytes are more than {MOST_BYTES}")
    print(f"{len(list(given.to.glob('*.webp')))} pictures, {size / 1e6:.1f} MB, in {given.to}")
    print(*wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
