"""The Upload: one piece of evidence on its way to one far end, and the Protocol of the far ends.

A *piece* is what is kept elsewhere: a picture, a running fragment or a whole segment. It is packed into a *parcel* (sealed with
its manifest, or as an ordinary MP4 for a target at home) and put at a *target*. Only a `Proof` says that it is there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar, NewType, Protocol

from annotated_types import Ge, Le

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.errors import BadReply, Refused
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording.segment import FootageClass

TargetId = NewType("TargetId", str)
"""The NAME of its `[offsite.targets.NAME]` section."""

UploadId = NewType("UploadId", int)


TRAIL = CameraId("house-trail")
"""In place of a camera: whose chain the copies of the house's trail are."""


class PieceKind(StrEnum):
    """A TRAIL is lines of the house's trail, no footage."""

    PICTURE = "picture"
    FRAGMENT = "fragment"
    SEGMENT = "segment"
    TRAIL = "trail"


class Priority(IntEnum):
    """What goes first; a lower number goes before every higher one."""

    FAILSAFE = 0
    EVENT_PICTURE = 1
    EVENT_FRAGMENT = 2
    EVENT = 3
    MOTION = 4
    CONTINUOUS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One thing to be kept elsewhere, as it is here: a JPEG, fMP4 that plays by itself, or lines of the house's trail.

    `size_bytes` and `sha256` are of the plain content as it stands here; `sha256` is empty while nobody has hashed it.
    `event` is the id of the event it belongs to, empty for footage without one; of the trail its first and last line (`1-200`).
    `pinned` footage no limit takes.
    """

    kind: PieceKind
    camera: CameraId
    stream: Stream
    start_us: WallUs
    end_us: WallUs
    size_bytes: int
    sha256: bytes
    footage_class: FootageClass
    pinned: bool = False
    event: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One file ready to be sent: `path` here, `name` at the target (relative, `/` between folders), its size and hash."""

    name: str
    path: Path
    size_bytes: int
    sha256: bytes


class UploadState(StrEnum):
    """`PROVED` only with a Proof. `LOST` was proved once and is no longer there. `GONE` is a piece whose source went first."""

    WAITING = "waiting"
    SENDING = "sending"
    PROVED = "proved"
    LOST = "lost"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One piece on its way to one target. `name` and `sealed_sha256` are empty until it is packed."""

    id: UploadId
    target: TargetId
    piece: Piece
    priority: Priority
    state: UploadState
    name: str = ""
    sealed_sha256: bytes = b""


class ProofKind(StrEnum):
    """How it is known that the far end holds exactly these bytes."""

    READ_BACK = "read-back"
    SERVER_CHECKSUM = "server-checksum"
    SIGNED_RECEIPT = "signed-receipt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The far end holds `size_bytes` with this `sha256` under `name`."""

    how: ProofKind
    name: str
    size_bytes: int
    sha256: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an interrupted `put` came. `token` is the target's own and means nothing to anybody else; store it as it is."""

    sent_bytes: int
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One file at a target; `changed_us` by the far end's clock."""

    name: str
    size_bytes: int
    changed_us: WallUs


class Trouble(StrEnum):
    """Why a far end refuses, as far as an owner can do something about it."""

    HOST_KEY_UNKNOWN = "host-key-unknown"
    HOST_KEY_CHANGED = "host-key-changed"
    CREDENTIALS = "credentials"
    NOT_ALLOWED = "not-allowed"
    FULL = "full"
    CLOCK = "clock"
    MISSING_PLACE = "missing-place"


class TargetRefused(Refused):
    """The far end refuses, and only the owner can change that; the message says what to do."""

    def __init__(self, trouble: Trouble, message: str) -> None:
        super().__init__(message)
        self.trouble = trouble


class NotProved(BadReply):
    """The far end does not hold what it was sent: missing, shorter or altered, whatever it answered before."""


ANSWER_S = 30.0
"""A far end that leaves a question unanswered so long, or takes nothing more, is given up until the next try."""

Pace = Callable[[int], Awaitable[None]]
"""Awaited with the bytes about to be sent, before they are; the courier's limit of bandwidth, and its place to stop."""

OnProgress = Callable[[Progress], None]
"""Told after bytes have arrived for good, as far as the target can tell; what it is given resumes the put after a crash."""


