"""F08: a process is stopped, turns in circles or holds the interpreter's lock: it is seen and replaced, the others do not notice."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from tests.faults.fault import Fault, Outcome, Terms
from tests.faults.injection import Injected, environment, injectable
from tests.faults.ledger_camera import holes
from tests.faults.ledger_house import LedgerHouse, ledger_house, now_us

MAX_SEEN_S = 15.0
WAYS = {"stopped": signal.SIGSTOP, "turning": Injected.TURN, "holding": Injected.HOLD}
CASES = (
    ("recorder", "turning"),
    ("supervisor", "stopped"),
    ("looker", "stopped"),
    ("house", "holding"),
    ("recorder", "stopped"),
    ("looker", "turning"),
    ("house", "stopped"),
    ("recorder", "holding"),
    ("looker", "holding"),
    ("house", "turning"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A house and what it tells systemd."""

    ledger: LedgerHouse
    systemd: socket.socket

    def watchdogs(self) -> int:
        """Return how many times it said that it is well since this was asked last."""
        count = 0
        with contextlib.suppress(BlockingIOError):
            while message := self.systemd.recv(4096):
                count += b"WATCHDOG=1" in message
        return count


@contextlib.asynccontextmanager
async def watched_house() -> AsyncIterator[Watched]:
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hearthwatch-notify-")))
        systemd = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK))
        systemd.bind(str(folder / "notify"))
        stack.enter_context(injectable())
        stack.enter_context(environment({"NOTIFY_SOCKET": str(folder / "notify")}))
        async with ledger_house() as ledger:
            yield Watched(ledger=ledger, systemd=systemd)


async def run(terms: Terms) -> Outcome:
    """Stop one; somebody rings meanwhile where it is not the house itself."""
    at = await terms.shared.once(watched_house)
    found = at.ledger
    await found.whole()
    who, way = CASES[(terms.number - 1) % len(CASES)]
    since_us = now_us()
    await asyncio.sleep(2 + terms.random.uniform(0, 3))
    before = found.pids()
    began_ns = time.monotonic_ns()
    os.kill(before[who], WAYS[way])
    figures: dict[str, float] = {}
    broken: list[str] = []
    if who != "house":
        await asyncio.sleep(1)
        figures["alert_s"] = await found.told_after(await found.ring())
    if who == "supervisor":
        await _supervisor(at, terms, before[who], broken)
    else:
        await _replaced(found, who, before[who])
        figures[f"{who}_seen_s"] = figures["seen_s"] = (time.monotonic_ns() - began_ns) / 1e9
        await found.whole()
        figures[f"{who}_again_s"] = (time.monotonic_ns() - began_ns) / 1e9
        if figures["seen_s"] > MAX_SEEN_S:
            broken.append(f"the {who} ({way}) was replaced only after {figures['seen_s']:.1f} s")
    await found.recorded_again(found.cameras, now_us())
    collateral = 0.0
    for name in found.cameras:
        numbers = [one.number for one in await asyncio.to_thread(found.kept, name, since_us)]
        gap_s = max((hole.lasts_s for hole in holes(numbers)), default=0.0)
        if who == "recorder":
            figures["recorder_gap_s"] = max(gap_s, figures.get("recorder_gap_s", 0.0))
        else:
            collateral = max(collateral, gap_s)
    if collateral:
        broken.append(f"{collateral:.1f} s were not recorded because the {who} was stuck")
    after = found.pids()
    if others := [role for role, pid in after.items() if role != who and before.get(role) != pid]:
        broken.append(f"with the {who} {', '.join(others)} went, too")
    findings, _ = await found.settled()
    broken += [f"{one.flaw.value} {one.path}: {one.detail}" for one in findings]
    figures |= {"collateral_gap_s": collateral, "lying_rows": len(findings)}
    return Outcome(figures=figures, broken=tuple(broken), notes={"stuck": f"{who} {way}"})


async def _supervisor(at: Watched, terms: Terms, pid: int, broken: list[str]) -> None:
    """Systemd must hear nothing while it is stopped; what it watches goes on, and is left alone when it wakes up."""
    try:
        at.watchdogs()
        await asyncio.sleep(3 + terms.random.uniform(0, 12))
        if said := at.watchdogs():
            broken.append(f"a stopped supervisor told systemd {said} times that it is well")
    finally:
        os.kill(pid, signal.SIGCONT)
    await asyncio.sleep(2)


async def _replaced(found: LedgerHouse, who: str, pid: int) -> None:
    async def ask() -> bool:
        return found.pids().get(who, pid) != pid

    await found.house.until(ask, bool, timeout_s=60, every_s=0.05)


FAULT = Fault(
    id="F08",
    what="A process is stopped, turns in circles, or holds the interpreter's lock",
    promise="P11",
    short=1,
    full=10,
    trial=run,
)
