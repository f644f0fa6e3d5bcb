"""RTCP (RFC 3550, 6): what the camera says about its clock, that it leaves, and what we tell it about reception."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from hearthwatch.kit.units import US_PER_S, WallUs

_NTP_TO_UNIX_S = 2_208_988_800
_NTP_ERA_S = 1 << 32


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderReport:
    """At `camera_us` of its own clock the camera's RTP stamp was `rtp_timestamp`; `ntp_middle` goes back in our report."""

    ssrc: int
    camera_us: WallUs
    rtp_timestamp: int
    ntp_middle: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Goodbye:
    """The senders `ssrcs` end their stream."""

    ssrcs: tuple[int, ...]


def parse_rtcp(data: bytes) -> list[SenderReport | Goodbye]:
    """Return what matters of a compound packet; what is malformed or of another kind is passed over."""
    found: list[SenderReport | Goodbye] = []
    at = 0
    while at + 4 <= len(data) and data[at] >> 6 == 2:
        count, kind = data[at] & 0x1F, data[at + 1]
        end = at + 4 + 4 * int.from_bytes(data[at + 2 : at + 4], "big")
        if end > len(data):
            break
        if kind == 200 and end - at >= 28:
            ssrc, seconds, fraction, rtp = struct.unpack_from("!IIII", data, at + 4)
            middle = (seconds & 0xFFFF) << 16 | fraction >> 16
            found.append(SenderReport(ssrc=ssrc, camera_us=_unix_us(seconds, fraction), rtp_timestamp=rtp, ntp_middle=middle))
        elif kind == 203 and end - at >= 4 + 4 * count:
            found.append(Goodbye(ssrcs=struct.unpack_from(f"!{count}I", data, at + 4)))
        at = end
    return found


def _unix_us(seconds: int, fraction: int) -> WallUs:
    """NTP seconds wrap in 2036: small values belong to the second era. A camera without a clock counts from zero, in 2036."""
    if seconds < _NTP_TO_UNIX_S:
        seconds += _NTP_ERA_S
    return WallUs((seconds - _NTP_TO_UNIX_S) * US_PER_S + (fraction * US_PER_S >> 32))


def receiver_report(
    ours: int, theirs: int, *, lost_packets: int, highest_sequence: int, ntp_middle: int, delay_s: float
) -> bytes:
    """Return a receiver report with one block and our name (RFC 3550, 6.4.2 and 6.5); jitter over TCP is left at 0."""
    lost = min(lost_packets, 0x7F_FFFF)
    delay = min(round(delay_s * 65536), 0xFFFF_FFFF) if ntp_middle else 0
    block = struct.pack("!BBHII", 0x81, 201, 7, ours, theirs)
    block += struct.pack("!IIIII", lost, highest_sequence & 0xFFFF_FFFF, 0, ntp_middle, delay)
    return block + struct.pack("!BBHIBB", 0x81, 202, 4, ours, 1, 6) + b"camera" + bytes(4)
