"""Sample entries of MP4 (what codec a track holds) and the codec string a browser asks for.

Wire facts: ISO/IEC 14496-14 §5.6 (mp4v, mp4a, esds), 14496-15 §5.4 (avc1), §8.4 (hvc1) and annex E (codec string of hvc1),
RFC 6381 (codecs parameter); object type 0x6C is JPEG, 0x20 MPEG-4 part 2, 0x40 AAC (mp4ra.org).
"""

from __future__ import annotations

import struct

from hearthwatch.feeds.packet import AudioInfo, Codec, StreamInfo, VideoInfo

_OBJECT_TYPE = {Codec.MPEG4: 0x20, Codec.AAC: 0x40, Codec.MJPEG: 0x6C}
_VISUAL_STREAM = 4
_AUDIO_STREAM = 5


def box(kind: bytes, *parts: bytes) -> bytes:
    """Return a box of `parts` with its size and four-letter kind before them."""
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def video_entry(info: VideoInfo) -> bytes:
    """Return the sample entry of a video track. Raises ValueError for an audio codec."""
    match info.codec:
        case Codec.H264:
            kind, config = b"avc1", box(b"avcC", info.extradata)
        case Codec.H265:
            kind, config = b"hvc1", box(b"hvcC", info.extradata)
        case Codec.MJPEG | Codec.MPEG4:
            kind, config = b"mp4v", _esds(info.codec, _VISUAL_STREAM, info.extradata)
        case _:
            raise ValueError(f"{info.codec} is no video codec")
    size = struct.pack(">HH", info.width_px & 0xFFFF, info.height_px & 0xFFFF)
    fixed = struct.pack(">IIIH32sHh", 0x48_0000, 0x48_0000, 0, 1, b"", 0x18, -1)
    return box(kind, bytes(6), b"\0\1", bytes(16), size, fixed, config)


def audio_entry(info: AudioInfo) -> bytes:
    """Return the sample entry of an audio track. Raises ValueError for a video codec."""
    match info.codec:
        case Codec.AAC:
            kind, config = b"mp4a", _esds(info.codec, _AUDIO_STREAM, info.extradata)
        case Codec.PCMU:
            kind, config = b"ulaw", b""
        case Codec.PCMA:
            kind, config = b"alaw", b""
        case _:
            raise ValueError(f"{info.codec} is no audio codec")
    rate = info.sample_hz << 16 if info.sample_hz <= 0xFFFF else 0
    return box(kind, bytes(6), b"\0\1", bytes(8), struct.pack(">HHHHI", info.channels, 16, 0, 0, rate), config)


def _descriptor(tag: int, body: bytes) -> bytes:
    size = len(body)
    return bytes((tag, 0x80 | size >> 21 & 0x7F, 0x80 | size >> 14 & 0x7F, 0x80 | size >> 7 & 0x7F, size & 0x7F)) + body


def _esds(codec: Codec, stream_type: int, extradata: bytes) -> bytes:
    specific = _descriptor(0x05, extradata) if extradata else b""
    config = struct.pack(">BBBHII", _OBJECT_TYPE[codec], stream_type << 2 | 1, 0, 0, 0, 0) + specific
    return full_box(b"esds", 0, 0, _descriptor(0x03, b"\0\0\0" + _descriptor(0x04, config) + _descriptor(0x06, b"\x02")))


def codec_string(info: StreamInfo) -> str:
    """Return the RFC 6381 names of the tracks, e.g. ``avc1.64001f,mp4a.40.2``.

    Browsers play neither MJPEG nor G.711 from MP4; ask for the info without its audio track in that case.
    """
    names = [_video_name(info.video)]
    if info.audio is not None:
        names.append(_audio_name(info.audio))
    return ",".join(names)


def _video_name(info: VideoInfo) -> str:
    data = info.extradata
    if info.codec is Codec.H264:
        return f"avc1.{data[1:4].hex()}" if len(data) >= 4 else "avc1"
    if info.codec is Codec.H265:
        return _hevc_name(data)
    return f"mp4v.{_OBJECT_TYPE[info.codec]:02X}"


def _hevc_name(record: bytes) -> str:
    """Build the name from an HEVCDecoderConfigurationRecord (14496-15 §8.3.3.1.2)."""
    if len(record) < 13:
        return "hvc1"
    space, tier, profile = record[1] >> 6, record[1] >> 5 & 1, record[1] & 0x1F
    flags = int.from_bytes(record[2:6], "big")
    reversed_flags = int(f"{flags:032b}"[::-1], 2)
    constraints = record[6:12].rstrip(b"\0")
    parts = [
        "hvc1",
        ("", "A", "B", "C")[space] + str(profile),
        f"{reversed_flags:X}",
        f"{'H' if tier else 'L'}{record[12]}",
        *(f"{byte:X}" for byte in constraints),
    ]
    return ".".join(parts)


def _audio_name(info: AudioInfo) -> str:
    match info.codec:
        case Codec.PCMU:
            return "ulaw"
        case Codec.PCMA:
            return "alaw"
        case _:
            kind = info.extradata[0] >> 3 if info.extradata else 2
            if kind == 31 and len(info.extradata) > 1:
                kind = 32 + ((info.extradata[0] & 7) << 3 | info.extradata[1] >> 5)
            return f"mp4a.40.{kind or 2}"
