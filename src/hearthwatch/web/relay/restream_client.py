"""One reader of the restream: its requests, and the packets it gets, from a key frame on and never more than it takes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from hearthwatch.feeds.packet import Packet, StreamInfo
from hearthwatch.feeds.packetize import RtpTrack
from hearthwatch.feeds.sdp_offer import payload_type, tracks, write_sdp
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs, WallUs
from hearthwatch.web.doors import LiveDoor, LiveEnd, LiveStart
from hearthwatch.web.relay.rtsp_login import RtspLogin, Tries
from hearthwatch.web.relay.rtsp_request import Place, Request, format_answer, interleaved_pair, parse_request, place_of

log = logging.getLogger(__name__)

METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, SET_PARAMETER, TEARDOWN"
SESSION_S = 60
_LOG_IN_S = 20.0
_HEAD_S = 10.0
_STREAM_S = 6.0
_SILENCE_S = 20.0
_STUCK_S = 20.0
_REPORT_S = 5
_WRONG_PER_CONNECTION = 3
_BUFFER_BYTES = 256 * 1024


class Served(Protocol):
    """What a reader may ask of the restream."""

    @property
    def live(self) -> LiveDoor: ...

    @property
    def clock(self) -> Clock: ...

    def knows(self, camera: CameraId) -> bool: ...

    def is_private(self, camera: CameraId) -> bool: ...


@dataclass(slots=True, kw_only=True)
class _Way:
    """A track that was set up. `reported_ns` is when its last report went out."""

    track: RtpTrack
    channels: tuple[int, int]
    reported_ns: MonoNs | None = None


class RestreamClient:
    """`serve` it; ends with the connection, or raises ConnectionError or TimeoutError."""

    def __init__(
        self,
        served: Served,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        login: RtspLogin,
        tries: Tries,
        address: str,
    ) -> None:
        self._served = served
        self._reader = reader
        self._writer = writer
        self._login = login
        self._tries = tries
        self._address = address
        self._wrong = 0
        self._is_in = False
        self._session = ""
        self._place: Place | None = None
        self._info: StreamInfo | None = None
        self._ways: dict[int, _Way] = {}
        self._sending: asyncio.Task[None] | None = None
        self._over = asyncio.Event()
        writer.transport.set_write_buffer_limits(high=_BUFFER_BYTES)

    async def serve(self) -> None:
        """Answer until the reader leaves."""
        requests = asyncio.create_task(self._answer_all())
        requests.add_done_callback(lambda _: self._over.set())
        late = asyncio.get_running_loop().call_later(_LOG_IN_S, lambda: None if self._is_in else self._over.set())
        try:
            await self._over.wait()
        finally:
            late.cancel()
            tasks = [requests] if self._sending is None else [requests, self._sending]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _answer_all(self) -> None:
        while True:
            head = await self._next_head()
            if head is None:
                return
            try:
                request = parse_request(head)
                body_bytes = request.body_bytes
            except BadReply:
                self._say(400, "0")
                return
            async with asyncio.timeout(_HEAD_S):
                await self._reader.readexactly(body_bytes)
            if not await self._answer(request):
                with contextlib.suppress(ConnectionError):
                    await self._writer.drain()
                return

    async def _next_head(self) -> bytes | None:
        """Return the next request's head; reports that come in between are left unread. None at the end."""
        while True:
            try:
                async with asyncio.timeout(None if self._sending else SESSION_S):
                    first = await self._reader.readexactly(1)
                async with asyncio.timeout(_HEAD_S):
                    if first == b"$":
                        frame = await self._reader.readexactly(3)
                        await self._reader.readexactly(int.from_bytes(frame[1:], "big"))
                    elif first not in {b"\r", b"\n"}:
                        return (first + await self._reader.readuntil(b"\r\n\r\n"))[:-4]
            except (asyncio.IncompleteReadError, TimeoutError):
                return None
            except asyncio.LimitOverrunError:
                self._say(413, "0")
                return None

    def _say(self, status: int, cseq: str, *fields: tuple[str, str], body: bytes = b"") -> None:
        self._writer.write(format_answer(status, cseq, fields, body))

    async def _answer(self, request: Request) -> bool:
        """Answer one request; False ends the connection."""
        cseq = request.cseq
        if request.method == "OPTIONS":
            self._say(200, cseq, ("Public", METHODS))
            return True
        if not self._is_in and not self._log_in(request):
            return self._wrong < _WRONG_PER_CONNECTION
        if "require" in request.fields:
            self._say(551, cseq)
            return True
        match request.method:
            case "DESCRIBE":
                await self._describe(request)
            case "SETUP":
                self._set_up(request)
            case "PLAY":
                self._play(request)
            case "GET_PARAMETER" | "SET_PARAMETER":
                self._say(200, cseq, *self._session_field())
            case "TEARDOWN":
                self._say(200, cseq)
                return False
            case _:
                self._say(405, cseq, ("Allow", METHODS))
        return True

    def _log_in(self, request: Request) -> bool:
        authorization = request.fields.get("authorization", "")
        if authorization and not self._tries.are_too_many(self._address):
            if self._login.is_right(request.method, request.url, authorization):
                self._is_in = True
                self._tries.right(self._address)
                return True
            self._wrong += 1
            self._tries.wrong(self._address)
            log.warning("a log-in to the restream from %s was refused", self._address)
        self._say(401, request.cseq, *self._login.challenges())
        return False

    async def _describe(self, request: Request) -> None:
        place = place_of(request.url)
        if place is None or not self._served.knows(place.camera):
            self._say(404, request.cseq)
            return
        info = None if self._served.is_private(place.camera) else await self._offered(place)
        if info is None:
            self._say(503, request.cseq, ("Retry-After", "5"))
            return
        if not tracks(info):
            self._say(415, request.cseq)
            return
        self._place, self._info = place, info
        base = f"rtsp://{self._own_address()}/{place.camera}/{place.stream}/"
        sdp = write_sdp(info, place.camera)
        self._say(200, request.cseq, ("Content-Type", "application/sdp"), ("Content-Base", base), body=sdp)

    def _own_address(self) -> str:
        host, port = self._writer.get_extra_info("sockname")[:2]
        return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"

    async def _offered(self, place: Place) -> StreamInfo | None:
        """Return what the stream is; None where the camera gives none just now."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STREAM_S), aclosing(self._served.live.subscribe(place.camera, place.stream)) as items:
                async for item in items:
                    if isinstance(item, LiveStart):
                        return item.info
        return None

    def _set_up(self, request: Request) -> None:
        place = place_of(request.url)
        info = self._info
        if place is None or info is None or self._place is None:
            self._say(455 if place else 404, request.cseq)
            return
        found = tracks(info)
        number = place.track or (1 if len(found) == 1 else 0)
        if (place.camera, place.stream) != (self._place.camera, self._place.stream) or not 1 <= number <= len(found):
            self._say(404, request.cseq)
            return
        if self._sending is not None:
            self._say(455, request.cseq)
            return
        pair = interleaved_pair(request.fields.get("transport", ""))
        if pair is None:  # over UDP a camera's picture would go to whatever address was named, and through no firewall
            self._say(461, request.cseq)
            return
        if pair == (-1, -1):
            pair = (2 * number - 2, 2 * number - 1)
        if any(set(way.channels) & set(pair) for taken, way in self._ways.items() if taken != number):
            self._say(461, request.cseq)
            return
        self._session = self._session or secrets.token_hex(8)
        track = RtpTrack(
            found[number - 1],
            payload_type=payload_type(found[number - 1]),
            ssrc=secrets.randbits(32),
            sequence=secrets.randbits(16),
            start=secrets.randbits(32),
        )
        self._ways[number] = _Way(track=track, channels=pair)
        transport = f"RTP/AVP/TCP;unicast;interleaved={pair[0]}-{pair[1]};ssrc={track.ssrc:08X}"
        self._say(200, request.cseq, ("Transport", transport), *self._session_field())

    def _session_field(self) -> tuple[tuple[str, str], ...]:
        return (("Session", f"{self._session};timeout={SESSION_S}"),) if self._session else ()

    def _play(self, request: Request) -> None:
        if not self._ways or self._place is None or self._info is None:
            self._say(455, request.cseq)
            return
        if request.session != self._session:
            self._say(454, request.cseq)
            return
        base = f"rtsp://{self._own_address()}/{self._place.camera}/{self._place.stream}"
        where = ",".join(f"url={base}/track{number};seq={way.track.sequence}" for number, way in sorted(self._ways.items()))
        self._say(200, request.cseq, ("Range", "npt=now-"), ("RTP-Info", where), *self._session_field())
        if self._sending is None:
            self._sending = asyncio.create_task(self._send(self._place, self._info))
            self._sending.add_done_callback(lambda _: self._over.set())

    async def _send(self, place: Place, info: StreamInfo) -> None:
        """Send until the stream is another one, is silent for too long, or the reader takes nothing for too long."""
        first_us: WallUs | None = None
        later_us = 0
        ways = {way.track.kind: way for way in self._ways.values()}
        async with aclosing(self._served.live.subscribe(place.camera, place.stream)) as items:
            while True:
                async with asyncio.timeout(_SILENCE_S):
                    item = await anext(items, None)
                if item is None:
                    return
                if isinstance(item, LiveStart):
                    if item.info != info:
                        log.info("%s/%s has changed: its reader is to ask anew", place.camera, place.stream)
                        return
                    first_us = item.run.start_us if first_us is None else first_us
                    later_us = max(later_us, item.run.start_us - first_us)
                elif not isinstance(item, LiveEnd) and (way := ways.get(item.kind)) is not None:
                    self._put(way, item, later_us)
                    async with asyncio.timeout(_STUCK_S):
                        await self._writer.drain()

    def _put(self, way: _Way, packet: Packet, later_us: int) -> None:
        now_ns = self._served.clock.mono_ns()
        data = bytearray()
        try:
            made = way.track.packets(packet, later_us)
        except BadReply:  # one damaged picture; the decoder at the other end shows it as such
            return
        if way.reported_ns is None or now_ns - way.reported_ns >= _REPORT_S * NS_PER_S:
            way.reported_ns = now_ns
            report = way.track.report(way.track.stamp(packet, later_us), packet.wall_us)
            data += b"$" + bytes([way.channels[1]]) + len(report).to_bytes(2, "big") + report
        head = b"$" + bytes([way.channels[0]])
        for one in made:
            data += head + len(one).to_bytes(2, "big") + one
        self._writer.write(data)
