"""Live video in the browser: one fMP4 fragment per picture over a WebSocket, from the next key frame on, never re-encoded."""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
from contextlib import aclosing
from typing import Protocol

import msgspec
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from hearthwatch.feeds.packet import AudioInfo, Codec, Kind, Packet, Stream, StreamInfo
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.logs import redact
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.recording.boxes import fragment, init_segment, next_audio_dts
from hearthwatch.recording.entries import box, codec_string
from hearthwatch.web.auth import Permission, Session
from hearthwatch.web.doors import CameraNow, CameraState, Live, LiveEnd, LiveStart
from hearthwatch.web.gate import needs
from hearthwatch.web.site import CameraDep, PersonDep, Site, SiteDep

router = APIRouter(prefix="/api/v1")

_IN_MSE = frozenset({Codec.H264, Codec.H265})
_PCM = {Codec.PCMU: b"ulaw", Codec.PCMA: b"alaw"}
_CLOCK_EVERY_US = US_PER_S
_MOST_SAID = 256


class _Wish(msgspec.Struct, frozen=True):
    watch: str = ""
    leave: str = ""


class Player:
    """Turns what a stream gives into WebSocket messages: text for what the page must know, bytes for its SourceBuffer.

    `{"type": "start", "mime", "codec", "width_px", "height_px", "sound", "sample_hz", "channels"}`, then an init segment and
    fragments; `sound` is `aac` (a track of the same fragments), `pcmu` or `pcma`, or null where none is sent: not asked for, or
    the stream has none. G.711 has no place in a SourceBuffer: it comes as messages `size ulaw|alaw, u64 first sample, samples`.
    `{"type": "clock", "media_s", "wall_us", "now_us"}` each second: the picture shown at `media_s` was taken at `wall_us`, and
    the house's clock is at `now_us`; a page tells by it how far it is behind.
    `{"type": "picture-only", "codec"}` for a codec no browser plays, which the page shows as MJPEG;
    `{"type": "end", "reason", "detail"}` when the stream broke off.
    """

    def __init__(self, clock: Clock, *, sound: bool = False) -> None:
        self._clock = clock
        self._sound = sound
        self._info: StreamInfo | None = None
        self._pcm: AudioInfo | None = None
        self._sequence = 0
        self._last_dts = 0
        self._duration_ticks = 0
        self._told_us = WallUs(0)

    def messages(self, item: Live) -> list[str | bytes]:
        """Return what to send for `item`, in order."""
        if isinstance(item, LiveStart):
            return self._start(item)
        if isinstance(item, LiveEnd):
            self._info = None
            return [json.dumps({"type": "end", "reason": item.gap.reason, "detail": redact(item.gap.detail)})]
        if self._info is None:
            return []
        return self._picture(item, self._info) if item.kind is Kind.VIDEO else self._heard(item, self._info)

    def _start(self, start: LiveStart) -> list[str | bytes]:
        video, audio = start.info.video, start.info.audio if self._sound else None
        self._info = self._pcm = None
        if video.codec not in _IN_MSE:
            return [json.dumps({"type": "picture-only", "codec": video.codec})]
        self._pcm = audio if audio is not None and audio.codec in _PCM else None
        self._info = StreamInfo(video=video, audio=audio if self._pcm is None else None)
        self._last_dts = 0
        self._duration_ticks = video.ticks_per_s // 15
        self._told_us = WallUs(0)
        note = {
            "type": "start",
            "mime": f'video/mp4; codecs="{codec_string(self._info)}"',
            "codec": video.codec,
            "width_px": video.width_px,
            "height_px": video.height_px,
            "sound": audio.codec if audio is not None else None,
            "sample_hz": audio.sample_hz if audio is not None else 0,
            "channels": audio.channels if audio is not None else 0,
        }
        return [json.dumps(note), init_segment(self._info)]

    def _picture(self, packet: Packet, info: StreamInfo) -> list[str | bytes]:
        # the true duration is known only when the next picture comes; the last one's is close and costs no delay
        since = packet.dts_ticks - self._last_dts
        if 0 < since < info.video.ticks_per_s:
            self._duration_ticks = since
        self._last_dts = packet.dts_ticks
        self._sequence += 1
        piece = fragment(self._sequence, [packet], next_video_dts=packet.dts_ticks + self._duration_ticks)
        now_us = self._clock.wall_us()
        if abs(now_us - self._told_us) < _CLOCK_EVERY_US:
            return [piece]
        self._told_us = now_us
        media_s = packet.pts_ticks / info.video.ticks_per_s
        return [piece, json.dumps({"type": "clock", "media_s": media_s, "wall_us": packet.wall_us, "now_us": now_us})]

    def _heard(self, packet: Packet, info: StreamInfo) -> list[str | bytes]:
        if self._pcm is not None:
            return [box(_PCM[self._pcm.codec], struct.pack(">Q", packet.pts_ticks), packet.data)]
        if info.audio is None:
            return []
        self._sequence += 1
        return [fragment(self._sequence, [], [packet], next_audio_dts=next_audio_dts(info.audio, packet))]


