"""MJPEG cameras of a soak: an HTTP server sends numbered JPEGs of an empty room and keeps a ledger, as the RTSP ones do."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NoReturn, Self

import av
import cv2
from aiohttp import web

from hearthwatch.bench.soak.scene import EMPTY_FRAMES
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import BadReply
from hearthwatch.kit.units import NS_PER_S

FPS = 5
WIDTH_PX, HEIGHT_PX = 640, 360
_SENT = struct.Struct("!QQQ")
_COMMENT = struct.Struct("!2sH8sQ")
"""A comment right behind a JPEG's first mark: its mark, its length, whose it is, and the number."""
_OURS = b"hw-soak "
_PICTURES = 400


def numbered(jpeg: bytes, number: int) -> bytes:
    """Return a JPEG with its number in a comment."""
    return jpeg[:2] + _COMMENT.pack(b"\xff\xfe", _COMMENT.size - 2, _OURS, number) + jpeg[2:]


def number_of(jpeg: bytes) -> int:
    """Return the number a JPEG bears, -1 where it bears none."""
    if len(jpeg) < 2 + _COMMENT.size:
        return -1
    mark, _length, whose, number = _COMMENT.unpack_from(jpeg, 2)
    return number if mark == b"\xff\xfe" and whose == _OURS else -1


def empty_room(clip: Path) -> tuple[bytes, ...]:
    """Return JPEGs of the room before anybody came. Raises BadReply."""
    found: list[bytes] = []
    with av.open(str(clip)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index >= EMPTY_FRAMES[1]:
                break
            if index >= EMPTY_FRAMES[0]:
                done, jpeg = cv2.imencode(".jpg", frame.reformat(WIDTH_PX, HEIGHT_PX, "bgr24").to_ndarray())
                if not done:
                    raise BadReply(f"{clip.name} gives no pictures")
                found.append(bytes(jpeg))
    return tuple(found)


class MjpegCameras:
    """`async with MjpegCameras(pictures, ledgers) as cameras:` serves one camera for each ledger, forth and back for ever."""

    def __init__(self, pictures: Sequence[bytes], ledgers: Sequence[Path]) -> None:
        self._pictures = [*pictures, *reversed(pictures)]
        self._ledgers = list(ledgers)
        self._clock = SystemClock()
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/{camera}/stream.mjpg", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def url(self, number: int) -> str:
        return f"http://127.0.0.1:{self._port}/{number}/stream.mjpg"

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        which = request.match_info["camera"]
        if not which.isdigit() or int(which) >= len(self._ledgers):
            raise web.HTTPNotFound
        answer = web.StreamResponse(headers={"Content-Type": "multipart/x-mixed-replace; boundary=picture"})
        await answer.prepare(request)
        with contextlib.suppress(ConnectionError), self._ledgers[int(which)].open("ab", buffering=0) as ledger:
            await self._send(answer, ledger)
        return answer

    async def _send(self, answer: web.StreamResponse, ledger: BinaryIO) -> NoReturn:
        """Send until whoever looks is gone. Raises ConnectionError then."""
        next_ns: int = self._clock.mono_ns()
        number = 0
        while True:
            jpeg = numbered(self._pictures[number % len(self._pictures)], number % _PICTURES)
            head = f"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n".encode()
            ledger.write(_SENT.pack(self._clock.mono_ns(), self._clock.wall_us() * 1000, number % _PICTURES))
            await answer.write(head + jpeg + b"\r\n")
            number += 1
            next_ns += NS_PER_S // FPS
            await asyncio.sleep(max(0.0, (next_ns - self._clock.mono_ns()) / NS_PER_S))
