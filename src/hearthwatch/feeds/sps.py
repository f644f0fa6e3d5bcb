"""Sequence parameter sets of H.264 and H.265: size, profile and colour format, read bit by bit from what a stranger sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from hearthwatch.kit.errors import BadReply

MAX_SET_BYTES = 4096
MAX_SIDE_PX = 16_384

_EMULATION = re.compile(b"\x00\x00\x03")
_EXTENDED_SAR = 255
_MOST_REORDERED = 4
_HIGH_PROFILES = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sps:
    """What we need of a sequence parameter set. `reorder_pictures`: how many pictures at most come before one that is shown
    earlier, as far as it says so."""

    profile: int
    width_px: int
    height_px: int
    chroma_format: int = 1
    bit_depth_luma: int = 8
    bit_depth_chroma: int = 8
    temporal_layers: int = 1
    temporal_nested: bool = False
    reorder_pictures: int = 0


class _Bits:
    """Reads an RBSP bit by bit; BadReply at its end."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = len(data) * 8

    def u(self, count: int) -> int:
        if count > self._left:
            raise BadReply("a parameter set of the video is cut off")
        self._left -= count
        return self._value >> self._left & (1 << count) - 1

    def ue(self) -> int:
        zeros = 0
        while not self.u(1):
            zeros += 1
            if zeros > 32:
                raise BadReply("a parameter set of the video makes no sense")
        return (1 << zeros) - 1 + self.u(zeros)

    def se(self) -> int:
        value = self.ue()
        return (value + 1) // 2 if value & 1 else -(value // 2)


def unescaped(nal: bytes) -> bytes:
    """Return the start of a unit without its emulation prevention bytes."""
    return _EMULATION.sub(b"\x00\x00", nal[:MAX_SET_BYTES])


def _checked(facts: Sps) -> Sps:
    if not (0 < facts.width_px <= MAX_SIDE_PX and 0 < facts.height_px <= MAX_SIDE_PX):
        raise BadReply(f"the video claims to be {facts.width_px}x{facts.height_px} pixels")
    if not (facts.chroma_format <= 3 and 8 <= facts.bit_depth_luma <= 15 and 8 <= facts.bit_depth_chroma <= 15):
        raise BadReply("the video claims a colour format that does not exist")
    return facts


def h264_sps(nal: bytes) -> Sps:
    """Parse a sequence parameter set (ITU-T H.264, 7.3.2.1.1). Raises BadReply."""
    if not nal or nal[0] & 0x1F != 7:
        raise BadReply("the video's sequence parameter set is missing")
    bits = _Bits(unescaped(nal)[1:])
    profile = bits.u(8)
    bits.u(16)
    bits.ue()
    chroma, luma_depth, chroma_depth, separate = 1, 8, 8, 0
    if profile in _HIGH_PROFILES:
        chroma = bits.ue()
        separate = bits.u(1) if chroma == 3 else 0
        luma_depth, chroma_depth = 8 + bits.ue(), 8 + bits.ue()
        bits.u(1)
        if bits.u(1):
            _skip_h264_scaling(bits, 8 if chroma != 3 else 12)
    bits.ue()
    order = bits.ue()
    if order == 0:
        bits.ue()
    elif order == 1:
        bits.u(1), bits.se(), bits.se()
        for _ in range(min(bits.ue(), 255)):
            bits.se()
    bits.ue(), bits.u(1)
    width_mbs, height_units, frames_only = bits.ue() + 1, bits.ue() + 1, bits.u(1)
    if not frames_only:
        bits.u(1)
    bits.u(1)
    left, right, top, bottom = (bits.ue(), bits.ue(), bits.ue(), bits.ue()) if bits.u(1) else (0, 0, 0, 0)
    crop_x = 2 if chroma in {1, 2} and not separate else 1
    crop_y = (2 if chroma == 1 and not separate else 1) * (2 - frames_only)
    return _checked(
        Sps(
            profile=profile,
            width_px=width_mbs * 16 - crop_x * (left + right),
            height_px=height_units * 16 * (2 - frames_only) - crop_y * (top + bottom),
            chroma_format=chroma,
            bit_depth_luma=luma_depth,
            bit_depth_chroma=chroma_depth,
            reorder_pictures=_or_none_said(_h264_reorder, bits),
        )
    )


