"""A footage disk of 64 MB that somebody else fills to the brim: alerts arrive, pins stay, recording comes back by itself.

    python -m tests.runs.full_disk [--full-s 45] [--json FILE]

Needs root for the small disk. Exit code 1 when a promise was broken.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from hearthwatch.bench.rtsp_server import RtspServer
from hearthwatch.feeds.packet import GapReason, Stream
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.verify import verify
from tests.runs import rig
from tests.runs.second_viewer import FAR_US, FrameId, SecondViewer, segments_of, split, stored_in
from tests.runs.visitors import SCENES, Told, cut_clip, judge_alerts, judge_visits, mounts, section

DISK_MB = 64
MAX_RESUME_S = 10.0
_CHUNK = bytes(65_536)


class NoSmallDisk(Exception):
    """It could not be mounted."""


@contextlib.contextmanager
def small_disk(where: Path) -> Iterator[Path]:
    """Mount a disk of its own that can really be full. Raises NoSmallDisk where that is not allowed."""
    where.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=0700", "tmpfs", str(where)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        raise NoSmallDisk
    try:
        yield where
    finally:
        subprocess.run(["umount", str(where)], check=True)


class Filler:
    """Takes every byte of the disk, also those that are freed, while the block lasts; then gives all back."""

    def __init__(self, disk: Path) -> None:
        self._junk = disk / "junk"
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._fill, name="filler", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self._junk.unlink()

    def _fill(self) -> None:
        with self._junk.open("ab", buffering=0) as junk:
            while not self._done.is_set():
                for size in (len(_CHUNK), 512):
                    with contextlib.suppress(OSError):
                        while junk.write(_CHUNK[:size]) == size and not self._done.is_set():
                            pass
                self._done.wait(0.02)


class Run:
    """One run's house, cameras and findings."""

    def __init__(self, house: rig.House, disk: Path) -> None:
        self.house = house
        self.disk = disk
        self.problems: list[str] = []

    def check(self, right: object, problem: str) -> None:
        if not right:
            self.problems.append(problem)

    async def keep_an_event(self) -> dict[Path, bytes]:
        """Pin the footage of the first event that is over; return its files with their hashes."""
        over = await self.house.until(
            self.house.events, lambda found: any(event["end_us"] for event in found), timeout_s=60, every_s=0.5
        )
        event = next(event for event in over if event["end_us"])
        kept = await self.house.post(f"/api/v1/events/{event['id']}/keep", {"kept": True})
        self.check(kept["segments"] > 0, "the event had no footage to keep")
        await asyncio.sleep(6.0)
        with IndexReader(self.disk / "index.db") as reader:
            pinned = [one for scene in SCENES for one in segments_of(reader, scene.name) if one.pinned]
        self.check(pinned, "nothing is pinned")
        return {self.disk / one.path: _hash(self.disk / one.path) for one in pinned}

    async def verify(self, when: str) -> None:
        """Compare store and index, files read to their last byte."""

        def look() -> tuple[object, ...]:
            with IndexReader(self.disk / "index.db") as reader:
                return verify(self.disk, reader, now_us=WallUs(time.time_ns() // 1000), deep=True).findings

        for found in await asyncio.to_thread(look):
            self.problems.append(f"verify {when}: {found}")

    async def resumed(self, freed_us: int) -> float:
        """Wait until every camera has a file that began after there was space, with pictures in it; return the seconds."""

        def look() -> bool:
            with IndexReader(self.disk / "index.db") as reader:
                newest = [segments_of(reader, scene.name, since_us=freed_us)[-1:] for scene in SCENES]
            return all(one and one[0].start_us > freed_us and stored_in(self.disk, one) for one in newest)

        async def ask() -> bool:
            return await asyncio.to_thread(look)

        await self.house.until(ask, bool, timeout_s=60, every_s=0.1)
        return (time.time_ns() // 1000 - freed_us) / US_PER_S

    def judge_video(self, name: str, sent: list[FrameId], full_us: int, freed_us: int) -> dict[str, object]:
        """Outside of the time without space nothing is missing but the oldest, which made room; the hole says why."""
        with IndexReader(self.disk / "index.db") as reader:
            segments = segments_of(reader, name)
            gaps = reader.gaps(CameraId(name), Stream.MAIN, WallUs(0), FAR_US)
        stored = stored_in(self.disk, segments)
        after = [frame for frame in stored if frame.wall_us > freed_us]
        missing = split(sent, after)[1]
        self.check(not missing, f"{name}: {len(missing)} frames are missing after there was space again")
        in_hole = [gap for gap in gaps if gap.start_us < freed_us and (gap.end_us or FAR_US) > full_us]
        said = {gap.reason for gap in in_hole}
        self.check(GapReason.DISK in said, f"{name}: the time without space has no gap with the cause disk but {said}")
        return {
            "stored_frames": len(stored),
            "missing_after": len(missing),
            "without_recording_s": round((after[0].wall_us - full_us) / US_PER_S, 2),
            "first_frame_after_s": round((after[0].wall_us - freed_us) / US_PER_S, 2),
            "gaps": dict(Counter(gap.reason.value for gap in gaps)),
        }


def _hash(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


async def fill_and_free(args: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Do the whole run; return the report. Raises NoSmallDisk."""
    async with contextlib.AsyncExitStack() as stack:
        disk = stack.enter_context(small_disk(folder / "footage"))
        cameras = {scene.name: stack.enter_context(RtspServer(mounts(scene, cut_clip(scene, folder)))) for scene in SCENES}
        viewers = {
            name: {path: stack.enter_context(SecondViewer(camera.url(f"/{path}"))) for path in ("main", "sub")}
            for name, camera in cameras.items()
        }
        services = await stack.enter_async_context(rig.channels())
        sections = [section(scene, cameras[scene.name]) for scene in SCENES]
        storage = f'[storage]\nfolder = "{disk}"\nsegment_s = 5\n'
        house = await stack.enter_async_context(rig.running(folder / "house", sections, services, storage))
        await house.all_live()
        run = Run(house, disk)
        pids = house.pids()
        pinned = await run.keep_an_event()
        full_us = time.time_ns() // 1000
        with Filler(disk):
            await house.until(house.outages, lambda found: any(one["fault"] == "disk-full" for one in found), timeout_s=60)
            told_s = (time.time_ns() // 1000 - full_us) / US_PER_S
            run.check(not await house.healthz(), "the health check said ok on a full disk")
            await asyncio.sleep(args.full_s)
            while_full = await house.alerts()
        freed_us = time.time_ns() // 1000
        resumed_s = await run.resumed(freed_us)
        run.check(resumed_s <= MAX_RESUME_S, f"recording came back only after {resumed_s:.1f} s")
        await house.until(
            house.outages,
            lambda found: not any(one["fault"] == "disk-full" and one["end_us"] is None for one in found),
            timeout_s=30,
        )
        await asyncio.sleep(15.0)
        await run.verify("while running")
        run.check(house.pids() == pids, "a process was started anew")
        alerts = await house.alerts()
        end_us = time.time_ns() // 1000
        run.check(await house.stop() == 0, "the house did not end in order")
        await run.verify("at the end")
        verified, said = await house.command("verify", "--deep")
        run.check(verified == 0, f"hearthwatch verify: {said}")
        for path, digest in pinned.items():
            run.check(path.exists() and _hash(path) == digest, f"{path.relative_to(disk)} was pinned and is not what it was")
        video = {name: run.judge_video(name, list(found["main"].frames), full_us, freed_us) for name, found in viewers.items()}
        told = Told()
        judge_alerts(alerts, services, told)
        for scene in SCENES:
            first = next(frame for frame in viewers[scene.name]["sub"].frames if frame.is_key)
            judge_visits(scene, first.wall_us, end_us, alerts, (), told)
        texts = [taken.text for taken in services.telegram.taken]
        run.check(any("the disk is full" in text for text in texts), "the owner was not told of the full disk")
        run.check(any("has space on the disk again" in text for text in texts), "the owner was not told of the space")
        visits = [one for one in while_full if one["event"] and full_us < one["at_us"] < freed_us]
        run.check(visits, "no visitor was told while the disk was full")
    return {
        "full_s": round((freed_us - full_us) / US_PER_S, 1),
        "said_after_s": round(told_s, 2),
        "resumed_after_s": round(resumed_s, 2),
        "pinned_files": len(pinned),
        "alerts_while_full": len(visits),
        "texts_arrived": told.texts,
        "doubled": told.doubled,
        "visits_by_times_told": dict(sorted(told.visits_told.items())),
        "video": video,
        "problems": [*run.problems, *told.problems],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full-s", type=float, default=45.0, help="how long the disk stays full once that was noticed")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hearthwatch-full-disk-") as folder:
        try:
            report = asyncio.run(fill_and_free(args, Path(folder)))
        except NoSmallDisk:
            print("skipped: a small disk of its own can be mounted by root only")
            return
    print("full disk:")
    for key, value in report.items():
        if key != "problems":
            print(f"  {key}: {value}")
    for problem in report["problems"]:  # type: ignore[attr-defined]
        print(f"  PROBLEM {problem}")
    print("  FAILED" if report["problems"] else "  all promises kept")
    if args.json:
        args.json.write_text(json.dumps(report, indent=1))
    sys.exit(1 if report["problems"] else 0)


if __name__ == "__main__":
    main()
