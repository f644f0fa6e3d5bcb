"""RTP payloads to access units; here what every track shares, and sound: AAC (RFC 3640) and G.711 (RFC 3551)."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass

from hearthwatch.feeds.nal import ParameterSets
from hearthwatch.kit.errors import Unsupported

MARKER = 0x80
LOST = 0x01


@dataclass(slots=True, kw_only=True)
class AccessUnit:
    """`data` as `Packet.data` holds it; `sets` are the parameter sets in force, for a key unit; the same object
    until they change."""

    data: bytes
    timestamp: int
    is_key: bool
    sets: ParameterSets | None = None


@dataclass(slots=True, kw_only=True)
class Losses:
    """What a track lost, for health: packets the camera never sent, units thrown away, packets that made no sense."""

    lost_packets: int = 0
    damaged_units: int = 0
    skipped_units: int = 0
    malformed_packets: int = 0
    foreign_packets: int = 0


class Depacketizer(ABC):
    """Turns the payloads of one track into access units, appended to `ready`."""

    def __init__(self, losses: Losses) -> None:
        self.losses = losses
        self.ready: list[AccessUnit] = []

    @abstractmethod
    def push(self, data: bytearray, start: int, end: int, timestamp: int, flags: int) -> None:
        """Take the payload ``data[start:end]``, never empty; `flags` has MARKER and LOST (packets before it are missing)."""

    @abstractmethod
    def restart(self) -> None:
        """Forget what is under assembly: another sender took over."""


class FragmentDepacketizer(Depacketizer):
    """One whose units come in many payloads that begin alike."""

    def __init__(self, losses: Losses) -> None:
        super().__init__(losses)
        self.middle = b""
        """How the payloads begin that go on with the fragment under assembly and do not end it; empty when there is none."""

    @abstractmethod
    def extend(self, bodies: list[bytes]) -> None:
        """Take what stands behind `middle`, which is not empty, in payloads of one size that came one after the other."""


class AacDepacketizer(Depacketizer):
    """RFC 3640, high and low bit rate: access units behind their AU-headers, or one unit over several packets."""

    def __init__(self, losses: Losses, fmtp: dict[str, str], frame_samples: int) -> None:
        super().__init__(losses)
        low = fmtp.get("mode", "").lower() == "aac-lbr"
        self._size_bits = _bits(fmtp, "sizelength", 6 if low else 13)
        self._index_bits = _bits(fmtp, "indexlength", 2 if low else 3)
        self._delta_bits = _bits(fmtp, "indexdeltalength", 2 if low else 3)
        self._frame_samples = frame_samples
        self._fragment = bytearray()
        self._wanted = 0
        if not self._size_bits:
            raise Unsupported("sends AAC in a framing that is not supported (no sizelength)")

    def restart(self) -> None:
        self._fragment, self._wanted = bytearray(), 0

    def push(self, data: bytearray, start: int, end: int, timestamp: int, flags: int) -> None:
        if flags & LOST:
            self.restart()
        sizes, at = self._headers(data, start, end)
        if len(sizes) == 1 and sizes[0] > end - at:
            self._gather(data[at:end], sizes[0], timestamp)
            return
        self.restart()
        for index, size in enumerate(sizes):
            if at + size > end:
                self.losses.malformed_packets += 1
                return
            stamp = timestamp + index * self._frame_samples & 0xFFFF_FFFF
            if size:
                self.ready.append(AccessUnit(data=bytes(data[at : at + size]), timestamp=stamp, is_key=True))
            at += size

    def _headers(self, data: bytearray, start: int, end: int) -> tuple[list[int], int]:
        """Return the sizes of the units and where the first begins."""
        bits = data[start] << 8 | data[start + 1] if end - start >= 2 else 0
        at = start + 2 + (bits + 7) // 8
        if not bits or at > end:
            self.losses.malformed_packets += 1
            return [], end
        value, left = int.from_bytes(data[start + 2 : at], "big"), (at - start - 2) * 8
        sizes: list[int] = []
        used = 0
        while used < bits:
            skip = self._delta_bits if sizes else self._index_bits
            used += self._size_bits + skip
            if used > bits:
                break
            sizes.append(value >> (left - used + skip) & (1 << self._size_bits) - 1)
        return sizes, at

    def _gather(self, piece: bytearray, size: int, timestamp: int) -> None:
        if self._wanted != size:
            self._fragment, self._wanted = bytearray(), size
        self._fragment += piece
        if len(self._fragment) >= size:
            self.ready.append(AccessUnit(data=bytes(self._fragment[:size]), timestamp=timestamp, is_key=True))
            self.restart()


class G711Depacketizer(Depacketizer):
    """RFC 3551: each packet is a run of samples."""

    def restart(self) -> None:
        """Nothing is ever held."""

    def push(self, data: bytearray, start: int, end: int, timestamp: int, flags: int) -> None:
        self.ready.append(AccessUnit(data=bytes(data[start:end]), timestamp=timestamp, is_key=True))


def _bits(fmtp: dict[str, str], name: str, default: int) -> int:
    text = fmtp.get(name, "")
    return int(text) if re.fullmatch(r"[0-9]|1[0-6]", text) else default