class Target(Protocol):
    """A place far from here. One call at a time; a Target may be used again after any error.

    Every call raises Unreachable (no network, the connection was cut or stalled), TargetRefused, BadReply (it talks nonsense)
    and Unsupported (these credentials or this kind of target cannot do that). Messages are for the owner.
    """

    @property
    def name(self) -> TargetId: ...

    async def put(
        self, parcel: Parcel, pace: Pace, *, resume: Progress | None = None, on_progress: OnProgress | None = None
    ) -> Proof:
        """Send a parcel and return only when it is proved. Putting it again is safe; what arrived before is not sent twice.

        Under its name there is nothing, or something proved: what is half sent has another name. Raises NotProved when the
        far end holds something else, after which the next put begins anew; StorageFailed when the file here fails.
        """
        ...

    async def prove(self, name: str, size_bytes: int, sha256: bytes) -> Proof:
        """Prove once more what was put before. Raises NotProved when it is gone or altered, Unsupported when these
        credentials can only put."""
        ...

    def list(self, under: str = "") -> AsyncIterator[Stored]:
        """Yield what is kept below the folder `under`, in no order, without what is half sent."""
        ...

    def read(self, name: str, *, limit_bytes: int | None = None) -> AsyncIterator[bytes]:
        """Yield the content, or its first `limit_bytes`. Raises NotProved when there is none."""
        ...

    async def delete(self, name: str) -> None:
        """Delete one file; no error when it is gone already."""
        ...

    async def close(self) -> None:
        """Let go of connections; the next call opens them again."""
        ...


class TargetKind(StrEnum):
    SFTP = "sftp"
    S3 = "s3"
    FOLDER = "folder"
    HUB = "hub"


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetOptions:
    """Section `[offsite.targets.NAME]`: one place for copies. Its password or private key is the secret
    `offsite.NAME.password` or `offsite.NAME.key` (SFTP), `offsite.NAME.secret_key` (S3). Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    kind: TargetKind
    """`sftp`, `s3`, `folder`, or `hub`: the hub this house joined, which needs nothing more. Change: live."""
    enabled: bool = True
    """Off: nothing is sent there; what waits for it waits on. Change: live."""
    sealed: bool = True
    """Seal everything to `offsite.recipients` before it leaves. `false` only with `on_lan`: it then holds ordinary MP4 files
    by camera, date and time, which whoever opens that machine can watch. Change: live."""
    on_lan: bool = False
    """The target stands in your own home. Change: live."""
    host: str = ""
    """SFTP: name or address of the server. Change: live."""
    port: Annotated[int, Ge(1), Le(65_535)] = 22
    """SFTP: its port. Change: live."""
    user: str = ""
    """SFTP: the account there. Change: live."""
    host_key: str = ""
    """SFTP: fingerprint of the server's key, `SHA256:…`; `hearthwatch offsite test NAME` shows it. Nothing is sent to a server
    with another key. Change: live."""
    path: str = ""
    """Folder at the target; for S3 what every name begins with; for `folder` an absolute path. Change: live."""
    endpoint: str = ""
    """S3: address of the service, `https://s3.eu-central-1.amazonaws.com`. Change: live."""
    region: str = "us-east-1"
    """S3: its region; most services other than Amazon's take any. Change: live."""
    bucket: str = ""
    """S3: the bucket. Change: live."""
    access_key: str = ""
    """S3: id of the access key, whose secret is `offsite.NAME.secret_key`; it only needs to put. Change: live."""
    read_access_key: str = ""
    """S3: id of a second key that only reads, whose secret is `offsite.NAME.read_secret_key`; without it a piece that the far
    end loses is not noticed. Change: live."""
    footage: tuple[FootageClass, ...] = (FootageClass.EVENT, FootageClass.MOTION, FootageClass.CONTINUOUS)
    """Classes of footage that are sent. Change: live."""
    limit_mbit_s: Annotated[float, Ge(0)] = 0.0
    """Most bandwidth it may take, in Mbit/s; 0 means no limit. Change: live."""
    limits: tuple[str, ...] = ()
    """Other limits by time of day, as `"08:00-22:00 2"` for 2 Mbit/s. Change: live."""
    keep_continuous_days: Annotated[float, Ge(0)] = 14.0
    """Days that footage without motion stays there; 0 means for good. Change: live."""
    keep_motion_days: Annotated[float, Ge(0)] = 30.0
    """Days that footage with motion stays there; 0 means for good. Change: live."""
    keep_event_days: Annotated[float, Ge(0)] = 90.0
    """Days that footage of an event stays there; 0 means for good. Change: live."""
    max_gib: Annotated[float, Ge(0)] = 0.0
    """Most space it may take there, in GiB; 0 means no limit. Change: live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OffsiteOptions:
    """Section `[offsite]`: copies that outlive the camera and this machine. Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    recipients: tuple[str, ...] = ()
    """Public keys (`age1…`) to which everything is sealed before it leaves; `hearthwatch offsite keygen` makes a pair. Whoever
    has the identity of one of them can watch it, this machine cannot. Change: live."""
    delete_after_backup: bool = False
    """Delete a segment here as soon as every target that takes its class has proved to hold it. Change: live."""
    emergency_minutes: Annotated[float, Ge(0.5), Le(30)] = 2.0
    """Minutes of every camera that are sent before all else when a camera dies, is covered or tampered with, when a stranger
    logs in to one, or when the power fails. Change: live."""
    targets: Mapping[TargetId, TargetOptions] = field(default_factory=dict)
