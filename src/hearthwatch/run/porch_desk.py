"""The house's end of the porch: what lies in the inbox becomes events with pictures, and footage."""

from __future__ import annotations

import asyncio
import functools
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from sqlalchemy import Connection

from hearthwatch.alerts.alert import Part
from hearthwatch.alerts.outbox import Outbox
from hearthwatch.events import ledger
from hearthwatch.events.event import Event, EventId
from hearthwatch.events.report import Report
from hearthwatch.feeds.jpeg import MAX_JPEG_BYTES, jpeg_size
from hearthwatch.feeds.packet import Codec, Kind, Packet, Run, RunId, Stream, StreamInfo, VideoInfo
from hearthwatch.ingest.drop import Drop, DropId, Media
from hearthwatch.ingest.inbox import Shelf
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import BadReply, HearthwatchError, StorageFailed, Unreachable, Unsupported
from hearthwatch.kit.units import US_PER_S, CameraId, MonoNs, WallUs
from hearthwatch.recording.segment import Origin
from hearthwatch.run import drop_reading
from hearthwatch.run.card_plan import overlaps, private
from hearthwatch.run.config import Config
from hearthwatch.run.drop_series import Series, series_of
from hearthwatch.run.imports import Imports
from hearthwatch.run.jobs import still
from hearthwatch.run.lines import RecorderLine
from hearthwatch.run.zone import zone_of
from hearthwatch.vendors.device import AlarmSignal
from hearthwatch.web.doors import FootageDoor

log = logging.getLogger(__name__)

_LOOK_S = 20.0
_AGAIN_S = 30.0
_REPORT_S = 10.0
_LONG_US = 600 * US_PER_S


