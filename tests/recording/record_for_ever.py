"""A child that records one looped clip in real time until it is killed; prints the wall time of each packet it received.

Arguments: footage folder, index, camera.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.recording.packet_maker import looped, make

from hearthwatch.feeds.packet import Run, RunId, Stream
from hearthwatch.kit.clock import Stop, SystemClock
from hearthwatch.kit.units import CameraId
from hearthwatch.recording.disk_thread import DiskThread
from hearthwatch.recording.segment import StorageOptions
from hearthwatch.recording.store import open_store


def main() -> None:
    folder, index, camera = Path(sys.argv[1]), Path(sys.argv[2]), CameraId(sys.argv[3])
    clock = SystemClock()
    options = StorageOptions(segment_s=3, free_gib=0)
    thread = DiskThread(open_store(folder, index, clock), options, clock, lambda _error: None)
    thread.start()
    made = make()
    writer = thread.writer(camera, Stream.MAIN)
    start_us = clock.wall_us()
    writer.begin(Run(id=RunId(f"run-{start_us}"), camera=camera, stream=Stream.MAIN, start_us=start_us), made.info)
    stop = Stop()
    before_us = start_us
    for packet in looped(made, 3600, start_us=start_us, camera=camera):
        clock.sleep(stop, (packet.wall_us - before_us) / 1e6)  # held up or not, it never hurries: no camera does
        before_us = packet.wall_us
        writer.take(packet)
        print(packet.wall_us, flush=True)


if __name__ == "__main__":
    main()
