"""The Packet: one access unit of one camera's stream, and the Protocols of whoever makes and takes packets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType, Protocol

from hearthwatch.kit.clock import Stop, UnsetClock
from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.units import CameraId, MonoNs, WallUs

RunId = NewType("RunId", str)
"""Opaque id of one unbroken connection with one StreamInfo."""


class Stream(StrEnum):
    MAIN = "main"
    SUB = "sub"


class Kind(StrEnum):
    VIDEO = "video"
    AUDIO = "audio"


class Codec(StrEnum):
    H264 = "h264"
    H265 = "h265"
    MJPEG = "mjpeg"
    MPEG4 = "mpeg4"
    AAC = "aac"
    PCMU = "pcmu"
    PCMA = "pcma"


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoInfo:
    """`extradata` is an avcC (H.264) or hvcC (H.265) record, empty for MJPEG, the VOL header for MPEG-4 part 2."""

    codec: Codec
    extradata: bytes
    width_px: int
    height_px: int
    ticks_per_s: int = 90_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioInfo:
    """`extradata` is the AudioSpecificConfig for AAC, empty for G.711; ticks are samples."""

    codec: Codec
    extradata: bytes
    sample_hz: int
    channels: int

    @property
    def ticks_per_s(self) -> int:
        return self.sample_hz


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamInfo:
    """What a decoder or a file needs to know; a change of it starts a new Run."""

    video: VideoInfo
    audio: AudioInfo | None = None


class StreamChanged(HearthwatchError):
    """The camera changed codec, size or parameter sets: the run is over. `info` is what it sends now. Where it `goes_on`, the
    same connection, iterated anew, goes on with the key frame of the change; else open the feed again."""

    def __init__(self, message: str, info: StreamInfo, *, goes_on: bool = False) -> None:
        super().__init__(message)
        self.info = info
        self.goes_on = goes_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One access unit, immutable.

    `data` of H.264 and H.265 is NAL units each behind a 4-byte big-endian length (as MP4 keeps them), without access unit
    delimiters; of MJPEG one whole JPEG; of AAC one raw frame; of G.711 the samples. Ticks count in the track's
    `ticks_per_s`, start near 0 with each run and never go back in dts order. `received_ns` is when the last byte came.
    """

    camera: CameraId
    stream: Stream
    kind: Kind
    data: bytes
    pts_ticks: int
    dts_ticks: int
    is_key: bool
    received_ns: MonoNs
    wall_us: WallUs

    @property
    def starts_gop(self) -> bool:
        return self.is_key and self.kind is Kind.VIDEO

    @property
    def is_reset(self) -> bool:
        return False

    @property
    def size_bytes(self) -> int:
        return len(self.data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One unbroken connection: everything received in it has one StreamInfo and one timeline. `unset` when it is stamped by a
    clock that nobody kept right as it began."""

    id: RunId
    camera: CameraId
    stream: Stream
    start_us: WallUs
    unset: UnsetClock | None = None


class GapReason(StrEnum):
    """Why footage is missing; the page draws each."""

    CAMERA = "camera"
    NETWORK = "network"
    REFUSED = "refused"
    DISK = "disk"
    DISK_SLOW = "disk-slow"
    CLOCK_STEP = "clock-step"
    CHANGED = "changed"
    DISCONTINUITY = "discontinuity"
    STOPPED = "stopped"
    US = "us"
    PRIVATE = "private"
    """The owner wants no recording and no looking in the mode the house was in."""
    MODE = "mode"
    """The owner wants no recording in the mode the house was in."""


SEAMLESS = frozenset({GapReason.CLOCK_STEP, GapReason.DISCONTINUITY, GapReason.CHANGED})
"""After these the next run may go on with the very next picture: the gap begins where that one would be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch without footage and its cause; `end_us` None while it lasts. `unset` when nobody kept the clock right that
    `start_us` is of."""

    camera: CameraId
    stream: Stream
    start_us: WallUs
    end_us: WallUs | None
    reason: GapReason
    detail: str = ""
    unset: UnsetClock | None = None


class OpenFeed(Protocol):
    """A stream that answers. Iteration yields packets until the stream ends (an error, always) or `stop` is set."""

    @property
    def info(self) -> StreamInfo: ...

    def __iter__(self) -> Iterator[Packet]:
        """Yield packets; raises kit errors only. A StreamInfo that changed on the way ends the iteration with StreamChanged."""
        ...

    def close(self) -> None: ...


class Feed(Protocol):
    """A source that can be opened again and again."""

    def open(self, stop: Stop) -> OpenFeed:
        """Connect and learn the StreamInfo. Raises Unreachable, Refused, Unsupported or BadReply."""
        ...


class PacketSink(Protocol):
    """Takes packets from a pump: returns at once and never raises."""

    def begin(self, run: Run, info: StreamInfo) -> None: ...

    def take(self, packet: Packet) -> None: ...

    def end(self, gap: Gap) -> None:
        """The run is over; `gap.end_us` is None: it lasts until the next `begin` of this camera and stream."""
        ...
