"""A crash at every step of writing and deleting: whatever the order left behind, the next start makes it whole."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.recording.conftest import Bench
from tests.recording.packet_maker import START_US, looped, make

from hearthwatch.kit.units import WallUs
from hearthwatch.recording import disk, segment_file, sweep
from hearthwatch.recording.index_writer import IndexWriter
from hearthwatch.recording.segment import SegmentState, StorageOptions
from hearthwatch.recording.verify import verify

STEPS: tuple[tuple[Any, str], ...] = (
    (segment_file, "_make_folder"),
    (segment_file, "fsync_folder"),
    (segment_file, "_write_all"),
    (segment_file.SegmentFile, "sync"),
    (segment_file.SegmentFile, "close"),
    (IndexWriter, "begin"),
    (IndexWriter, "complete"),
    (IndexWriter, "open_gap"),
    (IndexWriter, "condemn"),
    (IndexWriter, "forget"),
    (sweep, "_unlink"),
    (disk, "set_pinned"),
)


class Killed(BaseException):
    """Stands for the end of the process: nothing may catch it."""


class Killer:
    """Counts the steps and kills before or after the chosen one."""

    def __init__(self, at: int | None) -> None:
        self.at = at
        self.steps: list[str] = []

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for owner, name in STEPS:
            monkeypatch.setattr(owner, name, self._wrapped(name, getattr(owner, name)))

    def _wrapped(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **options: Any) -> Any:
            self._pass(f"before {name}")
            result = work(*args, **options)
            self._pass(f"after {name}")
            return result

        return step

    def _pass(self, step: str) -> None:
        self.steps.append(step)
        if len(self.steps) - 1 == self.at:
            raise Killed(step)


def scenario(bench: Bench) -> None:
    """Two runs with rotation; older footage has to go meanwhile, and some of it is pinned."""
    bench.options = StorageOptions(segment_s=1.5, free_gib=0, max_gib=12_000 / (1 << 30))
    bench.disk.set_options(bench.options)
    for number in range(2):
        writer = bench.writer()
        start_us = START_US + number * 20_000_000
        bench.begin(writer, make(), start_us)
        bench.feed(writer, looped(make(), 4, start_us=start_us))
        bench.end(writer)
    bench.clock.advance(20)
    bench.work()


def steps_of(tmp_path: Path) -> list[str]:
    with pytest.MonkeyPatch.context() as patched:
        killer = Killer(None)
        bench = Bench(tmp_path / "whole")
        killer.watch(patched)
        scenario(bench)
        bench.close()
    return killer.steps


@pytest.mark.long
def test_a_crash_at_any_step_leaves_a_store_that_becomes_whole(tmp_path: Path) -> None:
    steps = steps_of(tmp_path)
    assert {"before _unlink", "after forget", "before begin", "after close"} <= set(steps)
    last_of_each = {len(steps) - 1 - steps[::-1].index(step) for step in steps}
    for at in sorted(last_of_each | {0, 1}):
        step = steps[at]
        bench = Bench(tmp_path / str(at))
        with pytest.MonkeyPatch.context() as patched:
            Killer(at).watch(patched)
            with contextlib.suppress(Killed):
                scenario(bench)
        bench.crash()
        while bench.queue.get(0) is not None:
            pass
        bench.open()
        bench.record(4, start_us=START_US + 60_000_000)
        bench.clock.advance(20)
        bench.work()
        report = verify(bench.folder, bench.reader, now_us=WallUs(10**18), deep=True)
        assert report.findings == (), f"killed {step} (step {at})"
        assert all(one.state is SegmentState.COMPLETE for one in bench.segments()), f"killed {step} (step {at})"
        files = sorted(bench.folder.glob("*/*/*.mp4"))
        assert files == sorted(bench.folder / one.path for one in bench.segments()), f"killed {step} (step {at})"
        bench.close()
