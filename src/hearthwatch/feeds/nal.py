"""NAL units of H.264 and H.265: kinds, parameter sets, and the avcC/hvcC records of ISO/IEC 14496-15.

A *NAL* here is the bytes of one unit without start code or length. Parameter sets come from strangers: whatever cannot be read
raises BadReply, and nothing is read beyond the first `MAX_SET_BYTES` of one.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass

from hearthwatch.feeds.packet import Codec, VideoInfo
from hearthwatch.feeds.sps import MAX_SET_BYTES, h264_sps, h265_sps, unescaped
from hearthwatch.kit.errors import BadReply

H264_IDR, H264_SEI, H264_SPS, H264_PPS, H264_AUD, H264_FILLER = 5, 6, 7, 8, 9, 12
H265_VPS, H265_SPS, H265_PPS, H265_AUD, H265_FILLER, H265_PREFIX_SEI = 32, 33, 34, 35, 38, 39

_START_CODE = re.compile(b"\x00\x00\x01")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterSets:
    """What a decoder must hold before the first slice; `vps` is empty for H.264."""

    codec: Codec
    vps: tuple[bytes, ...] = ()
    sps: tuple[bytes, ...] = ()
    pps: tuple[bytes, ...] = ()

    @property
    def is_complete(self) -> bool:
        return bool(self.sps and self.pps and (self.vps or self.codec is Codec.H264))

    def updated(self, other: ParameterSets) -> ParameterSets:
        """Return these sets with each kind that `other` has replaced by the other's."""
        return ParameterSets(codec=self.codec, vps=other.vps or self.vps, sps=other.sps or self.sps, pps=other.pps or self.pps)

    def video_info(self, ticks_per_s: int = 90_000) -> VideoInfo:
        """Return size and extradata. Raises BadReply for sets that cannot be read or are incomplete."""
        if not self.is_complete:
            raise BadReply("the parameter sets of the video are incomplete")
        if self.codec is Codec.H264:
            facts, extradata = h264_sps(self.sps[0]), avcc(self.sps, self.pps)
        else:
            facts, extradata = h265_sps(self.sps[0]), hvcc(self.vps, self.sps, self.pps)
        return VideoInfo(
            codec=self.codec,
            extradata=extradata,
            width_px=facts.width_px,
            height_px=facts.height_px,
            ticks_per_s=ticks_per_s,
        )


def kind_of(codec: Codec, nal: bytes) -> int:
    """Return nal_unit_type; -1 for an empty unit."""
    if not nal:
        return -1
    return nal[0] & 0x1F if codec is Codec.H264 else nal[0] >> 1 & 0x3F


def is_key(codec: Codec, nal: bytes) -> bool:
    """Tell whether the unit is a slice of a picture from which decoding may start (IDR; IRAP in H.265)."""
    kind = kind_of(codec, nal)
    return kind == H264_IDR if codec is Codec.H264 else 16 <= kind <= 21


def is_slice(codec: Codec, nal: bytes) -> bool:
    """Tell whether the unit carries picture data (a VCL unit)."""
    kind = kind_of(codec, nal)
    return 1 <= kind <= 5 if codec is Codec.H264 else 0 <= kind <= 31


def cleaned(nal: bytes) -> bytes:
    """Return a parameter set without the zeros and start code that some cameras leave behind it."""
    nal = nal.rstrip(b"\0")
    while nal.endswith(b"\0\0\1"):
        nal = nal[:-3].rstrip(b"\0")
    return nal


def split_annexb(data: bytes) -> list[bytes]:
    """Return the NALs of a byte stream with start codes (ITU-T H.264 annex B); bytes before the first code are left out."""
    starts = [match.end() for match in _START_CODE.finditer(data)]
    ends = [start - 3 for start in starts[1:]] + [len(data)]
    return [nal for start, end in zip(starts, ends, strict=False) if (nal := data[start:end].rstrip(b"\0"))]


def length_prefixed(nals: Iterable[bytes]) -> bytes:
    """Return the NALs each behind its length, 4 bytes big endian."""
    return b"".join(part for nal in nals for part in (len(nal).to_bytes(4, "big"), nal))


