"""Asks every reader of cameras for `camera.example.org`, again and again, and says in JSON who of this machine was reached."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import socket
import sys
import threading
from collections import Counter

from hearthwatch.feeds.jpeg_poll import one_picture
from hearthwatch.feeds.libav import LibavFeed
from hearthwatch.feeds.packet import Stream
from hearthwatch.feeds.rtsp import RtspFeed
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.kit.clock import Stop, SystemClock
from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import CameraId
from hearthwatch.vendors.device import Access
from hearthwatch.vendors.http import CameraHttp, LogIn

PORT, NAME = 8554, "camera.example.org"
CAMERA = CameraId("front")
CLOCK, RNG = SystemClock(), random.Random(1)


def source(url: str, kind: SourceKind) -> Source:
    return Source(camera=CAMERA, stream=Stream.MAIN, kind=kind, url=url, user="admin", password="hunter22")


def by_rtsp() -> None:
    RtspFeed(source(f"rtsp://{NAME}:{PORT}/x", SourceKind.RTSP), clock=CLOCK, rng=RNG).open(Stop())


def by_libav() -> None:
    LibavFeed(source(f"rtsp://{NAME}:{PORT}/x", SourceKind.LIBAV), clock=CLOCK).open(Stop())


def by_libav_http() -> None:
    LibavFeed(source(f"http://{NAME}:{PORT}/x", SourceKind.LIBAV), clock=CLOCK).open(Stop())


def by_picture() -> None:
    one_picture(source(f"http://{NAME}:{PORT}/x.jpg", SourceKind.JPEG), clock=CLOCK, rng=RNG, stop=Stop())


def by_web() -> None:
    async def ask() -> None:
        http = CameraHttp(
            Access(camera=CAMERA, host=NAME, port=PORT, user="admin", password=Secret("hunter22")),
            rng=RNG,
            log_in=LogIn.CHALLENGE,
        )
        try:
            await http.get("/x", step="asking")
        finally:
            await http.close()

    asyncio.run(ask())


def main() -> None:
    hits: Counter[str] = Counter()
    with contextlib.ExitStack() as stack:
        for address in sys.argv[1:]:
            listener = stack.enter_context(socket.create_server((address, PORT)))

            def listen(listener: socket.socket = listener, address: str = address) -> None:
                with contextlib.suppress(OSError):
                    while True:
                        listener.accept()[0].close()
                        hits[address] += 1

            threading.Thread(target=listen, daemon=True).start()
        said: dict[str, Counter[str]] = {}
        for ask in (by_rtsp, by_libav, by_libav_http, by_picture, by_web):
            said[ask.__name__] = Counter()
            for _ in range(10):
                try:
                    ask()
                except HearthwatchError as error:
                    said[ask.__name__][type(error).__name__] += 1
        print(json.dumps({"hits": hits, "said": said}))


if __name__ == "__main__":
    main()
