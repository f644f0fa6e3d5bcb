"""Everything about sensors and cameras without a stream, put together: guests' senses, bursts, and pictures of the moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from hearthwatch.alerts.outbox import Outbox
from hearthwatch.arming.arming import Mode
from hearthwatch.events.event import EventId
from hearthwatch.events.report import Report
from hearthwatch.health.outage import HealthSink
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import CameraId, MonoNs
from hearthwatch.run.cameras_now import CamerasNow
from hearthwatch.run.config import Config
from hearthwatch.run.guest_senses import GuestSenses
from hearthwatch.run.jobs import Jobs
from hearthwatch.run.picture_desk import PictureDesk
from hearthwatch.run.sources import snapshot_source
from hearthwatch.run.still_cameras import StillCameras
from hearthwatch.run.trigger_desk import TriggerDesk
from hearthwatch.web.fanout import LiveHub

Work = Callable[[], Awaitable[None]]


class Sensors:
    """`senses` takes the links to the guests, `pictures` is the PictureDoor of the house, `desk` the TriggerDoor; used on the
    house's loop. `renew` first, then `tasks` are kept running."""

    def __init__(
        self,
        secrets: Secrets,
        *,
        loop: asyncio.AbstractEventLoop,
        hub: LiveHub,
        cameras: CamerasNow,
        config: Callable[[], Config],
        from_camera: Callable[[CameraId], Awaitable[bytes]],
        report: Callable[[Report], None],
        outbox: Outbox,
        stored: Callable[[EventId], Awaitable[None]],
        mode: Callable[[], Mode],
        health: HealthSink,
        clock: Clock,
        ids: Callable[[], str],
    ) -> None:
        """`from_camera` asks a camera's own door for a picture, empty where it gives none."""
        self.senses = GuestSenses(loop, pulsed=self._pulsed, health=health)
        self._stills = StillCameras(
            source=lambda name, options: snapshot_source(name, options, secrets),
            still=self.senses.still,
            from_camera=from_camera,
            is_private=cameras.is_private,
            told=cameras.hear_still,
            health=health,
            clock=clock,
        )
        self.pictures = PictureDesk(Jobs(hub, cameras), self._stills, hub, clock)
        self.desk = TriggerDesk(
            self.pictures,
            secrets,
            config=config,
            report=report,
            outbox=outbox,
            stored=stored,
            is_private=cameras.is_private,
            mode=mode,
            cameras=cameras.all,
            show=self.senses.show,
            clock=clock,
            ids=ids,
        )

    def _pulsed(self, camera: CameraId, at_ns: MonoNs) -> None:
        self.desk.pulsed(camera, at_ns)

    @property
    def tasks(self) -> tuple[tuple[str, Work], ...]:
        return (("cameras without a stream", self._stills.run), ("status lights", self.desk.run))

    def renew(self, config: Config) -> None:
        """Go on with a changed configuration."""
        self._stills.renew(config)
        self.senses.forget({name for name, camera in config.cameras.items() if camera.enabled and camera.trigger.pin >= 0})
