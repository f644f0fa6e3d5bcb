"""MJPEG over HTTP: a multipart answer that never ends, one JPEG a part, in every framing cameras use."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from hearthwatch.feeds.http_body import Body
from hearthwatch.feeds.http_stream import HttpCamera, Reply, parse_headers
from hearthwatch.feeds.jpeg import jpeg_size
from hearthwatch.feeds.packet import Codec, Kind, Packet, StreamChanged, StreamInfo, VideoInfo
from hearthwatch.feeds.source import Source
from hearthwatch.kit.clock import Clock, Stop
from hearthwatch.kit.errors import BadReply, HearthwatchError, Unreachable
from hearthwatch.kit.units import NS_PER_S, MonoNs

MAX_PART_BYTES = 8 * 1024 * 1024
_MAX_PART_HEADER_BYTES = 16 * 1024
_MAX_BLANK_LINES = 64
_BOUNDARY = re.compile(r"boundary\s*=\s*(?:\"([^\"]*)\"|([^;\s]*))", re.IGNORECASE)


class MjpegFeed:
    """A camera's multipart stream of JPEGs (Foscam `videostream.cgi`, Dahua `mjpg/video.cgi`, ustreamer, ...)."""

    def __init__(self, source: Source, *, clock: Clock, rng: random.Random, read_timeout_s: float = 10.0) -> None:
        self._source = source
        self._clock = clock
        self._rng = rng
        self._read_timeout_s = read_timeout_s

    def open(self, stop: Stop) -> OpenPictures:
        """Connect, log in and read the first picture. Raises Refused, BadReply, Unreachable or ConfigFault."""
        camera = HttpCamera(self._source, clock=self._clock, rng=self._rng, stop=stop, read_timeout_s=self._read_timeout_s)
        try:
            reply = camera.get()
            if reply.content_type == "image/jpeg":
                raise BadReply(f"{camera.name}: the camera sends single pictures there; set poll_s for this camera, such as 1")
            if reply.content_type.startswith(("text/", "application/json")):
                raise BadReply(f"{camera.name}: {said(Body(camera, reply))}")
            return OpenPictures(self._source, camera, pictures(camera, reply), clock=self._clock, stop=stop)
        except BaseException:
            camera.close()
            raise


def said(body: Body) -> str:
    """Return for an error what a camera answered in words instead of a picture, cut to 80 printable characters."""
    text = body.at_hand(80).decode("latin-1")
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return f"the camera answers with text instead of pictures: {words[:80]!r}"


def pictures(camera: HttpCamera, reply: Reply) -> Iterator[bytes]:
    """Yield each JPEG of a multipart answer.

    The boundary is taken from the header if it is there and else from the first line; with or without `--` before it,
    with or without Content-Length, with any number of blank lines; a part of text is an error that shows it.
    """
    body = Body(camera, reply)
    found = _BOUNDARY.search(reply.header("content-type"))
    boundary = ((found[1] or found[2] or "") if found else "").encode("latin-1").lstrip(b"-")
    line = _first_line(body)
    if line is None:
        raise Unreachable(f"{camera.name}: the camera ended the stream")
    if not boundary or boundary not in line:
        boundary = line.strip().lstrip(b"-")
    if not boundary:
        raise BadReply(f"{camera.name}: what came is not a multipart stream", line)
    while True:
        yield _part(body, boundary)
        line = _next_boundary(body, boundary)
        if line is None or line.strip().endswith(boundary + b"--"):
            raise Unreachable(f"{camera.name}: the camera ended the stream")


def _first_line(body: Body) -> bytes | None:
    for _ in range(_MAX_BLANK_LINES):
        if body.starts_with(2) == b"\xff\xd8":
            raise BadReply(f"{body.name}: pictures without a multipart frame around them cannot be told apart")
        line = body.line(1024)
        if line is None or line.strip():
            return line
    return None


