"""The recorder itself under a clock that a trial sets: `python -m tests.faults.clock_child FOLDER URL`, until its input ends.

`FOLDER/kept` says whether a time server keeps the clock, as the kernel would. It says `alive N` each second, N being how many of
its signs of life so far the watchdog would have taken for a stuck recorder.
"""

from __future__ import annotations

import select
import sys
from pathlib import Path

from hearthwatch.feeds.packet import GapReason
from hearthwatch.kit.clock import SystemClock
from hearthwatch.recording.segment import StorageOptions
from hearthwatch.run.plan import RecorderPlan
from hearthwatch.run.recorder import Recorder
from tests.faults.bent_camera import BENT, source


class ToldClock(SystemClock):
    """The machine's clock; a file stands for what the kernel knows of a time server."""

    def __init__(self, folder: Path) -> None:
        self._kept = folder / "kept"

    def is_kept(self) -> bool:
        return self._kept.exists()


def main() -> None:
    folder, url = Path(sys.argv[1]), sys.argv[2]
    plan = RecorderPlan(
        sources=(source(url),),
        recorded=frozenset({BENT}),
        storage=StorageOptions(segment_s=2.0, free_gib=0),
        footage_folder=str(folder / "footage"),
        index_path=str(folder / "index.db"),
    )
    recorder = Recorder(plan, ToldClock(folder))
    stuck = 0
    while not select.select([sys.stdin], [], [], 1.0)[0]:
        stuck += not recorder.alive()
        print(f"alive {stuck}", flush=True)
    recorder.end(GapReason.STOPPED)
    print("ended 0", flush=True)


if __name__ == "__main__":
    main()
