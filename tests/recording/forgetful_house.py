"""The house beside the recorder in the model: visitors, their alerts, one channel; what was acknowledged is remembered here."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.alerts.house import BERLIN, FakeChannel, House

from hearthwatch.alerts import ledger as alerts
from hearthwatch.alerts.alert import MaybeSent
from hearthwatch.alerts.courier import Courier
from hearthwatch.events import ledger as events
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import Unreachable

FATES = ("taken", "lost", "taken unsaid", "killed")
"""What may become of one try: accepted, not arrived, arrived without an answer, accepted and we die before noting it."""
_MOST_WAITING = 15
"""More that are old would go out as one digest, which the phone here cannot read."""


class Killed(BaseException):
    """Stands for the end of the process: nothing may catch it."""


@dataclass
class Phone(FakeChannel):
    """A channel whose next try has one of these fates."""

    fate: str = "taken"
    heard: list[str] = field(default_factory=list)

    async def send(self, alert, part, attachment, *, repeat) -> None:
        fate, self.fate = self.fate, "taken"
        if fate == "lost":
            raise Unreachable("no way to the phone")
        self.heard.append(alert.id)
        if fate == "taken unsaid":
            raise MaybeSent("no answer")
        if fate == "killed":
            raise Killed


class HouseSide:
    """A real outbox, journal and courier over a real `house.db`. A kill forgets all but the database."""

    def __init__(self, folder: Path, clock: FakeClock, patched: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._clock = clock
        self._patched = patched
        for module in ("journal", "outbox"):  # a busy machine is not a slow disk
            patched.setattr(f"hearthwatch.alerts.{module}.PATIENCE_S", 600.0)
        self._loop = asyncio.new_event_loop()
        self.phone = Phone()
        self.told: list[str] = []
        """Alerts whose recording came back, in their order."""
        self.promised: set[str] = set()
        """Those of them that the disk had by then."""
        self.open()

    def open(self) -> None:
        self._house = House(self._folder, self._clock)
        self._run(self._house.start("phone"))
        self._courier = Courier(
            self.phone,
            self._house.outbox,
            clock=self._clock,
            health=self._house.health,
            zone=BERLIN,
            rng=random.Random(1),
        )

    def _run(self, work):
        return self._loop.run_until_complete(work)

    def close(self) -> None:
        self._house.close()
        self._loop.close()

    def come(self) -> None:
        """Somebody comes."""
        if len(self._house.outbox.waiting("phone")) >= _MOST_WAITING:
            return
        alert = self._run(self._house.tell())
        self.told.append(alert.id)
        if not self._house.outbox.degraded:
            self.promised |= set(self.told)

    def die_while_telling(self) -> None:
        """Somebody comes, and the house dies between the event's row and the alert's."""

        def die(*_args) -> None:
            raise Killed

        self.set_full(full=False)
        self.pay()
        change = self._house.change()
        with self._patched.context() as patched:
            patched.setattr(alerts, "save_alert", die)
            with pytest.raises(Killed):
                self._run(self._house.outbox.record(change, self._house.alert(change)))

    def set_full(self, *, full: bool) -> None:
        self._house.db.full = full

    def deliver(self, fate: str) -> bool:
        """Let the courier try once; False when it died with it."""
        self.phone.fate = fate
        try:
            self._run(self._courier.step_text())
        except Killed:
            return False
        finally:
            self.phone.fate = "taken"
        return True

    def pay(self) -> None:
        """Write what is owed, if its time has come."""
        if self._run(self._house.outbox.pay()):
            self.promised |= set(self.told)

    def crash(self, chance: random.Random | None) -> None:
        """End without a word; with the power also the write-ahead log may have got a torn end."""
        self._house.close()
        self.told = [one for one in self.told if one in self.promised]
        log = self._folder / "house.db-wal"
        if chance is not None and log.exists():
            with log.open("ab") as file:
                file.write(chance.randbytes(chance.randrange(1, 5000)))

    def again(self) -> None:
        """Die alone, and start again: the recorder is another process."""
        self.crash(None)
        self.open()
        self.check()

    def check(self) -> None:
        """After a start: all that was promised is there, whole, and goes out; first times come in order."""
        told = self._run(self._house.db.real.run(lambda run: alerts.recent(run, limit=10_000)))
        kept = {one.alert.id: one for one in told}
        rows = {event.id for event in self._run(self._house.db.real.run(lambda run: events.recent(run, limit=10_000)))}
        assert self.promised <= kept.keys(), "an acknowledged alert is gone"
        assert rows == {one.alert.event for one in told}, "an event and its alert were not one transaction"
        assert all(one.deliveries for one in told), "an alert nobody is told of"
        while self._house.outbox.waiting("phone"):
            self._clock.advance(self._run(self._courier.step_text()) or 0)
        assert kept.keys() <= set(self.phone.heard), "an alert that was kept never went out"
        firsts = [one for one in dict.fromkeys(self.phone.heard) if one in kept]
        assert firsts == sorted(firsts), "alerts came out of order"
