"""The libav feed: RTSP over UDP and odd servers, USB cameras, files. Runs in a guest process only.

libav puts the whole URL, password included, into its error texts: none of them leaves this module.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from hearthwatch.feeds.libav_codec import AudioTaker, VideoTaker, audio_taker, video_taker
from hearthwatch.feeds.libav_gate import Gate
from hearthwatch.feeds.packet import Kind, Packet, StreamInfo
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.kit.address import resolve
from hearthwatch.kit.clock import Clock, Stop
from hearthwatch.kit.errors import BadReply, ConfigFault, HearthwatchError, Refused, Unreachable, Unsupported
from hearthwatch.kit.units import NS_PER_S

_TIMEOUT_S = (5.0, 5.0)
"""Connect and read; libav takes up to twice as long."""
_NETWORK = {"probesize": "500000", "analyzeduration": "1000000", "fflags": "nobuffer"}
_FORMATS = {
    "rtsp": "rtsp",
    "rtsps": "rtsp",
    "http": "mpegts",
    "https": "mpegts",
    "rtmp": "flv",
    "tcp": "mpegts",
    "udp": "mpegts",
}
"""The demuxer is forced by the scheme: a server that chose it could make libav fetch other addresses."""
_GATED = frozenset({"rtsp", "rtsps"})
_PROTOCOLS = "rtp,udp,tcp,tls,crypto,rtsp,http,https,rtmp"
_FILE_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,h264,hevc,mjpeg,m4v,ogg,gif,mpjpeg,nut,wav"
_V4L2_SETTINGS = {"size": "video_size", "fps": "framerate", "format": "input_format"}
_MAX_HELD_PACKETS = 500
_TICK = Fraction(1, 90_000)


class LibavFeed:
    """A source that libav reads; credentials go to libav inside the process and nowhere else."""

    def __init__(self, source: Source, *, clock: Clock) -> None:
        self._source = source
        self._clock = clock

    def open(self, stop: Stop) -> OpenLibav:
        """Raises Unreachable, Refused, Unsupported, BadReply or ConfigFault."""
        av.logging.set_level(None)
        source = self._source
        with contextlib.ExitStack() as stack:
            gate = stack.enter_context(_gate(source)) if urlsplit(source.url).scheme in _GATED else None
            url, demuxer, options = _target(source, gate)
            try:
                container = av.open(url, format=demuxer, options=options, timeout=_TIMEOUT_S)
            except (av.FFmpegError, OSError, ValueError) as error:
                fault, cause = _fault(error, source, gate)
                raise fault from cause
            stack.callback(container.close)
            opened = OpenLibav(source, container, clock=self._clock, stop=stop, gate=gate)
            stack.pop_all()
            return opened


def _gate(source: Source) -> Gate:
    parts = urlsplit(source.url)
    is_tls = parts.scheme == "rtsps"
    if not parts.hostname:
        raise ConfigFault(f"{source.url}: the address of the camera is missing")
    return Gate(resolve(parts.hostname, _port(parts), source.allow_loopback), tls_host=parts.hostname if is_tls else None)


def _port(parts: SplitResult) -> int:
    return parts.port or {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443, "rtmp": 1935}.get(parts.scheme, 0)


def _fault(error: Exception, source: Source, gate: Gate | None) -> tuple[HearthwatchError, BaseException]:
    """Return the kit error and its cause: what the gate has against the camera, for libav only saw the connection end."""
    told = gate.fault if gate is not None else None
    if told is None:
        return translated(error, source), _bare(error)
    return type(told)(f"{source.camera}/{source.stream}: {told}"), told.__cause__ or _bare(error)


def _target(source: Source, gate: Gate | None = None) -> tuple[str, str | None, dict[str, str]]:
    """Return what libav shall open, the demuxer it must use and its options."""
    parts = urlsplit(source.url)
    if source.kind is SourceKind.FILE:
        path = unquote(parts.path)
        if not os.path.isfile(path):  # noqa: PTH113 a path from a URL, only asked about
            raise Unsupported(f"there is no file {path}")
        return f"file:{path}", None, {"protocol_whitelist": "file", "format_whitelist": _FILE_FORMATS}
    if source.kind is SourceKind.V4L2:
        options = {}
        for name, value in parse_qsl(parts.query):
            if name not in _V4L2_SETTINGS:
                raise ConfigFault(f"{source.url}: unknown setting {name!r}; there are {', '.join(_V4L2_SETTINGS)}")
            options[_V4L2_SETTINGS[name]] = value
        device = PurePosixPath("/", parts.path)
        if device.parts[:2] != ("/", "dev") or ".." in device.parts:
            raise ConfigFault(f"{source.url}: a USB camera is v4l2:///dev/video0 or another device below /dev")
        return str(device), "v4l2", options
    if parts.scheme not in _FORMATS or not parts.hostname:
        raise ConfigFault(f"{source.url}: the libav reader takes {', '.join(_FORMATS)} addresses")
    if gate is not None:
        where, port, scheme = "127.0.0.1", gate.port, "rtsp"
    else:
        port, scheme = _port(parts), parts.scheme
        host, _ = resolve(parts.hostname, port, source.allow_loopback)
        where = f"[{host}]" if ":" in host else host
    login = f"{quote(source.user, safe='')}:{quote(source.password, safe='')}@" if source.user else ""
    url = f"{scheme}://{login}{where}:{port}{parts.path}" + (f"?{parts.query}" if parts.query else "")
    options = {**_NETWORK, "protocol_whitelist": _PROTOCOLS}
    if parts.scheme.startswith("rtsp"):
        options["rtsp_transport"] = source.transport
    else:
        options["max_redirects"] = "0"
    return url, _FORMATS[parts.scheme], options


_FAULTS: tuple[tuple[tuple[type[Exception], ...], type[HearthwatchError], str], ...] = (
    ((av.HTTPUnauthorizedError, av.HTTPForbiddenError), Refused, "wrong user name or password"),
    ((av.HTTPNotFoundError,), BadReply, "the camera has no stream under this path (404)"),
    (
        (av.PermissionError, PermissionError),
        Unsupported,
        "no permission to open it; for a USB camera add this user to the group 'video'",
    ),
    ((av.FileNotFoundError, FileNotFoundError), Unreachable, "there is no such device or file; is the camera plugged in?"),
    (
        (av.ProtocolNotFoundError, av.DemuxerNotFoundError, av.DecoderNotFoundError),
        Unsupported,
        "this kind of stream is not supported",
    ),
    ((av.TimeoutError, av.ExitError, TimeoutError), Unreachable, "no answer in time"),
    ((av.EOFError,), Unreachable, "the other end closed the stream"),
    (
        (av.InvalidDataError, av.HTTPError, av.ArgumentError, ValueError),
        BadReply,
        "what came is not a video stream that can be read",
    ),
)


def translated(error: Exception, source: Source) -> HearthwatchError:
    """Return the kit error for what libav raised, without a word of libav's own text: it may hold the password."""
    what = f"{source.camera}/{source.stream}"
    for kinds, fault, text in _FAULTS:
        if isinstance(error, kinds):
            return fault(f"{what}: {text}")
    reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "the stream broke off"
    return Unreachable(f"{what}: {reason}")


