"""The process that is measured as "ours" where cameras are only recorded: the recorder itself, without house and looker."""

from __future__ import annotations

import json
import sys

from hearthwatch.feeds.packet import Stream
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.kit.clock import Stop, SystemClock
from hearthwatch.kit.units import CameraId
from hearthwatch.recording.segment import StorageOptions
from hearthwatch.run.child import BEAT_S
from hearthwatch.run.plan import RecorderPlan
from hearthwatch.run.recorder import Recorder


def main() -> None:
    """Record until killed."""
    settings = json.loads(sys.argv[1])
    sources = tuple(
        Source(camera=CameraId(name), stream=Stream.MAIN, kind=SourceKind.RTSP, url=url, allow_loopback=True)
        for name, url in settings["cameras"].items()
    )
    plan = RecorderPlan(
        sources=sources,
        recorded=frozenset(source.camera for source in sources),
        storage=StorageOptions(),
        footage_folder=settings["folder"],
        index_path=f"{settings['folder']}/index.db",
    )
    recorder = Recorder(plan, SystemClock())
    stop = Stop()
    while not stop.wait(BEAT_S):
        recorder.alive()


if __name__ == "__main__":
    main()
