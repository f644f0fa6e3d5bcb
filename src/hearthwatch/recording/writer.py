"""From the pump to the disk's thread: a SegmentWriter for each stream, one byte-bounded queue for all of them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from hearthwatch.feeds.packet import Gap, GapReason, Packet, Run, RunId, Stream, StreamInfo
from hearthwatch.kit.mailbox import BoxCount
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording.cut import Batch, Cutter, stagger_frac
from hearthwatch.recording.segment import FootageClass, StorageOptions

QUEUE_BYTES = 64 << 20
"""What may wait for a slow disk, over all cameras."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    writer: SegmentWriter
    run: Run
    info: StreamInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    writer: SegmentWriter
    batch: Batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    writer: SegmentWriter
    gap: Gap


Item = Begun | Cut | Ended | Callable[[], None]


class DiskQueue:
    """Batches are refused when the queue is full; what begins and ends runs, and calls, always go in."""

    def __init__(self, limit_bytes: int = QUEUE_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._items: deque[Item] = deque()
        self._bytes = 0
        self._put = 0
        self._dropped = 0
        self._changed = threading.Condition()

    def offer(self, item: Item) -> bool:
        """Add `item`; False when it is a batch and there is no room. Returns at once."""
        size_bytes = item.batch.size_bytes if isinstance(item, Cut) else 0
        with self._changed:
            self._put += 1
            if size_bytes and self._bytes + size_bytes > self._limit_bytes:
                self._dropped += 1
                return False
            self._items.append(item)
            self._bytes += size_bytes
            self._changed.notify()
            return True

    def has_room(self) -> bool:
        """Whether the queue has drained to half: a stream that was cut off starts again only then."""
        return self._bytes < self._limit_bytes // 2

    def get(self, timeout_s: float) -> Item | None:
        """Return the oldest item, None after `timeout_s`."""
        with self._changed:
            if not self._items:
                self._changed.wait(timeout_s)
            if not self._items:
                return None
            item = self._items.popleft()
            if isinstance(item, Cut):
                self._bytes -= item.batch.size_bytes
            return item

    def count(self) -> BoxCount:
        with self._changed:
            return BoxCount(name="disk", put=self._put, dropped=self._dropped, waiting=len(self._items))


class SegmentWriter:
    """The PacketSink of one stream: cuts packets into fragments and files, and hands them to the disk's thread.

    Everything returns at once and nothing raises. When the disk cannot keep up the run ends with a gap DISK_SLOW and goes on
    at a key frame, once there is room.
    """

    def __init__(self, camera: CameraId, stream: Stream, options: StorageOptions, queue: DiskQueue) -> None:
        self.camera = camera
        self.stream = stream
        self.wants_file = False
        """Set by the disk's thread after an error: start a new file at the next key frame."""
        self.footage_class = FootageClass.CONTINUOUS
        """What files that begin from now on are worth by themselves."""
        self._options = options
        self._queue = queue
        self._run: Run | None = None
        self._info: StreamInfo | None = None
        self._cutter: Cutter | None = None
        self._resumed = 0

    def set_class(self, footage_class: FootageClass) -> None:
        """Record for another purpose, in a new file."""
        if footage_class is not self.footage_class:
            self.footage_class = footage_class
            self.wants_file = True

    def begin(self, run: Run, info: StreamInfo) -> None:
        self._flush()
        self._run, self._info, self._resumed = run, info, 0
        self._start(run, info)

    def take(self, packet: Packet) -> None:
        cutter = self._cutter
        if cutter is None:
            if self._run is None or self._info is None or not packet.starts_gop or not self._queue.has_room():
                return
            cutter = self._resume(self._run, self._info, packet.wall_us)
        anew = self.wants_file and packet.starts_gop
        batch = cutter.take(packet, anew=anew)
        if anew:
            self.wants_file = False
        if batch is not None and not self._queue.offer(Cut(writer=self, batch=batch)):
            self._break_off(packet.wall_us, GapReason.DISK_SLOW, "the disk was too slow")
        elif cutter.overrun:
            self._break_off(packet.wall_us, GapReason.DISCONTINUITY, "the camera sends no key frames")

    def end(self, gap: Gap) -> None:
        self._flush()
        self._run = self._info = self._cutter = None
        self._queue.offer(Ended(writer=self, gap=gap))

    def _flush(self) -> None:
        batch = self._cutter.flush() if self._cutter else None
        if batch is not None:
            self._queue.offer(Cut(writer=self, batch=batch))

    def _start(self, run: Run, info: StreamInfo) -> Cutter:
        self._cutter = Cutter(info, self._options, first_frac=stagger_frac(self.camera, self.stream))
        self._queue.offer(Begun(writer=self, run=run, info=info))
        return self._cutter

    def _resume(self, run: Run, info: StreamInfo, start_us: WallUs) -> Cutter:
        self._resumed += 1
        again = RunId(f"{run.id}.{self._resumed}")
        return self._start(Run(id=again, camera=run.camera, stream=run.stream, start_us=start_us, unset=run.unset), info)

    def _break_off(self, start_us: WallUs, reason: GapReason, detail: str) -> None:
        self._cutter = None
        unset = self._run.unset if self._run else None
        gap = Gap(
            camera=self.camera, stream=self.stream, start_us=start_us, end_us=None, reason=reason, detail=detail, unset=unset
        )
        self._queue.offer(Ended(writer=self, gap=gap))
