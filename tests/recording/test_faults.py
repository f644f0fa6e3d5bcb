"""Real processes killed, real disks filled: what the promises of recording are worth."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.recording.conftest import FAR_US, FRONT
from tests.recording.packet_maker import looped, make

from hearthwatch.feeds.packet import GapReason, Run, RunId, Stream
from hearthwatch.kit.clock import Stop, SystemClock
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.units import WallUs
from hearthwatch.recording.disk_thread import DiskThread
from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.segment import SegmentState, StorageOptions
from hearthwatch.recording.store import open_store
from hearthwatch.recording.verify import verify

pytestmark = pytest.mark.wired

_QUICK = Path("/dev/shm")
KILLED_US = 2_000_000
"""Promise P1: so much video, received and not yet written, may be lost."""


def killed_recorder(root: Path, packets: int) -> int:
    """Run the child until it has received some packets, kill it, and return the wall time of the last one."""
    command = [sys.executable, "-m", "tests.recording.record_for_ever", str(root / "footage"), str(root / "index.db"), FRONT]
    environ = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environ) as child:
        assert child.stdout is not None
        for _count in range(packets):
            line = child.stdout.readline()
        child.send_signal(signal.SIGKILL)
        rest = child.stdout.read().split()
        child.wait()
    return int(rest[-1] if rest and rest[-1].isdigit() else line)


@pytest.fixture
def quick() -> Iterator[Path]:
    """A folder whose syncs are free: what was written outlives a kill wherever it lies, and a slow disk is another fault."""
    with tempfile.TemporaryDirectory(dir=_QUICK if _QUICK.is_dir() else None) as folder:
        yield Path(folder).resolve()


def test_a_kill_costs_little_and_the_store_is_clean_after_every_start(quick: Path) -> None:
    rng = random.Random(7)
    clock = SystemClock()
    for number in range(3):
        last_us = killed_recorder(quick, rng.randrange(31, 85))  # two seconds at least: some of this run is there
        store = open_store(quick / "footage", quick / "index.db", clock)
        store.close()
        with IndexReader(quick / "index.db") as reader:
            report = verify(quick / "footage", reader, now_us=clock.wall_us(), deep=True)
            segments = reader.segments(FRONT, Stream.MAIN, WallUs(0), FAR_US)
            gaps = reader.gaps(FRONT, Stream.MAIN, WallUs(0), FAR_US)
        assert report.findings == ()
        assert all(one.state is SegmentState.COMPLETE for one in segments)
        assert last_us - segments[-1].end_us <= KILLED_US, f"kill {number}"
        assert len(gaps) == number + 1
        assert {gap.reason for gap in gaps} == {GapReason.US}
        assert gaps[-1].start_us == segments[-1].end_us
        assert gaps[-1].end_us is None


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 MB that can really be full."""
    where = tmp_path / "small"
    where.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(where)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    yield where
    subprocess.run(["umount", str(where)], check=True)


class Recording:
    """A pump in a thread of its own that feeds a clip ten times faster than real time, until stopped."""

    def __init__(self, root: Path, options: StorageOptions) -> None:
        self.clock = SystemClock()
        self.start_us = self.clock.wall_us()
        self.health: list[StorageFailed | None] = []
        self.told = threading.Condition()
        self.stop = Stop()
        store = open_store(root / "footage", root / "index.db", self.clock)
        self.thread = DiskThread(store, options, self.clock, self._tell)
        self.thread.start()
        self.reader = IndexReader(root / "index.db")
        self.pump = threading.Thread(target=self._pump)
        self.pump.start()

    def _tell(self, failure: StorageFailed | None) -> None:
        with self.told:
            self.health.append(failure)
            self.told.notify_all()

    def _pump(self) -> None:
        made = make(width=640, height=480, gop=15, frames=60)
        writer = self.thread.writer(FRONT, Stream.MAIN)
        writer.begin(Run(id=RunId("run"), camera=FRONT, stream=Stream.MAIN, start_us=self.start_us), made.info)
        for packet in looped(made, 100_000, start_us=self.start_us):
            if self.clock.sleep(self.stop, 1 / 150):
                break
            writer.take(packet)

    def wait_for(self, what: Callable[[StorageFailed | None], bool]) -> None:
        with self.told:
            assert self.told.wait_for(lambda: bool(self.health) and what(self.health[-1]), 60), self.health

    def wait_for_segments(self, count: int) -> None:
        while len(self.reader.segments(FRONT, Stream.MAIN, WallUs(0), FAR_US)) < count:
            assert not self.clock.sleep(self.stop, 0.05)

    def close(self) -> None:
        self.stop.set()
        self.pump.join()
        self.reader.close()
        self.thread.close()


