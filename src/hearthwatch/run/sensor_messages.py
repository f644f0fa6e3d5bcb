"""Messages between the house and a guest that owns a sensor, a light or a Pi camera which gives single pictures."""

from __future__ import annotations

import msgspec

from hearthwatch.feeds.sensor import Light
from hearthwatch.kit.units import MonoNs


class _Message(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of all: the class name travels as the tag."""


class Pulsed(_Message, frozen=True):
    """The sensor saw something, from `at_ns` on."""

    at_ns: MonoNs


class SensorState(_Message, frozen=True):
    """Once it is known and when it changed. `error` says in words why the pins do not work, "" while they do."""

    error: str


class Still(_Message, frozen=True):
    """The picture that was wanted; with `error` there is none."""

    token: int
    jpeg: bytes
    error: str


class ShowLight(_Message, frozen=True):
    light: Light


class WantStill(_Message, frozen=True):
    token: int


GuestToHouse = Pulsed | SensorState | Still
HouseToGuest = ShowLight | WantStill
