"""The cameras of a soak: one RTSP server, a main and a sub stream each, whose ledgers say which picture went out when."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from hearthwatch.bench.rtsp_server import Mount, RtspServer, encoded
from hearthwatch.bench.soak.mjpeg import number_of
from hearthwatch.bench.soak.scene import ROOM, VISITS_S, coded_slices, with_visitors
from hearthwatch.bench.soak.terms import EMPTY_S, GOP_S, SUB_FPS, VISIT_S, SoakTerms
from hearthwatch.bench.terms import Terms
from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.units import CameraId

_EMPTY_GOPS, _VISIT_GOPS = EMPTY_S // GOP_S, VISIT_S // GOP_S
_SENT = np.dtype([("mono_ns", ">u8"), ("wall_ns", ">u8"), ("unit", ">u8")])


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What one stream's camera sent: monotonic and wall times in ns, and which picture of the clip it was."""

    mono_ns: NDArray[np.uint64]
    wall_ns: NDArray[np.uint64]
    unit: NDArray[np.uint64]


Numbering = Callable[[bytes], int]
"""Which picture of a camera's clip the bytes of one are, -1 for none."""


def numbering_of(mount: Mount) -> Numbering:
    """Return how pictures of a clip are known: by the digest of their coded slices."""
    with av.open(str(encoded(mount))) as container:
        slices = [coded_slices(bytes(packet)) for packet in container.demux(video=0) if packet.size]
    units = {one: number for number, one in enumerate(slices)}
    return lambda data: units.get(coded_slices(data), -1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoakCamera:
    """One of them; `entry_unit` is the first picture of its sub-stream with somebody in it, None where nobody ever comes;
    `numbering` is that of its main stream."""

    name: str
    urls: Mapping[Stream, str]
    ledgers: Mapping[Stream, Path]
    numbering: Numbering
    entry_unit: int | None

    @property
    def id(self) -> CameraId:
        return CameraId(self.name)

    def sent(self, stream: Stream) -> Sent:
        """Return the stream's ledger so far."""
        rows = np.fromfile(self.ledgers[stream], _SENT)
        return Sent(
            mono_ns=rows["mono_ns"].astype(np.uint64),
            wall_ns=rows["wall_ns"].astype(np.uint64),
            unit=rows["unit"].astype(np.uint64),
        )

    def toml(self, more: str) -> str:
        """Return its section of the configuration; `more` follows its keys."""
        lines = [f"[camera.{self.name}]", *(f'{stream} = "{url}"' for stream, url in self.urls.items())]
        return "\n".join([*lines, "allow_loopback = true", "alerts.send_picture = true", more, ""])


@dataclass(frozen=True, slots=True, kw_only=True)
class Street:
    """All cameras, while they are being served."""

    cameras: tuple[SoakCamera, ...]
    server: RtspServer


@contextlib.contextmanager
def serving(terms: SoakTerms, footage: Terms, folder: Path) -> Iterator[Street]:
    """Serve the cameras of `terms`, their ledgers in `folder`. Raises ConfigFault where the footage is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    mounts = {
        (number, stream): _mount(terms, footage, number, stream, folder) for number in range(terms.cameras) for stream in Stream
    }
    numbering = numbering_of(mounts[0, Stream.MAIN])
    with RtspServer(list(mounts.values())) as server:
        yield Street(
            cameras=tuple(
                SoakCamera(
                    name=name(number),
                    urls={stream: server.url(mounts[number, stream].path) for stream in Stream},
                    ledgers={stream: _ledger(folder, number, stream) for stream in Stream},
                    numbering=numbering,
                    entry_unit=(_scene_gop(number) + _EMPTY_GOPS) * GOP_S * SUB_FPS,
                )
                for number in range(terms.cameras)
            ),
            server=server,
        )


def mjpeg_camera(number: int, url: str, folder: Path) -> SoakCamera:
    """Return a camera of `mjpeg.MjpegCameras`, whose ledger is in `folder`."""
    return SoakCamera(
        name=f"mjpeg-{number + 1}",
        urls={Stream.MAIN: url},
        ledgers={Stream.MAIN: folder / f"mjpeg-{number + 1}.sent"},
        numbering=number_of,
        entry_unit=None,
    )


def name(number: int) -> str:
    return f"cam-{number + 1}"


def _ledger(folder: Path, number: int, stream: Stream) -> Path:
    return folder / f"{name(number)}-{stream}.sent"


def _mount(terms: SoakTerms, footage: Terms, number: int, stream: Stream, folder: Path) -> Mount:
    clip = with_visitors(footage.video(ROOM), empty_s=EMPTY_S, visit_s=VISIT_S)
    is_main = stream is Stream.MAIN
    width, height = terms.main_px if is_main else (640, 360)
    fps = terms.main_fps if is_main else SUB_FPS
    return Mount(
        path=f"/{name(number)}/{stream}",
        clip=clip,
        width_px=width,
        height_px=height,
        fps=fps,
        bitrate_kbps=terms.main_kbps if is_main else 500,
        gop_s=GOP_S,
        noise=3,
        ranges=tuple((first * GOP_S * fps, end * GOP_S * fps) for first, end in order(terms, number)),
        ledger=_ledger(folder, number, stream),
    )


def _scene_gop(number: int) -> int:
    return number % len(VISITS_S) * (_EMPTY_GOPS + _VISIT_GOPS)


def order(terms: SoakTerms, number: int) -> tuple[tuple[int, int], ...]:
    """Return which GOPs of the clip a camera shows, (first, end), over and over: one visit, when it is its turn."""
    slot = terms.event_s // GOP_S
    first = _scene_gop(number)
    empty = (first, first + _EMPTY_GOPS)
    before = slot * number
    after = slot * terms.cameras - before - _VISIT_GOPS
    return (*_nobody(empty, before), (empty[1], empty[1] + _VISIT_GOPS), *_nobody(empty, after))


def _nobody(empty: tuple[int, int], gops: int) -> tuple[tuple[int, int], ...]:
    whole, rest = divmod(gops, _EMPTY_GOPS)
    return (*(empty,) * whole, *(((empty[0], empty[0] + rest),) if rest else ()))
