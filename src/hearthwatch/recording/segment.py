"""The Segment: one fMP4 file of about a minute, and what retention needs to know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Annotated, Any, ClassVar, NewType, Protocol

from annotated_types import Ge, Gt

from hearthwatch.feeds.packet import RunId, Stream
from hearthwatch.kit.units import CameraId, WallUs

SegmentId = NewType("SegmentId", int)


class FootageClass(StrEnum):
    """Why footage is worth its place; the highest class of what happened in it decides how long it stays."""

    BRIEF = "brief"
    """Recorded for the seconds before and after events alone: what no event claims goes after a few minutes."""
    CONTINUOUS = "continuous"
    MOTION = "motion"
    EVENT = "event"


class Origin(StrEnum):
    """Where footage comes from: our own connection, a file the camera uploaded, or the camera's own card."""

    LIVE = "live"
    UPLOAD = "upload"
    CARD = "card"


class SegmentState(StrEnum):
    RECORDING = "recording"
    COMPLETE = "complete"
    SUSPECT = "suspect"
    GARBAGE = "garbage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One file. `path` is `camera/stream/sequence.mp4`, relative to the footage folder.

    While it is RECORDING its `duration_us`, `size_bytes` and counts are 0 and it reaches until now; `sha256` may be empty for
    a file that was repaired, until the recorder has read it again.
    """

    id: SegmentId
    run: RunId
    camera: CameraId
    stream: Stream
    sequence: int
    start_us: WallUs
    duration_us: int
    size_bytes: int
    frames: int
    keyframes: int
    path: PurePosixPath
    sha256: bytes
    state: SegmentState
    footage_class: FootageClass
    pinned: bool
    origin: Origin = Origin.LIVE
    proved_us: WallUs | None = None
    """When its copy was proved at every target it is to be at; None while it was not."""

    @property
    def end_us(self) -> WallUs:
        return WallUs(self.start_us + self.duration_us)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A time range [start_us, end_us) of one stream."""

    camera: CameraId
    stream: Stream
    start_us: WallUs
    end_us: WallUs


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageOptions:
    """Section `[storage]`: where footage lives and how long it stays. 0 days means no limit by age."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    folder: str = ""
    """Folder for footage; empty means `footage` in the data folder. Change: restart."""
    keep_continuous_days: Annotated[float, Ge(0)] = 7.0
    """Days that footage without motion stays. Change: live."""
    keep_motion_days: Annotated[float, Ge(0)] = 14.0
    """Days that footage with motion stays. Change: live."""
    keep_event_days: Annotated[float, Ge(0)] = 30.0
    """Days that footage of an event stays. Change: live."""
    max_gib: Annotated[float, Ge(0)] = 0.0
    """Most disk space footage may take, in GiB; 0 means all but `free_gib`. Change: live."""
    free_gib: Annotated[float, Ge(0)] = 2.0
    """Disk space always left free, in GiB; at most a tenth of the disk is taken for it. Change: live."""
    segment_s: Annotated[float, Gt(1)] = 60.0
    """Length of one file; it is cut at the next key frame. Change: restart."""
    fragment_s: Annotated[float, Gt(0)] = 1.0
    """Video between two syncs to disk: the most a power cut may cost. Change: restart."""
    pre_roll_s: Annotated[float, Ge(0)] = 5.0
    """Seconds before an event that belong to it. Change: live."""
    post_roll_s: Annotated[float, Ge(0)] = 5.0
    """Seconds after an event that belong to it. Change: live."""
    timelapse: bool = False
    """Each night the day before becomes a film of a minute and a half for each camera, one picture a minute, kept as
    `timelapse/CAMERA-DATE.mp4` in the data folder. Change: live."""
    timelapse_days: Annotated[float, Ge(0)] = 90.0
    """Days that such films stay; 0 means for good. Change: live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What retention must know of a camera that is backed up: its footage of these classes stays until its copy is proved,
    and with `delete_proved` no longer than that."""

    classes: frozenset[FootageClass]
    delete_proved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """One file whose copies were proved, named so that a file of another disk cannot be meant."""

    camera: CameraId
    stream: Stream
    sequence: int
    sha256: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What the uploaded footage of one camera may take. 0 days means as long as other footage."""

    size_bytes: int
    keep_days: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepOptions:
    """Table `[camera.NAME.keep]`: how long a camera's footage stays where that differs from `[storage]`; 0 days means no limit
    by age."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    continuous_days: Annotated[float, Ge(0)] | None = None
    """Days that footage without motion stays; left out, `storage.keep_continuous_days`. Change: live."""
    motion_days: Annotated[float, Ge(0)] | None = None
    """Days that footage with motion stays; left out, `storage.keep_motion_days`. Change: live."""
    event_days: Annotated[float, Ge(0)] | None = None
    """Days that footage of an event stays; left out, `storage.keep_event_days`. Change: live."""
    max_gib: Annotated[float, Ge(0)] = 0.0
    """Most disk space this camera's footage may take, in GiB, the oldest goes first; 0 means no limit of its own.
    Change: live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What holds for single cameras: quotas of uploads, which are set aside, and how long footage stays."""

    uploads: Mapping[CameraId, Quota] = field(default_factory=dict)
    keep: Mapping[CameraId, KeepOptions] = field(default_factory=dict)


class FootageKeeper(Protocol):
    """What other rooms may ask of the recorder; each returns once the recorder has committed it, or raises StorageFailed."""

    async def keep(self, camera: CameraId, start_us: WallUs, end_us: WallUs, *, pinned: bool) -> int:
        """Pin or unpin every segment that overlaps the range; return how many."""
        ...

    async def mark(self, camera: CameraId, start_us: WallUs, end_us: WallUs, footage_class: FootageClass) -> None:
        """Raise the class of every segment, present or still to come, that overlaps the range."""
        ...


class ProofKeeper(Protocol):
    """What the courier may ask of the recorder; it returns once that is committed, or raises StorageFailed."""

    async def prove(self, copied: tuple[Copied, ...], *, proved: bool) -> int:
        """Note that these files are kept elsewhere, or not any more; return how many of them are here."""
        ...
