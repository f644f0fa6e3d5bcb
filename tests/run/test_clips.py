"""Clips of events, cut from real footage once it is there; one that cannot be made costs the others nothing."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import av
import pytest
from tests.alerts.house import FRONT, Health, an_event
from tests.recording.conftest import Bench
from tests.recording.packet_maker import START_US
from tests.run.leaping_loop import leap
from tests.run.quiet_db import QuietDb

from hearthwatch.alerts.alert import Alert, AlertId, Part, Severity
from hearthwatch.alerts.outbox import Outbox
from hearthwatch.events.event import Change, ChangeKind, Event
from hearthwatch.events.ledger import EventFiles
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.run.clips import Clips
from hearthwatch.run.config import parse
from hearthwatch.run.house_doors import Footage

CONFIG = parse("[storage]\npre_roll_s = 2\n")


class House:
    """Twelve seconds of footage of `front`, and phones that may get clips."""

    def __init__(self, folder: Path) -> None:
        self.bench = Bench(folder)
        self.bench.record(12)
        self.db, self.files = QuietDb(folder), EventFiles(folder)
        self.footage = Footage(self.bench.index_path, self.bench.folder)
        self.outbox = Outbox(self.db, self.files, self.bench.clock, Health())
        self.outbox.routes.set({"phone": frozenset(Part), "other phone": frozenset(Part)})
        self.clips = Clips(self.footage, self.outbox, self.bench.clock, lambda: CONFIG)

    async def event(self, at_s: float, parts: frozenset[Part] = frozenset(Part)) -> Event:
        """Something was seen so long after the footage begins, and told."""
        event = an_event(start_us=WallUs(START_US + round(at_s * US_PER_S)))
        alert = Alert(
            id=AlertId(f"A{event.id}"),
            event=event.id,
            camera=FRONT,
            severity=Severity.URGENT,
            title="Front: person",
            text="",
            at_us=event.start_us,
            dedupe_key=event.id,
            parts=parts,
        )
        await self.outbox.record(Change(kind=ChangeKind.OPENED, event=event, tell=True), alert)
        return event

    def to_be_sent(self, channel: str = "phone") -> list[str]:
        return [self.outbox.alert(each).event for each in self.outbox.waiting(channel) if each.part is Part.CLIP]

    async def work(self) -> None:
        """Make what is wished for."""
        task = asyncio.create_task(self.clips.run())
        await asyncio.sleep(60)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    def close(self) -> None:
        self.footage.index.close()
        self.db.close()
        self.bench.close()


@pytest.fixture
def house(tmp_path: Path):
    house = House(tmp_path)
    yield house
    house.close()


def test_a_clip_reaches_from_before_the_event_on(house: House) -> None:
    async def work() -> Event:
        event = await house.event(5)
        assert house.clips.later(event)
        await house.work()
        return event

    event = leap(work())
    assert house.to_be_sent() == house.to_be_sent("other phone") == [event.id]
    mp4 = house.files.clip(event.id)
    assert mp4 is not None
    with av.open(io.BytesIO(mp4)) as file:
        frames = sum(1 for _ in file.decode(video=0))
    assert 8 * 15 <= frames <= 10 * 15


def test_a_clip_that_cannot_be_made_costs_the_others_nothing(house: House) -> None:
    async def work() -> Event:
        house.clips.later(await house.event(-5000))
        event = await house.event(5)
        house.clips.later(event)
        await house.work()
        return event

    event = leap(work())
    assert house.to_be_sent() == [event.id]


def test_too_many_wishes_are_refused(house: House) -> None:
    async def work() -> list[bool]:
        event = await house.event(5)
        return [house.clips.later(event) for _ in range(65)]

    assert leap(work()) == [True] * 64 + [False]
