"""The Login: one thing somebody did at a camera's own door, as the camera tells it, and what we make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar, NewType, Protocol

from annotated_types import Ge, Le

from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.vendors.device import LocalUs, LoginAction

LoginId = NewType("LoginId", int)
"""Grows in the order in which we learned of log-ins. 0: not kept yet."""


class Source(StrEnum):
    """Where we know it from. A log-in seen first among the sessions becomes LOG once the camera's log tells of it, too."""

    LOG = "log"
    SESSION = "session"
    EVENT = "event"
    ACCOUNTS = "accounts"
    WATCH = "watch"


class Verdict(StrEnum):
    """What is to be thought of it. OWN is Hearthwatch itself, HOME a known user in a home network; NOTED matters to nobody
    at once (a log-out, a restart, settings changed by somebody at home). All others are told."""

    OWN = "own"
    HOME = "home"
    NOTED = "noted"
    OUTSIDE = "outside"
    PLACE_UNKNOWN = "place-unknown"
    UNKNOWN_USER = "unknown-user"
    OUR_ACCOUNT = "our-account"
    FAILED = "failed"
    LOCKED = "locked"
    ACCOUNT_ADDED = "account-added"
    ACCOUNT_CHANGED = "account-changed"
    ACCOUNT_REMOVED = "account-removed"
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 - a name, not a password
    SETTINGS_CHANGED = "settings-changed"
    LOG_CLEARED = "log-cleared"
    LOG_GAP = "log-gap"


class Notify(StrEnum):
    EVERY = "every"
    FOREIGN = "foreign"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginsOptions:
    """Section `[camera.NAME.logins]`: who logs in to the camera itself, and who is told of it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    notify: Notify = Notify.FOREIGN
    """Which log-ins alert: `every`, `foreign` (all but those of a known user from a home network), or `never`; all are kept
    whatever it says. Change: live."""
    users: tuple[str, ...] = ()
    """Names that may log in to the camera; the accounts Hearthwatch itself uses are known already. Change: live."""
    poll_s: Annotated[float, Ge(1), Le(3600)] = 30.0
    """Seconds between two looks at the camera's log. Change: live."""
    sessions_s: Annotated[float, Ge(0), Le(3600)] = 1.8
    """Seconds between two looks at who is logged in, where the camera lists them and does not call by itself when somebody
    comes; 0 leaves it to the log. Change: live."""
    seen_as: tuple[str, ...] = ()
    """More addresses the camera may see Hearthwatch come from, when a container or a router stands in between; our own
    account from any other address always alerts. Change: live."""
    digest: str = ""
    """Time of day, such as `08:00`, at which all log-ins of the last day are told in one message; empty means never.
    Change: live."""
    text_log: str = "logins/{camera}.log"
    """Text file with one line a log-in, `{camera}` standing for the camera's NAME; a relative path lies in the data folder.
    Change: live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogsOptions:
    """Section `[camera.NAME.logs]`: the camera's own system log."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    poll_s: Annotated[float, Ge(0), Le(86_400)] = 300.0
    """Seconds between two looks; 0 leaves the log at the camera. Change: live."""
    keep_days: Annotated[float, Ge(0.01), Le(3650)] = 90.0
    """Days its lines are kept here. Change: live."""


class SyslogTransport(StrEnum):
    UDP = "udp"
    TCP = "tcp"


@dataclass(frozen=True, slots=True, kw_only=True)
class SyslogOptions:
    """Section `[syslog]`: a server that gets every line of the cameras' logs, in the form of RFC 5424."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    host: str = ""
    """Its name or address; empty means that nothing is sent. Change: live."""
    port: Annotated[int, Ge(1), Le(65_535)] = 514
    """Its port. Change: live."""
    transport: SyslogTransport = SyslogTransport.UDP
    """`udp`, or `tcp`, which loses nothing while the server is away. Change: live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """One row of the ledger. Text is the camera's: hostile until shown escaped.

    `at_us` is our wall time of it (corrected; `seen_us` where the camera's clock makes no sense), `local_us` what the camera's
    clock said. `user` is who did it, for an account found by comparing the account itself. `raw` is the line of the log, empty
    as long as there is none. `wanted`: somebody is to be told; `told`: that happened."""

    id: LoginId
    camera: CameraId
    action: LoginAction
    code: str
    user: str
    address: str | None
    origin: str
    via: str
    local_us: LocalUs | None
    at_us: WallUs
    seen_us: WallUs
    source: Source
    verdict: Verdict
    raw: str = ""
    merged: bool = False
    """Both the log and a session, or an event, told of it."""
    wanted: bool = False
    told: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What the same user did from the same address again and again: the first of `times`, the last one at `last_us`."""

    head: Login
    times: int
    last_us: WallUs


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptLine:
    """One line of a camera's system log, as it is kept."""

    id: int
    camera: CameraId
    at_us: WallUs
    seen_us: WallUs
    local_us: LocalUs | None
    code: str
    user: str
    text: str
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchNow:
    """How one camera's door is watched. `trouble` is empty while all goes well; `looked_us` is the last good look."""

    camera: CameraId
    has_log: bool
    has_sessions: bool
    has_events: bool
    looked_us: WallUs | None
    trouble: str


class Trouble(StrEnum):
    """Why the log-ins of a camera cannot be watched."""

    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    UNREADABLE = "unreadable"


class TroubleSink(Protocol):
    """Where the watch reports that it cannot do its work; the same trouble twice is one. Both return at once."""

    def failed(self, camera: CameraId, trouble: Trouble, detail: str) -> None: ...

    def recovered(self, camera: CameraId) -> None:
        """All troubles of this camera are over, if there were any."""
        ...


class Teller(Protocol):
    """Who makes alerts of log-ins."""

    async def tell(self, camera: CameraId) -> None:
        """There may be something to tell of `camera`: look into the ledger."""
        ...

    async def welcome(self, camera: CameraId, earlier: int, foreign: int) -> None:
        """`camera` is watched for the first time; its log held `earlier` lines, `foreign` of which would have alerted."""
        ...

    async def tell_unkept(self, camera: CameraId, logins: Sequence[Login]) -> None:
        """The disk did not take these: tell of those that are `wanted` from memory."""
        ...

    def news(self, logins: Sequence[Login]) -> None:
        """These are new or changed; returns at once."""
        ...
