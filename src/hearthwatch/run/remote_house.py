"""What the Telegram remote asks of the house, answered in a few lines."""

from __future__ import annotations

import asyncio

from hearthwatch.alerts.alert import Alert
from hearthwatch.events.event import EventId
from hearthwatch.health.board import Board
from hearthwatch.run.cameras_now import CamerasNow
from hearthwatch.run.clips import Clips
from hearthwatch.web.doors import CameraState, EventDoor


class RemoteHouse:
    """Implements telegram_remote.House."""

    def __init__(self, cameras: CamerasNow, board: Board, clips: Clips, events: EventDoor) -> None:
        self._cameras = cameras
        self._board = board
        self._clips = clips
        self._events = events

    async def status(self) -> str:
        """See House."""
        lines = [
            f"{camera.name}: live"
            if camera.state is CameraState.LIVE
            else f"{camera.name}: {camera.cause or camera.state.value}"
            for camera in self._cameras.all()
        ]
        outages = [f"! {outage.subject}: {outage.detail}" for outage in self._board.snapshot() if outage.camera is None]
        return "\n".join([*lines, *outages])

    async def want_clip(self, alert: Alert, channel: str) -> str:
        """See House."""
        event = await asyncio.to_thread(self._events.event, EventId(alert.event))
        if event is None:
            return "That event is not kept any more."
        if not self._clips.later(event, only=channel):
            return "Too many clips are being made already: try again in a minute."
        return "The clip is on its way."
