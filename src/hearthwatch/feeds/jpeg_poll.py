"""JPEG polling: a picture every few seconds from a camera's snapshot address, over one connection while it lasts."""

from __future__ import annotations

import random
from collections.abc import Iterator

from hearthwatch.feeds.http_body import Body
from hearthwatch.feeds.http_stream import HttpCamera
from hearthwatch.feeds.jpeg import MAX_JPEG_BYTES
from hearthwatch.feeds.mjpeg import OpenPictures, said
from hearthwatch.feeds.source import Source
from hearthwatch.kit.clock import Clock, Stop
from hearthwatch.kit.errors import BadReply
from hearthwatch.kit.units import NS_PER_S

_ONE_S = 10.0


class JpegFeed:
    """Asks for a picture every `poll_s`; a camera slower than that is asked again as soon as it has answered."""

    def __init__(self, source: Source, *, clock: Clock, rng: random.Random, read_timeout_s: float = 10.0) -> None:
        self._source = source
        self._clock = clock
        self._rng = rng
        self._read_timeout_s = read_timeout_s

    def open(self, stop: Stop) -> OpenPictures:
        """Connect, log in and get the first picture. Raises Refused, BadReply, Unreachable or ConfigFault."""
        camera = HttpCamera(self._source, clock=self._clock, rng=self._rng, stop=stop, read_timeout_s=self._read_timeout_s)
        try:
            return OpenPictures(self._source, camera, self._poll(camera, stop), clock=self._clock, stop=stop)
        except BaseException:
            camera.close()
            raise

    def _poll(self, camera: HttpCamera, stop: Stop) -> Iterator[bytes]:
        due_ns: int = self._clock.mono_ns()
        while not stop.is_set():
            yield _picture(camera)
            due_ns = max(due_ns + round(self._source.poll_s * NS_PER_S), self._clock.mono_ns())
            if camera.pause((due_ns - self._clock.mono_ns()) / NS_PER_S):
                return


def one_picture(source: Source, *, clock: Clock, rng: random.Random, stop: Stop) -> bytes:
    """Return the picture the address gives now, over a connection of its own. Raises as `JpegFeed.open` does."""
    camera = HttpCamera(source, clock=clock, rng=rng, stop=stop, read_timeout_s=_ONE_S)
    try:
        return _picture(camera)
    finally:
        camera.close()


def _picture(camera: HttpCamera) -> bytes:
    reply = camera.get()
    body = Body(camera, reply)
    if reply.content_type.startswith("multipart/"):
        raise BadReply(f"{camera.name}: the camera sends a stream there; set kind = 'mjpeg'")
    if body.starts_with(2) != b"\xff\xd8":
        raise BadReply(f"{camera.name}: {said(body)}")
    data = body.whole(MAX_JPEG_BYTES)
    if not body.keeps_connection:
        camera.close()
    return data
