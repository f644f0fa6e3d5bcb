"""What a person asks of the house from afar, done: the one implementation behind Telegram, MQTT and the API."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy import Connection

from hearthwatch.alerts.bare_picture import bare
from hearthwatch.alerts.remote import CameraBrief, HouseBrief, Kept, TooLarge
from hearthwatch.alerts.snooze import Snoozes
from hearthwatch.arming.arming import ArmingDoor
from hearthwatch.events import ledger as event_ledger
from hearthwatch.events.event import Event, EventId
from hearthwatch.feeds.packet import Stream
from hearthwatch.health.board import Board
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.logins import ledger as login_ledger
from hearthwatch.logins.login import Login, Verdict
from hearthwatch.recording import clip
from hearthwatch.recording.segment import Span
from hearthwatch.run.cameras_now import CamerasNow
from hearthwatch.run.config import Config
from hearthwatch.run.house_doors import Footage
from hearthwatch.run.pins import Pins
from hearthwatch.web.doors import CameraNow, CameraState

log = logging.getLogger(__name__)

_SYNC_US = 3 * US_PER_S
"""Footage is on the disk so long after it was filmed, at the latest."""
_MOST_WAIT_US = 120 * US_PER_S
_STILL_US = 120 * US_PER_S
"""So much of what is still to come is kept with an event that lasts."""
_DECODES_AT_ONCE = 2
_FITS_FRAC = 0.85
_FOREIGN = frozenset(Verdict) - {Verdict.OWN}


class RemoteHouse:
    """Implements HouseActions."""

    def __init__(
        self,
        arming: ArmingDoor,
        cameras: CamerasNow,
        *,
        board: Board,
        snoozes: Snoozes,
        picture: Callable[[CameraId], Awaitable[bytes]],
        footage: Footage,
        pins: Pins,
        config: Callable[[], Config],
        db: Db,
        clock: Clock,
        stored: Callable[[EventId], Awaitable[None]],
    ) -> None:
        """`picture` gets the one of the moment; `stored` hears of events that changed."""
        self.arming = arming
        self._cameras = cameras
        self._board = board
        self._snoozes = snoozes
        self._picture = picture
        self._footage = footage
        self._pins = pins
        self._config = config
        self._db = db
        self._clock = clock
        self._stored = stored
        self._decodes = asyncio.Semaphore(_DECODES_AT_ONCE)

    def status(self) -> HouseBrief:
        """See HouseActions."""
        now_us = self._clock.wall_us()
        cameras = tuple(
            CameraBrief(
                id=camera.id,
                name=camera.name,
                live=camera.state is CameraState.LIVE,
                state="live" if camera.state is CameraState.LIVE else camera.cause or camera.state.value,
                quiet_until_us=until_us if (until_us := self._snoozes.until_us(camera.id)) > now_us else WallUs(0),
            )
            for camera in self._cameras.all()
        )
        return HouseBrief(cameras=cameras, outages=self._board.snapshot())

    async def snooze(self, camera: CameraId | None, until_us: WallUs, *, who: str, via: str) -> None:
        """See HouseActions."""
        wanted = [self._camera(camera).id] if camera is not None else [each.id for each in self._cameras.all()]
        log.info("%s (%s): no visitors told of at %s until %d", who, via, ", ".join(wanted), until_us)
        if camera is None and until_us <= self._clock.wall_us():
            await self._snoozes.clear()
        else:
            await self._snoozes.set(wanted, until_us)

    async def snapshot(self, camera: CameraId) -> bytes:
        """See HouseActions."""
        if self._camera(camera).state is CameraState.PRIVATE:
            raise Unsupported("people are left in private by this camera now")
        async with self._decodes:
            return bare(await self._picture(camera))

    async def clip(self, camera: CameraId, start_us: WallUs, end_us: WallUs, *, max_bytes: int) -> bytes:
        """See HouseActions."""
        self._camera(camera)
        wait_us = end_us + _SYNC_US - self._clock.wall_us()
        if wait_us > 0:
            await asyncio.sleep(min(wait_us, _MOST_WAIT_US) / US_PER_S)
        span = Span(camera=camera, stream=Stream.MAIN, start_us=start_us, end_us=end_us)
        try:
            return await asyncio.to_thread(self._cut, span, max_bytes)
        except clip.ClipTooLarge as error:
            fits_s = int(error.duration_us * max_bytes * _FITS_FRAC / error.size_bytes / US_PER_S)
            raise TooLarge(
                f"{error.duration_us / US_PER_S:.0f} s of this camera have {error.size_bytes / 1e6:.0f} MB, "
                f"and {max_bytes / 1e6:.0f} MB can be sent",
                fits_s,
            ) from error

    def _cut(self, span: Span, max_bytes: int) -> bytes:
        out = io.BytesIO()
        clip.export(self._footage.index, self._footage.folder, span, out, max_bytes=max_bytes)
        return out.getvalue()

    async def event(self, event: EventId) -> Event | None:
        """See HouseActions."""
        return await self._db.run(lambda connection: event_ledger.find(connection, event))

    async def last_event(self, camera: CameraId) -> Event | None:
        """See HouseActions."""
        self._camera(camera)
        found = await self._db.run(lambda connection: event_ledger.recent(connection, camera=camera, limit=1))
        return found[0] if found else None

    async def false_alarm(self, event: EventId, *, is_false: bool, who: str, via: str) -> Event:
        """See HouseActions."""

        def note(connection: Connection) -> Event | None:
            event_ledger.set_false_alarm(connection, event, is_false=is_false)
            return event_ledger.find(connection, event)

        found = await self._db.run(note)
        if found is None:
            raise Unsupported("That event is not kept any more.")
        log.info("%s (%s): the event %s was %s", who, via, event, "a false alarm" if is_false else "none after all")
        await self._stored(event)
        return found

    async def keep(self, camera: CameraId, start_us: WallUs, end_us: WallUs, *, who: str, via: str) -> Kept:
        """See HouseActions."""
        found = await self._pins.once(self._camera(camera).id, start_us, end_us, f"kept by {who} ({via})")
        log.info("%s (%s): footage of %s from %d to %d is kept as pin %d", who, via, camera, start_us, end_us, found.pin.id)
        return Kept(
            pin=found.pin.id,
            camera=camera,
            start_us=found.pin.start_us,
            end_us=found.pin.end_us,
            segments=found.segments,
            size_bytes=found.size_bytes,
        )

    async def keep_event(self, event: EventId, *, who: str, via: str) -> Kept:
        """See HouseActions."""
        found = await self.event(event)
        if found is None:
            raise Unsupported("That event is not kept any more.")
        storage = self._config().storage
        last_us = found.end_us if found.end_us is not None else self._clock.wall_us() + _STILL_US
        start_us = WallUs(found.start_us - round(storage.pre_roll_s * US_PER_S))
        return await self.keep(
            found.camera, start_us, WallUs(last_us + round(storage.post_roll_s * US_PER_S)), who=who, via=via
        )

    async def let_go(self, pin: int, *, who: str, via: str) -> None:
        """See HouseActions."""
        if all(each.pin.id != pin for each in await self._pins.all()):
            raise Unsupported("It was let go of already.")
        await self._pins.drop(pin)
        log.info("%s (%s): let go of the footage of pin %d", who, via, pin)

    async def logins(self, limit: int) -> Sequence[Login]:
        """See HouseActions."""
        return await self._db.run(lambda connection: login_ledger.recent(connection, verdicts=_FOREIGN, limit=limit))

    def _camera(self, camera: CameraId) -> CameraNow:
        found = next((each for each in self._cameras.all() if each.id == camera), None)
        if found is None:
            raise Unsupported(f"there is no camera {camera}")
        return found
