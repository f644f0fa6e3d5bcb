"""The doors: everything the page may ask of the running house, as Protocols and frozen answers; the house implements them.

Methods without `async` may read a disk or a database: the web calls them from a worker thread, several at a time.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from hearthwatch.actions.action import ActionDoor
from hearthwatch.alerts.alert import Alert, Delivery
from hearthwatch.alerts.remote import HouseActions
from hearthwatch.events.event import Event, EventId
from hearthwatch.feeds.packet import Codec, Gap, Packet, Run, Stream, StreamInfo
from hearthwatch.health.outage import Outage
from hearthwatch.kit.mailbox import BoxCount
from hearthwatch.kit.timings import Timings
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording.forecast import Forecast
from hearthwatch.recording.segment import FootageKeeper, Segment
from hearthwatch.web.arming_doors import ArmingPageDoor
from hearthwatch.web.audit_doors import AuditDoor
from hearthwatch.web.camera_setup_doors import CameraSetupDoor
from hearthwatch.web.case_doors import CaseDoor
from hearthwatch.web.config_doors import ConfigDoor
from hearthwatch.web.copies_doors import CopiesDoor
from hearthwatch.web.elsewhere_doors import ElsewhereDoor
from hearthwatch.web.fleet_doors import FleetDoor, NoFleet
from hearthwatch.web.head_doors import HeadDoor
from hearthwatch.web.hook_doors import HookDoor
from hearthwatch.web.house_page_doors import HousePageDoor
from hearthwatch.web.known_doors import KnownDoor
from hearthwatch.web.leaving_doors import LeavingDoor
from hearthwatch.web.login_doors import LoginDoor
from hearthwatch.web.machine_doors import MachineDoor, NoMachine
from hearthwatch.web.offsite_doors import OffsiteDoor
from hearthwatch.web.people_doors import PeopleDoor
from hearthwatch.web.porch_doors import PorchDoor
from hearthwatch.web.push_doors import PushDoor
from hearthwatch.web.relay.doors import RelayDoor
from hearthwatch.web.remedy_doors import RemedyDoor
from hearthwatch.web.review_doors import ReviewDoor
from hearthwatch.web.share_doors import ShareDoor
from hearthwatch.web.telegram_doors import TelegramDoor
from hearthwatch.web.timelapse_doors import TimelapseDoor
from hearthwatch.web.timeline_doors import TimelineDoor
from hearthwatch.web.trigger_doors import TriggerDoor
from hearthwatch.web.welcome_doors import WelcomeDoor


class CameraState(StrEnum):
    CONNECTING = "connecting"
    LIVE = "live"
    LOST = "lost"
    REFUSED = "refused"
    UNSUPPORTED = "unsupported"
    QUARANTINED = "quarantined"
    PRIVATE = "private"
    """Neither recorded nor looked at nor shown, as the owner wants it in the mode the house is in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamNow:
    """One stream of a camera at this moment; `codec` None until the camera has answered once.

    `boxes` are the mailboxes its packets go through, with what each dropped."""

    stream: Stream
    state: CameraState
    codec: Codec | None
    width_px: int
    height_px: int
    fps: float
    kbit_per_s: float
    last_us: WallUs | None
    has_audio: bool
    boxes: tuple[BoxCount, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraNow:
    """One camera at this moment. `state` is that of its best stream, `cause` says why it is not LIVE, for a person.

    `motion_frac` is the changed share of the picture, `motion_limit_frac` what counts as motion, `looked_per_s` the pictures
    looked at. `recorded` tells whether `main` is kept now, `only_events` that only what belongs to events stays.
    `kept_from_us` is the oldest footage there is, `bytes_per_day` what it takes at today's rate."""

    id: CameraId
    name: str
    state: CameraState
    cause: str
    since_us: WallUs
    streams: tuple[StreamNow, ...]
    motion_frac: float = 0.0
    motion_limit_frac: float = 0.03
    looked_per_s: float = 0.0
    recorded: bool = True
    only_events: bool = False
    kept_from_us: WallUs | None = None
    bytes_per_day: int = 0


class CameraDoor(Protocol):
    def all(self) -> tuple[CameraNow, ...]:
        """Return every camera in the order of the configuration; from memory, at once (called on the event loop)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveStart:
    """The stream begins, or began anew: drop what came before. The current group of pictures follows at once."""

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
        return len(self.info.video.extradata)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveEnd:
    """The stream broke off; a LiveStart follows when it is back."""

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


Live = LiveStart | Packet | LiveEnd


class LiveDoor(Protocol):
    def subscribe(self, camera: CameraId, stream: Stream) -> AsyncGenerator[Live]:
        """Yield what the stream gives from now on; a slow reader loses whole groups of pictures. Close it with `aclose`.

        `fanout.LiveHub` implements this from the recorder's packets."""
        ...


class FootageDoor(Protocol):
    def segments(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs) -> Sequence[Segment]:
        """Return the segments that overlap the range, oldest first."""
        ...

    def gaps(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs) -> Sequence[Gap]:
        """Return the gaps that overlap the range, oldest first."""
        ...

    def fragments(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs) -> Iterator[bytes]:
        """Yield one fragmented MP4 of the range. Raises Unsupported when there is no footage in it."""
        ...

    def export(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs, target: Path) -> None:
        """Write one ordinary MP4 of the range to `target`. Raises Unsupported when there is no footage, StorageFailed."""
        ...


class EventDoor(Protocol):
    def events(
        self,
        *,
        camera: CameraId | None,
        label: str | None,
        start_us: WallUs | None,
        end_us: WallUs | None,
        limit: int,
    ) -> Sequence[Event]:
        """Return events whose start lies in [start_us, end_us), newest first."""
        ...

    def event(self, event: EventId) -> Event | None: ...

    def labels(self) -> Sequence[str]:
        """Return the labels there are events of."""
        ...

    def picture(self, event: EventId) -> bytes | None:
        """Return the event's best picture as JPEG."""
        ...

    def burst(self, event: EventId) -> Sequence[bytes]:
        """Return the pictures of the burst that the event's sensor set off, oldest first; none where there was none."""
        ...

    def set_reviewed(self, event: EventId) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertNow:
    """An alert and how far each part of it came on each channel."""

    alert: Alert
    deliveries: tuple[Delivery, ...]


class AlertDoor(Protocol):
    def alerts(self, *, before_us: WallUs | None, limit: int) -> Sequence[AlertNow]:
        """Return alerts older than `before_us`, newest first."""
        ...


class HealthDoor(Protocol):
    def ok(self) -> bool:
        """Tell whether the house does its work; from memory, at once (called on the event loop)."""
        ...

    def commits(self) -> Timings:
        """Return how long the disk took for each commit of the house's database so far."""
        ...

    def lasting(self) -> Sequence[Outage]:
        """Return what is wrong now; from memory, at once."""
        ...

    def outages(self, *, start_us: WallUs, limit: int) -> Sequence[Outage]:
        """Return outages that last or ended after `start_us`, newest first."""
        ...


class PictureDoor(Protocol):
    async def snapshot(self, camera: CameraId) -> bytes:
        """Return the newest picture as JPEG. Raises Unreachable when the camera gives none."""
        ...

    def mjpeg(self, camera: CameraId) -> AsyncGenerator[bytes]:
        """Yield JPEGs, a few a second, for browsers that cannot play the stream; a slow reader gets fewer."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorNow:
    """`basic` is True while only the built-in people detector works; `fetch_*` describe the model the button would get, of
    which `fetched_bytes` are here."""

    name: str
    basic: bool
    labels: tuple[str, ...]
    fetching: bool
    fetch_name: str
    fetch_bytes: int
    fetch_licence: str
    fetch_host: str
    error: str
    fetched_bytes: int = 0


class DetectorDoor(Protocol):
    def now(self) -> DetectorNow: ...

    async def fetch(self) -> None:
        """Start getting the pinned model and return; `now()` tells how it goes. Raises Unsupported when none is missing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """One destination outside this box that the configuration makes us talk to."""

    host: str
    purpose: str
    setting: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One line of the configuration as it is in force; a secret's `value` is `set` or `not set`."""

    section: str
    key: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseNow:
    """What is the same for all cameras. `days_fit` is how many days of all footage will be there at today's rate, None when
    unknown; `forecast` says more of it."""

    name: str
    version: str
    started_us: WallUs
    footage_folder: str
    footage_used_bytes: int
    footage_free_bytes: int
    days_fit: float | None
    pre_roll_us: int
    post_roll_us: int
    channels: tuple[str, ...]
    telegram: bool
    settings: tuple[Setting, ...]
    outbound: tuple[Outbound, ...]
    forecast: Forecast | None = None


class HouseDoor(Protocol):
    def now(self) -> HouseNow: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """All doors together, as `create_app` takes them."""

    cameras: CameraDoor
    camera_setup: CameraSetupDoor
    live: LiveDoor
    footage: FootageDoor
    keeper: FootageKeeper
    events: EventDoor
    review: ReviewDoor
    alerts: AlertDoor
    actions: ActionDoor
    arming: ArmingPageDoor
    remote: HouseActions
    telegram: TelegramDoor
    people: PeopleDoor
    health: HealthDoor
    pictures: PictureDoor
    detector: DetectorDoor
    house: HouseDoor
    house_page: HousePageDoor
    remedies: RemedyDoor
    known: KnownDoor
    hooks: HookDoor
    heads: HeadDoor
    triggers: TriggerDoor
    logins: LoginDoor
    copies: CopiesDoor
    audit: AuditDoor
    porch: PorchDoor
    offsite: OffsiteDoor
    elsewhere: ElsewhereDoor
    cases: CaseDoor
    timelapses: TimelapseDoor
    config: ConfigDoor
    welcome: WelcomeDoor
    relay: RelayDoor
    timeline: TimelineDoor
    shares: ShareDoor
    push: PushDoor
    leaving: LeavingDoor
    fleet: FleetDoor = field(default_factory=NoFleet)
    machine: MachineDoor = field(default_factory=NoMachine)
