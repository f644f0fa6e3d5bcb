"""Every message that crosses between processes. A message is a hint; the databases are the truth."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from hearthwatch.feeds.packet import Gap, Packet, Run, Stream, StreamInfo
from hearthwatch.feeds.pump import PumpState
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.mailbox import BoxCount
from hearthwatch.kit.units import CameraId, MonoNs, WallUs
from hearthwatch.motion.motion import Sight
from hearthwatch.presence.presence import DeviceId, Means
from hearthwatch.recording.segment import FootageClass, Origin
from hearthwatch.run.glance_messages import AskHub, HubSaid
from hearthwatch.run.plan import ChildPlan, Plan
from hearthwatch.run.proof_messages import Prove
from hearthwatch.tracks.track import MotionSpan, Track

VERSION = 1


class Role(StrEnum):
    SUPERVISOR = "supervisor"
    RECORDER = "recorder"
    LOOKER = "looker"
    HOUSE = "house"
    GUEST = "guest"
    PORCH = "porch"
    SCOUT = "scout"


class _Message(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of all: the class name travels as the tag."""


# between the supervisor and a child


class Start(_Message, frozen=True):
    """First message to every child. `mark_slots` gives each camera its byte in the looker's memory of what it is busy with."""

    version: int
    debug: bool
    plan: ChildPlan
    mark_slots: dict[CameraId, int] = {}


class Renew(_Message, frozen=True):
    """The configuration changed; the child applies what can change live."""

    plan: ChildPlan
    mark_slots: dict[CameraId, int] = {}


class Link(_Message, frozen=True):
    """Comes with one file descriptor: a socket to `peer`, replacing an earlier one. `name` tells guests apart."""

    peer: Role
    name: str = ""


class Quit(_Message, frozen=True):
    """End in order."""


class Ready(_Message, frozen=True):
    """The child's loops run."""


class Beat(_Message, frozen=True):
    """The child's loops made progress since the last beat."""


class NewPlan(_Message, frozen=True):
    """The house read a changed configuration."""

    plan: Plan


class Replace(_Message, frozen=True):
    """End `role` in order and start it anew: it has something new to load."""

    role: Role


class Restarted(_Message, frozen=True):
    """To the house: `role` ended unexpectedly and was started again."""

    role: Role
    name: str
    reason: str


ToChild = Start | Renew | Link | Quit | Restarted
FromChild = Ready | Beat | NewPlan | Replace


# a stream on its way: recorder to looker and house, guest to recorder


class Begin(_Message, frozen=True):
    run: Run
    info: StreamInfo

    @property
    def starts_gop(self) -> bool:
        return False

    @property
    def is_reset(self) -> bool:
        return True

    @property
    def size_bytes(self) -> int:
        return 0


class Media(_Message, frozen=True):
    packet: Packet

    @property
    def starts_gop(self) -> bool:
        return self.packet.starts_gop

    @property
    def is_reset(self) -> bool:
        return False

    @property
    def size_bytes(self) -> int:
        return len(self.packet.data)


class End(_Message, frozen=True):
    gap: Gap

    @property
    def starts_gop(self) -> bool:
        return False

    @property
    def is_reset(self) -> bool:
        return True

    @property
    def size_bytes(self) -> int:
        return 0


Flow = Begin | Media | End


class OpenStream(_Message, frozen=True):
    """Recorder to guest: open this stream anew; `token` tells its packets from those of an earlier opening."""

    stream: Stream
    token: int


class CloseStream(_Message, frozen=True):
    stream: Stream


class Opened(_Message, frozen=True):
    stream: Stream
    token: int
    info: StreamInfo


class GuestMedia(_Message, frozen=True):
    token: int
    packet: Packet


class FaultKind(StrEnum):
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    UNSUPPORTED = "unsupported"
    BAD_REPLY = "bad-reply"
    REDIRECTED = "redirected"
    CHANGED = "changed"


class Failed(_Message, frozen=True):
    """The guest's stream ended: the error as the recorder shall raise it; `info` for a changed stream."""

    stream: Stream
    token: int
    kind: FaultKind
    text: str
    info: StreamInfo | None = None


ToGuest = OpenStream | CloseStream
FromGuest = Opened | GuestMedia | Failed


# recorder and looker


class WantGop(_Message, frozen=True):
    """Looker to recorder: the main stream's packets from the key frame before `at_us` to the first picture at or after it."""

    camera: CameraId
    at_us: WallUs
    token: int


