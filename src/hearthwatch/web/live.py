"""Live video in the browser: one fMP4 fragment per picture over a WebSocket, from the next key frame on, never re-encoded."""

from __future__ import annotations

import asyncio
import contextlib
import json
from contextlib import aclosing

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from hearthwatch.feeds.packet import Codec, Kind, Packet, Stream, StreamInfo
from hearthwatch.kit.logs import redact
from hearthwatch.kit.units import CameraId
from hearthwatch.recording.boxes import fragment, init_segment
from hearthwatch.recording.entries import codec_string
from hearthwatch.web.auth import Permission
from hearthwatch.web.doors import CameraState, Live, LiveEnd, LiveStart
from hearthwatch.web.gate import needs
from hearthwatch.web.site import CameraDep, PersonDep, Site, SiteDep

router = APIRouter(prefix="/api/v1")

_IN_MSE = frozenset({Codec.H264, Codec.H265})


class Player:
    """Turns what a stream gives into WebSocket messages: text for what the page must know, bytes for its SourceBuffer.

    `{"type": "start", "mime", "width_px", "height_px", "wall_us"}`, then an init segment and fragments;
    `{"type": "picture-only", "codec"}` for a codec no browser plays, which the page shows as MJPEG;
    `{"type": "end", "reason", "detail"}` when the stream broke off.
    """

    def __init__(self) -> None:
        self._info: StreamInfo | None = None
        self._sequence = 0
        self._last_dts = 0
        self._duration_ticks = 0

    def messages(self, item: Live) -> list[str | bytes]:
        """Return what to send for `item`, in order."""
        if isinstance(item, LiveStart):
            return self._start(item)
        if isinstance(item, LiveEnd):
            self._info = None
            return [json.dumps({"type": "end", "reason": item.gap.reason, "detail": redact(item.gap.detail)})]
        return self._packet(item)

    def _start(self, start: LiveStart) -> list[str | bytes]:
        video = start.info.video
        if video.codec not in _IN_MSE:
            self._info = None
            return [json.dumps({"type": "picture-only", "codec": video.codec})]
        self._info = StreamInfo(video=video)
        self._last_dts = 0
        self._duration_ticks = video.ticks_per_s // 15
        note = {
            "type": "start",
            "mime": f'video/mp4; codecs="{codec_string(self._info)}"',
            "codec": video.codec,
            "width_px": video.width_px,
            "height_px": video.height_px,
        }
        return [json.dumps(note), init_segment(self._info)]

    def _packet(self, packet: Packet) -> list[str | bytes]:
        if self._info is None or packet.kind is not Kind.VIDEO:
            return []
        # the true duration is known only when the next picture comes; the last one's is close and costs no delay
        since = packet.dts_ticks - self._last_dts
        if 0 < since < self._info.video.ticks_per_s:
            self._duration_ticks = since
        self._last_dts = packet.dts_ticks
        self._sequence += 1
        return [fragment(self._sequence, [packet], next_video_dts=packet.dts_ticks + self._duration_ticks)]


@router.websocket("/cameras/{camera}/live")
@needs(Permission.LOOK)
async def live(websocket: WebSocket, site: SiteDep, camera: CameraDep, person: PersonDep, stream: Stream = Stream.MAIN) -> None:
    """Send the stream until the viewer leaves or the session ends; a slow viewer goes on at a later key frame."""
    await websocket.accept()
    if camera.state is CameraState.PRIVATE:
        await websocket.send_text(json.dumps({"type": "end", "reason": "private", "detail": camera.cause}))
    watching = asyncio.create_task(_send(websocket, site, camera.id, stream))
    leaving = asyncio.create_task(_until_closed(websocket))
    ended = asyncio.create_task(site.auth.ended(person))
    try:
        await asyncio.wait({watching, leaving, ended}, return_when=asyncio.FIRST_COMPLETED)
        if ended.done():
            code, reason = (1012, "restarting") if site.auth.stopping.is_set() else (4401, "logged out")
            await websocket.close(code=code, reason=reason)
    finally:
        for task in (watching, leaving, ended):
            task.cancel()
        await asyncio.gather(watching, leaving, ended, return_exceptions=True)


async def _send(websocket: WebSocket, site: Site, camera: CameraId, stream: Stream) -> None:
    player = Player()
    with contextlib.suppress(WebSocketDisconnect):
        async with aclosing(site.doors.live.subscribe(camera, stream)) as items:
            async for item in items:
                for message in player.messages(item):
                    if isinstance(message, str):
                        await websocket.send_text(message)
                    else:
                        await websocket.send_bytes(message)


async def _until_closed(websocket: WebSocket) -> None:
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await websocket.receive_text()
