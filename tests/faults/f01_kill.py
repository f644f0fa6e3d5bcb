"""F01: each process in turn is killed at an instant chosen by chance, then all of them at once."""

from __future__ import annotations

import asyncio
import functools
import os
import signal
import time
from contextlib import suppress

from hearthwatch.feeds.packet import GapReason
from tests.faults.fault import Fault, Outcome, Terms
from tests.faults.ledger_camera import FPS, holes
from tests.faults.ledger_house import PROCESSES, LedgerHouse, ledger_house, now_us

WHO = ("all", "recorder", "house", "supervisor", "looker")
STOPS_RECORDING = frozenset({"recorder", "supervisor", "all"})
MAX_LOST_S = 2.0
_BEFORE_S = 2

many_bells = functools.partial(ledger_house, ("hall", "porch", "gate", "shed"))
"""A house that was killed within ten seconds of a ring takes the next one of this bell for the same visitor."""


async def run(terms: Terms) -> Outcome:
    """Kill one; what is missing on disk is counted by the numbers in the pictures."""
    found = await terms.shared.once(many_bells)
    await found.whole()
    who = WHO[(terms.number - 1) % len(WHO)]
    since_us = now_us()
    await asyncio.sleep(_BEFORE_S + terms.random.uniform(0, 5))
    await found.recorded_again(found.cameras, now_us())  # what a busy machine holds up before the kill is not lost by it
    await asyncio.sleep(terms.random.uniform(0, 1))  # fragments were just written: let it be any moment of the next ones
    known = await _alerts(found)
    ring = await found.ring()
    acknowledged = await found.house.until(lambda: _alerts(found), lambda now: now - known, every_s=0.02)
    await asyncio.sleep(terms.random.uniform(0, 0.3))

    before = found.pids()
    began_ns, killed_us = time.monotonic_ns(), now_us()
    for role in PROCESSES if who == "all" else (who,):
        with suppress(ProcessLookupError):
            os.kill(before[role], signal.SIGKILL)
    started_us = killed_us
    if who in {"supervisor", "all"}:  # what systemd does: see that nothing of it is left, then start it anew
        await found.house.ended(20.0)
        began_ns, started_us = time.monotonic_ns(), now_us()
        await found.house.start()
        await found.house.claim()
    await found.house.until(lambda: _another(found, who, before), bool, timeout_s=120, every_s=0.02)
    await found.whole(timeout_s=120)
    back_s = (time.monotonic_ns() - began_ns) / 1e9
    figures = {f"{who}_back_s": back_s}
    broken = []

    if who in STOPS_RECORDING:
        again = await found.recorded_again(found.cameras, started_us)
        figures[f"{who}_record_again_s"] = max(0.0, (max(again.values()) - started_us) / 1e6)
    end_us = now_us()
    await found.recorded_again(found.cameras, end_us)
    lost, gaps = [0.0], [0.0]
    for name, camera in found.cameras.items():
        numbers = [one.number for one in await asyncio.to_thread(found.kept, name, since_us)]
        sent = [one.number for one in camera.sent(since_us) if one.at_us <= killed_us]
        missing = holes(numbers)
        lost.append(len([one for one in sent if any(hole.first <= one <= hole.last for hole in missing)]) / FPS)
        gaps += [hole.lasts_s for hole in missing]
        allowed = 1 if who in STOPS_RECORDING else 0
        if len(missing) > allowed:
            broken.append(f"{name}: {len(missing)} holes in the recording, {gaps[1:]} s, after the kill of the {who}")
        causes = {gap.reason for gap in camera.gaps(found.index, since_us)}
        if causes != ({GapReason.US} if missing else set()):
            broken.append(f"{name}: what is missing is put down to {', '.join(causes) or 'nothing'}, not to us")
    figures |= {"lost_s": max(lost), "gap_s": max(gaps), f"{who}_gap_s": max(gaps)}
    if max(lost) > MAX_LOST_S:
        broken.append(f"{max(lost):.1f} s of pictures that had been sent before the kill are not on disk")

    if others := [role for role, pid in found.pids().items() if who in PROCESSES[1:] and role != who and before[role] != pid]:
        broken.append(f"with the {who} {', '.join(others)} went, too")
    findings, orphans_s = await found.settled(deep=terms.number % len(WHO) == 0)
    broken += [f"{one.flaw.value} {one.path}: {one.detail}" for one in findings]
    figures |= {"lying_rows": len(findings), "orphans_gone_s": orphans_s}

    gone = acknowledged - await _alerts(found)
    if gone:
        broken.append(f"{len(gone)} alerts that the page had shown are not known any more")
    await found.told_after(ring)
    times = len(found.told(ring))
    figures |= {"acknowledged_lost": len(gone), "told_again": times - 1}
    if times > 2:
        broken.append(f"the owner was told {times} times of one ring")
    return Outcome(figures=figures, broken=tuple(broken), notes={"killed": who})


async def _alerts(found: LedgerHouse) -> set[str]:
    """Return what the page shows, which is what was committed."""
    return {alert["id"] for alert in await found.house.alerts()}


async def _another(found: LedgerHouse, who: str, before: dict[str, int]) -> bool:
    """Tell whether others run in the place of those that were killed."""
    pids = found.pids()
    roles = PROCESSES if who in {"all", "supervisor"} else (who,)
    return all(pids.get(role, before[role]) != before[role] for role in roles)


FAULT = Fault(
    id="F01",
    what="kill -9 of each process, and of all, at an instant chosen by chance",
    promise="P1 P3",
    short=1,
    full=50,
    trial=run,
)
