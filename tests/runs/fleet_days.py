"""Two days of a house in minutes: `python -m tests.runs.fleet_days --data FOLDER …` writes them into the ledgers of a house that
runs, by the ledgers' own functions, and prints how much of each.

An event is opened, brought up to date, gets its picture and its end, and now and then is seen or a false alarm: a transaction
each, as in the house. Of footage there are the rows alone, by IndexWriter.adopt, under cameras that the house does not have: no
file lies behind them.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection, Engine, select

from hearthwatch.alerts import ledger as alerts
from hearthwatch.events import ledger as events
from hearthwatch.events.event import EventId
from hearthwatch.feeds.packet import Codec, RunId, Stream, StreamInfo, VideoInfo
from hearthwatch.health import ledger as health
from hearthwatch.health.outage import Fault
from hearthwatch.kit.db import open_writer
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.logins import ledger as logins
from hearthwatch.recording.filled import Filled
from hearthwatch.recording.index_writer import IndexWriter
from hearthwatch.recording.label import Label
from hearthwatch.recording.schema import stores
from hearthwatch.recording.segment import FootageClass, SegmentState
from tests.alerts.house import an_event
from tests.fleet.test_outbox import an_alert, an_outage
from tests.logins.rows import login

DAY_S = 86_400
EVENTS_A_CAMERA_DAY, LOGINS_A_DAY, OUTAGES_A_DAY = 60, 24, 6
FILE_S = 60
_OWN_OUTAGES = 1_000_000_000
"""Far above the numbers that the house gives its own."""


class Days:
    """`steps` are what happened, in the order of its time."""

    def __init__(self, folder: Path, seed: int, days: float, cameras: int) -> None:
        self._chance = random.Random(seed)
        self._seed = seed
        self._house = _writer(folder / "house.db")
        self._index = IndexWriter(folder / "footage" / "index.db")
        _leave_checkpoints(self._index.engine)
        with self._index.engine.connect() as run:
            self._index.store_id = run.execute(select(stores.c.id).where(stores.c.in_use)).scalar_one()
        self._end_us = time.time_ns() // 1000 - 5_000_000
        self._start_us = self._end_us - round(days * DAY_S * 1_000_000)
        self._cameras = [CameraId(f"day-{number}") for number in range(cameras)]
        self._days = days
        self.counts: Counter[str] = Counter()

    def close(self) -> None:
        self._house.dispose()
        self._index.close()

    def steps(self) -> list[Callable[[], None]]:
        found: list[tuple[int, Callable[[], None]]] = []
        for camera in self._cameras:
            for number in range(round(EVENTS_A_CAMERA_DAY * self._days)):
                at_us = self._moment()
                found += self._visit(camera, number, at_us)
            for stream in Stream:
                begin = enumerate(range(self._start_us, self._end_us - FILE_S * 1_000_000, FILE_S * 1_000_000), 1)
                found += [(at_us, self._file(camera, stream, number, at_us)) for number, at_us in begin]
        for number in range(round(LOGINS_A_DAY * self._days)):
            at_us = self._moment()
            found.append((at_us, self._login(number, at_us)))
        for number in range(round(OUTAGES_A_DAY * self._days)):
            at_us = self._moment()
            found += self._outage(number, at_us)
        found.sort(key=lambda one: one[0])
        return [step for _, step in found]

    def _moment(self) -> int:
        return self._chance.randrange(self._start_us, self._end_us - 120_000_000)

    def _write(self, kind: str, work: Callable[[Connection], object], *, count: int = 1) -> Callable[[], None]:
        def step() -> None:
            with self._house.begin() as connection:
                work(connection)
            self.counts[kind] += count

        return step

    def _visit(self, camera: CameraId, number: int, at_us: int) -> Iterator[tuple[int, Callable[[], None]]]:
        chance = self._chance
        name = EventId(f"{self._seed:04}-{camera}-{number:05}")
        label = chance.choice(("person", "car", "dog", ""))
        opened = an_event(id=name, camera=camera, label=label, start_us=WallUs(at_us), best_us=WallUs(at_us), received_ns=0)
        better = replace(opened, score=round(chance.uniform(0.5, 1), 3), zones=frozenset({"yard", "way"}))
        closed = replace(better, end_us=WallUs(at_us + chance.randrange(2, 60) * 1_000_000))
        yield at_us, self._write("events", lambda run: events.save(run, opened, told=True))
        yield at_us + 1, self._write("changes of events", lambda run: events.save(run, better, told=True))
        yield at_us + 2, self._write("changes of events", lambda run: events.set_picture(run, name))
        if chance.random() < 0.25:
            alert = an_alert(id=f"A{name}", event=name, camera=camera, at_us=WallUs(at_us), dedupe_key=f"day/{name}", offers=())
            yield at_us + 3, self._write("alerts", lambda run: alerts.save_alert(run, alert))
        yield closed.end_us or 0, self._write("changes of events", lambda run: events.save(run, closed, told=True))
        later_us = at_us + 100_000_000
        if chance.random() < 0.3:
            yield later_us, self._write("changes of events", lambda run: events.set_reviewed(run, name))
        if chance.random() < 0.05:
            yield later_us, self._write("changes of events", lambda run: events.set_false_alarm(run, name, is_false=True))

    def _login(self, number: int, at_us: int) -> Callable[[], None]:
        user = self._chance.choice(("anna", "ben", "mallory"))
        one = login(camera=self._cameras[0], user=user, at_us=WallUs(at_us), seen_us=WallUs(at_us + number))
        return self._write("logins", lambda run: logins.add(run, [one]))

    def _outage(self, number: int, at_us: int) -> Iterator[tuple[int, Callable[[], None]]]:
        camera = self._chance.choice(self._cameras)
        key = _OWN_OUTAGES + number
        lasts = an_outage(fault=Fault.CAMERA_UNREACHABLE, camera=camera, subject=camera, start_us=WallUs(at_us), detail="away")
        over = replace(lasts, end_us=WallUs(at_us + self._chance.randrange(5, 90) * 1_000_000))
        yield at_us, self._write("outages", lambda run: health.save(run, key, lasts, told=True))
        yield over.end_us or 0, self._write("ends of outages", lambda run: health.save(run, key, over, told=True))

    def _file(self, camera: CameraId, stream: Stream, number: int, at_us: int) -> Callable[[], None]:
        video = VideoInfo(codec=Codec.H264, extradata=b"", width_px=640, height_px=360)
        label = Label(
            run=RunId(f"days-{self._seed}-{camera}-{stream}"),
            camera=camera,
            stream=stream,
            sequence=number,
            start_us=WallUs(at_us),
            info=StreamInfo(video=video),
        )
        filled = Filled(
            start_us=WallUs(at_us),
            duration_us=FILE_S * 1_000_000,
            size_bytes=self._chance.randrange(1_000_000, 9_000_000),
            frames=900,
            keyframes=30,
            sha256=self._chance.randbytes(32),
            state=SegmentState.COMPLETE,
        )

        def step() -> None:
            self._index.adopt(label, filled, FootageClass.CONTINUOUS, pinned=False)
            self.counts["segments"] += 1

        return step


def _writer(path: Path) -> Engine:
    engine = open_writer(path)
    _leave_checkpoints(engine)
    return engine


def _leave_checkpoints(engine: Engine) -> None:
    """The file is the house's: it alone brings the log of writes into it."""
    with closing(engine.raw_connection()) as raw:
        for pragma in ("wal_autocheckpoint=0", "synchronous=OFF"):
            raw.cursor().execute(f"PRAGMA {pragma}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--days", type=float, default=2.0)
    parser.add_argument("--cameras", type=int, default=4)
    parser.add_argument("--over-s", type=float, default=120.0, help="real seconds to write it in, or longer where it must be")
    given = parser.parse_args()
    days = Days(given.data, given.seed, given.days, given.cameras)
    steps = days.steps()
    began = time.monotonic()
    try:
        for number, step in enumerate(steps):
            while True:
                try:
                    step()
                except StorageFailed:  # the recorder writes to its index just now
                    time.sleep(0.02)
                else:
                    break
            ahead_s = began + given.over_s * number / len(steps) - time.monotonic()
            if ahead_s > 0.05:
                time.sleep(ahead_s)
    finally:
        days.close()
    print(json.dumps({**days.counts, "took_s": round(time.monotonic() - began, 1)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
