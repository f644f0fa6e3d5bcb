"""The RTSP feed: our own client for RTSP 1.0 over one TCP connection (RFC 2326 with interleaved RTP), in memory-safe Python.

A picture is handed on when the last packet of it was read, not when the next one begins.
"""

from __future__ import annotations

import contextlib
import random
from urllib.parse import urlsplit

from hearthwatch.feeds.packet import OpenFeed
from hearthwatch.feeds.rtsp_connection import RtspConnection, Steps, connect
from hearthwatch.feeds.rtsp_datagrams import bridged
from hearthwatch.feeds.rtsp_message import Message, parse_session, parse_transport
from hearthwatch.feeds.rtsp_offer import audio_of, video_of
from hearthwatch.feeds.rtsp_stream import RtspStream, StreamTrack
from hearthwatch.feeds.sdp import Media, Presentation, parse_sdp
from hearthwatch.feeds.source import Source
from hearthwatch.kit.address import resolve
from hearthwatch.kit.clock import Clock, Stop
from hearthwatch.kit.digest import Authenticator
from hearthwatch.kit.errors import BadReply, Redirected, Refused, Unreachable, Unsupported
from hearthwatch.kit.logs import redact

_DEFAULT_PORT = 554
_DEFAULT_SESSION_S = 60
_REDIRECTS = {301, 302, 303, 305, 307, 308}


