"""Everything that watches the cameras' own doors, put together: the doorman and those who ask him for a client."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

from hearthwatch.alerts.outbox import Outbox
from hearthwatch.alerts.policy import Policy
from hearthwatch.health.outage import HealthSink
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.secrets import Secret, Secrets
from hearthwatch.kit.units import CameraId
from hearthwatch.run.camera_watch import CameraWatch
from hearthwatch.run.config import CameraOptions, Config
from hearthwatch.run.copies_desk import CopiesDesk
from hearthwatch.vendors.device import Access, Vendor
from hearthwatch.vendors.doorman import Door, Doorman
from hearthwatch.vendors.whereabouts import Whereabouts

_NETWORK = frozenset({"rtsp", "rtsps", "http", "https"})
_NO_SECRET = Secret("")

Work = Callable[[], Awaitable[None]]


def door_of(name: CameraId, camera: CameraOptions, secrets: Secrets) -> Door | None:
    """Return the door of a camera that has one to watch."""
    options = camera.door
    stream = urlsplit(camera.main)
    host = options.host or (stream.hostname or "" if stream.scheme in _NETWORK else "")
    if not camera.enabled or not host or options.vendor is Vendor.NONE:
        return None
    if options.vendor is Vendor.AUTO and camera.allow_loopback and not options.port:
        return None  # this machine's own ports are not tried out
    password = secrets.get(f"camera.{name}.door.password") or secrets.get(f"camera.{name}.password")
    access = Access(
        camera=name,
        host=host,
        port=options.port,
        tls=options.tls,
        user=options.user or camera.user,
        password=password or _NO_SECRET,
        allow_loopback=camera.allow_loopback,
    )
    return Door(vendor=options.vendor, access=access)


class CameraDoors:
    """Used on the house's loop. `await load` and `renew` first; `tasks` are kept running by the house."""

    def __init__(
        self,
        secrets: Secrets,
        *,
        config_path: Path,
        db: Db,
        clock: Clock,
        health: HealthSink,
        outbox: Outbox,
        policy: Callable[[], Policy],
        ids: Callable[[], str],
    ) -> None:
        self._secrets = secrets
        self.doorman = Doorman(clock=clock, rng=random.Random())  # noqa: S311 - client nonces, not secrets
        self.watch = CameraWatch(
            self.doorman,
            Whereabouts(self.doorman.detector, self.doorman.neighbours),
            config_path=config_path,
            db=db,
            clock=clock,
            health=health,
            tell=lambda alert: outbox.record(None, alert),
            name=lambda camera: policy().name(camera),
            ids=ids,
        )
        self.copies = CopiesDesk(self.doorman, secrets, db=db, clock=clock, outbox=outbox, policy=policy, ids=ids)

    @property
    def tasks(self) -> tuple[tuple[str, Work], ...]:
        return (("camera watch", self.watch.run), ("copies of settings", self.copies.keeper.run))

    async def load(self) -> None:
        """Take up what a former house knew of the cameras. Raises StorageFailed."""
        await self.watch.load()

    async def renew(self, config: Config) -> None:
        """Go on with a changed configuration or changed secrets."""
        doors = {name: door_of(name, camera, self._secrets) for name, camera in config.cameras.items()}
        await self.doorman.renew({name: door for name, door in doors.items() if door is not None})
        self.watch.renew(config)
        await self.copies.renew(config)

    async def close(self) -> None:
        """Log out everywhere."""
        await self.doorman.close()
