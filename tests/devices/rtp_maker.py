"""Makes RTP packets as a camera would: our own packetizer, so that tests can damage what they want."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

# what a Foscam announces (720p), and slices that no decoder will see
H264_SPS = bytes.fromhex("674d001f95a814016e40")
H264_PPS = bytes.fromhex("68ee3c80")
OTHER_SPS = bytes.fromhex("674d401695a02d0f69b8080808100000")[:14].rstrip(b"\0")
H265_VPS = bytes.fromhex("40010c01ffff01600000030090000003000003005dba0240")
H265_SPS = bytes.fromhex("42010101600000030090000003000003005da00280802d165ba924caf0168080000003008000000504a2")
H265_PPS = bytes.fromhex("4401c172b46240")


def h264_slice(size: int, *, key: bool = False, first: bool = True, fill: int = 0x55) -> bytes:
    return bytes([0x65 if key else 0x41, 0x88 if first else 0x44]) + bytes([fill]) * size


def h265_slice(size: int, *, key: bool = False, first: bool = True, fill: int = 0x55) -> bytes:
    return bytes([19 << 1 if key else 1 << 1, 1, 0x88 if first else 0x44]) + bytes([fill]) * size


@dataclass(slots=True, kw_only=True)
class RtpMaker:
    """One track of a camera. `sequence` and `timestamp` may be set to anything at any time."""

    ssrc: int = 0x1234_5678
    payload_type: int = 96
    sequence: int = 65_530
    timestamp: int = 0xFFFF_F000
    h265: bool = False
    mtu: int = 1400
    made: list[bytes] = field(default_factory=list)

    def packet(self, payload: bytes, *, marker: bool) -> bytes:
        second = (0x80 if marker else 0) | self.payload_type
        head = struct.pack("!BBHII", 0x80, second, self.sequence & 0xFFFF, self.timestamp & 0xFFFF_FFFF, self.ssrc)
        self.sequence += 1
        return head + payload

    def unit(self, nals: list[bytes], *, step: int = 3000, marker: bool = True) -> list[bytes]:
        """Return the packets of one access unit, the last with the marker, and move the clock on."""
        payloads = [payload for nal in nals for payload in self._payloads(nal)]
        last = len(payloads) - 1
        packets = [self.packet(payload, marker=marker and index == last) for index, payload in enumerate(payloads)]
        self.timestamp += step
        return packets

    def _payloads(self, nal: bytes) -> list[bytes]:
        if len(nal) <= self.mtu:
            return [nal]
        head_bytes = 2 if self.h265 else 1
        if self.h265:
            kind, indicator = nal[0] >> 1 & 0x3F, bytes([nal[0] & 0x81 | 49 << 1, nal[1]])
        else:
            kind, indicator = nal[0] & 0x1F, bytes([nal[0] & 0xE0 | 28])
        body = nal[head_bytes:]
        pieces = [body[at : at + self.mtu] for at in range(0, len(body), self.mtu)]
        ends = [(index == 0) << 7 | (index == len(pieces) - 1) << 6 for index in range(len(pieces))]
        return [indicator + bytes([end | kind]) + piece for end, piece in zip(ends, pieces, strict=True)]

    def key_unit(self, size: int = 3000) -> list[bytes]:
        if self.h265:
            return self.unit([H265_VPS, H265_SPS, H265_PPS, h265_slice(size, key=True)])
        return self.unit([H264_SPS, H264_PPS, h264_slice(size, key=True)])

    def other_unit(self, size: int = 900) -> list[bytes]:
        return self.unit([h265_slice(size) if self.h265 else h264_slice(size)])


def aggregated(nals: list[bytes], *, h265: bool = False) -> bytes:
    """Return a STAP-A or AP payload."""
    head = bytes([48 << 1, 1]) if h265 else bytes([0x78])
    return head + b"".join(len(nal).to_bytes(2, "big") + nal for nal in nals)


def aac_payload(units: list[bytes]) -> bytes:
    """Return an AAC-hbr payload (13 bits of size, 3 of index)."""
    heads = b"".join((len(unit) << 3).to_bytes(2, "big") for unit in units)
    return (len(units) * 16).to_bytes(2, "big") + heads + b"".join(units)


def interleaved(channel: int, packet: bytes) -> bytes:
    return b"$" + bytes([channel]) + len(packet).to_bytes(2, "big") + packet


def sender_report(ssrc: int, ntp_s: int, rtp: int) -> bytes:
    return struct.pack("!BBHIIIIII", 0x80, 200, 6, ssrc, ntp_s, 0x8000_0000, rtp & 0xFFFF_FFFF, 10, 1000)


def goodbye(ssrc: int) -> bytes:
    return struct.pack("!BBHI", 0x81, 203, 1, ssrc)
