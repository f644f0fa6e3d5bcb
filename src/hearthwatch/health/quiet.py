"""Which outages are kept in the ledger and not told: what was to be expected, and what another notice says already. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Le

from hearthwatch.health.outage import Fault, Outage
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.vendors.device import RestartTime


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthOptions:
    """Section `[camera.NAME.health]`. Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    restarts: str = ""
    """When the camera restarts by itself, by its own clock, as `sun 02:00` or, for every day, `02:00`: that it is away for up
    to 5 minutes then is kept and not told. Empty takes what its own settings say, which Amcrest and Dahua tell."""
    clock_off_s: Annotated[float, Ge(0), Le(86_400)] = 60.0
    """Tell when its clock is off by more seconds than this; 0 never does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A camera's restart by itself; its clock is `ahead_us` before ours, its time zone included."""

    when: RestartTime
    ahead_us: int


_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_RESTART = re.compile(rf"(?:({'|'.join(_DAYS)})[a-z]* +)?([01]?[0-9]|2[0-3]):([0-5][0-9])", re.IGNORECASE)
_UNTOLD = frozenset({Fault.CAMERA_RESTARTED, Fault.CAMERA_NETWORK_LOST})
"""What a person notices of these is that the camera is away, which is told."""
_AWAY = frozenset(
    {Fault.CAMERA_UNREACHABLE, Fault.CAMERA_REFUSED, Fault.CAMERA_BAD_REPLY, Fault.DOOR_UNREACHABLE, Fault.DOOR_REFUSED}
)
_LENS = frozenset({Fault.CAMERA_TAMPERED, Fault.CAMERA_COVERED, Fault.CAMERA_BLURRED, Fault.CAMERA_TURNED})
_EARLY_US = 60 * US_PER_S
_LONGEST_US = 300 * US_PER_S
_DAY_US = 86_400 * US_PER_S
_MONDAY_DAYS = 3
"""1970 began on a Thursday."""


def parse_restart(text: str) -> RestartTime | None:
    """Return `sun 02:00` or `02:00` as a time of restarts; None for anything else."""
    found = _RESTART.fullmatch(text.strip())
    if found is None:
        return None
    day, hour, minute = found.groups()
    weekday = _DAYS.index(day.lower()) if day else None
    return RestartTime(weekday=weekday, minute_of_day=int(hour) * 60 + int(minute))


def is_quiet(outage: Outage, *, told: Collection[Outage], expected: Mapping[CameraId, Expected], now_us: WallUs) -> bool:
    """Tell whether `outage`, which is due to be told at `now_us`, is not, or not yet; `told` are those that last and were."""
    if outage.fault in _UNTOLD:
        return True
    if outage.fault in _LENS and outage.fault is not Fault.CAMERA_TAMPERED:
        return any(one.fault is Fault.CAMERA_TAMPERED and one.camera == outage.camera for one in told)
    if outage.fault is Fault.CAMERA_TAMPERED:
        return any(one.fault in _LENS and one.camera == outage.camera for one in told)
    restart = expected.get(outage.camera) if outage.camera is not None else None
    return (
        restart is not None
        and outage.fault in _AWAY
        and now_us - outage.start_us < _LONGEST_US
        and _starts_with(outage.start_us, restart)
    )


def _starts_with(start_us: WallUs, restart: Expected) -> bool:
    local_us = start_us + restart.ahead_us + _EARLY_US
    due_us = restart.when.minute_of_day * 60 * US_PER_S
    if restart.when.weekday is None:
        return (local_us - due_us) % _DAY_US < _EARLY_US + _LONGEST_US
    due_us += restart.when.weekday * _DAY_US
    return (local_us + _MONDAY_DAYS * _DAY_US - due_us) % (7 * _DAY_US) < _EARLY_US + _LONGEST_US
