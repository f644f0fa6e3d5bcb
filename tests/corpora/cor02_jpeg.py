"""COR2: pictures hurt, pictures that claim to be giant, and streams of pictures that abuse their boundaries."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import simplejpeg

from hearthwatch.feeds.jpeg import MAX_JPEG_PX, jpeg_size
from hearthwatch.feeds.packet import Codec, Kind, Packet, Stream, VideoInfo
from hearthwatch.frames.decode import Decoder, jpeg_size_px
from hearthwatch.frames.jpeg import encode
from hearthwatch.kit.errors import BadReply
from hearthwatch.kit.units import CameraId, MonoNs, WallUs
from tests.corpora.frame import Case, Corpus, Skip, Terms, foreign, mutations
from tests.fuzz import seeds
from tests.fuzz.targets import try_one

_MIB = 1 << 20


def made_pictures(rng: random.Random) -> list[bytes]:
    """Return small JPEGs of every kind that cameras send, and of some that they do not."""
    noise = np.random.default_rng(rng.getrandbits(32))
    found = []
    for width, height in ((64, 48), (17, 9), (320, 180), (1, 1)):
        picture = (
            noise.integers(0, 256, (height, width, 3), np.uint8) if width < 100 else np.full((height, width, 3), 99, np.uint8)
        )
        for sampling in ("420", "422", "444", "Gray"):
            space = "BGR" if sampling != "Gray" else "GRAY"
            data = picture if space == "BGR" else np.ascontiguousarray(picture[:, :, :1])
            found.append(simplejpeg.encode_jpeg(data, quality=70, colorspace=space, colorsubsampling=sampling))
        for flags in ((cv2.IMWRITE_JPEG_PROGRESSIVE, 1), (cv2.IMWRITE_JPEG_RST_INTERVAL, 2), (cv2.IMWRITE_JPEG_OPTIMIZE, 1)):
            found.append(cv2.imencode(".jpg", picture, list(flags))[1].tobytes())
    return found


def look(data: bytes) -> str:
    """Size first in both rooms that ask for it, then the looker's decoder, then our own JPEG of what it gave."""
    try:
        width, height = jpeg_size(data)
    except BadReply as error:
        recorder = str(error)
    else:
        assert width * height <= MAX_JPEG_PX
        recorder = f"{width}x{height}"
    video = VideoInfo(codec=Codec.MJPEG, extradata=b"", width_px=64, height_px=48)
    decoder = Decoder(CameraId("front"), video)
    packet = Packet(
        camera=CameraId("front"), stream=Stream.MAIN, kind=Kind.VIDEO, data=data, pts_ticks=0, dts_ticks=0, is_key=True,
        received_ns=MonoNs(1), wall_us=WallUs(1),
    )  # fmt: skip
    frames = [*decoder.decode(packet), *decoder.flush()]
    drawn = [len(encode(frame, max_width_px=320)) for frame in frames if min(frame.width_px, frame.height_px) >= 2]
    return f"{recorder} {drawn}"


def _claiming(width: int, height: int, marker: int = 0xC0) -> bytes:
    head = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    frame = struct.pack(">BBHBHHB", 0xFF, marker, 17, 8, height, width, 3) + b"\x01\x22\x00\x02\x11\x01\x03\x11\x01"
    return head + frame + b"\xff\xda\x00\x0c\x03\x01\x00\x02\x11\x03\x11\x00\x3f\x00" + b"\x00" * 600 + b"\xff\xd9"


def bombs(real: bytes) -> dict[str, bytes]:
    """Pictures that would cost far more than they weigh."""
    before = real.index(b"\xff\xdb")
    return {
        "32000x32000": _claiming(32_000, 32_000),
        "65535x65535": _claiming(65_535, 65_535),
        "progressive 65500x65500": _claiming(65_500, 65_500, 0xC2),
        "arithmetic 40000x40000": _claiming(40_000, 40_000, 0xC9),
        "lossless 40000x40000": _claiming(40_000, 40_000, 0xC3),
        "1x65535": _claiming(1, 65_535),
        "0 rows (DNL)": _claiming(64, 0),
        "small header, then a giant one": real[:before] + _claiming(64, 48)[20:39] + _claiming(40_000, 40_000)[20:],
        "giant thumbnail in APP1": real[:2] + b"\xff\xe1" + struct.pack(">H", len(_claiming(60_000, 60_000)) + 2) + _claiming(60_000, 60_000) + real[2:],
        "8 MB of fill bytes": b"\xff\xd8" + b"\xff" * (8 * _MIB),
        "a million restart markers": b"\xff\xd8" + b"\xff\xd0" * 1_000_000 + real[2:],
        "10,000 tables": real[:before] + b"\xff\xfe\x00\x02" * 10_000 + real[before:],
        "26 MB": real + bytes(26 * _MIB),
    }  # fmt: skip


