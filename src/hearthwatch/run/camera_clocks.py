"""Reads the cameras' clocks every hour, and when they restart by themselves: a wrong one is told, a restart is expected."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from hearthwatch.alerts.wording import span
from hearthwatch.health.clocks import ClockSeen, remember
from hearthwatch.health.outage import Fault, HealthSink, Outage
from hearthwatch.health.quiet import Expected, is_quiet, parse_restart
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import HearthwatchError, StorageFailed
from hearthwatch.kit.units import NS_PER_S, US_PER_S, CameraId, MonoNs, to_datetime
from hearthwatch.run.config import CameraOptions, Config
from hearthwatch.run.zone import zone_of
from hearthwatch.vendors.capability import ClockControl, DeviceInfo, Doorkeeper, SelfRestart
from hearthwatch.vendors.device import ClockReading

log = logging.getLogger(__name__)

_TICK_S = 5.0
_FIRST_S = 10.0
_EVERY_S = 3600.0
_AGAIN_S = 60.0
_FAILED_S = 300.0
_DAY_US = 86_400 * US_PER_S
_QUARTER_US = 900 * US_PER_S
"""Time zones are as far apart."""
_WIDEST_ZONE_US = 15 * 3600 * US_PER_S


@dataclass(slots=True, kw_only=True)
class _Look:
    due_ns: MonoNs
    was_off: bool = False
    can_set: bool = False


class CameraClocks:
    """Used on the house's loop: `renew` with each configuration, then `run`. A clock counts as wrong when it was twice, a
    minute apart: after a start many stand at 1970 until they have asked for the time."""

    def __init__(self, keeper: Doorkeeper, db: Db, *, health: HealthSink, clock: Clock) -> None:
        self._keeper = keeper
        self._db = db
        self._health = health
        self._clock = clock
        self._looks: dict[CameraId, _Look] = {}
        self._cameras: Mapping[CameraId, CameraOptions] = {}
        self._zone: tzinfo | None = None
        self._expected: dict[CameraId, Expected] = {}

    def is_quiet(self, outage: Outage, told: Sequence[Outage]) -> bool:
        """Tell whether `outage` need not be told now: see health.quiet."""
        return is_quiet(outage, told=told, expected=self._expected, now_us=self._clock.wall_us())

    def can_set(self, camera: CameraId) -> bool:
        """Tell whether the camera's clock can be set from here."""
        return camera in self._looks and self._looks[camera].can_set

    def renew(self, config: Config) -> None:
        """Go on with a changed configuration; every camera is looked at anew, one after the other."""
        self._cameras = {name: config.cameras[name] for name in self._keeper.cameras if name in config.cameras}
        self._zone = zone_of(config) if config.home.timezone else None
        first_ns = self._in(_FIRST_S)
        before, self._looks = self._looks, {}
        for name in self._cameras:
            self._looks[name] = before.get(name, _Look(due_ns=first_ns))
            self._looks[name].due_ns = min(self._looks[name].due_ns, first_ns)
        for name in before.keys() - self._looks.keys():
            self._health.recovered(Fault.CAMERA_CLOCK, name)
        self._expected = {name: one for name, one in self._expected.items() if name in self._looks}

    async def run(self) -> None:
        """Look at what is due until cancelled."""
        while True:
            now_ns = self._clock.mono_ns()
            for camera in [camera for camera, look in self._looks.items() if look.due_ns <= now_ns]:
                await self._look(camera)
            await asyncio.sleep(_TICK_S)

    async def _look(self, camera: CameraId) -> None:
        look, options = self._looks.get(camera), self._cameras.get(camera)
        if look is None or options is None:
            return
        try:
            client = await self._keeper.client(camera)
            reading = await client.clock()
            await self._learn_restart(camera, client, reading, options.health.restarts)
        except HearthwatchError as error:
            log.debug("the clock of %s is not read: %s", camera, error)
            look.due_ns = self._in(_FAILED_S)
            return
        off_us = off_by(reading, self._zone)
        await self._keep(camera, ClockSeen(at_us=reading.at_us, off_us=off_us))
        look.can_set = isinstance(client, ClockControl)
        limit_us = round(options.health.clock_off_s * US_PER_S)
        is_off = limit_us > 0 and abs(off_us) > limit_us + reading.error_us
        look.due_ns = self._in(_AGAIN_S if is_off else _EVERY_S)
        if not is_off:
            self._health.recovered(Fault.CAMERA_CLOCK, camera)
        elif look.was_off:
            self._health.failed(Fault.CAMERA_CLOCK, camera, words(off_us), camera=camera)
        look.was_off = is_off

    async def _keep(self, camera: CameraId, seen: ClockSeen) -> None:
        try:
            await self._db.run(lambda connection: remember(connection, camera, seen))
        except StorageFailed as error:
            log.warning("what the clock of %s said is not kept: %s", camera, error)

    async def _learn_restart(self, camera: CameraId, client: DeviceInfo, reading: ClockReading, configured: str) -> None:
        when = parse_restart(configured)
        if when is None and isinstance(client, SelfRestart):
            try:
                when = await client.restart_time()
            except HearthwatchError as error:
                log.debug("when %s restarts by itself is not known: %s", camera, error)
        if when is None:
            self._expected.pop(camera, None)
        else:
            self._expected[camera] = Expected(when=when, ahead_us=reading.ahead_us)

    def _in(self, seconds: float) -> MonoNs:
        return MonoNs(self._clock.mono_ns() + round(seconds * NS_PER_S))


def off_by(reading: ClockReading, zone: tzinfo | None) -> int:
    """Return how far the camera's clock is before the clock on the wall of this house, or before universal time, which is as
    good and all that some cameras tell. Where nobody said which `zone` the house is in, that of the camera is right."""
    if zone is None:
        away_us = (reading.ahead_us + _QUARTER_US // 2) % _QUARTER_US - _QUARTER_US // 2
        return away_us if abs(reading.ahead_us) < _WIDEST_ZONE_US else reading.ahead_us
    offset = to_datetime(reading.at_us, zone).utcoffset()
    assert offset is not None
    return min(reading.ahead_us - round(offset.total_seconds() * US_PER_S), reading.ahead_us, key=abs)


def words(off_us: int) -> str:
    """Return what a person is told about a clock that is off by so much."""
    if abs(off_us) > 366 * _DAY_US:
        said = "It is off by years: it was never set, or its battery is empty."
    else:
        said = f"It is {span(abs(off_us) / US_PER_S)} {'ahead' if off_us > 0 else 'behind'}."
        rest_us = (off_us + _QUARTER_US // 10) % _QUARTER_US
        if abs(off_us) >= _QUARTER_US and rest_us < _QUARTER_US // 5:
            said += " That looks like another time zone, or summer time."
    return f"{said} The times in its pictures and on its card are wrong. Set it, and have it ask a time server."
