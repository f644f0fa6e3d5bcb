"""What a camera senses itself, as events know it: which of its alarms count, and what they may be called. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Le

from hearthwatch.events.event import EventKind
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.units import CameraId, MonoNs
from hearthwatch.vendors.device import AlarmKind, AlarmPhase, AlarmSignal


class OwnObjects(StrEnum):
    OFF = "off"
    ALSO = "also"
    INSTEAD = "instead"


class OwnAlarm(StrEnum):
    """Alarms that may open events; the value is the event's label."""

    MOTION = "motion"
    CROSSING = "crossing"
    INPUT = "input"
    DOORBELL = "doorbell"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmOptions:
    """Section `[camera.NAME.alarms]`: what the camera senses by itself, told through its own door."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    objects: OwnObjects = OwnObjects.OFF
    """People, vehicles and pets that the camera itself sees: `off` leaves looking to Hearthwatch; `also` opens an event at
    once, too, and one visitor stays one event; `instead` trusts the camera: Hearthwatch's detector rests for it, which saves
    much work, and takes over while the camera's alarms cannot be heard. Draw areas in the camera's settings, too: many
    cameras do not say where they saw somebody, and then `also` leaves labels that have a zone to Hearthwatch. Change: live."""
    events: tuple[OwnAlarm, ...] = (OwnAlarm.CROSSING, OwnAlarm.INPUT, OwnAlarm.DOORBELL, OwnAlarm.AUDIO)
    """Other alarms of the camera that open events: `crossing`, `input`, `doorbell`, `audio`, `motion`. Which of them are told
    is `alerts.labels`. Change: live."""
    channel: Annotated[int, Ge(0), Le(256)] = 0
    """For a recorder with several cameras: which of them this is, counted from 1; 0 takes every alarm. Change: live."""


class SensedPhase(StrEnum):
    BEGAN = "began"
    LASTS = "lasts"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An alarm of a camera, as it came."""

    camera: CameraId
    signal: AlarmSignal


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensed:
    """An alarm that concerns events. `source` is the same at its begin and end; `labels` what it may be called, the best
    first; `at_once` for one without an end; `detail` tells the owner what exactly the camera said. `received_ns` is when it was
    sensed, 0 where nobody knows."""

    source: str
    kind: EventKind
    labels: tuple[str, ...]
    phase: SensedPhase
    at_once: bool
    box: Box | None
    detail: str
    received_ns: MonoNs = MonoNs(0)


_PERSON = ("person",)
_VEHICLES = ("car", "truck", "bus", "motorcycle", "bicycle")
_PETS = ("dog", "cat")
_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "person": _PERSON,
        "people": _PERSON,
        "human": _PERSON,
        "face": _PERSON,
        "vehicle": _VEHICLES,
        "car": _VEHICLES,
        "dog_cat": _PETS,
        "animal": _PETS,
        "pet": _PETS,
    }
)
_OBJECTS: Mapping[AlarmKind, tuple[str, ...]] = MappingProxyType({AlarmKind.PERSON: _PERSON, AlarmKind.VEHICLE: _VEHICLES})
_ALARMS: Mapping[AlarmKind, OwnAlarm] = MappingProxyType(
    {
        AlarmKind.MOTION: OwnAlarm.MOTION,
        AlarmKind.CROSSING: OwnAlarm.CROSSING,
        AlarmKind.INPUT: OwnAlarm.INPUT,
        AlarmKind.DOORBELL: OwnAlarm.DOORBELL,
        AlarmKind.AUDIO: OwnAlarm.AUDIO,
    }
)
_PHASES: Mapping[AlarmPhase, SensedPhase] = MappingProxyType(
    {
        AlarmPhase.START: SensedPhase.BEGAN,
        AlarmPhase.PULSE: SensedPhase.BEGAN,
        AlarmPhase.STATE: SensedPhase.LASTS,
        AlarmPhase.STOP: SensedPhase.OVER,
    }
)
TAMPER = "tamper"
_BELL = (OwnAlarm.INPUT.value, OwnAlarm.DOORBELL.value)
"""The button of a door station is one of its inputs, and both are told."""
_NOBODY = frozenset({OwnAlarm.INPUT.value, OwnAlarm.DOORBELL.value, OwnAlarm.AUDIO.value, TAMPER})
_CODE_CHARS = 80
_MAX_REGIONS = 3


def is_of(signal: AlarmSignal, channel: int) -> bool:
    """Tell whether an alarm concerns the camera that is `channel` of its device, counted from 1; 0 takes all."""
    return channel == 0 or signal.channel in {-1, channel - 1}


def sensed(signal: AlarmSignal, options: AlarmOptions) -> Sensed | None:
    """Return what an alarm means for events; None for one that is somebody else's business or not wanted."""
    if not is_of(signal, options.channel):
        return None
    kind, labels = _meaning(signal, options)
    if kind is None:
        return None
    return Sensed(
        source=f"{signal.code}/{signal.channel}",
        kind=kind,
        labels=labels,
        phase=_PHASES[signal.phase],
        at_once=signal.phase is AlarmPhase.PULSE,
        box=next((_box(*one.box) for one in signal.objects if one.box is not None), None),
        detail=_detail(signal),
    )


def alike(one: str, other: str) -> bool:
    """Tell whether two labels may be of one and the same visitor. Who crosses a line is somebody."""
    if one == other:
        return True
    if not one or not other:
        return False
    both = {one, other}
    if OwnAlarm.CROSSING in both:
        return both.isdisjoint(_NOBODY)
    return any(both <= set(group) for group in (_VEHICLES, _PETS, _BELL))


def _meaning(signal: AlarmSignal, options: AlarmOptions) -> tuple[EventKind | None, tuple[str, ...]]:
    objects = _OBJECTS.get(signal.kind) or _labels_of(signal)
    if objects and options.objects is not OwnObjects.OFF:
        return EventKind.OBJECT, objects
    if signal.kind is AlarmKind.TAMPER:
        return EventKind.TAMPER, (TAMPER,)
    alarm = _ALARMS.get(signal.kind)
    if alarm is None or alarm not in options.events:
        return None, ()
    return (EventKind.MOTION, ("",)) if alarm is OwnAlarm.MOTION else (EventKind.ALARM, (alarm.value,))


def _labels_of(signal: AlarmSignal) -> tuple[str, ...]:
    """Motion may name what moved and a line who crossed it; of what has a name for us only."""
    if signal.kind not in {AlarmKind.CROSSING, AlarmKind.MOTION, AlarmKind.OTHER}:
        return ()
    return next((_WORDS[one.label] for one in signal.objects if one.label in _WORDS), ())


def _box(x0: float, y0: float, x1: float, y1: float) -> Box:
    return Box(x0=x0, y0=y0, x1=x1, y1=y1)


def _detail(signal: AlarmSignal) -> str:
    where = ", ".join(one for one in itertools.islice(signal.regions, _MAX_REGIONS) if one)
    said = f"the camera says {signal.code[:_CODE_CHARS]}"
    return f"{said} ({where[:_CODE_CHARS]})" if where else said
