"""The Raspberry Pi's own camera: the system's camera program writes MPEG-TS into a pipe, libav takes it apart. Guest only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import av
from av.container import InputContainer

from hearthwatch.feeds.jpeg import MAX_JPEG_BYTES, jpeg_size
from hearthwatch.feeds.libav import OpenLibav, translated
from hearthwatch.feeds.packet import Packet, StreamChanged, StreamInfo
from hearthwatch.feeds.picamera import STILL_PROGRAMS, VIDEO_PROGRAMS, parse_picamera, still_arguments, video_arguments
from hearthwatch.feeds.picamera_program import CameraProgram, found
from hearthwatch.feeds.source import Source
from hearthwatch.kit.clock import Clock, Stop
from hearthwatch.kit.errors import BadReply, HearthwatchError, Unreachable

_OPEN_S = 20.0
"""A Pi Zero takes several seconds until its camera gives the first picture."""
_STILL_S = 20.0
_STREAM = {"probesize": "200000", "analyzeduration": "300000", "protocol_whitelist": ""}
"""Not `nobuffer`: it throws away what was read to learn about the stream, the first key frame with it."""


class PicameraFeed:
    """Opens by starting the program, closes by ending it: two openings of one camera never meet."""

    def __init__(self, source: Source, *, clock: Clock) -> None:
        """Raises ConfigFault for a URL that is no Pi camera."""
        self._source = source
        self._options = parse_picamera(source.url)
        self._clock = clock

    def open(self, stop: Stop) -> OpenPicamera:
        """Raises Unsupported when the program is missing, Unreachable in the owner's words when it gives no video."""
        av.logging.set_level(None)
        arguments = video_arguments(self._options)
        program = CameraProgram(found(VIDEO_PROGRAMS), arguments, clock=self._clock, stop=stop, silence_s=_OPEN_S)
        try:
            return OpenPicamera(self._source, program, clock=self._clock, stop=stop)
        except BaseException:
            program.close()
            raise


class OpenPicamera:
    """See OpenFeed."""

    def __init__(self, source: Source, program: CameraProgram, *, clock: Clock, stop: Stop) -> None:
        self._name = f"{source.camera}/{source.stream}"
        self._program = program
        self._stop = stop
        self._container: InputContainer | None = None
        try:
            try:
                opened = av.open(program, format="mpegts", options=_STREAM)
            except (av.FFmpegError, OSError, ValueError) as error:
                raise translated(error, source) from error
            self._container = cast("InputContainer", opened)
            self._libav = OpenLibav(source, self._container, clock=clock, stop=stop)
        except HearthwatchError as error:
            self._close_container()
            raise self._in_words(error) from error
        self.info: StreamInfo = self._libav.info

    def __iter__(self) -> Iterator[Packet]:
        try:
            yield from self._libav
        except StreamChanged:
            raise
        except HearthwatchError as error:
            if self._stop.is_set():
                return
            raise self._in_words(error) from error

    def _in_words(self, error: HearthwatchError) -> HearthwatchError:
        """Whatever libav made of the end of the pipe: the program knows better why it ended."""
        return error if self._stop.is_set() else Unreachable(f"{self._name}: {self._program.why()}")

    def _close_container(self) -> None:
        if self._container is not None:
            self._container.close()
            self._container = None

    def close(self) -> None:
        self._close_container()
        self._program.close()


def still(url: str, *, clock: Clock, stop: Stop) -> bytes:
    """Return one picture of a Pi camera that does not stream. Raises Unsupported, Unreachable or BadReply."""
    arguments = still_arguments(parse_picamera(url))
    program = CameraProgram(found(STILL_PROGRAMS), arguments, clock=clock, stop=stop, silence_s=_STILL_S)
    try:
        data = program.whole(MAX_JPEG_BYTES)
        try:
            jpeg_size(data)
        except BadReply as error:
            raise Unreachable(program.why()) from error
        return data
    finally:
        program.close()
