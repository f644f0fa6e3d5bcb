"""What the cameras of the long runs show: a room that people are cut into at exact frames, and clips as they are."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av

from hearthwatch.bench.rtsp_server import Mount, RtspServer, encoded
from hearthwatch.bench.soak.scene import FPS, ROOM, VISITS_S, coded_slices, with_visitors
from tests.runs.rig import DATA, CameraSection

VIDEOS = DATA / "videos"
EMPTY_S = 21
"""Longer than the cooldown of 15 s and what a visitor is still waited for after he went."""
VISIT_S = 4
ENTRY_CAMERA = "hall"

_ROOM = VIDEOS / ROOM


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """`mount` shows an empty room that somebody is in from each of `frames` on; `slices` are those frames' coded slices."""

    mount: Mount
    frames: tuple[int, ...]
    slices: frozenset[bytes]


def entry_clip() -> Path:
    """Return the composed clip: EMPTY_S of nobody, VISIT_S of somebody, for each of six people; made once and kept."""
    return with_visitors(_ROOM, empty_s=EMPTY_S, visit_s=VISIT_S)


def entries(mount: Mount) -> Entries:
    """Return which coded frames of the served file are the first with a person in it."""
    frames = tuple((number + 1) * EMPTY_S * FPS + number * VISIT_S * FPS for number in range(len(VISITS_S)))
    with av.open(str(encoded(mount))) as container:
        slices = [coded_slices(bytes(packet)) for packet in container.demux(video=0) if packet.size]
    assert len(slices) == len(VISITS_S) * (EMPTY_S + VISIT_S) * FPS, f"{len(slices)} frames"
    found = frozenset(slices[frame] for frame in frames)
    assert len(found) == len(frames)
    assert sum(one in found for one in slices) == len(frames), "a frame of an entry looks like another one"
    return Entries(mount=mount, frames=frames, slices=found)


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
