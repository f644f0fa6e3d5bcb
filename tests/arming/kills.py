"""A house that is armed and disarmed without rest and killed with -9 at random instants; what it acknowledged must be there.

`python -m tests.arming.kills --times 100` runs the whole promise. No threads here: each house is a fork of this process.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import select
import signal
import struct
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.alerts.house import PATIENCE_S, Health, opened

from hearthwatch.alerts import ledger as alert_ledger
from hearthwatch.alerts.alert import Part
from hearthwatch.alerts.outbox import Outbox
from hearthwatch.arming import ledger
from hearthwatch.arming.arming import Mode
from hearthwatch.events.ledger import EventFiles
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.dbthread import DbThread
from hearthwatch.kit.ids import Ulids
from hearthwatch.run.arming_desk import ArmingDesk
from hearthwatch.run.config import parse

_ACK = struct.Struct("<ii")
_MODES = (Mode.DISARMED, Mode.AWAY, Mode.HOME)


class Nobody:
    """Implements WhoIsHome."""

    def people(self):
        return ()

    async def scan(self):
        return ()


@dataclass(frozen=True)
class Found:
    """What the disk holds after a kill, beside what was acknowledged before it."""

    acknowledged: tuple[int, Mode] | None
    kept: tuple[int, Mode] | None
    announced: frozenset[int]
    waiting: frozenset[int]
    lines: frozenset[int]

    @property
    def fault(self) -> str:
        """Return what is wrong, "" when the promise was kept."""
        if self.acknowledged is None:
            return ""
        if self.kept is None or self.kept[0] < self.acknowledged[0]:
            return f"acknowledged {self.acknowledged}, kept {self.kept}"
        if self.kept[0] == self.acknowledged[0] and self.kept[1] is not self.acknowledged[1]:
            return f"acknowledged {self.acknowledged}, kept {self.kept}"
        if self.kept[0] > self.acknowledged[0] + 1:
            return f"more than one step ahead: acknowledged {self.acknowledged}, kept {self.kept}"
        if not (self.lines == self.announced == self.waiting):
            return f"ledger, alerts and deliveries differ: {self.lines ^ self.announced}, {self.lines ^ self.waiting}"
        return ""


async def _live(folder: Path, out: int) -> None:
    """Be a house until killed: change the mode, and acknowledge each change once the keeper has."""
    clock = SystemClock()
    engine = opened(folder)
    db = DbThread(engine)
    ids = Ulids(clock)
    # with less, one slow commit would leave whatever comes after it owed, and nothing be acknowledged
    outbox = Outbox(db, EventFiles(folder), clock, Health(), patience_s=PATIENCE_S)
    await outbox.load()
    outbox.routes.set({"phone": frozenset(Part)})
    config = parse("")
    desk = ArmingDesk(
        db,
        clock,
        outbox,
        Nobody(),
        files=EventFiles(folder),
        reader=engine,
        config=lambda: config,
        zone=ZoneInfo("Europe/Berlin"),
        ids=ids,
        publish=lambda state: None,
    )
    await desk.load()
    for turn in count(desk.state.number):
        mode = _MODES[turn % len(_MODES)]
        done = await desk.wish(mode, who="anna", via="test")
        if done.stored:
            os.write(out, _ACK.pack(done.state.number, _MODES.index(done.state.mode)))


def kill_once(folder: Path, rng: random.Random) -> Found:
    """Let a house live for a moment and kill it; return what is left."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(read)
            asyncio.run(_live(folder, write))
        finally:
            os._exit(1)
    os.close(write)
    select.select([read], [], [], 120)  # it lives: the first acknowledgement is out
    time.sleep(rng.uniform(0, 0.08))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    acks = bytearray()
    while piece := os.read(read, 65_536):
        acks += piece
    os.close(read)
    last = None
    for number, index in _ACK.iter_unpack(acks[: len(acks) // _ACK.size * _ACK.size]):
        last = (number, _MODES[index])
    return _found(folder, last)


def _found(folder: Path, acknowledged: tuple[int, Mode] | None) -> Found:
    engine = opened(folder)
    try:
        with engine.begin() as connection:
            kept = ledger.kept(connection)
            lines = ledger.recent(connection, limit=100_000)
            alerts, deliveries = alert_ledger.waiting(connection)
    finally:
        engine.dispose()
    number_of = {alert.id: int(alert.dedupe_key.removeprefix("arming/")) for alert in alerts}
    return Found(
        acknowledged=acknowledged,
        kept=(kept.number, kept.mode) if kept else None,
        announced=frozenset(number_of.values()),
        waiting=frozenset(number_of[each.alert] for each in deliveries),
        lines=frozenset(line.number for line in lines),
    )


def run(times: int, seed: int) -> list[str]:
    """Kill `times` houses in one folder, one after the other; return the faults."""
    rng = random.Random(seed)
    faults = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        opened(folder).dispose()
        acknowledged = 0
        for turn in range(times):
            found = kill_once(folder, rng)
            acknowledged += found.acknowledged is not None
            if found.fault:
                faults.append(f"kill {turn}: {found.fault}")
        if acknowledged < times:
            faults.append(f"only {acknowledged} of {times} houses acknowledged anything")
    return faults


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    faults = run(options.times, options.seed)
    print("\n".join(faults) or f"{options.times} of {options.times} kills: the last acknowledged state was there")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
