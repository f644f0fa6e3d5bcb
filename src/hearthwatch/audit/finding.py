"""The Finding: one thing looked at on one camera, whether it is weak, why that matters and how to put it right."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Le

from hearthwatch.audit.remedy import Remedy, RemedyKind
from hearthwatch.kit.units import CameraId, WallUs


class CheckId(StrEnum):
    """What is looked at."""

    PASSWORD = "password"  # noqa: S105 - a name, not a password
    PASSWORD_SHARED = "password-shared"  # noqa: S105 - a name, not a password
    ACCOUNT_EXTRA = "account-extra"
    ACCOUNT_PASSWORD = "account-password"  # noqa: S105 - a name, not a password
    FIRMWARE = "firmware"
    INTERNET = "internet"
    P2P = "p2p"
    UPNP = "upnp"
    DDNS = "ddns"
    TELNET = "telnet"
    SSH = "ssh"
    SNMP = "snmp"
    BONJOUR = "bonjour"
    MULTICAST = "multicast"
    RTMP = "rtmp"
    FTP_SERVER = "ftp-server"
    HTTPS_OFF = "https-off"
    HTTP_CLEAR = "http-clear"
    CREDENTIALS_IN_URL = "credentials-in-url"
    CERTIFICATE = "certificate"
    STATUS_OPEN = "status-open"
    ONVIF_OPEN = "onvif-open"
    LOCKOUT = "lockout"
    ACCESS_ALARM = "access-alarm"
    ADDRESS_FILTER = "address-filter"
    CLOCK = "clock"
    NTP = "ntp"
    EMAIL_CLEAR = "email-clear"
    FTP_CLEAR = "ftp-clear"
    AUTO_REBOOT = "auto-reboot"


class FindingState(StrEnum):
    """UNKNOWN is never shown as OK: it could not be looked at."""

    FOUND = "found"
    OK = "ok"
    UNKNOWN = "unknown"


class Grade(StrEnum):
    """How bad it is where it is found."""

    SERIOUS = "serious"
    WEAK = "weak"
    HINT = "hint"


AUTOMATIC = frozenset({RemedyKind.SERVICE_OFF, RemedyKind.SERVICE_ON, RemedyKind.SET_CLOCK, RemedyKind.USE_NTP})
"""Remedies that take nothing from the owner that he may be using to get in: `--apply` does these, the others are his choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`subject` is which one of several: an account, a CVE. All texts are for the owner; `saw` is what was seen here,
    `why` why it matters, `fix` what to do by hand. `remedy` is what Hearthwatch can do, None where the camera's API cannot.
    `accepted`: the owner knows."""

    camera: CameraId
    check: CheckId
    subject: str = ""
    state: FindingState
    grade: Grade
    title: str
    saw: str
    why: str
    fix: str
    remedy: Remedy | None = None
    accepted: bool = False

    @property
    def key(self) -> str:
        """Names it among the camera's findings, the same in every audit."""
        return f"{self.check}/{self.subject}"[:128] if self.subject else str(self.check)

    @property
    def is_automatic(self) -> bool:
        """Whether `--apply` puts it right."""
        return self.state is FindingState.FOUND and self.remedy is not None and self.remedy.kind in AUTOMATIC


_LEFT = {
    (FindingState.FOUND, Grade.SERIOUS): 0.75,
    (FindingState.FOUND, Grade.WEAK): 0.94,
    (FindingState.FOUND, Grade.HINT): 0.98,
    (FindingState.UNKNOWN, Grade.SERIOUS): 0.97,
    (FindingState.UNKNOWN, Grade.WEAK): 0.99,
    (FindingState.UNKNOWN, Grade.HINT): 0.995,
}
"""What each leaves of the score: every one that goes shows, however many there are."""


def score(findings: Iterable[Finding]) -> int:
    """Return 0 (wide open) to 100. What the owner accepted costs nothing; what is not known costs a little, never nothing
    at all: 100 is only for a camera of which everything is known and right."""
    left = math.prod(_LEFT.get((one.state, one.grade), 1.0) for one in findings if not one.accepted)
    return math.floor(100 * left)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One audit of one camera. `trouble` says why it could not be looked at; then `findings` are those of the stored
    password alone and `score` is None."""

    camera: CameraId
    at_us: WallUs
    findings: tuple[Finding, ...]
    score: int | None
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """What became of one weakness that `apply` went for. `done` is what the audit afterwards says, not what the camera
    answered."""

    finding: Finding
    done: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditOptions:
    """Section `[audit]`: how often the cameras are looked at for weaknesses."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    every_h: Annotated[float, Ge(0), Le(8760)] = 24.0
    """Hours between two audits of every camera; 0 means only when asked. Change: live."""
    time_server: str = "pool.ntp.org"
    """Time server, by name or address, that `hearthwatch audit --apply` gives to cameras that set their clock by none; best the
    router. Change: live."""


def short(text: str, chars: int = 60) -> str:
    """Return what a camera says of itself, fit to be shown: one line, no control characters, not longer than `chars`."""
    plain = "".join(char if char.isprintable() else "?" for char in text[: chars + 1])
    return plain if len(plain) <= chars else plain[: chars - 1] + "…"


def worst_first(findings: Iterable[Finding]) -> Sequence[Finding]:
    """Return them in the order a person should read them: open ones first, accepted ones last."""
    states, grades = tuple(FindingState), tuple(Grade)
    order = {FindingState.FOUND: 0, FindingState.UNKNOWN: 1, FindingState.OK: 2}
    assert len(order) == len(states)
    return sorted(findings, key=lambda one: (one.accepted, order[one.state], grades.index(one.grade), one.key))
