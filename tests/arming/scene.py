"""People, and moments of a house, for tests of arming."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from hearthwatch.arming.arming import ArmingOptions, PersonNow
from hearthwatch.arming.machine import Scene
from hearthwatch.kit.units import US_PER_S, WallUs, from_datetime

BERLIN = ZoneInfo("Europe/Berlin")
NOW = from_datetime(datetime(2026, 11, 21, 12, 0, tzinfo=BERLIN))


def person(name: str, *, home: bool = False, answered: bool | None = None, known: bool = True) -> PersonNow:
    """`answered` is as `home` where it is not said."""
    answered = home if answered is None else answered
    evidence = "phone answered by ARP" if answered else "phone overheard" if home else "no sign for 12 min, no answer"
    return PersonNow(id=name, name=name.title(), home=home, answered=answered, known=known, evidence=evidence)


def scene(*people: PersonNow, at_s: float = 0, options: ArmingOptions | None = None, zone=BERLIN) -> Scene:
    """`at_s` counts from NOW."""
    now_us = WallUs(NOW + round(at_s * US_PER_S))
    return Scene(now_us=now_us, people=people, options=options or ArmingOptions(), zone=zone)
