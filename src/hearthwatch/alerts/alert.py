"""The Alert: what a person is told, and the Protocol of the ways to tell it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType, Protocol, runtime_checkable

from hearthwatch.audit.remedy import Remedy
from hearthwatch.kit.errors import Unreachable
from hearthwatch.kit.units import CameraId, MonoNs, WallUs

AlertId = NewType("AlertId", str)


class Severity(StrEnum):
    INFO = "info"
    WARN = "warn"
    URGENT = "urgent"


class Part(StrEnum):
    """An alert goes out in up to three parts, in this order. An ALBUM, the pictures of a burst (`events.album`), takes the
    place of the PICTURE in channels that can show several together."""

    TEXT = "text"
    PICTURE = "picture"
    ALBUM = "album"
    CLIP = "clip"


TEXT_ONLY = frozenset({Part.TEXT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """`dedupe_key` names the cause: telling it twice with one key is a repeat. `event` is empty for alerts without one.

    `received_ns`/`decided_ns` start and split the latency that is stored with each delivery (0 where there is no picture).
    `parts` are those the owner allows to leave the house. `skip_channel` does not get it: it is about that channel.
    `degraded` marks one that could not be stored before it was sent. `offers` are what can be done about it at once.
    `label` is the event's, which decides the ways it takes; it is not kept with it."""

    id: AlertId
    event: str
    camera: CameraId | None
    severity: Severity
    title: str
    text: str
    at_us: WallUs
    dedupe_key: str
    received_ns: MonoNs = MonoNs(0)
    decided_ns: MonoNs = MonoNs(0)
    parts: frozenset[Part] = TEXT_ONLY
    skip_channel: str = ""
    degraded: bool = False
    offers: tuple[Remedy, ...] = ()
    label: str = ""


class DeliveryState(StrEnum):
    """`FOLDED` parts were left out because a digest told of their alert."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"
    FOLDED = "folded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One part of one alert on its way through one channel.

    `maybe_sent` is True when a try of it may have arrived without our knowing. `decided_ms` is from the deciding picture's
    last byte to the alert, `accepted_ms` from there to the service's acceptance; None where there is no picture."""

    id: int
    alert: AlertId
    channel: str
    part: Part
    state: DeliveryState
    tries: int
    next_us: WallUs
    last_error: str
    decided_ms: float | None
    accepted_ms: float | None
    maybe_sent: bool = False


class RetryAfter(Unreachable):
    """The service asks to be left alone for `seconds`; nothing was delivered."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class MaybeSent(Unreachable):
    """The connection broke after the request was out: the service may have taken it."""


@runtime_checkable
class Amending(Protocol):
    """A channel that can change what it sent."""

    def can_amend(self, alert: AlertId) -> bool:
        """Whether sending the text of `alert` once more changes the message there is, and disturbs nobody."""
        ...


@runtime_checkable
class Choosing(Protocol):
    """A channel that decides for itself which parts of which alerts it takes, because only one person can read it."""

    def takes(self, alert: Alert, part: Part) -> bool:
        """Tell whether it wants this part; `alert.parts` does not bind it. From memory, at once."""
        ...


@runtime_checkable
class Patient(Protocol):
    """A channel whose service may take so long for one part, and is not asked again before."""

    limit_s: float


@runtime_checkable
class Paced(Protocol):
    """A channel that takes no more than so many messages in a minute."""

    per_minute: int


@runtime_checkable
class Personal(Protocol):
    """A channel that one person reads."""

    @property
    def person(self) -> str:
        """What that person is called, from memory."""
        ...


class Channel(Protocol):
    """One way to a person.

    `send` returns when the service has accepted the part. It raises RetryAfter, MaybeSent or Unreachable (tried again),
    Refused (this channel does not work until somebody does something), Unsupported (this part will never be taken)."""

    @property
    def name(self) -> str: ...

    @property
    def parts(self) -> frozenset[Part]: ...

    async def send(self, alert: Alert, part: Part, attachment: bytes | None, *, repeat: bool) -> None:
        """Deliver; `repeat` is True when an earlier try of the same part may have arrived."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
