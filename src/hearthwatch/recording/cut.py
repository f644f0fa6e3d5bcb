"""When a fragment ends and when a file ends: pure, fed with packets in the pump's thread."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

from hearthwatch.feeds.packet import Kind, Packet, StreamInfo
from hearthwatch.kit.units import CameraId
from hearthwatch.recording.segment import StorageOptions

MAX_SEGMENT_BYTES = 64 << 20
"""A file that has grown so much ends at the next key frame, however short it is."""
MAX_PENDING_BYTES = 8 << 20
"""A fragment that has grown so much is written at once, however short it is."""
OVERRUN_BYTES = 512 << 20
"""A camera that sends so much without a key frame sends nothing that could be played."""
_VIDEO = Kind.VIDEO


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Packets of one fragment. `starts` a file: then `video[0]` is a key frame. `next_video_dts` None: nothing followed."""

    video: list[Packet]
    audio: list[Packet]
    next_video_dts: int | None
    starts: bool
    size_bytes: int


@dataclass(slots=True)
class _Pending:
    video: list[Packet] = field(default_factory=list)
    audio: list[Packet] = field(default_factory=list)
    size_bytes: int = 0


class Cutter:
    """Cuts one run into batches of `fragment_s` and into files of `segment_s`, which start at key frames only.

    What comes before the first key frame is not kept. The first file of a stream is shorter by a fraction of its own, so
    that the files of many cameras do not all end in the same second.
    """

    def __init__(self, info: StreamInfo, options: StorageOptions, *, first_frac: float = 1.0) -> None:
        hz = info.video.ticks_per_s
        self._fragment_ticks = round(options.fragment_s * hz)
        self._segment_ticks = round(options.segment_s * hz)
        self._due_ticks = round(options.segment_s * hz * first_frac)
        self._pending = _Pending()
        self._started = False
        self._starts = False
        self._fragment_dts = 0
        self._segment_dts = 0
        self._segment_bytes = 0

    @property
    def overrun(self) -> bool:
        """Whether the current file is past every limit because no key frame came."""
        return self._segment_bytes > OVERRUN_BYTES

    def take(self, packet: Packet, *, anew: bool = False) -> Batch | None:
        """Add a packet; return the batch that ended before it. `anew` makes a new file of the next key frame."""
        done: Batch | None = None
        if packet.kind is _VIDEO:
            dts = packet.dts_ticks
            if not self._started:
                if not packet.is_key:
                    return None
                self._start_file(dts)
                self._started = True
            elif packet.is_key and (
                anew or dts - self._segment_dts >= self._due_ticks or self._segment_bytes >= MAX_SEGMENT_BYTES
            ):
                done = self._cut(dts)
                self._start_file(dts)
                self._due_ticks = self._segment_ticks
            elif dts - self._fragment_dts >= self._fragment_ticks or self._pending.size_bytes >= MAX_PENDING_BYTES:
                done = self._cut(dts)
                self._fragment_dts = dts
            self._pending.video.append(packet)
        elif self._started:
            if self._pending.size_bytes >= MAX_PENDING_BYTES:
                done = self._cut(None)
            self._pending.audio.append(packet)
        else:
            return None
        size_bytes = len(packet.data)
        self._pending.size_bytes += size_bytes
        self._segment_bytes += size_bytes
        return done

    def flush(self) -> Batch | None:
        """Return what is left at the end of a run."""
        return self._cut(None)

    def _start_file(self, dts: int) -> None:
        self._starts = True
        self._fragment_dts = self._segment_dts = dts
        self._segment_bytes = 0

    def _cut(self, next_video_dts: int | None) -> Batch | None:
        pending = self._pending
        if not pending.video and not pending.audio:
            return None
        batch = Batch(
            video=pending.video,
            audio=pending.audio,
            next_video_dts=next_video_dts,
            starts=self._starts,
            size_bytes=pending.size_bytes,
        )
        self._pending = _Pending()
        self._starts = False
        return batch


def stagger_frac(camera: CameraId, stream: str) -> float:
    """Return how long the first file of a stream is, as a fraction of the others: the same at every start."""
    return 0.25 + 0.75 * (zlib.crc32(f"{camera}/{stream}".encode()) % 1000) / 1000
