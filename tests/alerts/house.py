"""The parts of a house around the alerts, for tests."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from tests.house_db import empty_house_db

from hearthwatch.alerts.alert import Alert, AlertId, Part, Severity
from hearthwatch.alerts.outbox import Outbox
from hearthwatch.events.event import Change, ChangeKind, Event, EventId, EventKind
from hearthwatch.events.ledger import EventFiles
from hearthwatch.health.outage import Fault
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.db import open_writer
from hearthwatch.kit.dbthread import DbThread
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.units import CameraId, MonoNs, WallUs

BERLIN = ZoneInfo("Europe/Berlin")
FRONT = CameraId("front")
PATIENCE_S = 30.0
"""With a disk that other tests keep busy; whoever tries a slow disk asks for less."""
_numbers = count(1)


def opened(folder: Path) -> Engine:
    """Return the writing engine of the `house.db` in `folder`, which is made where there is none."""
    path = folder / "house.db"
    if not path.exists():
        path.write_bytes(empty_house_db())
    return open_writer(path)


class Health:
    """A HealthSink that remembers."""

    def __init__(self) -> None:
        self.open: dict[tuple[Fault, str], str] = {}
        self.log: list[tuple[str, Fault, str]] = []

    def failed(self, fault, subject, detail, *, camera=None, since_ns=None) -> None:
        if (fault, subject) not in self.open:
            self.log.append(("failed", fault, subject))
        self.open[fault, subject] = detail

    def recovered(self, fault, subject) -> None:
        if self.open.pop((fault, subject), None) is not None:
            self.log.append(("recovered", fault, subject))


@dataclass
class SickDb:
    """A Db whose disk can be taken away."""

    real: DbThread
    full: bool = False
    tries: int = 0
    thaws: asyncio.Event | None = None
    """While it is there nothing is answered until it is set, as by a disk that hangs."""

    async def run(self, work):
        self.tries += 1
        if self.thaws is not None:
            await self.thaws.wait()
        if self.full:
            raise StorageFailed(StorageFault.NO_SPACE, "house.db: no space left on the disk")
        return await self.real.run(work)


@dataclass
class FakeChannel:
    """A channel that takes, or raises what is next in `failures`; `took_anyway` counts what arrived although it failed."""

    name: str = "phone"
    parts: frozenset[Part] = frozenset(Part)
    failures: list[Exception | None] = field(default_factory=list)
    got: list[tuple[Alert, Part, bytes | None, bool]] = field(default_factory=list)
    tried: int = 0

    async def send(self, alert, part, attachment, *, repeat) -> None:
        self.tried += 1
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        self.got.append((alert, part, attachment, repeat))

    async def close(self) -> None:
        pass

    @property
    def texts(self) -> list[str]:
        return [alert.title for alert, part, _, _ in self.got if part is Part.TEXT]


class House:
    """A database on disk, an outbox and a clock that stands still; `again()` is the house after a crash."""

    def __init__(self, folder: Path, clock=None, patience_s: float = PATIENCE_S) -> None:
        self.folder = folder
        self.clock = clock or FakeClock()
        self.health = Health()
        self._engine = opened(folder)
        self.db = SickDb(DbThread(self._engine))
        self.files = EventFiles(folder)
        self.outbox = Outbox(self.db, self.files, self.clock, self.health, patience_s=patience_s)

    async def again(self, *names: str) -> House:
        self.close()
        house = House(self.folder, self.clock)
        await house.start(*names)
        return house

    def wait_for_the_disk(self, patience_s: float) -> None:
        """As the house does in its own time, for those who try what a slow disk does."""
        self.outbox._patience_s = self.outbox._journal._patience_s = patience_s

    async def start(self, *names: str) -> None:
        await self.outbox.load()
        self.outbox.routes.set({name: frozenset(Part) for name in names})

    def close(self) -> None:
        self.db.real.close()
        self._engine.dispose()

    def change(self, **fields) -> Change:
        event = an_event(start_us=self.clock.wall_us(), best_us=self.clock.wall_us(), **fields)
        return Change(kind=ChangeKind.OPENED, event=event, tell=True)

    def alert(self, change: Change | None = None, **fields) -> Alert:
        number = next(_numbers)
        given = {
            "id": AlertId(f"A{number:08}"),
            "event": change.event.id if change else "",
            "camera": FRONT if change else None,
            "severity": Severity.URGENT,
            "title": f"Front: person {number}",
            "text": "14:03:27",
            "at_us": self.clock.wall_us(),
            "dedupe_key": f"key/{number}",
            "parts": frozenset(Part) - {Part.ALBUM},
        }
        return Alert(**(given | fields))

    async def tell(self, **fields) -> Alert:
        change = self.change()
        alert = self.alert(change, **fields)
        await self.outbox.record(change, alert)
        return alert


def an_event(**fields) -> Event:
    given = {
        "id": EventId(f"E{next(_numbers):08}"),
        "camera": FRONT,
        "kind": EventKind.OBJECT,
        "label": "person",
        "start_us": WallUs(1_700_000_000_000_000),
        "end_us": None,
        "score": 0.8,
        "box": None,
        "zones": frozenset(),
        "picture": False,
        "best_us": WallUs(1_700_000_000_000_000),
        "reviewed": False,
        "received_ns": MonoNs(0),
    }
    return Event(**(given | fields))