def _next_boundary(body: Body, boundary: bytes) -> bytes | None:
    """Skip what lies between two parts, which should be a line end, to the line of the boundary."""
    skipped = 0
    while (line := body.line(MAX_PART_BYTES)) is not None:
        if boundary in line:
            return line
        skipped += len(line) + 1
        if skipped > MAX_PART_BYTES:
            raise BadReply(f"{body.name}: no further picture in {skipped} bytes", line)
    return None


def _part(body: Body, boundary: bytes) -> bytes:
    lines, size = [], 0
    while (line := body.line(_MAX_PART_HEADER_BYTES)) is not None:
        size += len(line)
        if size > _MAX_PART_HEADER_BYTES:
            raise BadReply(f"{body.name}: a header of more than {_MAX_PART_HEADER_BYTES} bytes", line)
        if line.strip():
            lines.append(line.decode("latin-1"))
        elif lines or body.starts_with(2) == b"\xff\xd8":
            break
    headers = dict(parse_headers(lines))
    kind = headers.get("content-type", "image/jpeg").partition(";")[0].strip().lower()
    for _ in range(_MAX_BLANK_LINES):
        if body.starts_with(1) not in {b"\r", b"\n"}:
            break
        body.line(2)
    if kind.startswith("text/") or (kind != "image/jpeg" and body.starts_with(2) != b"\xff\xd8"):
        raise BadReply(f"{body.name}: {said(body)}")
    length = headers.get("content-length", "")
    if length:
        if not re.fullmatch("[0-9]{1,9}", length) or int(length) > MAX_PART_BYTES:
            raise BadReply(f"{body.name}: a picture of {length[:20]} bytes is refused")
        return body.exactly(int(length))
    data = body.until(boundary, MAX_PART_BYTES)
    end = data.rfind(b"\xff\xd9")
    return data[: end + 2] if end > 0 else data.rstrip(b"-\r\n")


class OpenPictures:
    """Packets of a source of JPEGs, stamped by arrival; the first picture is read at once for its size."""

    def __init__(self, source: Source, camera: HttpCamera, jpegs: Iterator[bytes], *, clock: Clock, stop: Stop) -> None:
        self._source = source
        self._camera = camera
        self._jpegs = jpegs
        self._clock = clock
        self._stop = stop
        first = self._next()
        if first is None:
            raise Unreachable(f"{camera.name}: the camera sent no picture")
        self._first: tuple[bytes, StreamInfo] | None = first
        self._start_ns = clock.mono_ns()
        self.info = first[1]

    @property
    def beat_ns(self) -> MonoNs:
        """The last sign of life while it waits between two pictures, which may be an hour."""
        return self._camera.beat_ns

    def _next(self) -> tuple[bytes, StreamInfo] | None:
        self._camera.allow()
        data = next(self._jpegs, None)
        if data is None:
            return None
        width_px, height_px = jpeg_size(data)
        video = VideoInfo(codec=Codec.MJPEG, extradata=b"", width_px=width_px, height_px=height_px)
        return data, StreamInfo(video=video)

    def __iter__(self) -> Iterator[Packet]:
        try:
            while not self._stop.is_set():
                picture, self._first = self._first or self._next(), None
                if picture is None:
                    return
                data, info = picture
                if info != self.info:
                    size = f"{info.video.width_px}x{info.video.height_px}"
                    raise StreamChanged(f"{self._camera.name}: the pictures are now {size}", info)
                yield self._packet(data)
        except HearthwatchError:
            if not self._stop.is_set():
                raise

    def _packet(self, data: bytes) -> Packet:
        now_ns = self._clock.mono_ns()
        ticks = (now_ns - self._start_ns) * self.info.video.ticks_per_s // NS_PER_S
        return Packet(
            camera=self._source.camera,
            stream=self._source.stream,
            kind=Kind.VIDEO,
            data=data,
            pts_ticks=ticks,
            dts_ticks=ticks,
            is_key=True,
            received_ns=now_ns,
            wall_us=self._clock.wall_us(),
        )

    def close(self) -> None:
        self._camera.close()