def boundary_abuses(real: bytes) -> dict[str, bytes]:
    """Answers of a camera whose multipart frame lies."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=%b\r\n%b\r\n"
    part = b"Content-Type: image/jpeg\r\n\r\n"
    long = b"b" * 20_000

    def stream(boundary: bytes = b"b", between: bytes = b"--b\r\n", body: bytes = real, more: bytes = b"") -> bytes:
        return head % (boundary, more) + (between + part + body + b"\r\n") * 3

    return {
        "no boundary at all": stream(b"", b"\r\n"),
        "an empty quoted boundary": stream(b'""'),
        "a boundary of 20,000 letters": stream(long, b"--" + long + b"\r\n"),
        "a boundary of blanks": stream(b"   ", b"--   \r\n"),
        "a boundary of dashes": stream(b"----", b"------\r\n"),
        "another boundary than announced": stream(b"b", b"--other\r\n"),
        "the boundary inside the picture": stream(body=real[:40] + b"\r\n--b\r\n" + real[40:]),
        "never a boundary again": head % (b"b", b"") + b"--b\r\n" + part + bytes(9 * _MIB),
        "a line that never ends": head % (b"b", b"") + b"x" * (9 * _MIB),
        "only blank lines": head % (b"b", b"") + b"\r\n" * 500_000,
        "a header that never ends": head % (b"b", b"") + b"--b\r\n" + b"X-A: b\r\n" * 5000,
        "a negative length": stream(between=b"--b\r\nContent-Length: -5\r\n"),
        "a length of 9 TB": stream(between=b"--b\r\nContent-Length: 9999999999999\r\n"),
        "a length that is a word": stream(between=b"--b\r\nContent-Length: many\r\n"),
        "a length of zero": stream(between=b"--b\r\nContent-Length: 0\r\n"),
        "a length behind the end": stream(between=b"--b\r\nContent-Length: 7000000\r\n"),
        "two lengths": stream(between=b"--b\r\nContent-Length: 5\r\nContent-Length: 900\r\n"),
        "a chunk of -1": head % (b"b", b"Transfer-Encoding: chunked\r\n") + b"-1\r\n" + real,
        "a chunk of 16 EB": head % (b"b", b"Transfer-Encoding: chunked\r\n") + b"ffffffffffffffff\r\n" + real,
        "a chunk size that never ends": head % (b"b", b"Transfer-Encoding: chunked\r\n") + b"1" * 100_000,
        "text instead": head % (b"b", b"") + b"--b\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script>\x1b[2J",
        "NUL in the boundary": stream(b"b\0c", b"--b\0c\r\n"),
        "no status": b"\r\n\r\n" + real,
        "a status of words": b"HTTP/1.1 two hundred\r\n\r\n" + real,
    }


def cases(terms: Terms) -> Iterator[Case | Skip]:
    real = made_pictures(terms.random("pictures"))
    for name, data in mutations(terms, "picture", real):
        yield Case(name=name, play=lambda data=data: look(data), cpu_s=1.0)
    for name, data in bombs(real[2]).items():
        yield Case(name=f"bomb: {name}", play=lambda data=data: look(data), cpu_s=0.5, rss_bytes=64 * _MIB)
        yield Case(name=f"bomb by its size alone: {name}", play=lambda data=data: _sizes(data), cpu_s=0.1, rss_bytes=5 * _MIB)
    for name, data in boundary_abuses(real[0]).items():
        yield Case(name=f"boundary: {name}", play=lambda data=data: try_one("mjpeg", data), cpu_s=2.0, rss_bytes=64 * _MIB)
    for name, data in mutations(terms, "stream of pictures", seeds.made("mjpeg")):
        yield Case(name=name, play=lambda data=data: try_one("mjpeg", data), cpu_s=0.5)
    files, missing = foreign(terms, "libjpeg-turbo-seed-corpora")
    yield from missing
    yield from _of_files(files)
    if terms.data is not None and not terms.brief:
        stills = sorted((terms.data / "images").rglob("*.jpg"))
        for path in stills:
            data = path.read_bytes()
            for at in range(min(terms.mutations, 5)):
                hurt = bytearray(data)
                rng = terms.random(path.name, at)
                for _ in range(rng.randint(1, 20)):
                    hurt[rng.randrange(len(hurt))] = rng.randrange(256)
                yield Case(name=f"still: {path.name}, {at}", play=lambda hurt=bytes(hurt): look(hurt), cpu_s=1.0)


def _of_files(files: list[Path]) -> Iterator[Case]:
    for path in files:
        yield Case(name=f"foreign: {path.name}", play=lambda path=path: look(path.read_bytes()))


def _sizes(data: bytes) -> str:
    found = []
    for size in (jpeg_size, jpeg_size_px):
        try:
            found.append(str(size(data)))
        except BadReply as error:
            found.append(str(error))
    return " ".join(found)


CORPUS = Corpus(id="COR2", what="JPEG and MJPEG: pictures hurt, bombs, abused boundaries", cases=cases)
