"""What the cameras sense themselves: to events, to outages, and to who looks at their pictures."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from hearthwatch.events.alarms import Heard, OwnObjects, is_of
from hearthwatch.health.alarm_faults import AlarmFaults
from hearthwatch.health.board import Board
from hearthwatch.health.outage import Fault
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs
from hearthwatch.run.config import CameraOptions, Config
from hearthwatch.vendors.alarm_hub import AlarmHub
from hearthwatch.vendors.capability import AlarmFeed, DeviceInfo
from hearthwatch.vendors.device import AlarmSignal

log = logging.getLogger(__name__)

_TICK_S = 2.0
_DEAF_S = 60.0


class AlarmDesk:
    """An AlarmListener. Used on the house's loop: `load`, `renew` with each configuration, `run`."""

    def __init__(self, hub: AlarmHub, *, board: Board, clock: Clock, events: Callable[[Heard], None]) -> None:
        """`events` takes what may become an event; it returns at once."""
        self._hub = hub
        self._board = board
        self._clock = clock
        self._events = events
        self._faults = AlarmFaults(board, clock)
        self._cameras: Mapping[CameraId, CameraOptions] = {}
        self._heard_ns: dict[CameraId, MonoNs] = {}
        self._deaf: frozenset[CameraId] = frozenset()
        hub.listen(self)

    def load(self) -> None:
        """Take up what a former house left open; the board has it already."""
        self._faults.load(self._board.snapshot())

    def renew(self, config: Config) -> None:
        """Go on with a changed configuration."""
        gone = self._cameras.keys() - config.cameras.keys()
        self._cameras = config.cameras
        self._faults.forget(gone)
        trusted = {name for name, camera in config.cameras.items() if camera.enabled and _is_trusted(camera)}
        for name in self._heard_ns.keys() - trusted:
            del self._heard_ns[name]
            self._board.recovered(Fault.CAMERA_DEAF, name)
        for name in trusted:
            self._heard_ns.setdefault(name, self._clock.mono_ns())
        self._deaf &= frozenset(trusted)

    @property
    def deaf(self) -> frozenset[CameraId]:
        """Cameras that are trusted to see for themselves and cannot be heard: Hearthwatch looks for them meanwhile. One whole
        set in place of another: it is read from other threads."""
        return self._deaf

    def wants(self, camera: CameraId, client: DeviceInfo) -> bool:
        """See AlarmListener. Not while it refuses us: each try in vain may lock the account."""
        refused = any(one.fault is Fault.DOOR_REFUSED and one.camera == camera for one in self._board.snapshot())
        return camera in self._cameras and isinstance(client, AlarmFeed) and not refused

    def hear(self, camera: CameraId, signal: AlarmSignal) -> None:
        """See AlarmListener."""
        options = self._cameras.get(camera)
        if options is None or not is_of(signal, options.alarms.channel):
            return
        self._faults.hear(camera, signal)
        self._events(Heard(camera=camera, signal=signal))

    async def run(self) -> None:
        """End what is over, and see whether those that are trusted are heard, until cancelled."""
        while True:
            self._faults.tick()
            self._listen()
            await asyncio.sleep(_TICK_S)

    def _listen(self) -> None:
        now_ns, deaf = self._clock.mono_ns(), set[CameraId]()
        for camera, heard_ns in self._heard_ns.items():
            if self._hub.hears(camera):
                self._heard_ns[camera] = now_ns
                self._board.recovered(Fault.CAMERA_DEAF, camera)
            elif now_ns - heard_ns >= _DEAF_S * NS_PER_S:
                deaf.add(camera)
                self._board.failed(
                    Fault.CAMERA_DEAF,
                    camera,
                    "It is trusted to see people and vehicles itself, and does not tell: Hearthwatch looks for them meanwhile. "
                    "Check the camera's own door (its user and password), and whether it can tell alarms at all.",
                    camera=camera,
                )
        if deaf != self._deaf:
            self._deaf = frozenset(deaf)


def _is_trusted(camera: CameraOptions) -> bool:
    return camera.alarms.objects is OwnObjects.INSTEAD
