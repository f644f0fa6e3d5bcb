"""Clocks of cameras: told when they were wrong twice, in words; and what was lost in an outage."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from tests.alerts.house import FRONT, Health
from tests.run.quiet_db import QuietDb

from hearthwatch.feeds.packet import Gap, GapReason, Stream
from hearthwatch.health.clocks import camera_clocks, nearest
from hearthwatch.health.outage import Fault, Outage
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import Unreachable
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.run.camera_clocks import CameraClocks, off_by, words
from hearthwatch.run.config import parse
from hearthwatch.run.outage_news import missing_us, missing_words
from hearthwatch.vendors.device import ClockReading, LocalUs, RestartTime

BERLIN = ZoneInfo("Europe/Berlin")
NOON = WallUs(1_800_000_000 * US_PER_S)
HOUR_US = 3600 * US_PER_S
CONFIG = '[home]\ntimezone = "Europe/Berlin"\n[camera.front]\nmain = "rtsp://192.168.1.9/main"\n'


class Camera:
    """A client that shows time and can be set, and its keeper."""

    cameras = (FRONT,)

    def __init__(self, clock: FakeClock) -> None:
        self.clock_ = clock
        self.off_s = 0.0
        self.restarts: RestartTime | None = None
        self.away = False

    async def client(self, camera):
        if self.away:
            raise Unreachable("gone")
        return self

    async def close(self) -> None: ...

    async def identity(self): ...

    async def clock(self) -> ClockReading:
        now_us = self.clock_.wall_us()
        return ClockReading(local_us=LocalUs(now_us + HOUR_US + round(self.off_s * US_PER_S)), at_us=now_us, error_us=500_000)

    async def restart_time(self) -> RestartTime | None:
        return self.restarts

    async def set_clock(self): ...

    async def use_ntp(self, server): ...


class Bench:
    def __init__(self, folder: Path, text: str = CONFIG) -> None:
        self.clock = FakeClock()
        self.db = QuietDb(folder)
        self.health = Health()
        self.camera = Camera(self.clock)
        self.clocks = CameraClocks(self.camera, self.db, health=self.health, clock=self.clock)
        self.clocks.renew(parse(text))

    async def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
        for look in [one for one in self.clocks._looks if self.clocks._looks[one].due_ns <= self.clock.mono_ns()]:
            await self.clocks._look(look)

    @property
    def log(self):
        return [what for what, _fault, _subject in self.health.log]


@pytest.fixture
def make(tmp_path):
    made: list[Bench] = []

    def bench(text: str = CONFIG) -> Bench:
        made.append(Bench(tmp_path, text))
        return made[-1]

    yield bench
    for each in made:
        each.db.close()


async def test_a_wrong_clock_is_told_at_the_second_look_and_when_it_is_right_again(make):
    bench = make()
    await bench.wait(11)
    bench.camera.off_s = -300
    await bench.wait(3600)
    assert bench.log == []
    await bench.wait(60)
    assert bench.log == ["failed"]
    assert bench.health.open[Fault.CAMERA_CLOCK, FRONT].startswith("It is 5 min behind.")
    assert bench.clocks.can_set(FRONT)
    bench.camera.off_s = 1
    await bench.wait(60)
    assert bench.log == ["failed", "recovered"]


async def test_a_clock_that_is_set_soon_after_a_start_is_not_told(make):
    bench = make()
    bench.camera.off_s = -50 * 365 * 86_400
    await bench.wait(11)
    bench.camera.off_s = 0
    await bench.wait(60)
    assert bench.log == []


async def test_a_camera_that_is_away_is_asked_again_in_a_while(make):
    bench = make()
    bench.camera.away = True
    await bench.wait(11)
    bench.camera.away, bench.camera.off_s = False, 100
    await bench.wait(200)
    assert not bench.clocks._looks[FRONT].was_off
    await bench.wait(200)
    assert bench.clocks._looks[FRONT].was_off


async def test_what_the_clock_said_is_kept_when_it_is_news(make):
    bench = make()
    for off_s, wait_s in ((0.2, 11), (0.4, 3600), (300, 3600), (300, 60), (299.8, 3600)):
        bench.camera.off_s = off_s
        await bench.wait(wait_s)
    now_us = bench.clock.wall_us()
    start_us = WallUs(now_us - 3 * HOUR_US - 60 * US_PER_S)

    async def off_at(at_us: int) -> int:
        return (await bench.db.run(lambda connection: nearest(connection, FRONT, WallUs(at_us)))).off_us

    assert await off_at(now_us) == 300 * US_PER_S
    assert await off_at(start_us) == 200_000
    assert await off_at(0) == 200_000
    assert await bench.db.run(lambda connection: connection.scalar(select(func.count()).select_from(camera_clocks))) == 2


async def test_who_does_not_want_to_know_is_not_told(make):
    bench = make(CONFIG + "health.clock_off_s = 0\n")
    bench.camera.off_s = 9999
    await bench.wait(11)
    await bench.wait(60)
    assert bench.log == []


@pytest.mark.parametrize("text", [CONFIG, CONFIG + 'health.restarts = "sun 03:00"\n'])
async def test_a_restart_is_expected_by_the_cameras_clock(make, text: str):
    bench = make(text)
    if text == CONFIG:
        bench.camera.restarts = RestartTime(weekday=6, minute_of_day=180)
    start_us = bench.clock.wall_us()

    def outage(at_us: int) -> Outage:
        return Outage(
            fault=Fault.CAMERA_UNREACHABLE, camera=FRONT, subject=FRONT, start_us=WallUs(at_us), end_us=None, detail=""
        )

    days = (start_us + HOUR_US) // (24 * HOUR_US)
    sunday = days + (6 - (days + 3) % 7) % 7
    at_us = sunday * 24 * HOUR_US + 2 * HOUR_US
    bench.clock.advance((at_us - start_us) / US_PER_S + 30)
    assert not bench.clocks.is_quiet(outage(at_us + 20 * US_PER_S), [])
    await bench.wait(0)
    assert bench.clocks.is_quiet(outage(at_us + 20 * US_PER_S), [])
    assert not bench.clocks.is_quiet(outage(at_us - HOUR_US), [])


@pytest.mark.parametrize(
    ("ahead_s", "off_s"), [(3600, 0), (0, 0), (7200, 3600), (3605, 5), (-3600, -3600), (3540, -60), (5, 5)]
)
def test_the_house_and_universal_time_are_right(ahead_s, off_s):
    winter = WallUs(1_764_590_400 * US_PER_S)
    reading = ClockReading(local_us=LocalUs(winter + ahead_s * US_PER_S), at_us=winter, error_us=0)
    assert off_by(reading, BERLIN) == off_s * US_PER_S


@pytest.mark.parametrize(("ahead_s", "off_s"), [(3600, 0), (-7200, 0), (3700, 100), (3500, -100), (60 * 3600, 60 * 3600)])
def test_where_nobody_said_the_zone_that_of_the_camera_is_right(ahead_s, off_s):
    reading = ClockReading(local_us=LocalUs(NOON + ahead_s * US_PER_S), at_us=NOON, error_us=0)
    assert off_by(reading, None) == off_s * US_PER_S


@pytest.mark.parametrize(
    ("off_s", "begin", "zone"),
    [
        (90, "It is 90 s ahead.", False),
        (-3601, "It is 60 min behind.", True),
        (7200 + 5, "It is 2 h ahead.", True),
        (-1000, "It is 16 min behind.", False),
        (-50 * 365 * 86_400, "It is off by years", False),
    ],
)
def test_words_of_a_wrong_clock(off_s, begin, zone):
    said = words(off_s * US_PER_S)
    assert said.startswith(begin)
    assert ("summer time" in said) is zone


def gap(start_s: float, end_s: float | None) -> Gap:
    end_us = None if end_s is None else WallUs(NOON + round(end_s * US_PER_S))
    start_us = WallUs(NOON + round(start_s * US_PER_S))
    return Gap(camera=FRONT, stream=Stream.MAIN, start_us=start_us, end_us=end_us, reason=GapReason.CAMERA)


def test_how_much_footage_is_missing():
    now_us = WallUs(NOON + 100 * US_PER_S)
    assert missing_us([], NOON, now_us) == 0
    assert missing_us([gap(-50, 10), gap(20, 30), gap(90, None)], NOON, now_us) == 30 * US_PER_S


def test_words_of_missing_footage():
    assert missing_words(0, has_card=True) == "No footage is missing."
    assert missing_words(200 * US_PER_S, has_card=False) == "Footage of 3 min is missing."
    assert "card" in missing_words(45 * US_PER_S, has_card=True)
