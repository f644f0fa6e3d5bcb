"""Recorder, index, retention and outbox over a disk that forgets unsynced writes: whatever happens in whatever order, what was
said to be on the disk is there, nothing the index says is a lie, and every alert that was acknowledged goes out."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.recording.conftest import Bench
from tests.recording.forgetful_disk import ForgetfulDisk
from tests.recording.forgetful_house import FATES, HouseSide
from tests.recording.packet_maker import looped, make

from hearthwatch.feeds.packet import Packet
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording import sweep
from hearthwatch.recording.index import Asked
from hearthwatch.recording.segment import FootageClass, Segment, SegmentState, StorageOptions
from hearthwatch.recording.verify import verify
from hearthwatch.recording.writer import SegmentWriter

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

CAMERAS = ("front", "back")
FPS = 15
_QUICK = Path("/dev/shm")
"""What forgets is the model, not the disk below it: its syncs may be free."""
KILLED_S, CUT_S = 2, 3
"""Promises P1 and P2: so much video, received and not yet on the disk, may be lost."""
ROOMY = StorageOptions(segment_s=2.5, free_gib=0)
TIGHT = StorageOptions(segment_s=2.5, free_gib=0, max_gib=20_000 / (1 << 30))


@dataclass
class Run:
    """One run as a camera sent it: `taken` are the wall times of its pictures; of what retention left, `most` are there."""

    camera: str
    id: str
    taken: list[int] = field(default_factory=list)
    most: int = 10**9


class Recorder(RuleBasedStateMachine):
    """`running` are the cameras that send, with the rest of their pictures."""

    @initialize()
    def start(self) -> None:
        self.begin()

    def begin(self) -> None:
        self.patched = pytest.MonkeyPatch()
        self.temporary = tempfile.TemporaryDirectory(dir=_QUICK if _QUICK.is_dir() else None)
        root = Path(self.temporary.name).resolve()
        self.disk = ForgetfulDisk(root / "footage", self.patched)
        unlink = sweep._unlink

        def noted(folder: Path, condemned: Sequence[Segment]) -> None:
            for one in condemned:
                self.disk.unlinked(folder / one.path)
            unlink(folder, condemned)

        self.patched.setattr(sweep, "_unlink", noted)
        self.bench = Bench(root, options=ROOMY)
        self.running: dict[str, tuple[SegmentWriter, Iterator[Packet], Run]] = {}
        self.runs: list[Run] = []
        self.pinned: set[tuple[str, int]] = set()

    def teardown(self) -> None:
        if hasattr(self, "bench"):
            self.bench.close()
            self.patched.undo()
            self.temporary.cleanup()

    def is_worth_it(self) -> bool:
        """Tell whether two seconds were recorded since the last end."""
        return any(len(run.taken) > 2 * FPS for _writer, _packets, run in self.running.values())

    def segments(self, camera: str) -> tuple[Segment, ...]:
        return self.bench.segments(camera)

    def frames(self, run: Run) -> int:
        return sum(one.frames for one in self.segments(run.camera) if one.run == run.id)

    @precondition(lambda self: len(self.running) < len(CAMERAS))
    @rule()
    def connect(self) -> None:
        camera = next(each for each in CAMERAS if each not in self.running)
        writer = self.bench.writer(camera)
        start_us = self.bench.clock.wall_us() + 1_000_000
        self.bench.begin(writer, make(), start_us)
        run = Run(camera, f"run{self.bench.runs}")
        self.runs.append(run)
        self.running[camera] = (writer, looped(make(), 10**6, start_us=start_us, camera=camera), run)

    @precondition(lambda self: self.running)
    @rule(pictures=st.integers(1, 90), which=st.integers(0, 1))
    def send(self, pictures: int, which: int) -> None:
        writer, packets, run = list(self.running.values())[which % len(self.running)]
        self.bench.feed(writer, islice(packets, pictures), lambda packet: run.taken.append(packet.wall_us))

    @precondition(lambda self: self.running)
    @rule(which=st.integers(0, 1))
    def camera_lost(self, which: int) -> None:
        self.lose(list(self.running)[which % len(self.running)])

    def lose(self, camera: str) -> None:
        writer, _packets, _run = self.running.pop(camera)
        self.bench.end(writer)

    @rule(seconds=st.integers(1, 40))
    def time_passes(self, seconds: int) -> None:
        self.bench.clock.advance(seconds)
        self.bench.work()

    @precondition(lambda self: self.runs)
    @rule(which=st.integers(0, 9))
    def keep(self, which: int) -> None:
        run = self.runs[which % len(self.runs)]
        if run.taken:
            wanted = Asked(
                camera=CameraId(run.camera),
                start_us=WallUs(run.taken[0]),
                end_us=WallUs(run.taken[0] + 1),
                footage_class=FootageClass.EVENT,
                pinned=True,
            )
            self.bench.disk.mark(wanted)
            self.pinned |= {(run.camera, one.sequence) for one in self.segments(run.camera) if one.pinned}

    @precondition(lambda self: self.is_worth_it())
    @rule()
    def room_gets_short(self) -> None:
        for camera in list(self.running):
            self.lose(camera)
        self.bench.disk.set_options(TIGHT)
        for _ in range(3):
            self.bench.clock.advance(11)
            self.bench.work()
        self.bench.disk.set_options(ROOMY)
        for run in self.runs:
            run.most = min(run.most, self.frames(run))

    @precondition(lambda self: self.is_worth_it())
    @rule()
    def killed(self) -> None:
        self.again(None, KILLED_S)

    @precondition(lambda self: self.is_worth_it())
    @rule(seed=st.integers(0, 2**32))
    def power_cut(self, seed: int) -> None:
        self.again(random.Random(seed), CUT_S)

    def again(self, chance: random.Random | None, lost_s: float) -> None:
        """End without a word and start again; every promise is looked at."""
        promised = {}
        confirmed = {state.camera: state.until_us for state in self.bench.disk.confirmed() if state.recording}
        for run in self.runs:
            sending = next((each for each in self.running.values() if each[2] is run), None)
            until_us = confirmed.get(CameraId(run.camera)) if sending else 10**18
            on_disk = sum(at_us < (until_us or 0) for at_us in run.taken)
            promised[run.id] = min(run.most, max(on_disk, len(run.taken) - round(lost_s * FPS)))
        self.running.clear()
        self.bench.crash()
        while self.bench.queue.get(0) is not None:
            pass
        if chance is not None:
            self.disk.cut(chance)
        self.bench.open()
        for _ in range(3):
            self.bench.clock.advance(11)
            self.bench.work()
        report = verify(self.bench.folder, self.bench.reader, now_us=WallUs(10**18), deep=True)
        assert report.findings == ()
        files = sorted(self.bench.folder.glob("*/*/*.mp4"))
        rows = [one for camera in CAMERAS for one in self.segments(camera)]
        assert files == sorted(self.bench.folder / one.path for one in rows)
        assert all(one.state is SegmentState.COMPLETE for one in rows)
        for run in self.runs:
            found = self.frames(run)
            assert found >= promised[run.id], f"{run.id}: {found} of {len(run.taken)} pictures, promised {promised[run.id]}"
            run.most = found

    @invariant()
    def what_is_pinned_stays(self) -> None:
        if hasattr(self, "bench"):
            there = {(camera, one.sequence) for camera in CAMERAS for one in self.segments(camera)}
            assert self.pinned <= there


class WholeHouse(Recorder):
    """The same with the house beside it: visitors come, their alerts go out by one channel, and either may be killed alone."""

    def begin(self) -> None:
        super().begin()
        self.house = HouseSide(self.bench.root, self.bench.clock, self.patched)

    def teardown(self) -> None:
        if hasattr(self, "house"):
            self.house.close()
        super().teardown()

    @rule(times=st.integers(1, 3))
    def somebody_comes(self, times: int) -> None:
        for _visit in range(times):
            self.house.come()
        self.house.pay()

    @rule(fates=st.lists(st.sampled_from(FATES), min_size=1, max_size=3))
    def the_phone_is_tried(self, fates: list[str]) -> None:
        for fate in fates:
            self.bench.clock.advance(2)
            if not self.house.deliver(fate):
                self.house.again()

    @rule(full=st.booleans())
    def the_house_cannot_write(self, full: bool) -> None:
        self.house.set_full(full=full)

    @rule()
    def killed_while_telling(self) -> None:
        self.house.die_while_telling()
        self.house.again()

    def again(self, chance: random.Random | None, lost_s: float) -> None:
        self.house.crash(chance)
        super().again(chance, lost_s)
        self.house.open()
        self.house.check()


EXAMPLES = int(os.environ.get("HEARTHWATCH_EXAMPLES", "0"))
Recorder.TestCase.settings = settings(
    max_examples=EXAMPLES or 30,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=not EXAMPLES,
)
TestWhatWasPromisedIsThere = Recorder.TestCase
WholeHouse.TestCase.settings = settings(Recorder.TestCase.settings, max_examples=EXAMPLES or 5, stateful_step_count=30)
TestEveryAcknowledgedAlertGoesOut = WholeHouse.TestCase
