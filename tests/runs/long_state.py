"""What an index of a million files costs: opening it, what a start does before recording, and deleting from it.

`python -m tests.runs.long_state [--segments N]`. The files themselves are not there: what the disk takes comes on top.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from hearthwatch.bench.timeline import CAMERAS, build
from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.recording.index_writer import EVERYBODY, IndexWriter
from hearthwatch.recording.repair import repair_unfinished
from hearthwatch.recording.segment import FootageClass

START_LIMIT_S = 15.0
_BATCHES = 20
_BATCH = 200


def timed(work: Callable[[], object]) -> tuple[object, float]:
    begun_ns = time.perf_counter_ns()
    found = work()
    return found, (time.perf_counter_ns() - begun_ns) / 1e6


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--segments", type=int, default=1_000_000)
    given = parser.parse_args()
    now_us = SystemClock().wall_us()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build(folder, end_us=now_us, segments=given.segments, events=200_000)

        def start() -> IndexWriter:
            index = IndexWriter(folder / "index.db")
            index.use_store("bench", now_us)
            repair_unfinished(folder, index)
            for camera in CAMERAS:
                index.next_sequence(CameraId(camera), Stream.MAIN)
            index.newest_end_us()
            return index

        index, start_ms = timed(start)
        assert isinstance(index, IndexWriter)
        found, deletions, looks = (), [], []
        for _ in range(_BATCHES):
            found, ms = timed(
                lambda: index.older_than(
                    FootageClass.CONTINUOUS, WallUs(now_us - 20 * 86_400 * US_PER_S), _BATCH, {}, among=EVERYBODY
                )
            )
            looks.append(ms)
            deletions.append(timed(lambda some=found: (index.condemn([one.id for one in some]), index.forget(some)))[1])
            assert len(found) == _BATCH
        index.close()
    print(f"a start until the recorder may write     {start_ms:8.1f} ms  <= {START_LIMIT_S * 1000:.0f}")
    for what, took in ((f"finding {_BATCH} files that are too old", looks), (f"deleting {_BATCH} rows", deletions)):
        print(f"{what:40} {statistics.median(took):8.1f} ms p50 {statistics.quantiles(took, n=20)[-1]:8.1f} ms p95")
    return int(start_ms > START_LIMIT_S * 1000)


if __name__ == "__main__":
    raise SystemExit(main())
