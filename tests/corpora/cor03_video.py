"""COR3: clips and streams cut, flipped and lied about: the import job, the looker's decoder, and the walker of our own files."""

from __future__ import annotations

import asyncio
import io
import random
import struct
from collections.abc import Iterator
from pathlib import Path

import av

from hearthwatch.feeds.clip_file import ClipFile
from hearthwatch.feeds.nal import ParameterSets, length_prefixed, sets_of_extradata, split_length_prefixed
from hearthwatch.feeds.packet import Codec, Packet, VideoInfo
from hearthwatch.frames.decode import Decoder
from hearthwatch.frames.jpeg import encode
from hearthwatch.kit.units import CameraId
from hearthwatch.recording.repair import cut_to_whole
from tests.corpora.frame import Case, Corpus, Skip, Terms, foreign
from tests.frames.clip_maker import clip, pictures
from tests.fuzz.targets import try_one
from tests.recording.test_walk import a_file
from tests.run.test_imports_wired import bring, dav

_MIB = 1 << 20
_MOST_BYTES = 256 * _MIB
GATE = CameraId("gate")


def made_clips() -> dict[str, bytes]:
    """Return short clips as cameras upload them."""
    found = {"dav": dav(20, fps=10)}
    for name, form, encoder in (
        ("mp4", "mp4", "libx264"),
        ("mkv", "matroska", "libx264"),
        ("avi", "avi", "mpeg4"),
        ("ts", "mpegts", "libx264"),
    ):
        file = io.BytesIO()
        with av.open(file, "w", format=form) as out:
            stream = out.add_stream(encoder, rate=10)
            stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
            for picture in pictures(12):
                out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")))
            out.mux(stream.encode(None))
        found[name] = file.getvalue()
    return found


def read_clip(data: bytes) -> str:
    """Read a clip as the import job does; its process is ours here, and a crash of it a failure."""
    found = ClipFile(GATE, io.BytesIO(data))
    count = last = 0
    for packet in found:
        count += 1
        assert packet.wall_us >= 0
        last = max(last, packet.dts_ticks)
        if count >= 2000:
            break
    return f"{found.info.video.width_px}x{found.info.video.height_px} {count} {last}"


def bring_clip(data: bytes, folder: Path) -> str:
    """Through a real job in its box."""
    path = folder / "clip"
    path.write_bytes(data)
    try:
        found, keeping = asyncio.run(bring(path))
    finally:
        path.unlink()
    assert "/" not in found.error
    return f"{len(keeping.packets)} {found.error}"


def decode(info: VideoInfo, packets: list[Packet]) -> str:
    decoder = Decoder(GATE, info)
    frames = [frame for packet in packets for frame in decoder.decode(packet)]
    frames += decoder.flush()
    sizes = [len(encode(frame, max_width_px=320)) for frame in frames[:3]]
    return f"{decoder.count} {sizes}"


def repair(data: bytes, folder: Path) -> str:
    """What `open_store` does to a file a crash left: cut to its last whole fragment; what is left is whole."""
    path = folder / "000000000001.mp4"
    path.write_bytes(data)
    footage = cut_to_whole(path)
    size = path.stat().st_size
    assert size == footage.size_bytes == footage.whole_bytes <= len(data)
    return f"{footage.frames} {size}"


def _bits(*fields: tuple[int, int] | int) -> bytes:
    """Write (value, bits) and, for plain numbers, Exp-Golomb codes; end with the stop bit."""
    text = ""
    for one in fields:
        if isinstance(one, tuple):
            text += f"{one[0]:0{one[1]}b}"
        else:
            text += "0" * ((one + 1).bit_length() - 1) + f"{one + 1:b}"
    text += "1"
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")


def big_sps(width_px: int, height_px: int) -> bytes:
    """An H.264 baseline SPS (ITU-T H.264, 7.3.2.1) of that size."""
    return b"\x67\x42\x00\x33" + _bits(
        0, 0, 2, 1, (0, 1), width_px // 16 - 1, height_px // 16 - 1, (1, 1), (1, 1), (0, 1), (0, 1)
    )