class PorchDesk:
    """Used on the house's loop. One task a camera, so that a flood of one keeps no other waiting."""

    def __init__(
        self,
        config: Callable[[], Config],
        inbox: Path,
        *,
        recorder: RecorderLine,
        imports: Imports,
        report: Callable[[Report], None],
        tampering: Callable[[CameraId, AlarmSignal], None],
        is_private: Callable[[CameraId], bool],
        footage: FootageDoor,
        outbox: Outbox,
        stored: Callable[[EventId], Awaitable[None]],
        db: Db,
        clock: Clock,
        ids: Callable[[], str],
    ) -> None:
        """`report` takes what may become an event, `tampering` the alarm of a mail that tells of it; both return at once. Of a
        camera that `is_private` now, or was by `footage` when it made something, only tampering is taken up."""
        self._is_private = is_private
        self._footage = footage
        self._config = config
        self._shelf = Shelf(inbox)
        self._recorder = recorder
        self._imports = imports
        self._report = report
        self._tampering = tampering
        self._outbox = outbox
        self._stored = stored
        self._db = db
        self._clock = clock
        self._ids = ids
        self._wake = asyncio.Event()
        self._busy: dict[CameraId, asyncio.Task[None]] = {}
        self._reported: set[DropId] = set()
        """Pictures that wait for their series and were told of already."""
        self.troubles: dict[CameraId, str] = {}
        """Why what a camera left is not taken up."""

    def left(self) -> None:
        """Something lies in the inbox."""
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            while True:
                self._wake.clear()
                await self._look()
                try:
                    async with asyncio.timeout(_LOOK_S):
                        await self._wake.wait()
                except TimeoutError:
                    continue
        finally:
            for task in self._busy.values():
                task.cancel()
            await asyncio.gather(*self._busy.values(), return_exceptions=True)

    async def _look(self) -> None:
        waiting = await asyncio.to_thread(self._shelf.all)
        for camera in {camera for camera, _drop in waiting}:
            if camera not in self._busy:
                drops = [drop for whose, drop in waiting if whose == camera]
                task = self._busy[camera] = asyncio.create_task(self._work(camera, drops), name=f"drops of {camera}")
                task.add_done_callback(functools.partial(self._done, camera))

    def _done(self, camera: CameraId, task: asyncio.Task[None]) -> None:
        self._busy.pop(camera, None)
        if not task.cancelled() and task.exception() is not None:
            log.error("what %s left could not be taken up", camera, exc_info=task.exception())
        elif not task.cancelled():
            self._wake.set()

    async def _work(self, camera: CameraId, waiting: list[DropId]) -> None:
        """Take up what one camera left, oldest first; with trouble of ours it waits, with trouble of its own it is gone."""
        if camera not in self._config().cameras:
            await asyncio.sleep(_AGAIN_S)
            return
        try:
            drops = await asyncio.to_thread(self._cards, camera, waiting)
            rest_s = await self._take_all(drops)
        except (StorageFailed, Unreachable) as error:
            log.warning("what %s left has to wait: %s", camera, error)
            self.troubles[camera] = str(error)
            rest_s = _AGAIN_S
        else:
            self.troubles.pop(camera, None)
        await asyncio.sleep(rest_s)

    def _cards(self, camera: CameraId, waiting: list[DropId]) -> list[Drop]:
        found = []
        for drop in waiting:
            try:
                found.append(self._shelf.card(camera, drop))
            except BadReply as error:
                log.warning("%s", error)
                self._shelf.remove(camera, drop)
        return found

    async def _take_all(self, drops: list[Drop]) -> float:
        """Return how long to leave the camera alone: pictures of a series that still comes are left lying meanwhile."""
        rest_s = 0.0
        now_us = self._clock.wall_us()
        for series in series_of(drops):
            if series.is_pictures:
                await self._report_first(series)
                wait_s = series.rests_in_s(now_us)
                if wait_s > 0:
                    rest_s = wait_s
                    continue
                await self._keep_pictures(series)
            else:
                await self._take(series.drops[0])
            for drop in series.drops:
                await asyncio.to_thread(self._shelf.remove, drop.camera, drop.id)
                self._reported.discard(drop.id)
        return rest_s

    async def _take(self, drop: Drop) -> None:
        try:
            if drop.media is not Media.CLIP:
                await self._take_mail(drop)
            elif not self._is_private(drop.camera):
                await self._take_clip(drop)
        except (BadReply, Unsupported) as error:
            log.warning("%s left something that cannot be used: %s", drop.camera, error)

    async def _take_mail(self, drop: Drop) -> None:
        at_us = drop_reading.moment(drop, zone_of(self._config()))
        alarm = drop_reading.tampering(drop)
        if alarm is not None and self._wants_events(drop):
            self._tampering(drop.camera, alarm)
        if await self._was_private(drop.camera, at_us, at_us):
            return
        jpeg = await asyncio.to_thread(self._bytes, drop) if drop.media is Media.JPEG else b""
        await self._tell(drop, at_us, at_us, [_picture(jpeg, drop, at_us)] if jpeg else [])

    async def _take_clip(self, drop: Drop) -> None:
        zone = zone_of(self._config())
        fd = await asyncio.to_thread(self._shelf.open, drop)
        found = await self._imports.bring(
            drop.camera, fd, Origin.UPLOAD, lambda length_us: drop_reading.start_of_clip(drop, length_us, zone)
        )
        log.info(
            "%s left a clip of %.0f s; %.0f s of it fill a gap",
            drop.camera,
            (found.end_us - found.start_us) / US_PER_S,
            found.kept_us / US_PER_S,
        )
        if not await self._was_private(drop.camera, found.start_us, found.end_us):
            await self._tell(drop, found.start_us, found.end_us, [(found.info, found.picture)])

    async def _report_first(self, series: Series) -> None:
        """The first picture of a series is told of at once, the others are of the same event."""
        drop = series.drops[0]
        if drop.id in self._reported:
            return
        self._reported |= {one.id for one in series.drops}
        at_us = drop_reading.moment(drop, zone_of(self._config()))
        if await self._was_private(drop.camera, at_us, at_us):
            return
        try:
            jpeg = await asyncio.to_thread(self._bytes, drop)
            await self._tell(drop, at_us, at_us, [_picture(jpeg, drop, at_us)])
        except (BadReply, Unsupported) as error:
            log.warning("%s left a picture that cannot be used: %s", drop.camera, error)

    async def _keep_pictures(self, series: Series) -> None:
        """Two pictures and more are footage."""
        self._reported |= {one.id for one in series.drops}
        if len(series.drops) < 2 or self._is_private(series.drops[0].camera):
            return
        zone = zone_of(self._config())
        run: Run | None = None
        before: StreamInfo | None = None
        last_us = WallUs(0)
        for drop in series.drops:
            at_us = max(WallUs(last_us + 1), drop_reading.moment(drop, zone))
            try:
                info, packet = _picture(await asyncio.to_thread(self._bytes, drop), drop, at_us)
            except BadReply as error:
                log.info("a picture of a series of %s is left out: %s", drop.camera, error)
                continue
            if run is None or info != before:
                if run is not None and before is not None:
                    await self._recorder.adopt(run, before, Origin.UPLOAD, (), is_last=True)
                run, before = Run(id=RunId(self._ids()), camera=drop.camera, stream=Stream.MAIN, start_us=at_us), info
            ticks = (at_us - run.start_us) * info.video.ticks_per_s // US_PER_S
            placed = Packet(
                camera=drop.camera,
                stream=Stream.MAIN,
                kind=Kind.VIDEO,
                data=packet.data,
                pts_ticks=ticks,
                dts_ticks=ticks,
                is_key=True,
                received_ns=MonoNs(0),
                wall_us=at_us,
            )
            await self._recorder.adopt(run, info, Origin.UPLOAD, (placed,), is_last=False)
            last_us = at_us
        if run is not None and before is not None:
            await self._recorder.adopt(run, before, Origin.UPLOAD, (), is_last=True)

    def _bytes(self, drop: Drop) -> bytes:
        with os.fdopen(self._shelf.open(drop), "rb") as file:
            return file.read(MAX_JPEG_BYTES + 1)

    async def _was_private(self, camera: CameraId, start_us: WallUs, end_us: WallUs) -> bool:
        """Tell whether the camera is private now, or was at any moment of that time."""
        if self._is_private(camera):
            return True
        gaps = await asyncio.to_thread(self._footage.gaps, camera, Stream.MAIN, start_us, WallUs(end_us + 1))
        return overlaps(start_us, end_us, private(gaps, self._clock.wall_us()))

    def _wants_events(self, drop: Drop) -> bool:
        camera = self._config().cameras.get(drop.camera)
        return camera is not None and camera.porch.events

    async def _tell(self, drop: Drop, start_us: WallUs, end_us: WallUs, pictures: list[tuple[StreamInfo, Packet]]) -> None:
        sensed = drop_reading.meaning(drop) if self._wants_events(drop) else None
        if sensed is None:
            return
        told: asyncio.Future[EventId | None] = asyncio.get_running_loop().create_future()
        report = Report(
            id=EventId(drop.id),
            camera=drop.camera,
            sensed=sensed,
            start_us=start_us,
            end_us=end_us,
            told=lambda event: None if told.done() else told.set_result(event),
        )
        known = None if report.is_fresh(self._clock.wall_us()) else await self._known(report)
        if known is None:
            self._report(report)
            async with asyncio.timeout(_REPORT_S):
                event = await told
        else:
            event = known.id
        if event is not None:
            for info, packet in pictures:
                await self._attach(event, info, packet)

    async def _known(self, report: Report) -> Event | None:
        """Return the event of the same seconds that is known already."""

        def read(connection: Connection) -> tuple[Event, ...]:
            since_us, until_us = WallUs(report.start_us - _LONG_US), WallUs(report.end_us + _LONG_US)
            return ledger.recent(connection, camera=report.camera, since_us=since_us, until_us=until_us)

        found = await self._db.run(read)
        return next((event for event in found if report.is_part_of(event)), None)

    async def _attach(self, event: EventId, info: StreamInfo, packet: Packet) -> None:
        """Give an event its picture, made anew in a box, unless it has one: our own look is better."""
        found = await self._db.run(lambda connection: ledger.find(connection, event))
        if found is None or found.picture:
            return
        run = Run(id=RunId(event), camera=packet.camera, stream=packet.stream, start_us=packet.wall_us)
        try:
            jpeg = await still(run, info, (packet,))
        except HearthwatchError as error:
            log.info("no picture of an event of %s: %s", packet.camera, error)
            return
        if jpeg:
            await self._outbox.attach(event, Part.PICTURE, jpeg)
            await self._stored(event)


def _picture(jpeg: bytes, drop: Drop, at_us: WallUs) -> tuple[StreamInfo, Packet]:
    """Return a JPEG as the one packet of a stream. Raises BadReply for what does not look like one."""
    width_px, height_px = jpeg_size(jpeg)
    info = StreamInfo(video=VideoInfo(codec=Codec.MJPEG, extradata=b"", width_px=width_px, height_px=height_px))
    packet = Packet(
        camera=drop.camera,
        stream=Stream.MAIN,
        kind=Kind.VIDEO,
        data=jpeg,
        pts_ticks=0,
        dts_ticks=0,
        is_key=True,
        received_ns=MonoNs(0),
        wall_us=at_us,
    )
    return info, packet
