"""Messages between the house and the two that bring it what others recorded: the porch, and the job that reads a clip."""

from __future__ import annotations

import msgspec

from hearthwatch.feeds.packet import Packet, StreamInfo
from hearthwatch.ingest.drop import AccountCount, DropId
from hearthwatch.kit.units import CameraId


class _Message(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of all: the class name travels as the tag."""


class Import(_Message, frozen=True):
    """To an import job, which has the descriptor of the file: read the clip and tell its packets."""

    camera: CameraId


class Imported(_Message, frozen=True):
    """The next packets, in decode order; `wall_us` counts from 0. `length_us` is how long the clip lasts, 0 when not known.

    With `error` it is over before its end; what came before holds."""

    info: StreamInfo
    length_us: int
    packets: tuple[Packet, ...]
    is_last: bool = False
    error: str = ""


class NotImported(_Message, frozen=True):
    """This is no clip that can be read."""

    error: str


class More(_Message, frozen=True):
    """The house has taken the packets and wants the next."""


ToImport = Import | More
FromImport = Imported | NotImported


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