def lcevc_sei(rng: random.Random, size: int) -> bytes:
    """SEI user_data_registered_itu_t_t35 of the provider whose enhancement once overran libavcodec's buffer (CVE-2026-125262)."""
    payload = b"\xb4\x00\x50" + rng.randbytes(size)
    head, left = b"", len(payload)
    while left >= 255:
        head, left = head + b"\xff", left - 255
    return b"\x06\x04" + head + bytes([left]) + payload.replace(b"\0\0", b"\0\1") + b"\x80"


def with_data(packet: Packet, data: bytes, **more: int) -> Packet:
    fields = {name: getattr(packet, name) for name in Packet.__slots__}
    return Packet(**(fields | {"data": data} | more))


def streams(terms: Terms, info: VideoInfo, packets: list[Packet]) -> Iterator[Case]:
    """What can be wrong with a stream of H.264 that the depacketizer let through."""
    rng = terms.random("streams")
    sets = sets_of_extradata(Codec.H264, info.extradata)

    def case(name: str, changed: list[Packet], other: VideoInfo = info) -> Case:
        return Case(name=f"stream: {name}", play=lambda: decode(other, changed), cpu_s=2.0, rss_bytes=_MOST_BYTES)

    for width, height in ((16_384, 16_384), (16_384, 16), (8192, 8192), (65_536, 65_536), (16, 16)):
        big = ParameterSets(codec=Codec.H264, sps=(big_sps(width, height),), pps=sets.pps)
        yield Case(
            name=f"stream: SPS of {width}x{height}, as announced",
            play=lambda big=big: str(big.video_info()),
            cpu_s=0.1,
            rss_bytes=5 * _MIB,
        )
        inside = length_prefixed([big.sps[0], *sets.pps, *split_length_prefixed(packets[0].data)])
        yield case(f"SPS of {width}x{height} inside", [with_data(packets[0], inside), *packets[1:]])
    yield case("no IDR", [with_data(one, one.data, is_key=True) for one in packets[1:5]])
    yield case("no parameter sets", packets, VideoInfo(codec=Codec.H264, extradata=b"", width_px=160, height_px=96))
    yield case("half a record", packets, VideoInfo(codec=Codec.H264, extradata=info.extradata[:9], width_px=160, height_px=96))
    yield case("H.264 said to be H.265", packets, VideoInfo(codec=Codec.H265, extradata=b"", width_px=160, height_px=96))
    yield case(
        "H.264 said to be MPEG-4", packets, VideoInfo(codec=Codec.MPEG4, extradata=info.extradata, width_px=160, height_px=96)
    )
    for start in (2**32 - 3000, 2**33 - 3000, 2**62, -(2**40)):
        late = [with_data(one, one.data, pts_ticks=start + one.pts_ticks, dts_ticks=start + one.dts_ticks) for one in packets]
        yield case(f"stamps from {start}", late)
    yield case("all stamps equal", [with_data(one, one.data, pts_ticks=0, dts_ticks=0) for one in packets])
    for size in (1, 3, 40, 250, 255, 1000, 60_000):
        for place in (0, 1):
            hurt = [
                with_data(one, length_prefixed(_inserted(split_length_prefixed(one.data), place, lcevc_sei(rng, size))))
                for one in packets
            ]
            yield case(f"LCEVC SEI of {size} bytes at {place}", hurt)
    for at in (0, 3, 5):
        swapped = [*packets]
        swapped[at] = with_data(
            packets[at], length_prefixed([big_sps(320, 240), *sets.pps, *split_length_prefixed(packets[at].data)])
        )
        yield case(f"SPS swapped at picture {at}", swapped)
    for count in range(60 if not terms.brief else 6):
        order = [*packets]
        rng.shuffle(order)
        yield case(f"pictures in another order {count}", order[: rng.randint(1, len(order))])


def _inserted(nals: list[bytes], at: int, nal: bytes) -> list[bytes]:
    return [*nals[:at], nal, *nals[at:]]


