"""The Alert: what a person is told, and the Protocol of the ways to tell it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType, Protocol

from hearthwatch.kit.units import CameraId, MonoNs, WallUs

AlertId = NewType("AlertId", str)


class Severity(StrEnum):
    INFO = "info"
    WARN = "warn"
    URGENT = "urgent"


class Part(StrEnum):
    """An alert goes out in up to three parts, in this order."""

    TEXT = "text"
    PICTURE = "picture"
    CLIP = "clip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """`dedupe_key` names the cause: telling it twice with one key is a repeat. `event` is empty for alerts without one.

    `received_ns`/`decided_ns` start and split the latency that is stored with each delivery (0 where there is no picture)."""

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


class DeliveryState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One part of one alert on its way through one channel."""

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


class Channel(Protocol):
    """One way to a person. `send` returns when the service has accepted the part; raises kit errors (RetryAfter included)."""

    @property
    def name(self) -> str: ...

    @property
    def parts(self) -> frozenset[Part]: ...

    async def send(self, alert: Alert, part: Part, attachment: bytes | None, *, repeat: bool) -> None:
        """Deliver; `repeat` is True when an earlier try of the same part may have arrived."""
        ...