def _bare(error: Exception) -> Exception:
    """Return the error without its text, for the chain: the number still tells network from camera."""
    number = error.errno if isinstance(error, OSError | av.FFmpegError) else None
    return OSError(number, os.strerror(number)) if number and 0 < number < 200 else RuntimeError(type(error).__name__)


class OpenLibav:
    """Packets of an open container; a file is paced by its stamps divided by `speed` and starts over when `loop` is set."""

    def __init__(
        self, source: Source, container: InputContainer, *, clock: Clock, stop: Stop, gate: Gate | None = None
    ) -> None:
        self._source = source
        self._gate = gate
        self._container = container
        self._clock = clock
        self._stop = stop
        video = next(iter(container.streams.video), None)
        if video is None:
            raise BadReply(f"{source.camera}/{source.stream}: the stream holds no video")
        audio = next(iter(container.streams.audio), None)
        self._video: VideoStream = video
        self._demuxed = self._demux(video, audio)
        self._audio_stream: AudioStream | None = audio
        self._audio: AudioTaker | None = audio_taker(audio) if audio is not None else None
        self._held: list[av.Packet[Any]] = []
        self._taker: VideoTaker = self._first_taker()
        self.info = StreamInfo(video=self._taker.info, audio=self._audio.info if self._audio else None)

    def _first_taker(self) -> VideoTaker:
        """Read until the parameters of the video are known: some streams tell them only with the first key frame."""
        for packet in self._demuxed:
            self._held.append(packet)
            if packet.stream is self._video and (taker := video_taker(self._video, packet)):
                return taker
            if len(self._held) > _MAX_HELD_PACKETS or self._stop.is_set():
                break
        raise BadReply(f"{self._source.camera}/{self._source.stream}: no key frame came that says what the video is")

    def _demux(self, *streams: VideoStream | AudioStream | None) -> Iterator[av.Packet[Any]]:
        try:
            for packet in self._container.demux([stream for stream in streams if stream is not None]):
                if packet.size:
                    yield packet
        except (av.FFmpegError, OSError, ValueError) as error:
            fault, cause = _fault(error, self._source, self._gate)
            raise fault from cause

    def __iter__(self) -> Iterator[Packet]:
        """See OpenFeed. Raises StreamChanged when parameter sets change on the way."""
        is_file = self._source.kind is SourceKind.FILE
        pace = Pace(self._source.speed if is_file else 1.0)
        while True:
            for packet in self._chained():
                if self._stop.is_set():
                    return
                yield from self._taken(packet, pace, paced=is_file and self._source.speed > 0)
            if not is_file:
                raise Unreachable(f"{self._source.camera}/{self._source.stream}: the other end closed the stream")
            if not self._source.loop:
                raise Unsupported(f"{self._source.camera}/{self._source.stream}: the file has been played to its end")
            self._rewind(pace)

    def _chained(self) -> Iterator[av.Packet[Any]]:
        held, self._held = self._held, []
        yield from held
        yield from self._demuxed

    def _rewind(self, pace: Pace) -> None:
        pace.wrap()
        try:
            self._container.seek(0)
        except (av.FFmpegError, OSError) as error:
            raise translated(error, self._source) from _bare(error)
        self._taker.rewind()
        self._demuxed = self._demux(self._video, self._audio_stream)

    def _taken(self, packet: av.Packet[Any], pace: Pace, *, paced: bool) -> Iterator[Packet]:
        is_video = packet.stream is self._video
        taker = self._taker if is_video else self._audio
        if taker is None:
            return
        rate = self.info.video.ticks_per_s if is_video else taker.ticks_per_s
        pts, dts = pace.place(packet)
        if paced and pace.wait(self._clock, self._stop, dts):
            return
        for unit in taker.take(packet):
            if unit.pts_s is not None:
                pts = dts = pace.placed(unit.pts_s)
            yield Packet(
                camera=self._source.camera,
                stream=self._source.stream,
                kind=Kind.VIDEO if is_video else Kind.AUDIO,
                data=unit.data,
                pts_ticks=round(pts * rate),
                dts_ticks=round(dts * rate),
                is_key=unit.is_key,
                received_ns=self._clock.mono_ns(),
                wall_us=self._clock.wall_us(),
            )

    def close(self) -> None:
        self._container.close()
        if self._gate is not None:
            self._gate.close()


