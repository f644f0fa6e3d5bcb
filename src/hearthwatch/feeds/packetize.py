"""Access units to RTP packets: H.264 (RFC 6184), H.265 (RFC 7798), AAC (RFC 3640) and G.711 (RFC 3551)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hearthwatch.feeds.nal import (
    H264_PPS,
    H264_SPS,
    H265_PPS,
    H265_SPS,
    H265_VPS,
    kind_of,
    sets_of_extradata,
    split_length_prefixed,
)
from hearthwatch.feeds.packet import AudioInfo, Codec, Kind, Packet, VideoInfo
from hearthwatch.kit.units import WallUs

PAYLOAD_BYTES = 1400
VIDEO_CLOCK_HZ = 90_000
_FU_A, _FU_H265 = 28, 49
_MAX_AAC_BYTES = 8191
_SETS = {Codec.H264: frozenset({H264_SPS, H264_PPS}), Codec.H265: frozenset({H265_VPS, H265_SPS, H265_PPS})}
_NTP_EPOCH_S = 2_208_988_800
_HEAD = struct.Struct("!BBHII")


def video_payloads(codec: Codec, nals: Iterable[bytes], most_bytes: int = PAYLOAD_BYTES) -> list[bytes]:
    """Return the payloads of one picture; a unit longer than `most_bytes` comes in fragments."""
    found: list[bytes] = []
    for nal in nals:
        if len(nal) <= most_bytes:
            if nal:
                found.append(nal)
        elif codec is Codec.H264:
            found += _fragments(bytes([nal[0] & 0xE0 | _FU_A]), nal[0] & 0x1F, nal[1:], most_bytes - 2)
        else:
            head = bytes([nal[0] & 0x81 | _FU_H265 << 1, nal[1]])
            found += _fragments(head, nal[0] >> 1 & 0x3F, nal[2:], most_bytes - 3)
    return found


def _fragments(indicator: bytes, kind: int, body: bytes, piece_bytes: int) -> list[bytes]:
    last = (len(body) - 1) // piece_bytes
    return [
        indicator
        + bytes([(index == 0) << 7 | (index == last) << 6 | kind])
        + body[index * piece_bytes : (index + 1) * piece_bytes]
        for index in range(last + 1)
    ]


def has_payload(info: VideoInfo | AudioInfo) -> bool:
    """Tell whether this module can pack the track."""
    return info.codec in {Codec.H264, Codec.H265, Codec.AAC, Codec.PCMU, Codec.PCMA}


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One RTP payload. `late_ticks`: how much later it is than its packet; `marker`: it ends a picture or a frame."""

    data: bytes
    marker: bool
    late_ticks: int = 0


def pieces(info: VideoInfo | AudioInfo, packet: Packet) -> list[Piece]:
    """Return the payloads of `packet`; a key picture has its parameter sets in front. Raises BadReply for a damaged one."""
    if isinstance(info, VideoInfo):
        nals: Sequence[bytes] = split_length_prefixed(packet.data)
        if packet.is_key and not any(kind_of(info.codec, nal) in _SETS[info.codec] for nal in nals):
            sets = sets_of_extradata(info.codec, info.extradata)
            nals = (*sets.vps, *sets.sps, *sets.pps, *nals)
        payloads = video_payloads(info.codec, nals)
        return [Piece(data=one, marker=at == len(payloads) - 1) for at, one in enumerate(payloads)]
    if info.codec is Codec.AAC:
        if not 0 < len(packet.data) <= _MAX_AAC_BYTES:
            return []
        return [Piece(data=struct.pack("!HH", 16, len(packet.data) << 3) + packet.data, marker=True)]
    step = PAYLOAD_BYTES - PAYLOAD_BYTES % info.channels
    return [
        Piece(data=packet.data[at : at + step], marker=False, late_ticks=at // info.channels)
        for at in range(0, len(packet.data), step)
    ]


class RtpTrack:
    """One track as one receiver gets it: numbers, stamps and counts of its packets."""

    def __init__(self, info: VideoInfo | AudioInfo, *, payload_type: int, ssrc: int, sequence: int, start: int) -> None:
        """`start` is the time stamp of tick 0."""
        self.info = info
        self.ssrc = ssrc
        self.sequence = sequence
        self._payload_type = payload_type
        self._start = start
        self._packets = 0
        self._octets = 0

    @property
    def clock_hz(self) -> int:
        return VIDEO_CLOCK_HZ if isinstance(self.info, VideoInfo) else self.info.sample_hz

    @property
    def kind(self) -> Kind:
        return Kind.VIDEO if isinstance(self.info, VideoInfo) else Kind.AUDIO

    def stamp(self, packet: Packet, later_us: int) -> int:
        """Return the RTP time stamp of `packet`, whose run began `later_us` after the first one."""
        ticks = packet.pts_ticks * self.clock_hz // self.info.ticks_per_s + later_us * self.clock_hz // 1_000_000
        return (self._start + ticks) & 0xFFFF_FFFF

    def packets(self, packet: Packet, later_us: int) -> list[bytes]:
        """Return its RTP packets. Raises BadReply."""
        stamp = self.stamp(packet, later_us)
        made = []
        for piece in pieces(self.info, packet):
            second = piece.marker << 7 | self._payload_type
            at = (stamp + piece.late_ticks) & 0xFFFF_FFFF
            made.append(_HEAD.pack(0x80, second, self.sequence, at, self.ssrc) + piece.data)
            self.sequence = self.sequence + 1 & 0xFFFF
            self._octets += len(piece.data)
        self._packets += len(made)
        return made

    def report(self, stamp: int, wall_us: WallUs, name: bytes = b"hearthwatch") -> bytes:
        """Return a sender report (RFC 3550, 6.4.1) and who sends it: `stamp` was at `wall_us`."""
        seconds, micros = divmod(wall_us, 1_000_000)
        ntp = (seconds + _NTP_EPOCH_S & 0xFFFF_FFFF) << 32 | (micros << 32) // 1_000_000
        octets, packets = self._octets & 0xFFFF_FFFF, self._packets & 0xFFFF_FFFF
        head = struct.pack("!BBHIQIII", 0x80, 200, 6, self.ssrc, ntp, stamp, packets, octets)
        item = struct.pack("!IBB", self.ssrc, 1, len(name)) + name
        item += b"\0" * (4 - len(item) % 4)
        return head + struct.pack("!BBH", 0x81, 202, len(item) // 4) + item
