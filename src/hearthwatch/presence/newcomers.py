"""A phone that changed its address: a known one falls silent, and one nobody knows, with an address it made up, appears. Pure.

It is a guess for the owner's eyes. A visitor who comes just as somebody leaves looks the same, so it is made only when the
newcomer still answers long after, while nothing was heard of the known one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hearthwatch.kit.units import NS_PER_S, MonoNs
from hearthwatch.presence.presence import Device, DeviceId, is_made_up

_BEFORE_S = 120.0
_AFTER_S = 300.0
"""A phone that joins anew under another address is back within seconds; the network is asked as a whole every few minutes."""
_STAYS_S = 1800.0
_BASELINE_S = 900.0
"""Who answers while the watch is young was there before: nobody new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """Somebody nobody knows; `mac` is 6 bytes. Moments of the first and the last answer."""

    mac: bytes
    first_ns: MonoNs
    last_ns: MonoNs


def renamed(
    silent: Mapping[DeviceId, tuple[Device, MonoNs]], strangers: Mapping[bytes, Stranger], *, began_ns: MonoNs, now_ns: MonoNs
) -> tuple[Device, ...]:
    """Return the devices that are probably here under another address. `silent` are those that are gone, with their last sign;
    `began_ns` is when the watch began. Where two are as likely, both are."""
    fresh = [
        one
        for one in strangers.values()
        if is_made_up(one.mac)
        and one.first_ns - began_ns > _BASELINE_S * NS_PER_S
        and one.last_ns - one.first_ns >= _STAYS_S * NS_PER_S
        and now_ns - one.last_ns < _AFTER_S * NS_PER_S
    ]
    return tuple(
        device
        for device, seen_ns in silent.values()
        if any(-_BEFORE_S * NS_PER_S <= one.first_ns - seen_ns <= _AFTER_S * NS_PER_S for one in fresh)
    )