def hurt_units(terms: Terms, codec: Codec, info: VideoInfo, packets: list[Packet], count: int) -> Iterator[Case]:
    rng = terms.random("units", codec)
    for number in range(count):
        changed = []
        for one in packets:
            data = bytearray(one.data)
            for _ in range(rng.choice((0, 1, 1, 3, 30))):
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            changed.append(with_data(one, bytes(data[: rng.choice((None, None, None, rng.randrange(len(data) + 1)))])))
        yield Case(
            name=f"pictures of {codec} hurt: {number}",
            play=lambda changed=changed: decode(info, changed),
            rss_bytes=_MOST_BYTES,
        )


def cut_and_flipped(terms: Terms, group: str, data: bytes, cuts: int, flips: int) -> Iterator[tuple[str, bytes]]:
    rng = terms.random(group)
    for number in range(cuts):
        yield f"{group} cut: {number}", data[: rng.randrange(len(data))]
    for number in range(flips):
        hurt = bytearray(data)
        for _ in range(rng.choice((1, 4, 40))):
            hurt[rng.randrange(len(hurt))] ^= 1 << rng.randrange(8)
        if number % 5 == 0:  # numbers that count or measure
            struct.pack_into(
                ">I", hurt, rng.randrange(len(hurt) - 4), rng.choice((0, 1, 7, 8, 0x7FFFFFFF, 0xFFFFFFFF, len(hurt)))
            )
        yield f"{group} flipped: {number}", bytes(hurt)


def cases(terms: Terms) -> Iterator[Case | Skip]:
    clips = made_clips()
    cuts, flips = (4, 6) if terms.brief else (200 // len(clips), 500 // len(clips))
    boxed = terms.folder_for("boxed")
    for kind, data in clips.items():
        for name, hurt in cut_and_flipped(terms, f"clip {kind}", data, cuts, flips):
            yield Case(name=name, play=lambda hurt=hurt: read_clip(hurt), rss_bytes=_MOST_BYTES)
        if not terms.brief:
            for name, hurt in cut_and_flipped(terms, f"clip {kind} in the job", data, 3, 4):
                yield Case(name=name, play=lambda hurt=hurt: bring_clip(hurt, boxed), cpu_s=5.0)
    whole = terms.folder_for("footage")
    for codec, audio in ((Codec.H264, None), (Codec.H265, Codec.AAC)):
        data = a_file(codec, audio)[0]
        for name, hurt in cut_and_flipped(terms, f"footage {codec}", data, cuts * 2, flips * 2):
            yield Case(name=name, play=lambda hurt=hurt: try_one("mp4", hurt), cpu_s=1.0)
            yield Case(name=name.replace("footage", "repair of footage"), play=lambda hurt=hurt: repair(hurt, whole), cpu_s=1.0)
    assert [path.name for path in whole.iterdir()] in ([], ["000000000001.mp4"])
    for codec in (Codec.H264, Codec.H265, Codec.MPEG4):
        info, packets = clip(pictures(8), codec=codec)
        yield from hurt_units(terms, codec, info, packets, 5 if terms.brief else 100)
        if codec is Codec.H264:
            yield from streams(terms, info, packets)
    yield from _of_data(terms)
    files, missing = foreign(terms, "strongcourage-fuzzing-corpus", "FFmpeg-FATE")
    yield from missing
    for path in files:
        yield Case(
            name=f"foreign: {path.name}", play=lambda path=path: read_clip(path.read_bytes()), cpu_s=10.0, rss_bytes=_MOST_BYTES
        )


def _of_data(terms: Terms) -> Iterator[Case | Skip]:
    if terms.data is None:
        yield Skip(why="real clips: no data folder")
        return
    if terms.brief:
        return
    for path in sorted((terms.data / "videos").glob("*.*")):
        data = path.read_bytes()[:_MIB]
        for name, hurt in cut_and_flipped(terms, f"real clip {path.name}", data, 5, 10):
            yield Case(name=name, play=lambda hurt=hurt: read_clip(hurt), cpu_s=5.0, rss_bytes=_MOST_BYTES)


CORPUS = Corpus(id="COR3", what="Video: clips, streams and our own files cut, flipped and lied about", cases=cases)
