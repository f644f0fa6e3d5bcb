"""What a camera tells about itself, the same for every vendor: identity, clock, log-ins, sessions, accounts, settings, alarms.

Two clocks: `local_us` is the camera's own clock as it prints it (no zone, may stand at 1970), `at_us` is our wall time.
Text in these nouns is what the camera says: hostile until shown escaped.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, ClassVar, NewType, Protocol

from annotated_types import Ge, Le

from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import CameraId, WallUs

LocalUs = NewType("LocalUs", int)
"""The reading of a camera's clock, as microseconds between 1970-01-01 00:00:00 of that same clock and the reading."""


class Vendor(StrEnum):
    """Whose door it is. AUTO: find out by asking; NONE: leave it alone."""

    AUTO = "auto"
    NONE = "none"
    FOSCAM_MJPEG = "foscam-mjpeg"
    FOSCAM_HD = "foscam-hd"
    DAHUA = "dahua"
    REOLINK = "reolink"
    ONVIF = "onvif"


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorOptions:
    """Section `[camera.NAME.door]`: the camera's own web server, through which its log-ins and settings are watched."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    vendor: Vendor = Vendor.AUTO
    """Whose camera it is: `foscam-mjpeg`, `foscam-hd`, `dahua` (Amcrest, too), `reolink`, `onvif`; `auto` finds out, `none`
    leaves the camera's own door alone. Change: live."""
    host: str = ""
    """Name or address of the camera; empty means the one in `main`. Change: live."""
    port: Annotated[int, Ge(0), Le(65_535)] = 0
    """Port of its web server; 0 means the usual one. On an address of this machine `auto` needs it. Change: live."""
    tls: bool = False
    """Speak HTTPS with it. Change: live."""
    user: str = ""
    """Account to ask with, best one that nobody else uses; its password is the secret `camera.NAME.door.password`.
    Empty means the account of the stream. Change: live."""


class Gate(Protocol):
    """Whether credentials may go to an address."""

    def __call__(self, camera: CameraId, ip: str) -> None:
        """Return if the device at `ip` is, for all that can be seen, the camera. Raises Unreachable: the camera itself
        does not answer there, and may be back any time."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How to reach a camera's own door and what to say there. Loopback is refused unless `allow_loopback`; before every
    connection `gate` is asked."""

    camera: CameraId
    host: str
    port: int
    tls: bool = False
    user: str = ""
    password: Secret = field(default_factory=lambda: Secret(""))
    allow_loopback: bool = False
    gate: Gate | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockReading:
    """The camera's clock read once: it showed `local_us` when ours showed `at_us`, give or take `error_us`."""

    local_us: LocalUs
    at_us: WallUs
    error_us: int

    @property
    def ahead_us(self) -> int:
        """How far the camera's clock is before ours: its time zone and its error in one."""
        return self.local_us - self.at_us

    def corrected(self, local_us: LocalUs) -> WallUs:
        """Return our wall time of what the camera dates `local_us`, if its clock was not set in between."""
        return WallUs(local_us - self.ahead_us)

    def local(self, at_us: WallUs) -> LocalUs:
        """Return what the camera's clock shows at our `at_us`."""
        return LocalUs(at_us + self.ahead_us)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartTime:
    """When a camera restarts by itself, by its own clock. `weekday` 0 is Monday, None every day."""

    weekday: int | None
    minute_of_day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceIdentity:
    """Who the camera is. Empty text and None: it does not say."""

    vendor: str
    model: str
    name: str = ""
    mac: str = ""
    """Lower case with colons, `9c:8e:cd:00:11:22`."""
    serial: str = ""
    firmware: str = ""
    build_date: dt.date | None = None
    hardware: str = ""

    @property
    def key(self) -> str:
        """What stays the same when the address changes: the MAC, else the serial number; empty when there is neither."""
        return self.mac or self.serial


