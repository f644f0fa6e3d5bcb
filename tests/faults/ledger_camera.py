"""A camera whose pictures carry their number and that keeps account of what it sent, and the numbers that footage holds.

The pictures never rest: number N is taken N / 10 s after the camera was made, whether or not somebody looks and through any
restart of it. So what is missing between two numbers on disk is counted, not guessed.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import numpy as np

from hearthwatch.bench import entries
from hearthwatch.bench import rtsp_server as gst
from hearthwatch.bench.rtsp_server import SYSTEM_PYTHON
from hearthwatch.feeds.packet import Gap, Stream
from hearthwatch.frames.frame import Frame
from hearthwatch.kit.errors import BadReply, StorageFailed
from hearthwatch.kit.units import US_PER_S, CameraId, MonoNs, WallUs
from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.segment import Segment
from hearthwatch.recording.walk import read_footage_at
from tests.runs import rig

FPS = 10
PICTURES = 4096
"""All that twelve bits can say: after seven minutes the numbers begin anew, and time tells which turn it is."""
WIDTH_PX, HEIGHT_PX = 320, 180
GOP = 10
_FAR_US = WallUs(1 << 60)
_CHILD = Path(__file__).with_name("ledger_camera_child.py")
_HEAD = struct.Struct("!QQQI")
"""Of bench/gst_rtsp_child.py."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A picture the camera sent to whoever looked."""

    number: int
    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A picture in a file, and the time the file says it is of."""

    number: int
    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """Pictures missing in a row: `first` to `last`, both missing."""

    first: int
    last: int

    @property
    def lasts_s(self) -> float:
        return (self.last - self.first + 1) / FPS


class LedgerCamera:
    """One camera with `/main`: `with LedgerCamera(folder, "hall") as camera:`. `stop` and `start` are a power cut of it.

    `password` may be changed; what it asks for is what it was when it started.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        *,
        user: str = "",
        password: str = "",
        address: str = "127.0.0.1",
        moving: bool = False,
    ) -> None:
        self.name = name
        self.user = user
        self.password = password
        self.address = address
        self.port = 0
        self._ledger = folder / f"{name}.ledger"
        self._ledger.touch()
        self._units = units(moving=moving)
        self._zero_ns = time.monotonic_ns()
        self.zero_us = time.time_ns() // 1000
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Start, and return once it listens; after `stop` it comes back on the same port."""
        config = {
            "address": self.address,
            "port": self.port,
            "user": self.user,
            "password": self.password,
            "units": str(self._units),
            "ledger": str(self._ledger),
            "zero_ns": self._zero_ns,
            "fps": FPS,
            "gop": GOP,
        }
        self._process = subprocess.Popen(
            [SYSTEM_PYTHON, str(_CHILD), str(Path(gst.__file__).parent)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "GST_DEBUG": "0"},
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(config) + "\n")
        self._process.stdin.flush()
        word, _, port = self._process.stdout.readline().partition(" ")
        if word != "READY":
            self.stop()
            raise RuntimeError("the camera did not start")
        self.port = int(port)

    def stop(self) -> None:
        """End it as a power cut would: its connections are reset."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()

    def freeze(self) -> None:
        """Let connections be open and silent."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGCONT)

    @property
    def url(self) -> str:
        return f"rtsp://{self.address}:{self.port}/main"

    def number_at(self, at_us: int) -> int:
        """Return the picture that was taken last at that time."""
        return (at_us - self.zero_us) * FPS // US_PER_S

    def sent(self, since_us: int = 0) -> list[Sent]:
        """Return what was sent since then, in order; a line still being written is left out."""
        text = self._ledger.read_text()
        rows = [line.split() for line in text[: text.rfind("\n") + 1].splitlines()]
        found = [Sent(number=int(number), at_us=int(at)) for number, at in rows]
        return [one for one in found if one.at_us >= since_us]

    def kept(self, footage: Path, index: Path, since_us: int = 0) -> list[Kept]:
        """Return the pictures on disk of all files that reach beyond `since_us`, in order, by what is burnt into them."""
        with IndexReader(index) as reader:
            segments = reader.segments(CameraId(self.name), Stream.MAIN, WallUs(since_us), _FAR_US)
        return [self._numbered(number, at_us) for number, at_us in pictures_in(footage, segments) if at_us >= since_us]

    def gaps(self, index: Path, since_us: int = 0) -> tuple[Gap, ...]:
        with IndexReader(index) as reader:
            return reader.gaps(CameraId(self.name), Stream.MAIN, WallUs(since_us), _FAR_US)

    def _numbered(self, number: int, at_us: int) -> Kept:
        turns = round((self.number_at(at_us) - number) / PICTURES)
        return Kept(number=number + turns * PICTURES, at_us=at_us)

    def section(self, more: str = "", *, url: str = "") -> rig.CameraSection:
        """Return the camera as the configuration has it; the strip with the number is no motion.
        `url` is of a way to it."""
        corners = ", ".join(f"[{x}, {y}]" for x, y in ((0, 0.85), (1, 0.85), (1, 1), (0, 1)))
        return rig.CameraSection(
            name=self.name,
            main=url or self.url,
            user=self.user,
            password=self.password,
            more=f"motion.masks = [[{corners}]]\n{more}",
        )


def pictures_in(footage: Path, segments: Iterable[Segment]) -> Iterator[tuple[int, int]]:
    """Yield number and time of every picture in these files that can be read; a file that went meanwhile has none."""
    for segment in segments:
        path = footage / segment.path
        try:
            found = read_footage_at(path)
        except (BadReply, StorageFailed, OSError):
            continue
        with (
            contextlib.suppress(av.error.InvalidDataError, av.error.EOFError, av.error.FileNotFoundError),
            av.open(str(path)) as file,
        ):
            first: int | None = None
            for picture in file.decode(video=0):
                assert picture.pts is not None
                assert picture.time_base is not None
                first = picture.pts if first is None else first
                at_us = found.label.start_us + round((picture.pts - first) * picture.time_base * US_PER_S)
                if (number := number_of(picture)) is not None:
                    yield number, at_us


def number_of(picture: av.VideoFrame) -> int | None:
    plane = picture.planes[0]
    y = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
    chroma = y[:1, :1]
    frame = Frame(camera=CameraId("x"), seq=0, wall_us=WallUs(0), received_ns=MonoNs(0), pts_s=0, y=y, u=chroma, v=chroma)
    return entries.number_of(frame)


def holes(numbers: Iterable[int]) -> list[Hole]:
    """Return what is missing between the first and the last."""
    ordered = sorted(set(numbers))
    return [Hole(first=one + 1, last=next_ - 1) for one, next_ in itertools.pairwise(ordered) if next_ > one + 1]


def units(*, moving: bool = False) -> Path:
    """Return the pictures' access units as the child reads them, made once: a room in which nothing moves, or somebody's box."""
    folder = Path(tempfile.gettempdir()) / f"hearthwatch-clips-{os.getuid()}"
    target = folder / f"ledger-3-{WIDTH_PX}x{HEIGHT_PX}-{'moving' if moving else 'still'}.units"
    if target.exists():
        return target
    folder.mkdir(mode=0o700, exist_ok=True)
    temporary = target.with_name(f"{target.name}.{os.getpid()}")
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
    encoder.framerate, encoder.time_base = Fraction(FPS), Fraction(1, FPS)
    encoder.bit_rate, encoder.thread_count = 200_000, 1
    gop = {"g": str(GOP), "keyint_min": str(GOP), "sc_threshold": "0"}
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", **gop}
    step_ns = 10**9 // FPS
    with temporary.open("wb") as file:
        for number, picture in enumerate(_pictures(moving)):
            frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            data = b"".join(bytes(packet) for packet in encoder.encode(frame))
            file.write(_HEAD.pack(number * step_ns, 0, step_ns, len(data)) + data)
    temporary.rename(target)
    return target


def _pictures(moving: bool) -> Iterator[np.ndarray[Any, np.dtype[np.uint8]]]:
    """A room with a little noise, as every lens has: the picture must not pass for a frozen one."""
    rng = np.random.default_rng(1)
    i420 = np.full((HEIGHT_PX * 3 // 2, WIDTH_PX), 128, np.uint8)
    room = np.linspace(60, 180, WIDTH_PX)[None, :] + np.linspace(0, 40, HEIGHT_PX)[:, None]
    room[40:100, 60:110] = 200
    room[70:140, 190:260] = 40
    noisy = [np.clip(room + rng.normal(0, 2, room.shape), 0, 255).astype(np.uint8) for _ in range(8)]
    for number in range(PICTURES):
        i420[:HEIGHT_PX] = noisy[number % len(noisy)]
        if moving:
            left = number * 5 % (WIDTH_PX - 40)
            i420[50:130, left : left + 30] = 235
        entries.numbered(i420[:HEIGHT_PX], number)
        yield i420
