"""What the cameras of the long runs show: a room that people are cut into at exact frames, and clips as they are."""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av

from hearthwatch.bench.rtsp_server import Mount, RtspServer, encoded
from tests.runs.rig import DATA, CameraSection

VIDEOS = DATA / "videos"
FPS = 10
EMPTY_S = 21
"""Longer than the cooldown of 15 s and what a visitor is still waited for after he went."""
VISIT_S = 4
ENTRY_CAMERA = "hall"

_ROOM = VIDEOS / "indoor_one_by_one.mp4"
_EMPTY_FRAMES = (5, 50)
_VISITS_S = (10, 27, 55, 79, 97, 127)
"""Where in the clip somebody stands fully in the picture for VISIT_S, a different person each (labels/segments.csv)."""
_VERSION = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """`mount` shows an empty room that somebody is in from each of `frames` on; `slices` are those frames' coded slices."""

    mount: Mount
    frames: tuple[int, ...]
    slices: frozenset[bytes]


def entry_clip() -> Path:
    """Return the composed clip: EMPTY_S of nobody, VISIT_S of somebody, for each of six people; made once and kept."""
    stat = _ROOM.stat()
    key = repr((_VERSION, str(_ROOM), stat.st_size, stat.st_mtime_ns, EMPTY_S, VISIT_S, _VISITS_S))
    target = Path(tempfile.gettempdir()) / f"hearthwatch-entries-{hashlib.sha256(key.encode()).hexdigest()[:16]}.mp4"
    if target.exists():
        return target
    with av.open(str(_ROOM)) as source:
        pictures = [frame.to_ndarray(format="yuv420p").tobytes() for frame in source.decode(video=0)]
        width, height = source.streams.video[0].width, source.streams.video[0].height
    empty = pictures[slice(*_EMPTY_FRAMES)]
    nobody = [*empty, *reversed(empty)] * (EMPTY_S * FPS // len(empty) + 1)
    temporary = target.with_name(f"{target.stem}.{os.getpid()}.mp4")
    command = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-y"]
    command += ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{width}x{height}", "-r", str(FPS), "-i", "-"]
    command += [
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-bf",
        "0",
        "-g",
        str(2 * FPS),
        "-crf",
        "18",
        "-f",
        "mp4",
        str(temporary),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as encoder:
        assert encoder.stdin is not None
        for at_s in _VISITS_S:
            for picture in (*nobody[: EMPTY_S * FPS], *pictures[at_s * FPS : (at_s + VISIT_S) * FPS]):
                encoder.stdin.write(picture)
        encoder.stdin.close()
    if encoder.returncode:
        raise RuntimeError("ffmpeg could not make the composed clip")
    temporary.rename(target)
    return target


def entries(mount: Mount) -> Entries:
    """Return which coded frames of the served file are the first with a person in it."""
    frames = tuple((number + 1) * EMPTY_S * FPS + number * VISIT_S * FPS for number in range(len(_VISITS_S)))
    with av.open(str(encoded(mount))) as container:
        slices = [coded_slices(bytes(packet)) for packet in container.demux(video=0) if packet.size]
    assert len(slices) == len(_VISITS_S) * (EMPTY_S + VISIT_S) * FPS, f"{len(slices)} frames"
    found = frozenset(slices[frame] for frame in frames)
    assert len(found) == len(frames)
    assert sum(one in found for one in slices) == len(frames), "a frame of an entry looks like another one"
    return Entries(mount=mount, frames=frames, slices=found)


def coded_slices(unit: bytes) -> bytes:
    """Return a digest of the coded slices of an H.264 access unit whose NAL units stand behind 4-byte lengths."""
    digest = hashlib.sha256()
    at = 0
    while at + 4 < len(unit):
        length = int.from_bytes(unit[at : at + 4], "big")
        if unit[at + 4] & 0x1F in {1, 5}:
            digest.update(unit[at + 4 : at + 4 + length])
        at += 4 + length
    return digest.digest()


def _pair(clip: Path, name: str, *, codec: str = "h264", main_kbps: int | None = None) -> list[Mount]:
    main = Mount(path=f"/{name}/main", clip=clip, codec=codec, bitrate_kbps=main_kbps)
    sub = Mount(path=f"/{name}/sub", clip=clip, codec=codec, width_px=640, height_px=360, fps=FPS, bitrate_kbps=400)
    return [main, sub]


@dataclass(frozen=True, slots=True, kw_only=True)
class Street:
    """Four cameras that are being served, as the configuration names them; `entries` are those of ENTRY_CAMERA's sub."""

    cameras: list[CameraSection]
    entries: Entries
    servers: tuple[RtspServer, ...]


@contextlib.contextmanager
def four_cameras() -> Iterator[Street]:
    """Serve four cameras, main and sub each: cut-in visitors, visitors by H.265, people all the time behind Digest, cars."""
    hall = _pair(entry_clip(), ENTRY_CAMERA)
    room = _pair(_ROOM, "room", codec="h265", main_kbps=800)
    road = _pair(VIDEOS / "suburb_cars.mp4", "road")
    walk = _pair(VIDEOS / "walkway_people.mp4", "walk")
    with RtspServer([*hall, *room, *road]) as plain, RtspServer(walk, user="viewer", password="one two three") as locked:
        cameras = [
            CameraSection(name=name, main=plain.url(f"/{name}/main"), sub=plain.url(f"/{name}/sub"))
            for name in (ENTRY_CAMERA, "room", "road")
        ]
        cameras.append(
            CameraSection(
                name="walk",
                main=locked.url("/walk/main"),
                sub=locked.url("/walk/sub"),
                user="viewer",
                password="one two three",
            )
        )
        yield Street(cameras=cameras, entries=entries(hall[1]), servers=(plain, locked))
