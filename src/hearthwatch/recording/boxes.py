"""Writing MP4 boxes: the init segment and the fragments of a fragmented MP4, for files, for the live view and for playback.

Wire facts: ISO/IEC 14496-12 (boxes), 14496-14 (mp4v, mp4a, esds), 14496-15 (avc1, hvc1). Everything is big-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from hearthwatch.feeds.packet import AudioInfo, Codec, Packet, StreamInfo, VideoInfo
from hearthwatch.recording.entries import audio_entry, box, codec_string, full_box, video_entry

__all__ = ["AUDIO_TRACK", "VIDEO_TRACK", "Part", "codec_string", "fragment", "init_segment"]

VIDEO_TRACK = 1
AUDIO_TRACK = 2
MOVIE_TICKS_PER_S = 1000

_KEY_FLAGS = 0x0200_0000
"""sample_depends_on = 2: depends on no other sample."""
_DELTA_FLAGS = 0x0101_0000
"""sample_depends_on = 1, sample_is_non_sync_sample = 1."""
_U32 = 0xFFFF_FFFF
_IDENTITY = struct.pack(">9I", 0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000)
_AAC_FRAME_SAMPLES = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One track's samples of one fragment.

    `rows` holds four numbers a sample: duration, size, flags and composition offset (32-bit, two's complement), as in a
    `trun`; `base_ticks` is the decode time of the first sample in the file's own timeline.
    """

    track: int
    base_ticks: int
    rows: Sequence[int]

    @property
    def count(self) -> int:
        return len(self.rows) // 4

    @property
    def durations(self) -> Sequence[int]:
        return self.rows[0::4]

    @property
    def sizes(self) -> Sequence[int]:
        return self.rows[1::4]

    @property
    def keys(self) -> list[bool]:
        return [not flags & 0x0001_0000 for flags in self.rows[2::4]]

    @property
    def offsets(self) -> list[int]:
        """Composition offsets as signed numbers."""
        return [value - (1 << 32) if value & 0x8000_0000 else value for value in self.rows[3::4]]

    @property
    def duration_ticks(self) -> int:
        return sum(self.durations)

    @property
    def size_bytes(self) -> int:
        return sum(self.sizes)


def init_segment(info: StreamInfo, *, extra: bytes = b"") -> bytes:
    """Return `ftyp` and `moov` of a fragmented MP4 with one video and, if there is any, one audio track.

    `extra` are whole boxes to stand between the two. Raises ValueError for a codec that has no place in MP4.
    """
    tracks = [_track(VIDEO_TRACK, video_entry(info.video), info.video)]
    extends = [_extends(VIDEO_TRACK)]
    if info.audio is not None:
        tracks.append(_track(AUDIO_TRACK, audio_entry(info.audio), info.audio))
        extends.append(_extends(AUDIO_TRACK))
    moov = box(b"moov", movie_header(0, next_track=len(tracks) + 1), *tracks, box(b"mvex", *extends))
    return file_type() + extra + moov


def file_type() -> bytes:
    return box(b"ftyp", b"iso5", struct.pack(">I", 512), b"iso5iso6mp41")


def movie_header(duration: int, *, next_track: int) -> bytes:
    """Return `mvhd`; `duration` counts in MOVIE_TICKS_PER_S."""
    fixed = struct.pack(">IHHII", 0x1_0000, 0x100, 0, 0, 0)
    times = struct.pack(">QQIQ", 0, 0, MOVIE_TICKS_PER_S, duration)
    return full_box(b"mvhd", 1, 0, times, fixed, _IDENTITY, bytes(24), struct.pack(">I", next_track))


def track(
    number: int, info: VideoInfo | AudioInfo, tables: Sequence[bytes], *, duration: int, media_ticks: int, edits: bytes = b""
) -> bytes:
    """Return `trak` around the sample tables; `duration` counts in MOVIE_TICKS_PER_S, `media_ticks` in the track's own."""
    is_video = isinstance(info, VideoInfo)
    size = (info.width_px << 16, info.height_px << 16) if isinstance(info, VideoInfo) else (0, 0)
    header = full_box(
        b"tkhd",
        1,
        3,
        struct.pack(">QQIIQ8xHHHH", 0, 0, number, 0, duration, 0, 0, 0 if is_video else 0x100, 0),
        _IDENTITY,
        struct.pack(">II", size[0] & _U32, size[1] & _U32),
    )
    media_header = full_box(b"mdhd", 1, 0, struct.pack(">QQIQHH", 0, 0, info.ticks_per_s, media_ticks, 0x55C4, 0))
    handler = full_box(b"hdlr", 0, 0, bytes(4), b"vide" if is_video else b"soun", bytes(12), b"Hearthwatch\0")
    media = full_box(b"vmhd", 0, 1, bytes(8)) if is_video else full_box(b"smhd", 0, 0, bytes(4))
    data = box(b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1)))
    return box(b"trak", header, edits, box(b"mdia", media_header, handler, box(b"minf", media, data, box(b"stbl", *tables))))


def _track(number: int, entry: bytes, info: VideoInfo | AudioInfo) -> bytes:
    tables = [
        sample_description(entry),
        full_box(b"stts", 0, 0, bytes(4)),
        full_box(b"stsc", 0, 0, bytes(4)),
        full_box(b"stsz", 0, 0, bytes(8)),
        full_box(b"stco", 0, 0, bytes(4)),
    ]
    return track(number, info, tables, duration=0, media_ticks=0)


