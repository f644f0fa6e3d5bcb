"""The disk's thread itself: one for each footage folder, fed through one queue by all pumps."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import TypeVar

from hearthwatch.feeds.packet import Packet, Run, Stream, StreamInfo
from hearthwatch.kit.clock import Clock, Stop
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.mailbox import BoxCount
from hearthwatch.kit.retry import keep_running
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording.disk import Confirmed, Disk, StorageHealth
from hearthwatch.recording.index import Asked
from hearthwatch.recording.segment import Backup, Copied, FootageClass, Limits, Origin, StorageOptions
from hearthwatch.recording.store import Store
from hearthwatch.recording.writer import QUEUE_BYTES, DiskQueue, SegmentWriter

T = TypeVar("T")


class DiskThread:
    """Runs a Disk. `writer` hands out sinks; `keep` and `mark` are answered by Futures that may fail with StorageFailed."""

    def __init__(
        self,
        store: Store,
        options: StorageOptions,
        clock: Clock,
        on_health: StorageHealth,
        *,
        queue_bytes: int = QUEUE_BYTES,
    ) -> None:
        self._clock = clock
        self._options = options
        self._queue = DiskQueue(queue_bytes)
        self._disk = Disk(store, options, clock, on_health)
        self._store = store
        self._stop = Stop()
        self._thread = threading.Thread(target=self._main, name="disk")

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Write what waits, close every file, leave the folder; call it after the pumps have ended."""
        self._queue.offer(self._stop.set)
        self._thread.join()

    def writer(self, camera: CameraId, stream: Stream) -> SegmentWriter:
        """Return a new sink for one stream; ask once for each."""
        return SegmentWriter(camera, stream, self._options, self._queue)

    def keep(self, camera: CameraId, start_us: WallUs, end_us: WallUs, *, pinned: bool) -> Future[int]:
        """Pin or unpin every segment that overlaps the range, also one still to come; the Future tells how many there are."""
        if not pinned:
            return self._call(lambda: self._disk.unpin(camera, start_us, end_us))
        return self._ask(camera, start_us, end_us, FootageClass.CONTINUOUS, pinned=True)

    def mark(self, camera: CameraId, start_us: WallUs, end_us: WallUs, footage_class: FootageClass) -> Future[int]:
        """Raise the class of every segment, present or still to come, that overlaps the range."""
        return self._ask(camera, start_us, end_us, footage_class, pinned=False)

    def _ask(
        self, camera: CameraId, start_us: WallUs, end_us: WallUs, footage_class: FootageClass, *, pinned: bool
    ) -> Future[int]:
        asked = Asked(camera=camera, start_us=start_us, end_us=end_us, footage_class=footage_class, pinned=pinned)
        return self._call(lambda: self._disk.mark(asked))

    def adopt(self, run: Run, info: StreamInfo, origin: Origin, packets: Sequence[Packet], *, is_last: bool) -> Future[int]:
        """Take the next packets of footage from elsewhere; the Future tells how many milliseconds were kept so far."""
        return self._call(lambda: self._disk.adopt(run, info, origin, packets, is_last=is_last))

    def set_limits(self, limits: Limits) -> Future[None]:
        """Say what the uploads of each camera may take."""
        return self._call(lambda: self._disk.set_limits(limits))

    def prove(self, copied: Sequence[Copied], *, proved: bool) -> Future[int]:
        """Note that these files are kept elsewhere, or not any more; the Future tells how many of them are here."""
        return self._call(lambda: self._store.index.prove(copied, self._clock.wall_us() if proved else None))

    def set_backup(self, backup: Mapping[CameraId, Backup]) -> Future[None]:
        """Say which cameras' footage stays until its copy is proved."""

        def put() -> None:
            self._store.custody.backup = backup

        return self._call(put)

    @property
    def sacrificed(self) -> int:
        """How many files went before their copy was proved, because the disk was full."""
        return self._store.custody.sacrificed

    def set_options(self, options: StorageOptions) -> Future[None]:
        """Change the retention while running."""
        return self._call(lambda: self._disk.set_options(options))

    def confirmed(self) -> tuple[Confirmed, ...]:
        """Return how far each stream is known to be on the disk."""
        return self._disk.confirmed()

    def count(self) -> BoxCount:
        return self._queue.count()

    def _call(self, work: Callable[[], T]) -> Future[T]:
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(work())
            except StorageFailed as error:
                future.set_exception(error)

        self._queue.offer(run)
        return future

    def _main(self) -> None:
        keep_running("footage disk", self._run, stop=self._stop, clock=self._clock)
        self._disk.close(self._clock.wall_us())

    def _run(self) -> None:
        while not self._stop.is_set():
            item = self._queue.get(self._disk.wait_s())
            if item is not None:
                self._disk.handle(item)
            self._disk.tick()
