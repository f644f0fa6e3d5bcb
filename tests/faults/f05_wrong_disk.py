"""F05: index and files do not belong together: one of them is older, the disk is another or none, or somebody else has it."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import sqlite3
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path

from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.units import CameraId
from hearthwatch.recording.segment import StorageOptions
from hearthwatch.recording.store import open_store
from hearthwatch.recording.verify import Flaw, verify
from tests.faults.disk_scene import FAR_US
from tests.faults.fault import Fault, Outcome, Terms
from tests.faults.numbered import FPS, kept_numbers, numbered
from tests.recording.conftest import Bench
from tests.recording.packet_maker import START_US, make

SCENES = ("older index", "older files", "another disk", "nothing mounted", "two recorders")
CAMERAS = ("front", "back")
_S = 1_000_000


class Scene:
    """A recorder whose pictures are numbered, so that every file can be asked what it holds."""

    def __init__(self, terms: Terms) -> None:
        self.rng = terms.random
        self.bench = Bench(terms.folder / "house", options=StorageOptions(segment_s=1.2, free_gib=0))
        self.at_us = START_US
        self.next = 1
        self.broken: list[str] = []

    def record(self, seconds: int) -> None:
        for at, camera in enumerate(CAMERAS):
            writer = self.bench.writer(camera)
            self.bench.begin(writer, make(), self.at_us)
            packets = numbered(make(), CameraId(camera), self.next + at * 10**6, self.at_us)
            self.bench.feed(writer, islice(packets, seconds * FPS))
            self.bench.end(writer)
        self.next += seconds * FPS
        self.at_us += (seconds + 5) * _S

    def start(self) -> None:
        """Start and let the recorder look through all there is."""
        self.bench.open()
        self.settle()

    def settle(self) -> None:
        for _turn in range(12):
            self.bench.clock.advance(11)
            self.bench.work()

    def files(self) -> dict[bytes, str]:
        """Return every file of footage below the house's folders, set aside or not, by its content."""
        found = {}
        for path in self.bench.root.rglob("*.mp4*"):
            found[hashlib.sha256(path.read_bytes()).digest()] = path.name
        return found

    def listed(self) -> set[int]:
        return set().union(*(kept_numbers(self.bench.folder, self.bench.segments(camera)) for camera in CAMERAS))

    def gone(self, before: dict[bytes, str]) -> int:
        gone = before.keys() - self.files().keys()
        if gone:
            self.broken.append(f"{len(gone)} files were deleted: {[before[one] for one in gone][:5]}")
        return len(gone)

    def lying(self, *but: Flaw) -> int:
        findings = verify(self.bench.folder, self.bench.reader, now_us=FAR_US, deep=True).findings
        wrong = [f"{one.flaw} {one.path}: {one.detail}" for one in findings if one.flaw not in but]
        self.broken += wrong[:3]
        return len(wrong)


def older_index(scene: Scene) -> tuple[int, int]:
    scene.record(scene.rng.randrange(5, 20))
    kept = scene.bench.root / "index.old"
    scene.bench.close()
    _whole(scene.bench.index_path, kept)
    scene.bench.open()
    scene.record(scene.rng.randrange(5, 20))
    scene.bench.close()
    for path in scene.bench.index_path.parent.glob("index.db*"):
        path.unlink()
    shutil.move(kept, scene.bench.index_path)
    before, pictures = scene.files(), scene.next - 1
    scene.start()
    if len(scene.listed()) != 2 * pictures:
        scene.broken.append(f"{2 * pictures - len(scene.listed())} pictures are not listed")
    return scene.gone(before), scene.lying()


def older_files(scene: Scene) -> tuple[int, int]:
    scene.record(scene.rng.randrange(5, 25))
    scene.bench.close()
    kept = scene.bench.root / "footage.old"
    shutil.copytree(scene.bench.folder, kept)
    first = scene.next - 1
    scene.bench.open()
    scene.record(scene.rng.randrange(5, 25))
    scene.bench.close()
    shutil.rmtree(scene.bench.folder)
    kept.rename(scene.bench.folder)
    before = scene.files()
    scene.start()
    if not scene.listed() >= set(range(1, first + 1)):
        scene.broken.append("pictures that are there are not listed")
    # where most of a stream is missing its rows stay, in case the right disk comes back
    return scene.gone(before), scene.lying(Flaw.MISSING)


def another_disk(scene: Scene) -> tuple[int, int]:
    return _swapped(scene, is_empty=False)


def nothing_mounted(scene: Scene) -> tuple[int, int]:
    return _swapped(scene, is_empty=True)


def _swapped(scene: Scene, *, is_empty: bool) -> tuple[int, int]:
    """The right disk goes, another one comes and is recorded to, the right one comes back."""
    bench = scene.bench
    if not is_empty:
        scene.record(scene.rng.randrange(4, 12))
        bench.close()
        bench.folder.rename(bench.root / "other")
        bench.open()
    scene.record(scene.rng.randrange(6, 20))
    ours = scene.listed()
    bench.close()
    bench.folder.rename(bench.root / "right")
    if is_empty:
        bench.folder.mkdir()
    else:
        (bench.root / "other").rename(bench.folder)
    before = scene.files()
    scene.start()
    if scene.listed() & ours:
        scene.broken.append("footage of a disk that is not there is listed")
    scene.record(3)
    gone, lying = scene.gone(before), scene.lying()
    bench.close()
    bench.folder.rename(bench.root / "other")
    (bench.root / "right").rename(bench.folder)
    scene.start()
    if not scene.listed() >= ours:
        scene.broken.append(f"{len(ours - scene.listed())} pictures are not listed when their disk is back")
    return gone + scene.gone(before), lying + scene.lying()


def two_recorders(scene: Scene) -> tuple[int, int]:
    scene.record(scene.rng.randrange(4, 12))
    bench = scene.bench
    before = scene.files()
    for folder, index in (
        (bench.folder, bench.root / "second" / "index.db"),
        (bench.root / "elsewhere", bench.index_path),
        (bench.folder, bench.index_path),
    ):
        with suppress(StorageFailed):
            open_store(folder, index, bench.clock).close()
            scene.broken.append(f"a second recorder was let into {folder.name} with {index.parent.name}")
    scene.record(4)
    bench.crash()
    while bench.queue.get(0) is not None:
        pass
    scene.start()
    return scene.gone(before), scene.lying()


def _whole(path: Path, copy: Path) -> None:
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)


def trial(terms: Terms) -> Outcome:
    name = SCENES[(terms.number - 1) % len(SCENES)]
    scene = Scene(terms)
    try:
        deleted, lying = {
            "older index": older_index,
            "older files": older_files,
            "another disk": another_disk,
            "nothing mounted": nothing_mounted,
            "two recorders": two_recorders,
        }[name](scene)
    finally:
        scene.bench.close()
    return Outcome(figures={"deleted_wrongly": deleted, "lying_rows": lying}, broken=tuple(scene.broken), notes={"scene": name})


async def run(terms: Terms) -> Outcome:
    """Let index and files not fit together in one way, and start."""
    return await asyncio.to_thread(trial, terms)


FAULT = Fault(
    id="F05",
    what="An index older than the files, files older than the index, another disk or none mounted, two recorders",
    promise="P3",
    short=5,
    full=60,
    trial=run,
)
