"""A picture of the moment for events that the camera itself opened, before or without any look of ours."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from hearthwatch.alerts.alert import Part
from hearthwatch.alerts.outbox import Outbox
from hearthwatch.events import ledger
from hearthwatch.events.event import Event, EventId
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import HearthwatchError, Unreachable, Unsupported
from hearthwatch.kit.units import CameraId
from hearthwatch.vendors.capability import Doorkeeper, Snapshot
from hearthwatch.web.doors import PictureDoor

log = logging.getLogger(__name__)

_WAITING = 32
_AT_ONCE = 2
_PATIENCE_S = 8.0


class AlarmPictures:
    """Used on the house's loop; `want` returns at once."""

    def __init__(
        self,
        keeper: Doorkeeper,
        recording: PictureDoor,
        *,
        outbox: Outbox,
        db: Db,
        channel: Callable[[CameraId], int],
        is_private: Callable[[CameraId], bool],
        stored: Callable[[EventId], Awaitable[None]],
    ) -> None:
        """`recording` gives the newest picture of the stream where the camera gives none; `channel` is the camera's place in
        its device, counted from 0."""
        self._keeper = keeper
        self._recording = recording
        self._outbox = outbox
        self._db = db
        self._channel = channel
        self._is_private = is_private
        self._stored = stored
        self._wishes: asyncio.Queue[Event] = asyncio.Queue(_WAITING)

    def want(self, event: Event) -> None:
        """Get a picture for `event`; with too many waiting it gets none."""
        try:
            self._wishes.put_nowait(event)
        except asyncio.QueueFull:
            log.info("no picture of the event at %s: too many are being fetched", event.camera)

    async def now(self, camera: CameraId) -> bytes:
        """Return the picture of the moment, the camera's own where the recording has none. Raises Unreachable, Unsupported."""
        try:
            return await self._recording.snapshot(camera)
        except Unreachable:
            jpeg = await self.from_camera(camera)
            if not jpeg:
                raise
            return jpeg

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(_AT_ONCE):
                tasks.create_task(self._work())

    async def _work(self) -> None:
        while True:
            event = await self._wishes.get()
            try:
                await self._fetch(event)
            except HearthwatchError as error:
                log.info("no picture of the event at %s: %s", event.camera, error)

    async def _fetch(self, event: Event) -> None:
        jpeg = await self.from_camera(event.camera) or await self._recording.snapshot(event.camera)
        found = await self._db.run(lambda connection: ledger.find(connection, event.id))
        if found is not None and not found.picture:  # the looker's own is better: it shows who it is about
            await self._outbox.attach(event.id, Part.PICTURE, jpeg)
            await self._stored(event.id)

    async def from_camera(self, camera: CameraId) -> bytes:
        """Return the picture the camera itself gives, empty where it gives none, or none is wanted."""
        if self._is_private(camera):
            return b""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                client = await self._keeper.client(camera)
                return await client.snapshot(self._channel(camera)) if isinstance(client, Snapshot) else b""
        except (TimeoutError, HearthwatchError) as error:
            if not isinstance(error, Unsupported):
                log.debug("camera %s gives no picture itself: %s", camera, error)
            return b""
