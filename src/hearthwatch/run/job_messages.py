"""Messages to and from the jobs, which make a picture, read a clip, or draw the time into one."""

from __future__ import annotations

import msgspec

from hearthwatch.feeds.packet import Packet, StreamInfo, VideoInfo
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.run.messages import Begin, Media


class _Message(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of all: the class name travels as the tag."""


class WantJpeg(_Message, frozen=True):
    """The newest picture of what was sent so far."""

    max_width_px: int


class WantSmall(_Message, frozen=True):
    """The newest picture, or what is around `box`, as large as `max_bytes` allow."""

    box: Box | None
    max_bytes: int


class Jpeg(_Message, frozen=True):
    """Empty when no picture came out."""

    jpeg: bytes


ToJob = Begin | Media | WantJpeg | WantSmall
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


class Burn(_Message, frozen=True):
    """To a burning job: draw date and time, `offset_s` east of universal time, into the pictures that follow, and
    give back those from `from_us` on, made smaller where they are wider than `max_width_px` (0: as they are)."""

    offset_s: int
    from_us: WallUs
    max_width_px: int = 0


class Enough(_Message, frozen=True):
    """There are no more pictures."""


class Coded(_Message, frozen=True):
    """A picture encoded anew; `data` as in a Packet. `info` is that of the new video, with the first picture alone."""

    wall_us: WallUs
    data: bytes
    is_key: bool
    info: VideoInfo | None = None


class BurntOut(_Message, frozen=True):
    """All pictures are done; with `error` they could not be."""

    error: str = ""


ToBurn = Burn | Begin | Media | Enough
FromBurn = Coded | BurntOut
