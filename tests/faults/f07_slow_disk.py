"""F07: every sync takes half a second to five, or the disk stands still for half a minute."""

from __future__ import annotations

import asyncio
import contextlib
import math
import statistics
import time
from pathlib import Path

from tests.faults.disk_scene import Child, clip, journal_of, kept_on, lost_s
from tests.faults.disk_shim import Shim
from tests.faults.disk_terms import DiskTerms
from tests.faults.fault import Fault, Outcome, Terms
from tests.faults.numbered import FPS
from tests.faults.small_disk import small_disk

MAX_RSS_MB = 350.0
MAX_ALERT_S = 2.0
MAX_RESUME_S = 10.0
_SLOW_S = 8.0
_FROZEN_S = 30.0


async def run(terms: Terms) -> Outcome:
    """Five slow disks for one that stands still."""
    is_frozen = terms.number % 6 == 2
    with contextlib.ExitStack() as stack:
        disk = stack.enter_context(small_disk(terms.folder, size_mb=512))
        shim = stack.enter_context(Shim(terms.folder / "shim", disk.path))
        made = await asyncio.to_thread(clip, terms.folder)
        child = Child(
            DiskTerms(disk=disk.path, clip=made, seen=True, every_s=0.4, frame_bytes=30_000, segment_s=4.0), shim.environ
        )
        await child.start()
        await child.until("up")
        await asyncio.sleep(2.0)
        began_us = time.time_ns() // 1000
        if is_frozen:
            with disk.frozen():
                await asyncio.sleep(_FROZEN_S)
        else:
            least_s = terms.random.uniform(0.5, 2.0)
            shim.slow(least_s, least_s + terms.random.uniform(0.5, 3.0))
            await asyncio.sleep(_SLOW_S)
            shim.heal()
        healed_us = time.time_ns() // 1000
        resumed_s = await _resumed(child, healed_us)
        peak_mb = _peak_mb(child.pid)
        await asyncio.sleep(3.0)
        await child.end()
        kept = await asyncio.to_thread(kept_on, disk.path)
        journal = await asyncio.to_thread(journal_of, disk.path / "data" / "house.db")
        waits = _waits(child, began_us, healed_us)
        untold = sum(event not in {took[2] for took in child.said["took"]} for event, _at in child.said["happened"][:-1])
        sent = child.sent(healed_us)
        figures = {
            "dropped_s": lost_s(kept, sent, child.terms.cameras),
            "rss_peak_mb": peak_mb,
            "alert_p50_s": statistics.median(waits),
            "alert_p99_s": waits[math.ceil(len(waits) * 0.99) - 1],
            "alerts": len(waits),
            "untold": untold,
            "lying_rows": kept.lying_rows,
            "resumed_s": resumed_s,
        }
    broken = kept.findings[:4]
    if untold:
        broken.append(f"{untold} visitors were never told")
    if unkept := {event for event, _at in child.said["happened"]} - journal.events:
        broken.append(f"{len(unkept)} events were not written down when the disk was well again")
    if figures["alert_p99_s"] > MAX_ALERT_S:
        broken.append(f"alerts waited {figures['alert_p99_s']:.1f} s for the disk")
    if peak_mb > MAX_RSS_MB:
        broken.append(f"{peak_mb:.0f} MB of memory")
    if resumed_s > MAX_RESUME_S:
        broken.append(f"recording resumed {resumed_s:.1f} s after the disk was well")
    lost_after = {number for number, at_us in child.sent(1 << 60).items() if at_us > healed_us + 10_000_000}
    for camera, numbers in kept.numbers.items():
        if missing := {one for one in lost_after if one not in numbers and one < max(numbers)}:
            broken.append(f"{camera}: {len(missing) / FPS:.1f} s are missing long after")
    return Outcome(figures=figures, broken=tuple(broken), notes={"disk": "frozen 30 s" if is_frozen else "slow syncs"})


async def _resumed(child: Child, healed_us: int) -> float:
    """Wait until pictures of every camera from after the harm are on the disk; return the seconds."""
    while not any(int(until_us) > healed_us for (until_us,) in child.said["kept"][-1:]):
        await child.until("kept", len(child.said["kept"]) + 1)
    return max(0.0, time.time_ns() / 1e3 - healed_us) / 1e6


def _waits(child: Child, began_us: int, healed_us: int) -> list[float]:
    """Return how long each visitor of the bad time was on the way to the channel, shortest first."""
    at = {event: int(wall) for event, wall in child.said["happened"]}
    found = [
        (int(wall) - at[event]) / 1e6
        for _alert, _repeat, event, wall in child.said["took"]
        if event in at and began_us <= at[event] <= healed_us
    ]
    return sorted(found)


def _peak_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


FAULT = Fault(
    id="F07",
    what="A disk whose syncs take 0.5 to 5 s, or that is frozen for 30 s",
    promise="P4 P7",
    short=1,
    full=8,
    trial=run,
)