def _or_none_said(read: Callable[[_Bits], int], bits: _Bits) -> int:
    """Cameras get the rest of a set wrong without harm to the picture: 0 for what cannot be read."""
    try:
        return min(read(bits), _MOST_REORDERED)
    except BadReply:
        return 0


def _h264_reorder(bits: _Bits) -> int:
    """Read max_num_reorder_frames of the VUI (ITU-T H.264, E.1.1), 0 where it is left out."""
    if not bits.u(1):
        return 0
    if bits.u(1) and bits.u(8) == _EXTENDED_SAR:
        bits.u(32)
    if bits.u(1):
        bits.u(1)
    if bits.u(1):
        bits.u(4)
        if bits.u(1):
            bits.u(24)
    if bits.u(1):
        bits.ue(), bits.ue()
    if bits.u(1):
        bits.u(65)
    if any([_skip_h264_hrd(bits), _skip_h264_hrd(bits)]):
        bits.u(1)
    bits.u(1)
    if not bits.u(1):
        return 0
    bits.u(1)
    for _ in range(4):
        bits.ue()
    return bits.ue()


def _skip_h264_hrd(bits: _Bits) -> bool:
    """Skip what a decoder's buffer must hold; True when it was there."""
    if not bits.u(1):
        return False
    count = bits.ue() + 1
    bits.u(8)
    for _ in range(min(count, 32)):
        bits.ue(), bits.ue(), bits.u(1)
    bits.u(20)
    return True


def _h265_reorder(bits: _Bits, sub_layers: int) -> int:
    """Read sps_max_num_reorder_pics of the highest layer (ITU-T H.265, 7.3.2.2.1)."""
    bits.ue()
    most = 0
    for _ in range(sub_layers + 1 if bits.u(1) else 1):
        bits.ue()
        most = bits.ue()
        bits.ue()
    return most


def _skip_h264_scaling(bits: _Bits, lists: int) -> None:
    for index in range(lists):
        if bits.u(1):
            last, following = 8, 8
            for _ in range(16 if index < 6 else 64):
                if following:
                    following = (last + bits.se() + 256) % 256
                last = following or last


def h265_sps(nal: bytes) -> Sps:
    """Parse a sequence parameter set as far as the bit depth (ITU-T H.265, 7.3.2.2.1). Raises BadReply."""
    if not nal or nal[0] >> 1 & 0x3F != 33:
        raise BadReply("the video's sequence parameter set is missing")
    bits = _Bits(unescaped(nal)[2:])
    bits.u(4)
    sub_layers, nested = bits.u(3), bits.u(1)
    profile = bits.u(8) & 0x1F
    bits.u(88)
    present = [(bits.u(1), bits.u(1)) for _ in range(sub_layers)]
    if sub_layers:
        bits.u(2 * (8 - sub_layers))
    for has_profile, has_level in present:
        bits.u(88 * has_profile + 8 * has_level)
    bits.ue()
    chroma = bits.ue()
    separate = bits.u(1) if chroma == 3 else 0
    width, height = bits.ue(), bits.ue()
    left, right, top, bottom = (bits.ue(), bits.ue(), bits.ue(), bits.ue()) if bits.u(1) else (0, 0, 0, 0)
    crop_x = 2 if chroma in {1, 2} and not separate else 1
    crop_y = 2 if chroma == 1 and not separate else 1
    luma_depth, chroma_depth = 8 + bits.ue(), 8 + bits.ue()
    return _checked(
        Sps(
            profile=profile,
            width_px=width - crop_x * (left + right),
            height_px=height - crop_y * (top + bottom),
            chroma_format=chroma,
            bit_depth_luma=luma_depth,
            bit_depth_chroma=chroma_depth,
            temporal_layers=sub_layers + 1,
            temporal_nested=bool(nested),
            reorder_pictures=_or_none_said(lambda rest: _h265_reorder(rest, sub_layers), bits),
        )
    )
