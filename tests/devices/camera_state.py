"""What is inside every emulated camera: accounts, log, sessions, its own clock, what is broken. Knows no vendor's words.

Two clocks: the true one is given (`kit.clock.Clock`), the camera's own runs beside it with a zone and an error, stands at 1970
after a start, and is what its log is dated by. The `ledger` keeps both times of every line for ever: tests hold what was
found against it.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.units import US_PER_S, WallUs

EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - a camera's clock has no zone
LOCK_TRIES = 5
LOCK_S = 300


class LogKind(StrEnum):
    """What a line of the log is about; each family has its own words for these."""

    LOGIN = "login"
    LOGOUT = "logout"
    DENIED = "denied"
    LOCKED = "locked"
    ACCOUNT_ADDED = "account-added"
    ACCOUNT_CHANGED = "account-changed"
    ACCOUNT_REMOVED = "account-removed"
    PASSWORD_CHANGED = "password-changed"
    LOG_CLEARED = "log-cleared"
    SETTINGS_CHANGED = "settings-changed"
    CLOCK_SET = "clock-set"
    RESTARTED = "restarted"
    MOTION = "motion"
    OTHER = "other"


class Fault(StrEnum):
    """What can be wrong with a camera. Down to NO_NTP they last until they are healed, the others happen once.

    SLOW answers after `CameraState.slow_s`; STALLED sends the head of an answer or stream and then nothing, and freezes its
    video; CLOSES_AT_RANDOM ends a third of the connections after an answer; SESSION_LIMIT is for families with a table of
    sessions (HD Foscam, Reolink), LOCKED_OUT for those that lock (all but the MJPEG Foscam), SILENT_ALL, BRACKETS_REFUSED and
    HEARTBEAT_REFUSED for Dahua's alarms; TOKEN_EXPIRED ends sessions and pull points; CLOCK_JUMP is ahead by an hour.
    """

    SLOW = "slow"
    STALLED = "stalled"
    ERROR_200 = "error-200"
    HALF_BODY = "half-body"
    WRONG_LENGTH = "wrong-length"
    SESSION_LIMIT = "session-limit"
    SILENT_ALL = "silent-all"
    BRACKETS_REFUSED = "brackets-refused"
    HEARTBEAT_REFUSED = "heartbeat-refused"
    CLOSES_AT_RANDOM = "closes-at-random"
    UNREACHABLE = "unreachable"
    NO_NTP = "no-ntp"
    TOKEN_EXPIRED = "token-expired"
    NONCE_STALE = "nonce-stale"
    LOCKED_OUT = "locked-out"
    CLOCK_1970 = "clock-1970"
    CLOCK_JUMP = "clock-jump"
    LOG_CLEARED = "log-cleared"


@dataclass(kw_only=True)
class Account:
    """`group` in the words of the family."""

    name: str
    password: str
    group: str
    is_built_in: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line. `local` is what the camera dates it, without zone; `true_us` when it happened. `words` replaces the family's."""

    number: int
    kind: LogKind
    user: str
    address: str
    via: str
    local: dt.datetime
    true_us: WallUs
    words: str = ""


@dataclass(kw_only=True)
class Session:
    """Somebody logged in. `seen_us` is when it was last heard of, in true time."""

    number: int
    user: str
    address: str
    via: str
    local: dt.datetime
    seen_us: WallUs
    token: str = ""
    lease_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A file on the camera's card, from `start` to `end` by the camera's local clock, holding the bytes of `clip`."""

    start: dt.datetime
    end: dt.datetime
    clip: Path
    cause: str = "timing"


@dataclass(kw_only=True)
class CameraClock:
    """The camera's own clock. `west_s`: what its local time is west of universal time, as Foscam and Reolink count."""

    true: Clock
    west_s: int = 0
    error_us: int = 0

    def utc_s(self) -> int:
        """What the camera takes for universal time, whole seconds since 1970."""
        return (self.true.wall_us() + self.error_us) // US_PER_S

    def utc(self) -> dt.datetime:
        return EPOCH + dt.timedelta(seconds=self.utc_s())

    def local(self) -> dt.datetime:
        return EPOCH + dt.timedelta(seconds=max(0, self.utc_s() - self.west_s))

    def set_utc(self, utc_s: int) -> None:
        self.error_us = utc_s * US_PER_S - self.true.wall_us()

    def set_local(self, local: dt.datetime) -> None:
        self.set_utc(round((local - EPOCH).total_seconds()) + self.west_s)

    def stand_at_1970(self) -> None:
        self.set_utc(max(0, self.west_s))

    def sync(self) -> None:
        self.error_us = 0


