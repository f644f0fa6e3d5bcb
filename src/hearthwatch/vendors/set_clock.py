"""Whether a camera's clock stands right after it was set, and what it shall show."""

from __future__ import annotations

import datetime as dt

from hearthwatch.kit.errors import BadReply
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.vendors.device import ClockReading

_ZONE_STEP_US = 15 * 60 * US_PER_S
_WIDEST_ZONE_US = 15 * 3600 * US_PER_S
_OFF_US = 10 * US_PER_S


def house_time(at_us: WallUs) -> dt.datetime:
    """Return the local time of this house, to a full second: what a camera without universal time is set to."""
    return dt.datetime.fromtimestamp((at_us + US_PER_S // 2) // US_PER_S, tz=dt.UTC).astimezone()


def check_set(reading: ClockReading, name: str) -> ClockReading:
    """Return `reading` if it shows our time in some time zone; zones are quarters of an hour apart."""
    ahead_us = reading.ahead_us
    off_us = (ahead_us + _ZONE_STEP_US // 2) % _ZONE_STEP_US - _ZONE_STEP_US // 2
    if abs(ahead_us) > _WIDEST_ZONE_US or abs(off_us) > _OFF_US + reading.error_us:
        raise BadReply(f"{name}: the camera said yes and its clock is still wrong")
    return reading