class Gop(_Message, frozen=True):
    """The answer; no packets where the moment is not in memory any more."""

    token: int
    info: StreamInfo | None
    packets: tuple[Packet, ...]


RecorderToLooker = Begin | Media | End | Gop
LookerToRecorder = WantGop


# recorder and house


class Subscribe(_Message, frozen=True):
    camera: CameraId
    stream: Stream


class Unsubscribe(_Message, frozen=True):
    camera: CameraId
    stream: Stream


class Keep(_Message, frozen=True):
    token: int
    camera: CameraId
    start_us: WallUs
    end_us: WallUs
    pinned: bool


class Mark(_Message, frozen=True):
    token: int
    camera: CameraId
    start_us: WallUs
    end_us: WallUs
    footage_class: FootageClass


class Adopt(_Message, frozen=True):
    """Packets of footage that was recorded elsewhere, in decode order, for the gaps of a camera's own (recording.adoption).

    All messages of one piece have one `run`; `info` says what they hold; `is_last` ends it."""

    token: int
    run: Run
    info: StreamInfo
    origin: Origin
    packets: tuple[Packet, ...]
    is_last: bool


class Done(_Message, frozen=True):
    """A command was committed (or refused: `error` says why)."""

    token: int
    count: int = 0
    """Segments that a command is about; milliseconds of footage that an Adopt kept so far."""
    error: str = ""


class StreamState(msgspec.Struct, frozen=True, kw_only=True):
    camera: CameraId
    stream: Stream
    pump: PumpState


class RecorderState(_Message, frozen=True):
    """Once a second, and when a stream breaks off or comes back. `confirmed_us` is how far footage is known to be on disk."""

    streams: tuple[StreamState, ...]
    boxes: tuple[BoxCount, ...]
    confirmed_us: dict[CameraId, WallUs]
    disk_error: str
    sacrificed: int = 0
    """Files that a full disk took before their copy elsewhere was proved."""


HouseToRecorder = Subscribe | Unsubscribe | Keep | Mark | Adopt | Prove
RecorderToHouse = Begin | Media | End | Done | RecorderState


# looker and house


class Seen(_Message, frozen=True):
    """A track changed."""

    track: Track


class Moved(_Message, frozen=True):
    """Motion without a name began, went on or ended."""

    span: MotionSpan


class Picture(_Message, frozen=True):
    """A JPEG of a track with its box drawn; a later one of the same track is a better one."""

    camera: CameraId
    track: str
    at_us: WallUs
    box: Box
    jpeg: bytes


class EyeState(msgspec.Struct, frozen=True, kw_only=True):
    camera: CameraId
    frames: int
    fps: float
    decode_errors: int
    motion_frac: float
    settled: bool
    last_frame_us: WallUs
    lenient: bool = False
    sight: Sight | None = None


class LookerState(_Message, frozen=True):
    """Once a second. `quarantined` cameras have no eye: see plan.LookerPlan."""

    eyes: tuple[EyeState, ...]
    boxes: tuple[BoxCount, ...]
    model: str
    asked: int
    looked: int
    took_ms_p50: float
    took_ms_p95: float
    detector_error: str
    far: bool = False  # the detector is the hub's, unless that is away
    quarantined: tuple[CameraId, ...] = ()


LookerToHouse = Seen | Moved | Picture | LookerState | AskHub


class TellAgain(_Message, frozen=True):
    """House to looker, once after a new link: send all open tracks anew."""


HouseToLooker = TellAgain | HubSaid


# the scout and the house


class Scan(_Message, frozen=True):
    """House to scout: ask these devices by ARP whether they have one of these addresses. Answered by Scanned."""

    token: int
    devices: tuple[DeviceId, ...]
    ips: tuple[str, ...]
    own_ip: str


class Scanned(_Message, frozen=True):
    """All were asked; who answered was Noticed before."""

    token: int


class Noticed(_Message, frozen=True):
    """A sign of a device; the house knows whose address that is. `ip` is empty where none was told."""

    device: DeviceId
    means: Means
    at_ns: MonoNs
    ip: str = ""


class ScoutState(_Message, frozen=True):
    """Every few seconds. Errors are in words, empty where all is well; `ignored` counts what was malformed."""

    arp_error: str
    monitor_error: str
    ble_error: str
    frames: int
    ignored: int
    opened: bool
    """False: something could not be opened, and never will be by this process, which is locked in by now."""


HouseToScout = Scan
ScoutToHouse = Scanned | Noticed | ScoutState