class RtspFeed:
    """A camera's RTSP stream; each `open` is one connection to the one address its host resolves to."""

    def __init__(
        self,
        source: Source,
        *,
        clock: Clock,
        rng: random.Random,
        connect_timeout_s: float = 5.0,
        read_timeout_s: float = 10.0,
    ) -> None:
        self._source = source
        self._clock = clock
        self._rng = rng
        self._connect_timeout_s = connect_timeout_s
        self._read_timeout_s = read_timeout_s

    def open(self, stop: Stop) -> OpenFeed:
        """Connect, log in, start the stream and wait for its first key frame.

        Raises Refused for a wrong password, Unsupported for what this client does not speak, BadReply for a wrong path and
        for nonsense, Unreachable for everything that may pass.
        """
        host, port = _host_of(self._source)
        steps = Steps(f"{self._source.camera}/{self._source.stream} at {host}:{port}")
        with steps.named("connect"):
            address = resolve(host, port, self._source.allow_loopback)
            sock = connect(address, timeout_s=self._connect_timeout_s, clock=self._clock, stop=stop)
            if self._source.transport == "udp":
                sock = bridged(sock, address[0], self._clock)
        connection = RtspConnection(
            sock,
            auth=Authenticator(self._source.user, self._source.password, self._rng),
            clock=self._clock,
            stop=stop,
            read_timeout_s=self._read_timeout_s,
        )
        try:
            return self._negotiate(connection, steps, stop)
        except BaseException:
            connection.close()
            raise

    def _negotiate(self, connection: RtspConnection, steps: Steps, stop: Stop) -> RtspStream:
        with steps.named("OPTIONS"):
            options = connection.request("OPTIONS", self._source.url)
        with steps.named("DESCRIBE"):
            presentation = _describe(connection, self._source.url)
            media, pictures = video_of(presentation)
            sound = audio_of(presentation)
        with steps.named("SETUP"):
            video, timeout_s = _set_up(connection, media, 0)
        tracks = [StreamTrack(media=media, channels=video, depacketizer=pictures, info=None)]
        if sound:
            # a camera that offers sound and then cannot set it up still has a picture
            with contextlib.suppress(BadReply, Unsupported), steps.named("SETUP of sound"):
                audio, _ = _set_up(connection, sound[0], max(2, 2 * (max(video) // 2 + 1)))
                tracks.append(StreamTrack(media=sound[0], channels=audio, depacketizer=sound[1], info=sound[2]))
        stream = RtspStream(
            self._source,
            connection,
            tracks,
            control=presentation.control,
            knows_get_parameter="GET_PARAMETER" in (options.field("public") or "").upper(),
            clock=self._clock,
            rng=self._rng,
            stop=stop,
            steps=steps,
            read_timeout_s=self._read_timeout_s,
        )
        with steps.named("PLAY"):
            reply = checked(connection.request("PLAY", presentation.control, (("Range", "npt=0.000-"),)))
            session = reply.field("session")
            stated = parse_session(session).timeout_s if session else None
            stream.session_timeout_s = stated or timeout_s or _DEFAULT_SESSION_S
        stream.wait_for_key()
        return stream


def _host_of(source: Source) -> tuple[str, int]:
    name, url = f"{source.camera}/{source.stream}", redact(source.url)
    if not source.url.isascii() or not source.url.isprintable() or " " in source.url:
        raise Unsupported(f"{name}: the address {url!r} holds a blank or a letter that must be written as %XX")
    try:
        parts = urlsplit(source.url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise Unsupported(f"{name}: {url!r} is not an address") from error
    if parts.scheme.lower() != "rtsp" or not host:
        hint = ' (set reader = "libav" for rtsps)' if parts.scheme.lower() == "rtsps" else ""
        raise Unsupported(f"{name}: {url!r} is not an rtsp:// address{hint}")
    return host, port or _DEFAULT_PORT


def _describe(connection: RtspConnection, url: str) -> Presentation:
    for redirected in (False, True):
        reply = connection.request("DESCRIBE", url, (("Accept", "application/sdp"),))
        if reply.status not in _REDIRECTS:
            break
        url = _redirect(url, reply, again=redirected)
    checked(reply, url)
    if not reply.body:
        raise BadReply("describes nothing")
    return parse_sdp(reply.body, reply.field("content-base") or reply.field("content-location") or url)


def _redirect(url: str, reply: Message, *, again: bool) -> str:
    """Return where to ask instead: on the same host, once, over the same connection. Raises Redirected."""
    location = reply.field("location") or ""
    try:
        here, there = urlsplit(url), urlsplit(location)
        same = (there.hostname, there.port or _DEFAULT_PORT) == (here.hostname, here.port or _DEFAULT_PORT)
    except ValueError:
        same = False
    if again:
        raise Redirected("redirects again and again")
    if not same or there.scheme.lower() != "rtsp" or not location.isascii() or not location.isprintable() or " " in location:
        raise Redirected(f"redirects to {redact(location)[:100]!r}, which is not followed: set the camera's own address")
    return location


def _set_up(connection: RtspConnection, media: Media, channel: int) -> tuple[tuple[int, int], int | None]:
    """Set a track up; return its channels and the session's time-out if stated."""
    wanted = f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}"
    reply = checked(connection.request("SETUP", media.control, (("Transport", wanted),)))
    session = reply.field("session")
    timeout_s = None
    if session:
        parsed = parse_session(session)
        connection.session, timeout_s = parsed.id, parsed.timeout_s
    transport = parse_transport(reply.field("transport") or wanted)
    if not transport.is_tcp:
        raise _udp_only()
    return transport.channels or (channel, channel + 1), timeout_s


def _udp_only() -> Unsupported:
    return Unsupported('will not send over TCP: set transport = "udp" for this camera')


def checked(reply: Message, url: str = "") -> Message:
    """Return a reply that says yes. Raises what its status means."""
    status, said = reply.status, f"answered {reply.status} {reply.reason}".rstrip()
    if 200 <= status < 300:
        return reply
    if status == 404:
        raise BadReply(f"has no stream at {redact(urlsplit(url).path or url) or 'this path'!r}: check the path of its address")
    if status == 461:
        raise _udp_only()
    if status in {401, 402, 403, 407}:
        raise Refused(f"{said}: this user may not watch")
    if status in {453, 454, 455, 500, 502, 503, 504}:
        raise Unreachable(f"{said}: it may have too many viewers or be restarting")
    if status in {501, 505, 551}:
        raise Unsupported(f"{said}: it lacks what watching needs")
    raise BadReply(said)
