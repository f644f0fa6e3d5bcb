"""RTP payloads to pictures: H.264 (RFC 6184) and H.265 (RFC 7798).

The hottest code of the product: the payload is copied once out of the read buffer and once into the unit; the middles of a
fragmented slice, as nearly all packets of a main stream are, come together (`extend`), any other packet by itself (`push`).
A unit is put out at the marker bit, before the next one begins. One that misses a packet is never put out, nor is any after it
before the next key frame.
"""

from __future__ import annotations

from typing import ClassVar

from hearthwatch.feeds.depacketize import LOST, MARKER, AccessUnit, FragmentDepacketizer, Losses
from hearthwatch.feeds.nal import (
    H264_AUD,
    H264_FILLER,
    H264_PPS,
    H264_SEI,
    H264_SPS,
    H265_AUD,
    H265_FILLER,
    H265_PPS,
    H265_PREFIX_SEI,
    H265_SPS,
    H265_VPS,
    ParameterSets,
    sets_of,
)
from hearthwatch.feeds.packet import Codec

MAX_UNIT_BYTES = 8 * 1024 * 1024
_PART_BYTES = 64
"""What Python holds for a piece beside its bytes: counted, so that tiny pieces cannot fill the memory."""
_MAX_SETS = 32
_NO_UNIT = -1
_H264_LEADING = frozenset({H264_SEI, H264_SPS, H264_PPS, H264_AUD})
_H265_LEADING = frozenset({H265_VPS, H265_SPS, H265_PPS, H265_AUD, H265_PREFIX_SEI})
"""Kinds that stand before the first slice of a picture only."""


class VideoDepacketizer(FragmentDepacketizer):
    """What H.264 and H.265 have in common: NALs gathered into one picture, and the memory of what is damaged."""

    codec: ClassVar[Codec]
    set_kinds: ClassVar[frozenset[int]]
    left_out: ClassVar[frozenset[int]]

    def __init__(self, losses: Losses, sets: ParameterSets) -> None:
        super().__init__(losses)
        self.sets = sets
        self._parts: list[bytes | bytearray] = []
        self._size = 0
        self._pending_sets: list[bytes] = []
        self._timestamp = 0
        self._fragment_at = _NO_UNIT
        self._fragment_kind = 0
        self._fragment_size = 0
        self._has_slice = self._has_key = self._damaged = False
        self._needs_key = True
        self._ended_timestamp = _NO_UNIT
        self._trusts_marker = True
        self.pictures = 0

    def restart(self) -> None:
        self._clear()
        self._pending_sets.clear()
        self._needs_key = True
        self._ended_timestamp = _NO_UNIT

    def _clear(self) -> None:
        self._parts = []
        self._size = 0
        self._fragment_at = _NO_UNIT
        self.middle = b""
        self._has_slice = self._has_key = self._damaged = False

    def _damage(self) -> None:
        """The unit under assembly is beyond repair: hold no more of it."""
        self._parts = []
        self._size = 0
        self._fragment_at = _NO_UNIT
        self.middle = b""
        self._damaged = self._needs_key = True

    def _lose(self, timestamp: int, *, begins_picture: bool) -> None:
        """Packets are missing before this one: drop what they broke, this picture too unless it begins here."""
        if self._has_slice or self._parts or self._damaged:
            self._damage()
        self._needs_key = True
        if timestamp != self._timestamp or not (self._damaged or self._has_slice):
            self._turn(timestamp)
            if not begins_picture:
                self._damage()

    def _turn(self, timestamp: int) -> None:
        """Another time stamp: whatever was gathered is a whole picture, marker or not."""
        if self._has_slice or self._damaged:
            self._finish()
        self._timestamp = timestamp

    def _mark(self) -> None:
        if self._trusts_marker and (self._has_slice or self._damaged):
            self._ended_timestamp = self._timestamp
            self._finish()

    def _finish(self) -> None:
        if self._fragment_at != _NO_UNIT:
            self._damage()
        if self._damaged:
            self.losses.damaged_units += 1
        elif self._needs_key and not self._has_key:
            self.losses.skipped_units += 1
        else:
            self._needs_key = False
            unit = AccessUnit(data=b"".join(self._parts), timestamp=self._timestamp, is_key=self._has_key)
            if self._has_key:
                if self._pending_sets:
                    sets = self.sets.updated(sets_of(self.codec, self._pending_sets))
                    if sets != self.sets:
                        self.sets = sets
                unit.sets = self.sets
            self.ready.append(unit)
        self.pictures += 1
        self._pending_sets.clear()
        self._clear()

    def _slice(self, *, is_key: bool, is_first: bool) -> None:
        """Note a slice. One that continues a picture already put out tells that this camera marks every slice."""
        if not is_first and not self._has_slice and not self._damaged and self._ended_timestamp == self._timestamp:
            self._trusts_marker = False
            self._damage()
        self._has_slice = True
        self._has_key = self._has_key or is_key

    def _add(self, kind: int, nal: bytes | bytearray) -> None:
        """Add a whole NAL."""
        if kind in self.set_kinds:
            if len(self._pending_sets) < _MAX_SETS:
                self._pending_sets.append(bytes(nal))
        elif kind not in self.left_out and not self._damaged:
            size = len(nal)
            self._parts.append(size.to_bytes(4, "big"))
            self._parts.append(nal)
            self._grow(size)

    def _grow(self, size: int) -> None:
        self._size += size + _PART_BYTES
        if self._size > MAX_UNIT_BYTES:
            self._damage()

    def _open_fragment(self, kind: int, head: bytes, body: bytearray, middle: bytes) -> None:
        if self._fragment_at != _NO_UNIT:
            self._damage()
        if self._damaged:
            return
        self._fragment_at = len(self._parts)
        self._fragment_kind = kind
        self.middle = middle
        self._fragment_size = len(head) + len(body)
        self._parts += (b"", head, body)
        self._grow(self._fragment_size)

    def _close_fragment(self) -> None:
        at, self._fragment_at = self._fragment_at, _NO_UNIT
        self.middle = b""
        if at == _NO_UNIT:
            return
        if self._fragment_kind in self.set_kinds or self._fragment_kind in self.left_out:
            nal = b"".join(self._parts[at + 1 :])
            del self._parts[at:]
            self._add(self._fragment_kind, nal)
        else:
            self._parts[at] = self._fragment_size.to_bytes(4, "big")

    def _continue_fragment(self, body: bytearray) -> None:
        if self._fragment_at == _NO_UNIT:
            if not self._damaged:
                self._damage()
            return
        size = len(body)
        self._parts.append(body)
        self._fragment_size += size
        self._size += size + _PART_BYTES
        if self._size > MAX_UNIT_BYTES:
            self._damage()

    def extend(self, bodies: list[bytes]) -> None:
        size = len(bodies) * len(bodies[0])
        self._parts += bodies
        self._fragment_size += size
        self._size += size + len(bodies) * _PART_BYTES
        if self._size > MAX_UNIT_BYTES:
            self._damage()