def split_length_prefixed(data: bytes) -> list[bytes]:
    """Return the NALs of an access unit as `Packet.data` holds it. Raises BadReply for lengths that do not add up."""
    nals, at = [], 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        at += 4
        if at + length > len(data):
            raise BadReply("NAL lengths do not add up")
        nals.append(data[at : at + length])
        at += length
    return nals


def sets_of(codec: Codec, nals: Iterable[bytes]) -> ParameterSets:
    """Return the parameter sets among `nals`, each once, in their order."""
    vps, sps, pps = (-2, H264_SPS, H264_PPS) if codec is Codec.H264 else (H265_VPS, H265_SPS, H265_PPS)
    found: dict[int, dict[bytes, None]] = {vps: {}, sps: {}, pps: {}}
    for nal in nals:
        kind = kind_of(codec, nal)
        if kind in found and len(nal) <= MAX_SET_BYTES and len(found[kind]) < 16:
            found[kind][cleaned(nal)] = None
    return ParameterSets(codec=codec, vps=tuple(found[vps]), sps=tuple(found[sps]), pps=tuple(found[pps]))


def sets_of_extradata(codec: Codec, extradata: bytes) -> ParameterSets:
    """Return the parameter sets in an avcC or hvcC record or in a byte stream with start codes. Raises BadReply."""
    if extradata[:1] == b"\1":
        return sets_of(codec, _record_nals(codec, extradata))
    return sets_of(codec, split_annexb(extradata))


def reorder_pictures(codec: Codec, extradata: bytes) -> int:
    """Return how many pictures come before one that is shown earlier, 0 where the parameter sets do not say."""
    try:
        sps = sets_of_extradata(codec, extradata).sps
        return (h264_sps if codec is Codec.H264 else h265_sps)(sps[0]).reorder_pictures if sps else 0
    except BadReply:
        return 0


def _record_nals(codec: Codec, record: bytes) -> list[bytes]:
    nals: list[bytes] = []
    at = 5 if codec is Codec.H264 else 22
    try:
        arrays = 2 if codec is Codec.H264 else record[at]
        at += codec is not Codec.H264
        for index in range(arrays):
            if codec is Codec.H264:
                count, at = record[at] & (0x1F if index == 0 else 0xFF), at + 1
            else:
                count, at = int.from_bytes(record[at + 1 : at + 3], "big"), at + 3
            for _ in range(count):
                length = int.from_bytes(record[at : at + 2], "big")
                if not length or at + 2 + length > len(record):
                    raise BadReply("the decoder record of the video is cut off")
                nals.append(record[at + 2 : at + 2 + length])
                at += 2 + length
    except IndexError as error:
        raise BadReply("the decoder record of the video is cut off") from error
    return nals


def avcc(sps: tuple[bytes, ...], pps: tuple[bytes, ...]) -> bytes:
    """Return the AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1) with 4-byte lengths."""
    facts = h264_sps(sps[0])
    parts = [b"\x01", sps[0][1:4], b"\xff", bytes([0xE0 | len(sps)])]
    parts += [part for one in sps for part in (struct.pack("!H", len(one)), one)]
    parts.append(bytes([len(pps)]))
    parts += [part for one in pps for part in (struct.pack("!H", len(one)), one)]
    if facts.profile not in {66, 77, 88}:
        depths = [facts.bit_depth_luma - 8, facts.bit_depth_chroma - 8]
        parts.append(bytes([0xFC | facts.chroma_format, 0xF8 | depths[0], 0xF8 | depths[1], 0]))
    return b"".join(parts)


def hvcc(vps: tuple[bytes, ...], sps: tuple[bytes, ...], pps: tuple[bytes, ...]) -> bytes:
    """Return the HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3.1) with 4-byte lengths."""
    facts = h265_sps(sps[0])
    general = unescaped(sps[0])[3:15]
    record = b"\x01" + general + b"\xf0\x00\xfc" + bytes([0xFC | facts.chroma_format])
    record += bytes([0xF8 | facts.bit_depth_luma - 8, 0xF8 | facts.bit_depth_chroma - 8, 0, 0])
    record += bytes([facts.temporal_layers << 3 | facts.temporal_nested << 2 | 3, 3])
    for kind, nals in ((H265_VPS, vps), (H265_SPS, sps), (H265_PPS, pps)):
        record += bytes([0x80 | kind]) + struct.pack("!H", len(nals))
        record += b"".join(struct.pack("!H", len(one)) + one for one in nals)
    return record