@router.websocket("/cameras/{camera}/live")
@needs(Permission.LOOK)
async def live(
    *,
    websocket: WebSocket,
    site: SiteDep,
    camera: CameraDep,
    person: PersonDep,
    stream: Stream = Stream.MAIN,
    sound: bool = False,
) -> None:
    """Send the stream until the viewer leaves or the session ends; a slow viewer goes on at a later key frame. Sound comes
    only with `sound=true`."""
    await websocket.accept()
    sending = _send(_Whole(websocket), site, camera, stream, sound=sound)
    await _while_there(websocket, site, person, asyncio.create_task(sending), asyncio.create_task(_until_closed(websocket)))


@router.websocket("/live")
@needs(Permission.LOOK)
async def wall(websocket: WebSocket, site: SiteDep, person: PersonDep, stream: Stream = Stream.SUB) -> None:
    """Send one stream of several cameras by one connection, for a browser opens only one at a time: `{"watch": "front"}` adds
    a camera, `{"leave": "front"}` takes it away. Each text names its `camera`; before the bytes of a binary message stand how
    long the camera's id is, one byte, and the id. All else is as with a connection of its own, without sound."""
    await websocket.accept()
    await _while_there(websocket, site, person, asyncio.create_task(_Wall(websocket, site, stream).listen()))


async def _while_there(websocket: WebSocket, site: Site, person: Session, *working: asyncio.Task[None]) -> None:
    """Go on until the first of `working` ends, which is when the viewer leaves, or the session ends; they end here, too."""
    ended = asyncio.create_task(site.auth.ended(person))
    try:
        await asyncio.wait({*working, ended}, return_when=asyncio.FIRST_COMPLETED)
        is_over = ended.done()
    finally:
        for task in (*working, ended):
            task.cancel()
        await asyncio.gather(*working, ended, return_exceptions=True)
    if is_over:
        code, reason = (1012, "restarting") if site.auth.stopping.is_set() else (4401, "logged out")
        # he may have left in the same moment, or the server hung up on him for what he sent
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await websocket.close(code=code, reason=reason)


class _Line(Protocol):
    async def send(self, message: str | bytes) -> None: ...


class _Whole:
    """A connection that is one camera's."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket

    async def send(self, message: str | bytes) -> None:
        if isinstance(message, str):
            await self._websocket.send_text(message)
        else:
            await self._websocket.send_bytes(message)


class _Part:
    """One camera's part of a connection; `turn` keeps messages whole and the cameras fair to each other."""

    def __init__(self, websocket: WebSocket, camera: CameraId, turn: asyncio.Lock) -> None:
        self._websocket = websocket
        self._turn = turn
        name = camera.encode()
        self._name = f'{{"camera": {json.dumps(camera)}, '
        self._head = bytes([len(name)]) + name

    async def send(self, message: str | bytes) -> None:
        async with self._turn:
            if isinstance(message, str):
                await self._websocket.send_text(self._name + message[1:])
            else:
                await self._websocket.send_bytes(self._head + message)


class _Wall:
    """What one viewer watches by one connection."""

    def __init__(self, websocket: WebSocket, site: Site, stream: Stream) -> None:
        self._websocket = websocket
        self._site = site
        self._stream = stream
        self._turn = asyncio.Lock()
        self._watched: dict[str, asyncio.Task[None]] = {}

    async def listen(self) -> None:
        """Do what the viewer asks for until he leaves; what makes no sense is passed by. Nothing is sent afterwards."""
        async with asyncio.TaskGroup() as sending:
            with contextlib.suppress(WebSocketDisconnect):
                while True:
                    said = await self._websocket.receive_text()
                    with contextlib.suppress(msgspec.MsgspecError):
                        self._take(msgspec.json.decode(said[:_MOST_SAID], type=_Wish), sending)
            for task in self._watched.values():
                task.cancel()

    def _take(self, wish: _Wish, sending: asyncio.TaskGroup) -> None:
        if wish.leave in self._watched:
            self._watched.pop(wish.leave).cancel()
        camera = next((each for each in self._site.doors.cameras.all() if each.id == wish.watch), None)
        if camera is not None and camera.id not in self._watched:
            line = _Part(self._websocket, camera.id, self._turn)
            self._watched[camera.id] = sending.create_task(_send(line, self._site, camera, self._stream, sound=False))


async def _send(line: _Line, site: Site, camera: CameraNow, stream: Stream, *, sound: bool) -> None:
    player = Player(site.clock, sound=sound)
    with contextlib.suppress(WebSocketDisconnect):
        if camera.state is CameraState.PRIVATE:
            await line.send(json.dumps({"type": "end", "reason": "private", "detail": camera.cause}))
        async with aclosing(site.doors.live.subscribe(camera.id, stream)) as items:
            async for item in items:
                for message in player.messages(item):
                    await line.send(message)


async def _until_closed(websocket: WebSocket) -> None:
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await websocket.receive_text()
