"""Messages between the house and the porch."""

from __future__ import annotations

import msgspec

from hearthwatch.ingest.drop import AccountCount, DropId
from hearthwatch.kit.units import CameraId


class _Message(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of all: the class name travels as the tag."""


class Left(_Message, frozen=True):
    """Porch to house: something lies in the inbox."""

    camera: CameraId
    id: DropId


class PorchState(_Message, frozen=True):
    """Once a second. A port is 0 where nothing listens; `error` says why something does not."""

    smtp_port: int
    ftp_port: int
    error: str
    strangers: int
    counts: tuple[AccountCount, ...]


class Reach(_Message, frozen=True):
    """Porch to house: connect me with a camera that waits there for its data connection; the answer is `Reached`."""

    token: int
    address: str
    port: int


class Reached(_Message, frozen=True):
    """House to porch: the connection comes with it as a descriptor; without one there is none, and `error` says why."""

    token: int
    error: str = ""


PorchToHouse = Left | PorchState | Reach
HouseToPorch = Reached
