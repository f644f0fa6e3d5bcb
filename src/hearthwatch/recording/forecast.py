"""The Forecast: how many days of footage will be there, and whether the disk or the rules take it away first. Pure.

Footage goes when its class has had its days, and when the disk is full the oldest goes, of whatever class. So a full disk holds
the newest so many days of everything that the rules let stay as long; what rules take away sooner leaves room for the rest.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.recording.index import Total
from hearthwatch.recording.retention import GIB, NO_OWN, days_of
from hearthwatch.recording.segment import FootageClass, KeepOptions, StorageOptions

_DAY_US = 86_400 * US_PER_S
_ENOUGH_US = 3_600 * US_PER_S
"""Less than an hour says nothing of a day."""


class Bound(StrEnum):
    """What takes footage away first."""

    DISK = "disk"
    RULES = "rules"
    CAMERA = "camera"
    """The camera's own most of disk space, `[camera.NAME.keep] max_gib`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What one camera's footage of one class adds a day."""

    camera: CameraId
    footage_class: FootageClass
    bytes_per_day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """How many days footage of one class of one camera stays."""

    footage_class: FootageClass
    bytes_per_day: int
    days: float
    bound: Bound


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraForecast:
    """`days` is how far back everything of the camera will be there: the shortest of its `stays`, lowest class first."""

    camera: CameraId
    days: float
    bound: Bound
    stays: tuple[Stay, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """`days` is how far back everything of every camera will be there, at today's rate.

    `room_bytes` is what footage that ages may take; `disk_days` what would fit into it if no rule took anything away."""

    days: float
    bound: Bound
    disk_days: float
    room_bytes: int
    bytes_per_day: int
    cameras: tuple[CameraForecast, ...]


def room_bytes(options: StorageOptions, *, used: int, free: int, disk: int, pinned: int) -> int:
    """Return what footage that ages may take in all: by `max_gib`, and by the disk less what `free_gib` leaves free."""
    room = used + free - min(int(options.free_gib * GIB), disk // 10)
    if options.max_gib:
        room = min(room, int(options.max_gib * GIB))
    return max(0, room - pinned)


def flows(
    totals: Sequence[Total], options: StorageOptions, *, keep: Mapping[CameraId, KeepOptions] = NO_OWN, now_us: WallUs
) -> tuple[Flow, ...]:
    """Return today's rates, scaled up to a day where less is there; none for a camera with less than an hour of footage."""
    found: dict[tuple[CameraId, FootageClass], Flow] = {}
    oldest_us: dict[CameraId, int] = {}
    for total in totals:
        oldest_us[total.camera] = min(total.oldest_us, oldest_us.get(total.camera, total.oldest_us))
    for total in totals:
        covered_us = min(now_us - oldest_us[total.camera], _DAY_US)
        if covered_us < _ENOUGH_US:
            continue
        days = days_of(options, keep.get(total.camera), total.footage_class)
        covered_us = min(covered_us, int(days * _DAY_US)) if days else covered_us
        key = total.camera, total.footage_class
        before = found[key].bytes_per_day if key in found else 0
        per_day = before + total.newest_day_bytes * _DAY_US // max(1, covered_us)
        found[key] = Flow(camera=total.camera, footage_class=total.footage_class, bytes_per_day=per_day)
    return tuple(each for each in found.values() if each.bytes_per_day > 0)


def forecast(
    rates: Sequence[Flow],
    options: StorageOptions,
    *,
    keep: Mapping[CameraId, KeepOptions] = NO_OWN,
    room_bytes: int,
    pinned: Mapping[CameraId, int] | None = None,
) -> Forecast | None:
    """Return what will be there once things have run on as today; None while there is no rate to judge by.

    `pinned` is what each camera's footage that is kept for good takes: its own most of disk space counts it, too.
    """
    shown = [each for each in rates if each.footage_class is not FootageClass.BRIEF]
    if not shown:
        return None
    limits = {_key(each): _by_rules(options, keep, each) for each in rates}
    for camera in {each.camera for each in rates}:
        own = keep.get(camera, KeepOptions())
        if own.max_gib:
            mine = [each for each in rates if each.camera == camera]
            room = max(0, int(own.max_gib * GIB) - (pinned or {}).get(camera, 0))
            days = _full_after(((each.bytes_per_day, limits[_key(each)][0]) for each in mine), room)
            for each in mine:
                if days < limits[_key(each)][0]:
                    limits[_key(each)] = days, Bound.CAMERA
    days = _full_after(((each.bytes_per_day, limits[_key(each)][0]) for each in rates), room_bytes)
    stays: dict[CameraId, list[Stay]] = {}
    for each in shown:
        limit, bound = limits[_key(each)]
        stay, why = (days, Bound.DISK) if days < limit else (limit, bound)
        stays.setdefault(each.camera, []).append(
            Stay(footage_class=each.footage_class, bytes_per_day=each.bytes_per_day, days=stay, bound=why)
        )
    cameras = tuple(_of_camera(camera, found) for camera, found in stays.items())
    shortest = min(cameras, key=_days)
    per_day = sum(each.bytes_per_day for each in rates)
    return Forecast(
        days=shortest.days,
        bound=shortest.bound,
        disk_days=room_bytes / per_day,
        room_bytes=room_bytes,
        bytes_per_day=per_day,
        cameras=cameras,
    )


def _of_camera(camera: CameraId, stays: Sequence[Stay]) -> CameraForecast:
    ranks = list(FootageClass)
    shortest = min(stays, key=_days)
    inside = tuple(sorted(stays, key=lambda stay: ranks.index(stay.footage_class)))
    return CameraForecast(camera=camera, days=shortest.days, bound=shortest.bound, stays=inside)


def _days(each: Stay | CameraForecast) -> float:
    return each.days


def _key(flow: Flow) -> tuple[CameraId, FootageClass]:
    return flow.camera, flow.footage_class


def _by_rules(options: StorageOptions, keep: Mapping[CameraId, KeepOptions], flow: Flow) -> tuple[float, Bound]:
    return days_of(options, keep.get(flow.camera), flow.footage_class) or math.inf, Bound.RULES


def _full_after(rates: Iterable[tuple[int, float]], room: int) -> float:
    """Return the days after which `room` is full when each rate (bytes a day) stops to add at its days; infinite for never."""
    rising = sorted(rates, key=lambda rate: rate[1])
    slope, used, at_days = sum(per_day for per_day, _ in rising), 0.0, 0.0
    for per_day, days in rising:
        if used + slope * (days - at_days) > room:
            return at_days + (room - used) / slope
        used, at_days, slope = used + slope * (days - at_days), days, slope - per_day
    return math.inf