class H264Depacketizer(VideoDepacketizer):
    """RFC 6184, packetization modes 0 and 1: single NAL, STAP-A, FU-A."""

    codec = Codec.H264
    set_kinds = frozenset({H264_SPS, H264_PPS})
    left_out = frozenset({H264_AUD, H264_FILLER, 10, 11})

    def push(self, data: bytearray, start: int, end: int, timestamp: int, flags: int) -> None:
        kind = data[start] & 0x1F
        if flags & LOST:
            self._lose(timestamp, begins_picture=self._begins(data, start, end))
        elif timestamp != self._timestamp:
            self._turn(timestamp)
        if kind == 28 and end - start > 2:
            head = data[start + 1]
            if head & 0x80:
                self._begin_fragment(data, start, end)
            else:
                self._continue_fragment(data[start + 2 : end])
            if head & 0x40:
                self._close_fragment()
        elif 1 <= kind <= 23:
            self._whole(kind, data[start:end])
        elif kind == 24:
            self._aggregate(data, start + 1, end)
        else:
            self.losses.malformed_packets += 1
            self._damage()
        if flags & MARKER:
            self._mark()

    def _begins(self, data: bytearray, start: int, end: int) -> bool:
        kind, first = data[start] & 0x1F, start + 1
        if kind == 28 and end - start > 2:
            kind, first = (data[start + 1] & 0x1F, start + 2) if data[start + 1] & 0x80 else (0, end)
        elif kind == 24 and end - start > 4:
            kind, first = data[start + 3] & 0x1F, start + 4
        return kind in _H264_LEADING or (kind in {1, 5} and first < end and data[first] >= 0x80)

    def _begin_fragment(self, data: bytearray, start: int, end: int) -> None:
        kind = data[start + 1] & 0x1F
        if 1 <= kind <= 5:
            self._slice(is_key=kind == 5, is_first=data[start + 2] >= 0x80)
        self._open_fragment(kind, bytes((data[start] & 0xE0 | kind,)), data[start + 2 : end], bytes((data[start], kind)))

    def _whole(self, kind: int, nal: bytearray) -> None:
        if self._fragment_at != _NO_UNIT:
            self._damage()
        if 1 <= kind <= 5:
            self._slice(is_key=kind == 5, is_first=len(nal) > 1 and nal[1] >= 0x80)
        self._add(kind, nal)

    def _aggregate(self, data: bytearray, at: int, end: int) -> None:
        while at < end:
            length = data[at] << 8 | data[at + 1] if at + 2 <= end else 0
            at += 2
            if not length or at + length > end:
                self.losses.malformed_packets += 1
                self._damage()
                return
            self._whole(data[at] & 0x1F, data[at : at + length])
            at += length


