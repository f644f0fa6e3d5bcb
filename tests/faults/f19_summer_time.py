"""F19: the clocks change in six zones, and the zone itself is changed while the house runs: schedules and the days of footage."""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from hearthwatch.arming import machine
from hearthwatch.arming.arming import ArmingOptions, ArmState, Planned, ScheduleOptions
from hearthwatch.arming.machine import Scene
from hearthwatch.feeds.packet import RunId, Stream, StreamInfo
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs, from_datetime, to_datetime
from hearthwatch.recording.filled import Filled
from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.index_writer import IndexWriter
from hearthwatch.recording.label import Label
from hearthwatch.recording.segment import FootageClass, SegmentState
from hearthwatch.recording.stretches import View, kept
from tests.faults.fault import Fault, Outcome, Terms
from tests.recording.packet_maker import make

_CAMERA = CameraId("front")
_MINUTE_US = 60 * US_PER_S
_ZONES = {
    # zone: the days on which its clocks go forward and back; Havana and old Brazil change at midnight, Lord Howe by half an hour
    "Australia/Lord_Howe": ("2026-10-04", "2026-04-05"),
    "America/Havana": ("2026-03-08", "2026-11-01"),
    "Europe/Berlin": ("2026-03-29", "2026-10-25"),
    "America/New_York": ("2026-03-08", "2026-11-01"),
    "America/Sao_Paulo": ("2018-11-04", "2018-02-18"),
    "Africa/Casablanca": ("2026-03-22", "2026-02-15"),
}
_TIMES = ("00:00", "00:15", "00:30", "01:00", "01:45", "02:00", "02:15", "02:30", "03:00", "12:00", "23:30", "23:59")
_OTHER_ZONES = ("Asia/Tokyo", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Kiritimati", "UTC")


@dataclass
class _House:
    """The arming alone, looked at now and then, as the keeper does."""

    options: ArmingOptions
    state: ArmState
    fired: list[tuple[str, WallUs]] = field(default_factory=list)

    def look(self, now_us: WallUs, zone: ZoneInfo) -> None:
        from hearthwatch.arming.schedule import newest

        due = newest(self.options.schedule, self.state.planned_us, now_us, zone)
        if due is not None:
            self.fired.append((due.name, due.at_us))
        self.state = machine.look(self.state, Scene(now_us=now_us, people=(), options=self.options, zone=zone)).state


def _watched(at: str, zone: ZoneInfo, first: datetime, days: int, terms: Terms) -> list[tuple[str, WallUs]]:
    options = ArmingOptions(schedule={"x": ScheduleOptions(at=at, mode=Planned.AWAY)})
    start_us = from_datetime(first.replace(tzinfo=zone))
    house = _House(options, machine.first(start_us))
    now_us = start_us
    while now_us < start_us + days * 86_400 * US_PER_S:
        now_us = WallUs(now_us + terms.random.choice((7, 61, 1_200, 3_500)) * US_PER_S)
        house.look(now_us, zone)
    return house.fired


def _schedules(zone: ZoneInfo, day: datetime, terms: Terms) -> Iterator[str]:
    """A time of the week comes once for each local day, whatever the clocks do."""
    for at in terms.random.sample(_TIMES, 4):
        fired = _watched(at, zone, day - timedelta(days=2, hours=-13), 4, terms)
        days = Counter(_meant(at_us, at, zone) for _, at_us in fired)
        for offset in range(-1, 2):
            times = days[(day + timedelta(days=offset)).date()]
            if times != 1:
                yield f"{zone.key}: {at} came {times} times on {(day + timedelta(days=offset)).date()}"


def _meant(at_us: WallUs, at: str, zone: ZoneInfo) -> object:
    """The day a time was set for; one that the clocks leap over at midnight comes on the day it belongs to."""
    shown = to_datetime(at_us, zone)
    early = to_datetime(WallUs(at_us - 3 * 3600 * US_PER_S), zone)
    return early.date() if at > shown.strftime("%H:%M") else shown.date()


def _moved(zone: ZoneInfo, day: datetime, terms: Terms) -> Iterator[str]:
    """The zone itself changes: what it leaps over is made up for at once, the next day comes as always."""
    other = ZoneInfo(terms.random.choice(_OTHER_ZONES))
    at = terms.random.choice(_TIMES)
    options = ArmingOptions(schedule={"x": ScheduleOptions(at=at, mode=Planned.AWAY)})
    start_us = from_datetime(day.replace(tzinfo=zone))
    house = _House(options, machine.first(start_us))
    move_us = WallUs(start_us + terms.random.randrange(0, 86_400) * US_PER_S)
    house.look(move_us, zone)
    house.state = machine.move(house.state, zone, other).state
    leapt = _local_times(at, to_datetime(move_us, zone), to_datetime(move_us, other))
    before = len(house.fired)
    house.look(WallUs(move_us + US_PER_S), other)
    at_once = len(house.fired) - before
    if at_once != min(1, leapt):
        yield f"{zone.key} to {other.key}: {leapt} times were leapt over, {at_once} came at once"
    days: Counter[object] = Counter()
    seen = len(house.fired)
    for hour in range(1, 73):
        house.look(WallUs(move_us + hour * 3600 * US_PER_S), other)
    days.update(_meant(at_us, at, other) for _, at_us in house.fired[seen:])
    if doubled := [each for each, times in days.items() if times > 1]:
        yield f"{zone.key} to {other.key}: {at} came twice on {doubled}"
    if len(house.fired) - seen < 3 - (at_once > 0):
        yield f"{zone.key} to {other.key}: {at} came {len(house.fired) - seen} times in three days"


def _local_times(at: str, before: datetime, after: datetime) -> int:
    """Return how often the clock on the wall passes `at` when it is set on from one reading to the other."""
    left, right = before.replace(tzinfo=None), after.replace(tzinfo=None)
    hour, minute = map(int, at.split(":"))
    found, day = 0, left.replace(hour=hour, minute=minute, second=0, microsecond=0) - timedelta(days=1)
    while day <= right:
        found += left < day <= right
        day += timedelta(days=1)
    return found


def _days(zone: ZoneInfo, day: datetime, terms: Terms) -> Iterator[str]:
    """Footage of every minute around the change: each local day has its minutes, the repeated hour twice."""
    path = terms.folder / f"{zone.key.replace('/', '-')}-{day:%Y%m%d}.db"
    start = datetime.combine(day.date() - timedelta(days=1), datetime.min.time(), tzinfo=zone)
    end = datetime.combine(day.date() + timedelta(days=2), datetime.min.time(), tzinfo=zone)
    start_us, end_us = from_datetime(start), from_datetime(end)
    _filled(path, make(frames=2, gop=2).info, start_us, end_us)
    with IndexReader(path) as reader:
        found = {each.date: each.kept_us // _MINUTE_US for each in reader.days(_CAMERA, zone=zone)}
        evening_us = from_datetime(datetime.combine(day.date(), datetime.min.time(), tzinfo=zone)) - 6 * 3600 * US_PER_S
        look_us = (WallUs(evening_us), WallUs(evening_us + 36 * 3600 * US_PER_S))
        view = View(stream=Stream.MAIN, start_us=look_us[0], end_us=look_us[1], cell_us=_MINUTE_US, now_us=end_us)
        footage = kept(reader, (_CAMERA,), view)[_CAMERA].footage
    for offset in range(-1, 2):
        one = day.date() + timedelta(days=offset)
        first, after = (
            from_datetime(datetime.combine(each, datetime.min.time(), tzinfo=zone)) for each in (one, one + timedelta(days=1))
        )
        if found.get(one.isoformat()) != (after - first) // _MINUTE_US:
            yield f"{zone.key}: {one} shows {found.get(one.isoformat())} of {(after - first) // _MINUTE_US} minutes"
    if sum(each.end_us - each.start_us for each in footage) < 0.99 * (look_us[1] - look_us[0]):
        yield f"{zone.key}: the timeline does not show every hour around {day.date()}"


def _filled(path, info: StreamInfo, start_us: WallUs, end_us: WallUs) -> None:  # type: ignore[no-untyped-def]
    writer = IndexWriter(path)
    try:
        writer.use_store("00000000-0000-0000-0000-000000000001", start_us)
        label = Label(run=RunId("r"), camera=_CAMERA, stream=Stream.MAIN, sequence=0, start_us=start_us, info=info)
        filled = Filled(
            start_us=start_us,
            duration_us=_MINUTE_US,
            size_bytes=1,
            frames=1,
            keyframes=1,
            sha256=b"x",
            state=SegmentState.COMPLETE,
        )
        writer.adopt(label, filled, FootageClass.CONTINUOUS, pinned=False)
    finally:
        writer.close()
    with contextlib.closing(sqlite3.connect(path)) as sql, sql:
        columns = "store, run, camera, stream, duration_us, size_bytes, frames, keyframes, sha256, state, footage_class, pinned, origin"
        numbers = count(1)
        rows = [(at, next(numbers)) for at in range(start_us + _MINUTE_US, end_us, _MINUTE_US)]
        sql.executemany(
            f"INSERT INTO segments ({columns}, start_us, sequence) SELECT {columns}, ?, ? FROM segments WHERE sequence = 0",
            rows,
        )


async def run(terms: Terms) -> Outcome:
    name = list(_ZONES)[(terms.number - 1) % len(_ZONES)]
    zone = ZoneInfo(name)
    broken: dict[str, list[str]] = {"schedule": [], "moved": [], "days": []}
    for text in _ZONES[name]:
        day = datetime.fromisoformat(text)
        if _offset(zone, day - timedelta(days=1)) == _offset(zone, day):
            raise ValueError(f"{name}: the clocks do not change on {text}")
        broken["schedule"] += _schedules(zone, day, terms)
        broken["moved"] += _moved(zone, day, terms)
        broken["days"] += _days(zone, day, terms)
    figures = {
        "schedule_wrong_fires": len(broken["schedule"]),
        "zone_change_wrong_fires": len(broken["moved"]),
        "wrong_days": len(broken["days"]),
    }
    return Outcome(figures=figures, broken=tuple(one for each in broken.values() for one in each), notes={"zone": name})


def _offset(zone: ZoneInfo, day: datetime) -> timedelta | None:
    return day.replace(hour=12, tzinfo=zone).utcoffset()


FAULT = Fault(
    id="F19",
    what="The clocks change in six zones, by half an hour and at midnight, too; the zone is changed while the house runs",
    promise="P9",
    short=2,
    full=120,
    trial=run,
)
