"""A camera that speaks Digest only and sends JPEGs for as long as somebody reads, each with its moment in a comment."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.devices.http_camera import Framing, HttpCamera, picture

STREAM, STILL = "/digest/mjpeg/plain", "/digest/jpeg"


@dataclass
class PacedCamera(HttpCamera):
    """`every_s` apart. `streams` counts the answers that were pictures without an end."""

    every_s: float = 0.1
    streams: int = 0

    def _stream(self, framing: Framing) -> Iterator[bytes]:
        self.streams += 1
        yield f"HTTP/1.0 200 OK\r\nContent-Type: {framing.content_type}\r\n\r\n".encode() + framing.preamble
        index = 0
        while not self._stop.wait(self.every_s):
            index += 1
            yield framing.part(stamped(picture(index, 640, 360)))

    def asked(self, path: str) -> list[str]:
        return [target for target in self.requests if target.split("?", maxsplit=1)[0] == path]


def stamped(jpeg: bytes) -> bytes:
    """Put the moment into a comment behind the first marker."""
    moment = b"%020d" % time.time_ns()
    return jpeg[:2] + b"\xff\xfe" + (len(moment) + 2).to_bytes(2, "big") + moment + jpeg[2:]


def stamp_of(jpeg: bytes) -> int:
    """Return the moment in nanoseconds."""
    assert jpeg[2:4] == b"\xff\xfe"
    return int(jpeg[6:26])
