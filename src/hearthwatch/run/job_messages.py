"""Messages between the house and its jobs: the one that makes a picture, and the one that reads a clip."""

from __future__ import annotations

import msgspec

from hearthwatch.feeds.packet import Packet, StreamInfo
from hearthwatch.kit.units import CameraId
from hearthwatch.run.messages import Begin, Media


class _Message(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of all: the class name travels as the tag."""


class WantJpeg(_Message, frozen=True):
    """The newest picture of what was sent so far."""

    max_width_px: int


class Jpeg(_Message, frozen=True):
    """Empty when no picture came out."""

    jpeg: bytes


ToJob = Begin | Media | WantJpeg
FromJob = Jpeg


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