class H265Depacketizer(VideoDepacketizer):
    """RFC 7798: single NAL, aggregation, fragmentation; with `has_don` the decoding order numbers are skipped,
    which of a fragmented unit only the first packet has (§4.4.3)."""

    codec = Codec.H265
    set_kinds = frozenset({H265_VPS, H265_SPS, H265_PPS})
    left_out = frozenset({H265_AUD, H265_FILLER, 36, 37})

    def __init__(self, losses: Losses, sets: ParameterSets, *, has_don: bool = False) -> None:
        super().__init__(losses, sets)
        self._don_bytes = 2 if has_don else 0

    def push(self, data: bytearray, start: int, end: int, timestamp: int, flags: int) -> None:
        kind = data[start] >> 1 & 0x3F
        if flags & LOST:
            self._lose(timestamp, begins_picture=self._begins(data, start, end))
        elif timestamp != self._timestamp:
            self._turn(timestamp)
        body = start + 3
        head = data[start + 2] if kind == 49 and end > body else 0
        if head & 0x80:
            body += self._don_bytes
        if kind == 49 and end > body:
            if head & 0x80:
                self._begin_fragment(data, start, body, end)
            else:
                self._continue_fragment(data[body:end])
            if head & 0x40:
                self._close_fragment()
        elif kind < 48 and end - start > 2 + self._don_bytes:
            nal = data[start:end]
            del nal[2 : 2 + self._don_bytes]
            self._whole(kind, nal)
        elif kind == 48:
            self._aggregate(data, start + 2, end)
        else:
            self.losses.malformed_packets += 1
            self._damage()
        if flags & MARKER:
            self._mark()

    def _begins(self, data: bytearray, start: int, end: int) -> bool:
        kind, first = data[start] >> 1 & 0x3F, start + 2 + self._don_bytes
        if kind == 49 and end - start > 3:
            kind, first = (data[start + 2] & 0x3F, start + 3 + self._don_bytes) if data[start + 2] & 0x80 else (63, end)
        elif kind == 48 and end - start > 6 + self._don_bytes:
            kind, first = data[start + 4 + self._don_bytes] >> 1 & 0x3F, start + 6 + self._don_bytes
        return kind in _H265_LEADING or (kind < 32 and first < end and data[first] >= 0x80)

    def _begin_fragment(self, data: bytearray, start: int, body: int, end: int) -> None:
        kind = data[start + 2] & 0x3F
        if kind < 32:
            self._slice(is_key=16 <= kind <= 21, is_first=data[body] >= 0x80)
        head = bytes((data[start] & 0x81 | kind << 1, data[start + 1]))
        self._open_fragment(kind, head, data[body:end], bytes((data[start], data[start + 1], kind)))

    def _whole(self, kind: int, nal: bytearray) -> None:
        if self._fragment_at != _NO_UNIT:
            self._damage()
        if kind < 32:
            self._slice(is_key=16 <= kind <= 21, is_first=len(nal) > 2 and nal[2] >= 0x80)
        self._add(kind, nal)

    def _aggregate(self, data: bytearray, at: int, end: int) -> None:
        don_bytes = self._don_bytes
        while at < end:
            at += don_bytes
            length = data[at] << 8 | data[at + 1] if at + 2 <= end else 0
            at += 2
            if length < 2 or at + length > end:
                self.losses.malformed_packets += 1
                self._damage()
                return
            self._whole(data[at] >> 1 & 0x3F, data[at : at + length])
            at += length
            don_bytes = 1 if self._don_bytes else 0
