"""F06: somebody else takes every byte, or every inode, of the disk with the footage, of the one with the databases, or of both."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import subprocess
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from hearthwatch.feeds.packet import GapReason, Stream
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.recording.index import IndexReader
from tests.faults.fault import Fault, NotHere, Outcome, Terms
from tests.faults.ledger_camera import FPS, holes
from tests.faults.ledger_house import LedgerHouse, ledger_house, now_us

WAYS = ("both", "footage", "database", "inodes")
MAX_RESUME_S = 10.0
_DISK_MB = 48
_INODES = 3000
_CHUNK = bytes(65_536)
_FAR_US = WallUs(1 << 60)


@contextlib.contextmanager
def memory_disk(where: Path) -> Iterator[Path]:
    """Mount a disk of its own that can really be full. Raises NotHere where that is not allowed."""
    where.mkdir()
    options = f"size={_DISK_MB}m,nr_inodes={_INODES},mode=0700"
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(where)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NotHere(f"a small disk of its own needs root: {done.stderr.strip()}")
    try:
        yield where
    finally:
        subprocess.run(["umount", "-l", str(where)], check=True)


class Filler:
    """Takes every byte of a disk, or every inode, also those that are freed, while the block lasts; then gives all back."""

    def __init__(self, disk: Path, *, inodes: bool = False) -> None:
        self._junk = disk / "junk"
        self._inodes = inodes
        self._count = 0
        self._done = threading.Event()
        self._full = threading.Event()
        self._thread = threading.Thread(target=self._fill, name="filler", daemon=True)

    def __enter__(self) -> Self:
        self._junk.mkdir()
        self._thread.start()
        self._full.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        for path in self._junk.iterdir():
            path.unlink()
        self._junk.rmdir()

    def _fill(self) -> None:
        with (self._junk / "bytes").open("ab", buffering=0) as junk:
            while not self._done.is_set():
                with contextlib.suppress(OSError):
                    if self._inodes:
                        self._take_inodes()
                    else:
                        self._take_bytes(junk.fileno())
                self._full.set()
                self._done.wait(0.02)

    def _take_inodes(self) -> None:
        while not self._done.is_set():
            (self._junk / str(self._count)).touch(exist_ok=False)
            self._count += 1

    def _take_bytes(self, fd: int) -> None:
        for size in (len(_CHUNK), 512):
            with contextlib.suppress(OSError):
                while os.write(fd, _CHUNK[:size]) == size and not self._done.is_set():
                    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallHouse:
    """A house whose footage and whose data have a small disk each, with footage somebody wants to keep."""

    ledger: LedgerHouse
    footage: Path
    data: Path
    pinned: dict[Path, bytes]

    def lost_pins(self) -> list[str]:
        return [str(path) for path, digest in self.pinned.items() if not path.exists() or _hash(path) != digest]


def _hash(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


@contextlib.asynccontextmanager
async def small_house() -> AsyncIterator[SmallHouse]:
    """Run it, and keep the footage of its first event."""
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hearthwatch-small-", ignore_cleanup_errors=True)))
        footage = stack.enter_context(memory_disk(folder / "footage"))
        data = stack.enter_context(memory_disk(folder / "data"))
        ledger = await stack.enter_async_context(ledger_house(data=data / "house", footage=footage))
        rang = (await ledger.ring()).camera
        (event,) = await ledger.house.until(ledger.house.events, bool, every_s=0.1)
        await ledger.house.post(f"/api/v1/events/{event['id']}/keep", {"kept": True})

        def pinned() -> list[Path] | None:
            with IndexReader(ledger.index) as reader:
                found = reader.segments(CameraId(rang), Stream.MAIN, WallUs(0), _FAR_US)
            kept = [one for one in found if one.pinned]
            return [footage / one.path for one in kept] if kept and all(one.sha256 for one in kept) else None

        async def ask() -> list[Path] | None:
            return await asyncio.to_thread(pinned)

        paths = await ledger.house.until(ask, bool, timeout_s=60, every_s=0.25)
        yield SmallHouse(ledger=ledger, footage=footage, data=data, pinned={path: _hash(path) for path in paths})


async def run(terms: Terms) -> Outcome:
    """Fill it once or a few times in a row; somebody rings meanwhile."""
    small = await terms.shared.once(small_house)
    found = small.ledger
    await found.whole()
    way = WAYS[(terms.number - 1) % len(WAYS)]
    disks = {"database": [small.data], "both": [small.data, small.footage]}.get(way, [small.footage])
    pids, since_us = found.pids(), now_us()
    await asyncio.sleep(terms.random.uniform(0, 3))
    told: list[float] = []
    broken: list[str] = []
    bursts = terms.random.randint(1, 3)
    for burst in range(bursts):
        with contextlib.ExitStack() as stack:
            for disk in disks:
                await asyncio.to_thread(stack.enter_context, Filler(disk, inodes=way == "inodes"))
            await asyncio.sleep(terms.random.uniform(0.2, 3))
            if burst == bursts - 1:
                asked = await found.read_all()
                ring, rang_us = await found.ring(), now_us()
                try:
                    told.append(await found.told_after(ring, timeout_s=10))
                except TimeoutError:
                    broken.append(f"with the disk full ({way}) the owner was not told within 10 s that somebody had rung")
        if burst < bursts - 1:
            await asyncio.sleep(terms.random.uniform(0.2, 3))
    freed_us = now_us()
    again = await found.recorded_again(found.cameras, freed_us)
    resumed_s = max(0.0, (max(again.values()) - freed_us) / US_PER_S)
    if resumed_s > MAX_RESUME_S:
        broken.append(f"recording came back only {resumed_s:.1f} s after there was space")
    await asyncio.sleep(1.5)
    await found.recorded_again(found.cameras, now_us())
    missing_after, without = 0, [0.0]
    for name, first_us in again.items():
        camera = found.cameras[name]
        kept = await asyncio.to_thread(found.kept, name, since_us)
        later = [one.number for one in kept if one.number >= camera.number_at(first_us)]
        missing_after += sum(hole.last - hole.first + 1 for hole in holes(later))
        causes = {gap.reason for gap in camera.gaps(found.index, since_us)} - {GapReason.DISK}
        if causes:
            broken.append(f"{name}: what is missing is put down to {', '.join(causes)}, not to the disk")
        without += [hole.lasts_s for hole in holes(one.number for one in kept)]
    if missing_after:
        broken.append(f"{missing_after} pictures are missing after recording had come back")
    if way == "database" and max(without) > 1 / FPS:
        broken.append(f"with only the database's disk full {max(without):.1f} s were not recorded")
    if not await _is_known(found, rang_us):
        broken.append(f"what the owner was told with the disk full ({way}) is in no list half a minute later")
    if found.pids() != pids:
        broken.append("a process was started anew")
    if lost := small.lost_pins():
        broken.append(f"pinned and gone or changed: {', '.join(lost)}")
    findings, _ = await found.settled(deep=True)
    broken += [f"{one.flaw.value} {one.path}: {one.detail}" for one in findings]
    figures = {
        "resumed_s": resumed_s,
        f"{way}_without_recording_s": max(without),
        "pinned_lost": len(lost),
        "lying_rows": len(findings),
        **({f"{way}_alert_s": told[0], "alert_s": told[0]} if told else {}),
    }
    return Outcome(
        figures=figures, broken=tuple(broken), notes={"full": way, "bursts": str(bursts), "addresses_read": str(asked)}
    )


async def _is_known(found: LedgerHouse, rang_us: int) -> bool:
    """Tell whether the page comes to show the alert of the ring."""
    near_us = 2 * US_PER_S
    try:
        await found.house.until(
            found.house.alerts, lambda shown: [one for one in shown if one["event"] and one["at_us"] > rang_us - near_us]
        )
    except AssertionError:
        return False
    return True


FAULT = Fault(
    id="F06",
    what="Every byte or inode taken of the disk with footage, with databases, or both, in bursts",
    promise="P4",
    short=1,
    full=24,
    trial=run,
)