@dataclass(kw_only=True)
class CameraState:
    """One camera's memory, on the `clock` it has of its own. `log` is the ring its firmware keeps, `ledger` the whole truth."""

    clock: CameraClock
    accounts: list[Account]
    log_size: int = 1000
    max_sessions: int = 10
    settings: dict[str, Any] = field(default_factory=dict)
    log: deque[LogLine] = field(init=False)
    ledger: list[LogLine] = field(default_factory=list)
    sessions: dict[int, Session] = field(default_factory=dict)
    faults: set[Fault] = field(default_factory=set)
    blocked: set[str] = field(default_factory=set)
    alarms: dict[str, set[int]] = field(default_factory=dict)
    """Which alarms are on, by the vendor's code, on which channels."""
    wrong: dict[str, int] = field(default_factory=dict)
    locked_until_us: dict[str, int] = field(default_factory=dict)
    lock_enabled: bool = True
    slow_s: float = 2.0
    restarts: int = 0
    firmware_uploads: list[bytes] = field(default_factory=list)
    card: list[Recording] = field(default_factory=list)
    moves: list[str] = field(default_factory=list)
    """PTZ commands in the family's words."""
    _numbers: int = 0

    def __post_init__(self) -> None:
        self.log = deque(maxlen=self.log_size)

    def true_us(self) -> WallUs:
        return self.clock.true.wall_us()

    def number(self) -> int:
        self._numbers += 1
        return self._numbers

    def account(self, name: str) -> Account | None:
        return next((one for one in self.accounts if one.name == name), None)

    def write(self, kind: LogKind, *, user: str = "", address: str = "", via: str = "", words: str = "") -> LogLine:
        """Add a line to the log, dated by the camera's clock."""
        line = LogLine(
            number=self.number(),
            kind=kind,
            user=user,
            address=address,
            via=via,
            local=self.clock.local(),
            true_us=self.true_us(),
            words=words,
        )
        self.log.append(line)
        self.ledger.append(line)
        return line

    def is_locked(self, user: str) -> bool:
        return self.locked_until_us.get(user, 0) > self.true_us()

    def count_wrong(self, user: str, address: str, via: str) -> None:
        """A wrong password: a line, and the lock after `LOCK_TRIES` of them."""
        self.write(LogKind.DENIED, user=user, address=address, via=via)
        if self.is_locked(user):
            return
        self.wrong[user] = self.wrong.get(user, 0) + 1
        if self.lock_enabled and self.wrong[user] >= LOCK_TRIES:
            self.lock(user, address, via)

    def lock(self, user: str, address: str = "", via: str = "") -> None:
        self.wrong[user] = 0
        self.locked_until_us[user] = self.true_us() + LOCK_S * US_PER_S
        self.write(LogKind.LOCKED, user=user, address=address, via=via)

    def let_in(self, user: str) -> None:
        self.wrong.pop(user, None)

    def open_session(
        self, user: str, address: str, via: str, *, lease_s: float | None = None, token: str = ""
    ) -> Session | None:
        """Return a new session, None when the table is full."""
        self.drop_expired()
        if len(self.sessions) >= self.max_sessions or Fault.SESSION_LIMIT in self.faults:
            return None
        number = self.number()
        session = Session(
            number=number,
            user=user,
            address=address,
            via=via,
            local=self.clock.local(),
            seen_us=self.true_us(),
            token=token,
            lease_s=lease_s,
        )
        self.sessions[number] = session
        return session

    def drop_expired(self) -> list[Session]:
        """End the sessions whose lease is over; return them."""
        now = self.true_us()
        over = [one for one in self.sessions.values() if one.lease_s is not None and now - one.seen_us > one.lease_s * US_PER_S]
        for one in over:
            del self.sessions[one.number]
        return over

    def add_account(self, account: Account, *, by: str = "", address: str = "", via: str = "") -> None:
        self.accounts.append(account)
        self.write(LogKind.ACCOUNT_ADDED, user=by or account.name, address=address, via=via)

    def remove_account(self, name: str, *, by: str = "", address: str = "", via: str = "") -> None:
        self.accounts = [one for one in self.accounts if one.name != name]
        for number, one in list(self.sessions.items()):
            if one.user == name:
                del self.sessions[number]
        self.write(LogKind.ACCOUNT_REMOVED, user=by or name, address=address, via=via)

    def clear_log(self, *, by: str = "", address: str = "", via: str = "") -> None:
        self.log.clear()
        self.write(LogKind.LOG_CLEARED, user=by, address=address, via=via)

    def start(self) -> None:
        """What every start does: nobody is logged in, the clock stands at 1970, the log says so."""
        self.restarts += 1
        self.sessions.clear()
        self.wrong.clear()
        self.locked_until_us.clear()
        self.alarms.clear()
        self.clock.stand_at_1970()
        self.write(LogKind.RESTARTED)
