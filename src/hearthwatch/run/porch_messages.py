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


class NothingSaid(_Message, frozen=True):
    """The house tells the porch nothing; a channel must name what it decodes."""


PorchToHouse = Left | PorchState
HouseToPorch = NothingSaid
