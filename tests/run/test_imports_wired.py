"""Clips of every kind through a real import job: packets on our timeline, kept by a recorder in memory; bad ones are refused."""

from __future__ import annotations

import datetime as dt
import io
import os
import random
import struct
from dataclasses import dataclass, field
from pathlib import Path

import av
import pytest

from hearthwatch.feeds.packet import Codec, Packet, Run, StreamInfo
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import BadReply
from hearthwatch.kit.ids import Ulids
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording.segment import Origin
from hearthwatch.run.imports import Brought, Imports

pytestmark = pytest.mark.wired

GATE = CameraId("gate")
START_US = WallUs(1_800_000_000_000_000)


@dataclass
class Keeping:
    """Stands in for the line to the recorder."""

    packets: list[Packet] = field(default_factory=list)
    infos: list[StreamInfo] = field(default_factory=list)
    ended: int = 0

    async def adopt(self, run: Run, info: StreamInfo, origin: Origin, packets: tuple[Packet, ...], *, is_last: bool) -> int:
        assert (run.camera, origin) == (GATE, Origin.UPLOAD)
        self.infos.append(info)
        self.packets += packets
        self.ended += is_last
        return len(self.packets)


async def bring(path: Path) -> tuple[Brought, Keeping]:
    keeping = Keeping()
    imports = Imports(keeping, Ulids(SystemClock()))  # type: ignore[arg-type]
    found = await imports.bring(GATE, os.open(path, os.O_RDONLY), Origin.UPLOAD, lambda _length_us: START_US)
    return found, keeping


def frames_of(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for packet in container.demux(video=0) if packet.size)


@pytest.mark.parametrize("name", ["ir_hall_person.mp4", "street_brightness.avi"])
async def test_a_real_clip_comes_with_every_picture(test_data: Path, name: str) -> None:
    path = test_data / "videos" / name
    found, keeping = await bring(path)
    assert len(keeping.packets) == frames_of(path)
    assert (found.error, keeping.ended) == ("", 1)
    assert keeping.packets[0].wall_us == found.start_us == START_US
    assert keeping.packets[0].is_key
    assert [one.dts_ticks for one in keeping.packets] == sorted({one.dts_ticks for one in keeping.packets})
    assert found.picture.starts_gop


async def test_a_dahua_file_is_placed_by_its_stamps(tmp_path: Path) -> None:
    path = tmp_path / "clip.dav"
    path.write_bytes(dav(50, fps=10))
    found, keeping = await bring(path)
    assert found.info.video.codec is Codec.H264
    assert (found.info.video.width_px, found.info.video.height_px) == (160, 128)
    assert len(keeping.packets) == 50
    assert keeping.packets[-1].wall_us - START_US == pytest.approx(4_900_000, abs=200_000)


def dav(count: int, *, fps: int) -> bytes:
    """DHAV frames around H.264, laid out as libavformat's demuxer documents it by reading them."""
    file = io.BytesIO()
    began = dt.datetime(2024, 1, 10, 15, 48, 47)  # noqa: DTZ001 a camera's own clock
    with av.open(io.BytesIO(), "w", format="h264") as out:
        stream = out.add_stream("libx264", rate=fps, options={"tune": "zerolatency", "g": "10"})
        stream.width, stream.height, stream.pix_fmt = 160, 128, "yuv420p"
        packets = [packet for at in range(count) for packet in stream.encode(picture(at))]
        packets += stream.encode(None)
        for number, packet in enumerate(packets):
            at = began + dt.timedelta(seconds=number / fps)
            date = at.second | at.minute << 6 | at.hour << 12 | at.day << 17 | at.month << 22 | (at.year - 2000) << 26
            extra = bytes((0x80, 0, 160 // 8, 128 // 8)) + bytes((0x81, 0, 2, fps))
            body, kind = bytes(packet), 0xFD if packet.is_keyframe else 0xFC
            length = 24 + len(extra) + len(body) + 8
            millis = number * 1000 // fps & 0xFFFF
            head = struct.pack("<4sBBBBIIIHBB", b"DHAV", kind, 0, 0, 0, number, length, date, millis, len(extra), 0)
            file.write(head + extra + body + struct.pack("<4sI", b"dhav", length))
    return file.getvalue()


def picture(number: int) -> av.VideoFrame:
    frame = av.VideoFrame(160, 128, "yuv420p")
    for plane in frame.planes:
        plane.update(bytes([number * 3 % 256]) * plane.buffer_size)
    frame.pts = number
    return frame


def hostile(test_data: Path) -> dict[str, bytes]:
    mp4 = (test_data / "videos" / "ir_hall_person.mp4").read_bytes()
    avi = (test_data / "videos" / "street_brightness.avi").read_bytes()
    rng = random.Random(3)
    flipped = bytearray(mp4)
    for _ in range(400):
        flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
    return {
        "nothing": b"",
        "only a head": mp4[:40],
        "without its index": mp4[: len(mp4) // 2],
        "flipped": bytes(flipped),
        "an AVI cut off": avi[: len(avi) // 3],
        "a box of 4 GB": struct.pack(">I4s", 0xFFFFFFF0, b"moov") + bytes(1000),
        "a playlist": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n",
        "a list of files": b"ffconcat version 1.0\nfile /etc/passwd\n",
        "noise": rng.randbytes(200_000),
    }


async def test_what_is_no_clip_is_refused_and_a_cut_one_gives_what_it_has(tmp_path: Path, test_data: Path) -> None:
    refused = set()
    for number, (name, data) in enumerate(hostile(test_data).items()):
        path = tmp_path / str(number)
        path.write_bytes(data)
        try:
            found, keeping = await bring(path)
        except BadReply as error:
            refused.add(name)
            assert "/" not in str(error), "no word of libav's own"
        else:
            assert keeping.packets, name
            assert found.end_us >= found.start_us
    assert refused >= {"nothing", "only a head", "without its index", "a box of 4 GB", "a playlist", "a list of files", "noise"}
    assert "an AVI cut off" not in refused