def sample_description(entry: bytes) -> bytes:
    return full_box(b"stsd", 0, 0, struct.pack(">I", 1), entry)


def _extends(number: int) -> bytes:
    return full_box(b"trex", 0, 0, struct.pack(">5I", number, 1, 0, 0, 0))


def part(packets: Sequence[Packet], *, track_number: int, base_ticks: int, next_dts: int) -> Part:
    """Describe consecutive packets of one track; `next_dts` is the decode time of the packet after the last."""
    dts = [packet.dts_ticks for packet in packets]
    dts.append(next_dts)
    rows = [0] * (4 * len(packets))
    rows[0::4] = [max(0, after - before) for before, after in pairwise(dts)]
    rows[1::4] = [len(packet.data) for packet in packets]
    if track_number == AUDIO_TRACK:
        rows[2::4] = [_KEY_FLAGS] * len(packets)
    else:
        rows[2::4] = [_KEY_FLAGS if packet.is_key else _DELTA_FLAGS for packet in packets]
        rows[3::4] = [(packet.pts_ticks - packet.dts_ticks) & _U32 for packet in packets]
    return Part(track=track_number, base_ticks=base_ticks, rows=rows)


def fragment_head(sequence: int, parts: Sequence[Part]) -> bytes:
    """Return `moof` and the header of the `mdat`; the samples follow, part by part. Raises ValueError for too many bytes."""
    offsets = [any(one.rows[3::4]) for one in parts]
    moof_bytes = (
        8 + 16 + sum(8 + 16 + 20 + 20 + (16 if offset else 12) * one.count for one, offset in zip(parts, offsets, strict=True))
    )
    data_offset = moof_bytes + 8
    boxes = [struct.pack(">I4sI4sII", moof_bytes, b"moof", 16, b"mfhd", 0, sequence & _U32)]
    for one, has_offsets in zip(parts, offsets, strict=True):
        row_bytes = 16 if has_offsets else 12
        rows = one.rows
        if not has_offsets:
            rows = [value for at, value in enumerate(rows) if at & 3 != 3]
        flags = 0x0100_0F01 if has_offsets else 0x0100_0701
        trun_bytes = 20 + row_bytes * one.count
        head = struct.pack(
            ">I4s I4sII I4sIQ I4sIIi",
            *(44 + trun_bytes, b"traf"),
            *(16, b"tfhd", 0x0002_0000, one.track),
            *(20, b"tfdt", 0x0100_0000, one.base_ticks),
            *(trun_bytes, b"trun", flags, one.count, data_offset),
        )
        boxes.append(head)
        boxes.append(struct.pack(f">{len(rows)}I", *rows))
        data_offset += one.size_bytes
    mdat_bytes = data_offset - moof_bytes
    if mdat_bytes > _U32 or data_offset >= 1 << 31:
        raise ValueError(f"a fragment of {mdat_bytes} bytes does not fit")
    boxes.append(struct.pack(">I4s", mdat_bytes, b"mdat"))
    return b"".join(boxes)


def fragment(
    sequence: int,
    video: Sequence[Packet],
    audio: Sequence[Packet] = (),
    *,
    video_base_ticks: int = 0,
    audio_base_ticks: int = 0,
    next_video_dts: int | None = None,
    next_audio_dts: int | None = None,
) -> bytes:
    """Return one `moof` + `mdat`: what is written each second, or one message for a live viewer.

    A packet's decode time in the file is its `dts_ticks` less its track's base. The decode time of the packet after the last
    (`next_…_dts`) gives the last one its duration; None estimates it from the packets at hand. Raises ValueError when there
    is no packet at all, or a time before the base.
    """
    parts = []
    pieces: list[bytes] = [b""]
    for number, packets, base, after in (
        (VIDEO_TRACK, video, video_base_ticks, next_video_dts),
        (AUDIO_TRACK, audio, audio_base_ticks, next_audio_dts),
    ):
        if packets:
            first = packets[0].dts_ticks - base
            if first < 0:
                raise ValueError(f"the first packet lies {-first} ticks before the start of the file")
            next_dts = guess_next_dts(packets) if after is None else after
            parts.append(part(packets, track_number=number, base_ticks=first, next_dts=next_dts))
            pieces += [packet.data for packet in packets]
    if not parts:
        raise ValueError("a fragment needs a packet")
    pieces[0] = fragment_head(sequence, parts)
    return b"".join(pieces)


def guess_next_dts(packets: Sequence[Packet]) -> int:
    """Return the decode time that would follow the last packet: one median duration later."""
    dts = [packet.dts_ticks for packet in packets]
    steps = sorted(after - before for before, after in pairwise(dts))
    step = steps[len(steps) // 2] if steps else _AAC_FRAME_SAMPLES
    return dts[-1] + max(step, 1)


def next_audio_dts(info: AudioInfo, last: Packet) -> int:
    """Return the decode time after `last`: G.711 is one byte a sample, an AAC frame (LC, 14496-3) is 1024 samples."""
    if info.codec is Codec.AAC:
        return last.dts_ticks + _AAC_FRAME_SAMPLES
    return last.dts_ticks + len(last.data) // max(1, info.channels)
