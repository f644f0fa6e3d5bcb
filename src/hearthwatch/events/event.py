"""The Event: one visit worth remembering, from its opening to its close."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar, NewType

from annotated_types import Ge

from hearthwatch.frames.geometry import Box
from hearthwatch.kit.units import CameraId, MonoNs, WallUs

EventId = NewType("EventId", str)


class EventKind(StrEnum):
    MOTION = "motion"
    OBJECT = "object"
    OFFLINE = "offline"
    TAMPER = "tamper"
    SENSOR = "sensor"
    """Something beside the camera: a PIR, a switch, a call from elsewhere; `label` is what the owner calls it."""
    ALARM = "alarm"
    """What a camera senses itself and is neither of those: a line crossed, an input, a bell, a sound; `label` says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`end_us` is None while its visitor is in sight, and again when one who hid comes back.
    `label` is empty for motion without a name. `score` is 0 where only the camera itself saw it. `picture` tells whether a
    best picture is kept. `false_alarm`: a person said that it was none worth telling. `note` is what a person wrote of it.

    `received_ns` is when the last byte of the deciding picture came (0 where there is none): latency counts from it."""

    id: EventId
    camera: CameraId
    kind: EventKind
    label: str
    start_us: WallUs
    end_us: WallUs | None
    score: float
    box: Box | None
    zones: frozenset[str]
    picture: bool
    best_us: WallUs
    reviewed: bool
    detail: str = ""
    received_ns: MonoNs = MonoNs(0)
    false_alarm: bool = False
    note: str = ""


class ChangeKind(StrEnum):
    OPENED = "opened"
    UPDATED = "updated"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What became of an event. `tell`: now is the moment to tell a person; once in its life at most, and once more when what
    was only sensed gets a name."""

    kind: ChangeKind
    event: Event
    tell: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EventOptions:
    """Section `[camera.NAME.events]`. Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    cooldown_s: Annotated[float, Ge(0)] = 15.0
    """A new event of the same camera and label within this time after the last one is kept but not told again."""
    motion: bool = False
    """Open events for motion nobody could name, too."""
