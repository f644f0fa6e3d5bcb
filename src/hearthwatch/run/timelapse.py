"""Timelapses: each night, the day before as a short film of each camera, made by a job in the looker's box."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import count
from pathlib import Path

from hearthwatch.feeds.packet import Run, RunId, Stream, StreamInfo
from hearthwatch.kit.clock import Clock, Stop
from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.files import free_bytes, storage_failed
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs, from_datetime, to_datetime
from hearthwatch.recording.exhibit import Hashing
from hearthwatch.recording.replay import replay
from hearthwatch.recording.segment import Span
from hearthwatch.recording.selection import NoFootage, select_footage
from hearthwatch.run.burning import encoded, offset_s, write_movie
from hearthwatch.run.config import Config
from hearthwatch.run.house_doors import Footage
from hearthwatch.run.job_messages import Burn
from hearthwatch.run.messages import Begin, Media
from hearthwatch.run.zone import zone_of
from hearthwatch.web.timelapse_doors import Timelapse

log = logging.getLogger(__name__)

_EVERY_S = 600.0
_FROM_HOUR = 2
"""By then the last files of the day are long finished, and hardly anybody looks."""
_MINUTE_US = 60 * US_PER_S
_LOOK_US = 2 * US_PER_S
_SHOWN_US = US_PER_S // 15
_WIDTH_PX = 960
_LEFT_BYTES = 1 << 30
_NAME = re.compile(r"(?P<camera>[a-z0-9][a-z0-9-]{0,31})-(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})\.mp4")


def moments(start_us: WallUs, end_us: WallUs) -> Iterable[int]:
    """Return when a picture is taken."""
    return range(start_us, end_us, _MINUTE_US)


class Timelapses:
    """Implements TimelapseDoor; `run` makes the films, one camera at a time."""

    def __init__(self, folder: Path, footage: Footage, clock: Clock, config: Callable[[], Config]) -> None:
        self._folder = folder
        self._footage = footage
        self._clock = clock
        self._config = config
        self._tried: set[tuple[CameraId, date]] = set()

    def of(self, camera: CameraId) -> Sequence[Timelapse]:
        """See TimelapseDoor."""
        return sorted((each for each in self._all() if each.camera == camera), key=lambda each: each.day, reverse=True)

    async def run(self) -> None:
        """Work until cancelled; a film half made is left then, and made anew later."""
        stop = Stop()
        try:
            while True:
                await asyncio.to_thread(self.work, stop)
                await asyncio.sleep(_EVERY_S)
        finally:
            stop.set()

    def work(self, stop: Stop) -> None:
        """Drop what is too old, and make what is missing of yesterday."""
        config = self._config()
        zone = zone_of(config)
        now = to_datetime(self._clock.wall_us(), zone)
        if config.storage.timelapse_days:
            self._drop(now.date() - timedelta(days=config.storage.timelapse_days))
        if not config.storage.timelapse or now.hour < _FROM_HOUR:
            return
        yesterday = now.date() - timedelta(days=1)
        there = {each.camera for each in self._all() if each.day == yesterday}
        for camera, options in config.cameras.items():
            if options.enabled and camera not in there and (camera, yesterday) not in self._tried and not stop.is_set():
                self._tried.add((camera, yesterday))
                try:
                    self._make(camera, yesterday, zone, stop)
                except NoFootage:
                    log.debug("no footage of %s on %s: no film", camera, yesterday)
                except HearthwatchError as error:
                    log.warning("no film of %s on %s: %s", camera, yesterday, error)

    def _make(self, camera: CameraId, day: date, zone: tzinfo, stop: Stop) -> None:
        start_us = from_datetime(datetime.combine(day, time(), zone))
        end_us = from_datetime(datetime.combine(day + timedelta(days=1), time(), zone))
        path = self._folder / f"{camera}-{day.isoformat()}.mp4"
        unfinished = path.with_suffix(".part")
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            if free_bytes(self._folder) < _LEFT_BYTES:
                log.warning("no film of %s on %s: the disk is nearly full", camera, day)
                return
            wish = Burn(offset_s=offset_s(start_us, zone), from_us=WallUs(0), max_width_px=_WIDTH_PX)
            with tempfile.TemporaryFile(dir=self._folder) as kept, unfinished.open("wb") as out:
                info, shown = encoded(wish, self._minutes(camera, start_us, end_us, stop), kept)
                if info is None or not shown:
                    raise NoFootage(f"there is no footage of {camera} on {day}")
                write_movie(info, shown, [_SHOWN_US] * len(shown), kept, Hashing(out))
            if not stop.is_set():
                unfinished.rename(path)
                log.info("the film of %s on %s is made: %d pictures", camera, day, len(shown))
        except OSError as error:
            raise storage_failed(error, f"writing {path}") from error
        finally:
            unfinished.unlink(missing_ok=True)

    def _minutes(self, camera: CameraId, start_us: WallUs, end_us: WallUs, stop: Stop) -> Iterator[Begin | Media]:
        """Yield a key frame of each minute there is footage of, after the stream it belongs to where that changes."""
        before: StreamInfo | None = None
        last_us = WallUs(0)
        numbers = count()
        for at_us in moments(start_us, end_us):
            if stop.is_set():
                return
            span = Span(camera=camera, stream=Stream.MAIN, start_us=WallUs(at_us), end_us=WallUs(at_us + _LOOK_US))
            with contextlib.suppress(HearthwatchError):  # a minute that is missing or damaged is left out
                chosen = select_footage(self._footage.index, self._footage.folder, span)
                packet = next((each for each in replay(chosen, span) if each.is_key), None)
                if packet is None or packet.wall_us <= last_us:
                    continue
                if chosen.info != before:
                    run = Run(id=RunId("timelapse"), camera=camera, stream=Stream.MAIN, start_us=packet.wall_us)
                    yield Begin(run=run, info=chosen.info)
                before, last_us = chosen.info, packet.wall_us
                ticks = next(numbers) * chosen.info.video.ticks_per_s
                yield Media(packet=replace(packet, pts_ticks=ticks, dts_ticks=ticks))

    def _all(self) -> list[Timelapse]:
        found = []
        for path in self._folder.glob("*.mp4"):
            named = _NAME.fullmatch(path.name)
            if named is not None:
                with contextlib.suppress(ValueError, OSError):  # no date, or just gone
                    day, size = date.fromisoformat(named["day"]), path.stat().st_size
                    found.append(Timelapse(camera=CameraId(named["camera"]), day=day, size_bytes=size, path=path))
        return found

    def _drop(self, before: date) -> None:
        for each in self._all():
            if each.day < before:
                each.path.unlink(missing_ok=True)