class LoginAction(StrEnum):
    """What a line of the log says about access to the camera. OTHER: in words that we do not know; LOG_GAP is said by us,
    of a log that was overwritten or emptied since we last read it."""

    LOGIN = "login"
    LOGOUT = "logout"
    DENIED = "denied"
    LOCKED = "locked"
    ACCOUNT_ADDED = "account-added"
    ACCOUNT_CHANGED = "account-changed"
    ACCOUNT_REMOVED = "account-removed"
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 - a name, not a password
    LOG_CLEARED = "log-cleared"
    SETTINGS_CHANGED = "settings-changed"
    CLOCK_SET = "clock-set"
    RESTARTED = "restarted"
    LOG_GAP = "log-gap"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRecord:
    """A line of the camera's log about access. Two are the same only if `raw` is; a camera may well write one line twice."""

    action: LoginAction
    code: str
    """The camera's own word or number for it."""
    user: str
    address: str | None
    """A valid IP address, None when the camera gives none or a word (`origin` has that)."""
    origin: str
    via: str
    """The way in, in the camera's words: `Web`, `CGI`, `Dvrip`."""
    local_us: LocalUs | None
    at_us: WallUs | None
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """Any line of the camera's log, for reading and searching."""

    code: str
    user: str
    local_us: LocalUs | None
    at_us: WallUs | None
    text: str
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody who is logged in now."""

    id: str
    user: str
    address: str | None
    origin: str
    group: str
    via: str
    local_us: LocalUs | None
    at_us: WallUs | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    name: str
    group: str
    is_admin: bool
    is_built_in: bool
    rights: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting. `value` of a secret one is sealed before it is stored, and no repr shows it."""

    key: str
    value: str = field(repr=False)
    is_secret: bool


class AlarmKind(StrEnum):
    """Our word for an alarm; `AlarmSignal.code` keeps the vendor's."""

    MOTION = "motion"
    PERSON = "person"
    VEHICLE = "vehicle"
    CROSSING = "crossing"
    TAMPER = "tamper"
    VIDEO_LOSS = "video-loss"
    AUDIO = "audio"
    INPUT = "input"
    DOORBELL = "doorbell"
    LOGIN = "login"
    LOGOUT = "logout"
    LOGIN_FAILED = "login-failed"
    CLOCK_SET = "clock-set"
    RESTARTED = "restarted"
    NETWORK_LOST = "network-lost"
    ADDRESS_CONFLICT = "address-conflict"
    STORAGE_MISSING = "storage-missing"
    STORAGE_FAILED = "storage-failed"
    STORAGE_FULL = "storage-full"
    OTHER = "other"


class AlarmPhase(StrEnum):
    """PULSE has no end; STATE is told without a change, and must not alert."""

    START = "start"
    STOP = "stop"
    PULSE = "pulse"
    STATE = "state"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenObject:
    """What the camera's own detector saw. `box` is x0, y0, x1, y1 as parts of the picture, 0..1; None when not told."""

    label: str
    box: tuple[float, float, float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSignal:
    kind: AlarmKind
    code: str
    phase: AlarmPhase
    channel: int
    """Counted from 0; -1 when the alarm belongs to no channel."""
    at_us: WallUs | None = None
    """When it happened by the camera's own universal time; None when it gives none, then it is now."""
    local_us: LocalUs | None = None
    user: str = ""
    address: str | None = None
    regions: tuple[str, ...] = ()
    objects: tuple[SeenObject, ...] = ()
    text: str = ""
    """The rest of what the camera sent, as it sent it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoStream:
    """A stream the camera offers. `url` holds no credentials."""

    name: str
    """`main`, `sub`, `sub2`, …"""
    url: str
    codec: str
    width_px: int
    height_px: int
    is_enabled: bool


def address_of(origin: str) -> str | None:
    """Return the IP address `origin` names, in its usual spelling; None when it is a word, empty or `0.0.0.0`."""
    text = origin.strip()
    if text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        ip = ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return None if ip.is_unspecified else str(ip)