def fill(disk: Path) -> None:
    """Leave not one page free; the recorder may take some back meanwhile, so fill until nothing more goes in."""
    with contextlib.suppress(OSError), (disk / "junk").open("ab", buffering=0) as junk:
        while True:
            junk.write(bytes(65_536))
    with contextlib.suppress(OSError), (disk / "junk").open("ab", buffering=0) as junk:
        while True:
            junk.write(bytes(512))


def test_a_full_disk_is_told_pins_stay_and_recording_resumes_by_itself(small_disk: Path) -> None:
    recording = Recording(small_disk, StorageOptions(segment_s=4, free_gib=0))
    try:
        start_us = recording.start_us
        recording.thread.keep(FRONT, start_us, WallUs(start_us + 5_000_000), pinned=True).result(30)
        recording.wait_for_segments(4)
        filled = threading.Event()

        def keep_full() -> None:
            while not filled.wait(0.05):
                fill(small_disk)

        filler = threading.Thread(target=keep_full)
        filler.start()
        recording.wait_for(lambda error: error is not None and error.fault is StorageFault.NO_SPACE)
        with recording.told:
            recording.told.wait_for(lambda: len(recording.health) > 4, 30)
        filled.set()
        filler.join()
        since_us = recording.clock.wall_us()
        (small_disk / "junk").unlink()
        recording.wait_for(lambda error: error is None)
        assert recording.clock.wall_us() - since_us < 10_000_000
    finally:
        recording.close()
    store = open_store(small_disk / "footage", small_disk / "index.db", recording.clock)
    store.close()
    with IndexReader(small_disk / "index.db") as reader:
        assert verify(small_disk / "footage", reader, now_us=FAR_US, deep=True).findings == ()
        segments = reader.segments(FRONT, Stream.MAIN, WallUs(0), FAR_US)
        gaps = reader.gaps(FRONT, Stream.MAIN, WallUs(0), FAR_US)
    assert any(one.pinned for one in segments)
    assert segments[0].pinned
    assert GapReason.DISK in {gap.reason for gap in gaps}


def test_a_disk_smaller_than_the_footage_keeps_the_newest(small_disk: Path) -> None:
    made = make(width=640, height=480, gop=15, frames=60)
    clock = SystemClock()
    thread = DiskThread(
        open_store(small_disk / "footage", small_disk / "index.db", clock),
        StorageOptions(segment_s=4, free_gib=2),
        clock,
        lambda _error: None,
    )
    thread.start()
    writer = thread.writer(FRONT, Stream.MAIN)
    start_us = clock.wall_us()
    writer.begin(Run(id=RunId("run"), camera=FRONT, stream=Stream.MAIN, start_us=start_us), made.info)
    bytes_per_turn = sum(packet.size_bytes for packet in made.packets)
    turns = 40_000_000 // bytes_per_turn
    stop = Stop()
    for at, packet in enumerate(looped(made, turns * 4, start_us=start_us)):
        writer.take(packet)
        if at % 60 == 59:
            clock.sleep(stop, 0.005)
    thread.close()
    with IndexReader(small_disk / "index.db") as reader:
        segments = reader.segments(FRONT, Stream.MAIN, WallUs(0), FAR_US)
        assert verify(small_disk / "footage", reader, now_us=FAR_US, deep=True).findings == ()
        gaps = reader.gaps(FRONT, Stream.MAIN, segments[0].start_us, FAR_US)
    assert segments[-1].end_us >= start_us + (turns - 1) * 4_000_000
    assert segments[0].sequence > 1
    assert [gap.reason for gap in gaps] == [GapReason.STOPPED]