class Pace:
    """Stamps in seconds that rise over the loops of a file, missing ones filled in, divided by the speed."""

    def __init__(self, speed: float) -> None:
        self._speed = Fraction(speed).limit_denominator(1000) if speed > 0 else Fraction(1)
        self._shift = Fraction(0)
        self._last: dict[int, tuple[Fraction, Fraction]] = {}
        self._first: Fraction | None = None
        self._end = Fraction(0)
        self._start_ns: int | None = None
        self._start_dts = Fraction(0)

    def place(self, packet: av.Packet[Any]) -> tuple[Fraction, Fraction]:
        """Return (pts, dts) in seconds since the first packet.

        Matroska has no decode stamps and libav works them out only after a few packets, so that the first may be missing.
        """
        base = packet.time_base or Fraction(1, 90_000)
        last, step = self._last.get(packet.stream.index, (None, Fraction(1, 25)))
        pts = packet.pts * base if packet.pts is not None else None
        if packet.dts is not None:
            dts = packet.dts * base
        elif last is None:
            dts = pts or Fraction(0)
        else:
            dts = last + step if pts is None else min(pts, last + step)
        if last is not None and -1 < dts - last <= 0:
            dts = last + _TICK
        if pts is None:
            pts = dts
        if last is not None and 0 < dts - last < 10:
            step = dts - last
        self._last[packet.stream.index] = dts, step
        if self._first is None:
            self._first = dts
        self._end = max(self._end, dts + step - self._first)
        return self.placed(pts), self.placed(dts)

    def placed(self, at: Fraction) -> Fraction:
        return (at - (self._first or 0) + self._shift) / self._speed

    def wrap(self) -> None:
        """The file starts over: its first packet follows the last one."""
        self._shift += self._end
        self._end = Fraction(0)
        self._last.clear()

    def wait(self, clock: Clock, stop: Stop, dts: Fraction) -> bool:
        """Sleep until the packet is due; True when stopped."""
        if self._start_ns is None:
            self._start_ns, self._start_dts = clock.mono_ns(), dts
        left_s = float(dts - self._start_dts) - (clock.mono_ns() - self._start_ns) / NS_PER_S
        return left_s > 0 and clock.sleep(stop, left_s)
