"""Watches who answers at the cameras' own doors: remembers each camera, follows one that moved, tells of changes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from hearthwatch.alerts import camera_alerts
from hearthwatch.alerts.alert import Alert
from hearthwatch.health.outage import Fault, HealthSink
from hearthwatch.kit.address import resolve
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import BadReply, HearthwatchError, Refused, StorageFailed, Unreachable, Unsupported
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs, WallUs
from hearthwatch.run import strangers
from hearthwatch.run.config import CameraOptions, Config
from hearthwatch.run.follower import Follower
from hearthwatch.vendors import known_ledger
from hearthwatch.vendors.capability import DeviceInfo
from hearthwatch.vendors.device import DeviceIdentity
from hearthwatch.vendors.doorman import Door, Doorman
from hearthwatch.vendors.known import DoorState, KnownCamera, Match, Reach, changes, match_identity
from hearthwatch.vendors.whereabouts import Whereabouts

log = logging.getLogger(__name__)

_EVERY_S = 15.0
_AT_ONCE = 4
_IDENTITY_S = 6 * 3600.0
_REFUSED_S = 600.0
_FAILED_S = 120.0
_GONE_S = 40.0
_SEARCH_S = (60.0, 120.0, 300.0, 600.0, 1800.0)

Tell = Callable[[Alert], Awaitable[None]]


@dataclass(slots=True, kw_only=True)
class _Look:
    """What was seen of one camera last, and when what is due."""

    reach: Reach = Reach.NOT_YET
    why: str = ""
    seen_us: WallUs = WallUs(0)
    identity_ns: MonoNs = MonoNs(0)
    gone_ns: MonoNs | None = None
    search_ns: MonoNs = MonoNs(0)
    searches: int = 0


class CameraWatch:
    """Used on the house's loop. `load`, then `renew` with each configuration, then `run`."""

    def __init__(
        self,
        doorman: Doorman,
        whereabouts: Whereabouts,
        *,
        follower: Follower,
        db: Db,
        clock: Clock,
        health: HealthSink,
        tell: Tell,
        name: Callable[[CameraId], str],
        ids: Callable[[], str],
    ) -> None:
        """`name` is what a camera is called, `ids` makes names of alerts, `tell` sends them."""
        self._doorman = doorman
        self._admission = doorman.admission
        self._whereabouts = whereabouts
        self._follower = follower
        self._db = db
        self._clock = clock
        self._health = health
        self._tell = tell
        self._name = name
        self._ids = ids
        self._cameras: Mapping[CameraId, CameraOptions] = {}
        self._home: tuple[str, ...] = ()
        self._looks: dict[CameraId, _Look] = {}
        self._strangers: frozenset[CameraId] = frozenset()

    async def load(self) -> None:
        """Take up what a former house knew. Raises StorageFailed."""
        for known in await self._db.run(known_ledger.load):
            self._admission.learn(known)
        for camera in await self._db.run(strangers.left):
            self._looks[camera] = _Look(reach=Reach.STRANGER)

    def renew(self, config: Config) -> None:
        """Go on with a changed configuration: cameras that changed are looked at anew."""
        before, self._cameras, self._home = self._cameras, config.cameras, config.home.networks
        looks = {camera: look for camera, look in self._looks.items() if camera in config.cameras}
        self._looks = {
            camera: look
            if before.get(camera, config.cameras[camera]) == config.cameras[camera]
            else _Look(reach=_kept(look.reach))
            for camera, look in looks.items()
        }
        self._count_strangers()

    @property
    def strangers(self) -> frozenset[CameraId]:
        """Return the cameras in whose place another device answers: no password may go there, for video neither."""
        return self._strangers

    def _count_strangers(self) -> None:
        """One whole set in place of another: it is read from other threads."""
        watched = self._doorman.cameras
        found = (camera for camera, look in self._looks.items() if look.reach is Reach.STRANGER)
        self._strangers = frozenset(camera for camera in found if camera in watched)

    def states(self) -> tuple[DoorState, ...]:
        """Return how the door of each camera is."""
        return tuple(self._state(camera) for camera in self._cameras)

    def _state(self, camera: CameraId) -> DoorState:
        look = self._looks.get(camera) or _Look()
        known = self._admission.known(camera)
        if known is not None and look.seen_us > known.last_us:
            known = replace(known, last_us=look.seen_us)
        try:
            door = self._doorman.door(camera)
        except Unsupported as error:
            options = self._cameras[camera].door
            return DoorState(
                camera=camera,
                vendor=options.vendor,
                host=options.host,
                port=options.port,
                tls=options.tls,
                reach=Reach.NOT_WATCHED,
                why=str(error),
                known=known,
            )
        access = door.access
        return DoorState(
            camera=camera,
            vendor=door.vendor,
            host=access.host,
            port=access.port,
            tls=access.tls,
            reach=look.reach,
            why=look.why,
            known=known,
        )

    async def accept(self, camera: CameraId) -> None:
        """Forget who the camera was: who answers now is it. Raises Unsupported for none of ours, StorageFailed."""
        if camera not in self._cameras:
            raise Unsupported(f"there is no camera {camera}")
        await self.forget(camera)
        await self.look(camera)

    async def known(self) -> tuple[KnownCamera, ...]:
        """Return every camera that was ever seen for sure. Raises StorageFailed."""
        return await self._db.run(known_ledger.load)

    async def forget(self, camera: CameraId) -> None:
        """Whoever gets this name next is another camera. Raises StorageFailed."""
        await self._db.run(lambda connection: known_ledger.forget(connection, camera))
        self._admission.forget(camera)
        self._looks.pop(camera, None)
        self._health.recovered(Fault.CAMERA_STRANGER, camera)

    async def run(self) -> None:
        """Look at every camera again and again until cancelled."""
        turns = asyncio.Semaphore(_AT_ONCE)

        async def one(camera: CameraId) -> None:
            async with turns:
                await self.look(camera)

        while True:
            await asyncio.gather(*(one(camera) for camera in self._doorman.cameras))
            await asyncio.sleep(_EVERY_S)

    async def look(self, camera: CameraId) -> None:
        """Look once whether the camera answers and still is itself; search for it if it is gone and that is due."""
        look = self._looks.setdefault(camera, _Look())
        try:
            await self._look(camera, look)
        except Refused as error:
            look.reach, look.why = Reach.REFUSED, str(error)
        except Unreachable as error:
            stranger = self._admission.stranger(camera)
            look.reach, look.why = (Reach.STRANGER, stranger) if stranger else (Reach.GONE, str(error))
        except Unsupported as error:
            look.reach, look.why = Reach.UNKNOWN_FAMILY, str(error)
        except (BadReply, StorageFailed) as error:
            look.reach, look.why = Reach.FAILED, str(error)
        if camera not in self._doorman.cameras or self._looks.get(camera) is not look:
            return  # the configuration changed meanwhile
        self._count_strangers()
        self._report(camera, look)
        if look.reach in {Reach.GONE, Reach.STRANGER}:
            await self._missed(camera, look)
        else:
            look.gone_ns, look.searches = None, 0

    async def _look(self, camera: CameraId, look: _Look) -> None:
        client = await self._doorman.client(camera)
        door = self._doorman.door(camera)
        access = door.access
        if not await self._doorman.detector.answers(access.host, access.port, allow_loopback=access.allow_loopback):
            raise Unreachable(f"{camera} does not answer at {access.host} port {access.port}")
        look.seen_us = self._clock.wall_us()
        if look.reach in {Reach.GONE, Reach.STRANGER, Reach.NOT_YET} or self._clock.mono_ns() >= look.identity_ns:
            try:
                await self._identify(camera, door, client)
            except Refused:
                look.identity_ns = self._in(_REFUSED_S)  # each try is a wrong password more
                raise
            except (Unsupported, BadReply, StorageFailed):
                look.identity_ns = self._in(_FAILED_S)
                raise
            look.identity_ns = self._in(_IDENTITY_S)
            look.reach, look.why = Reach.OPEN, ""

    def _in(self, seconds: float) -> MonoNs:
        return MonoNs(self._clock.mono_ns() + round(seconds * NS_PER_S))

    def _report(self, camera: CameraId, look: _Look) -> None:
        if look.reach is Reach.STRANGER:
            detail = (
                f"{look.why[:1].upper()}{look.why[1:]}. If you replaced the camera, its network card or a Wi-Fi repeater, run "
                f"`hearthwatch cameras --accept {camera}`. If not, find out what has taken its address."
            )
            self._health.failed(Fault.CAMERA_STRANGER, camera, detail, camera=camera)
        elif look.reach is not Reach.GONE:
            self._health.recovered(Fault.CAMERA_STRANGER, camera)

    async def _identify(self, camera: CameraId, door: Door, client: DeviceInfo) -> None:
        """Ask who it is, with our credentials, and compare with whom we know."""
        identity = await client.identity()
        access = door.access
        ip, _ = await asyncio.to_thread(resolve, access.host, access.port, access.allow_loopback)
        seen = await self._doorman.detector.fingerprint(access, door.vendor)
        known, now_us = self._admission.known(camera), self._clock.wall_us()
        if known is not None and match_identity(known, identity) is Match.OTHER:
            why = f"the device at {ip} says that it is {_who(identity)}; the camera is {known.key}"
            self._admission.bar(camera, why)
            raise Unreachable(why)
        now = KnownCamera(
            camera=camera,
            vendor=door.vendor,
            maker=identity.vendor[:128],
            model=identity.model[:128],
            mac=identity.mac[:17] or (known.mac if known else ""),
            serial=identity.serial[:128] or (known.serial if known else ""),
            firmware=identity.firmware[:128],
            link_mac=self._admission.link_mac(ip) or (known.link_mac if known else ""),
            mark=seen.mark if seen is not None and seen.mark else (known.mark if known else ""),
            host=access.host,
            port=access.port,
            tls=access.tls,
            ip=ip,
            first_us=known.first_us if known else now_us,
            last_us=now_us,
        )
        if known is not None:
            await self._tell_changes(known, identity, now_us)
        await self._db.run(lambda connection: known_ledger.save(connection, now))
        self._admission.learn(now)

    async def _tell_changes(self, known: KnownCamera, identity: DeviceIdentity, now_us: WallUs) -> None:
        found = changes(known, identity)
        if found:
            told = [(one.what, one.before, one.after) for one in found]
            alert = camera_alerts.changed(
                id_=self._ids(),
                camera=known.camera,
                name=self._name(known.camera),
                changes=told,
                now_us=now_us,
                seen_us=known.last_us,
            )
            await self._tell(alert)

    async def _missed(self, camera: CameraId, look: _Look) -> None:
        """It is not where it was: after a while, and then ever more rarely, look for it in the home network."""
        now_ns, known = self._clock.mono_ns(), self._admission.known(camera)
        if look.gone_ns is None:
            look.gone_ns, look.search_ns = now_ns, self._in(_GONE_S)
        if known is None or now_ns < look.search_ns:
            return
        look.search_ns = self._in(_SEARCH_S[min(look.searches, len(_SEARCH_S) - 1)])
        look.searches += 1
        access = self._doorman.access(camera)
        try:
            ip = await self._whereabouts.find(known, access, self._home, self._taken(known))
        except HearthwatchError as error:
            log.warning("camera %s cannot be searched for: %s", camera, error)
            return
        if ip is not None:
            await self._follower.follow(known, self._cameras[camera], access.host, ip, self._admission.link_mac(ip))

    def _taken(self, known: KnownCamera) -> frozenset[str]:
        """Return where it is not: where it was, and where other cameras are; channels of one recorder are one device."""
        found = {known.ip}
        for camera in self._doorman.cameras:
            other = self._admission.known(camera)
            if camera != known.camera and (other is None or other.key != known.key):
                found.add(self._doorman.access(camera).host)
        return frozenset(found)


def _kept(reach: Reach) -> Reach:
    """Who was a stranger stays one until he was looked at: no password slips through in between."""
    return reach if reach is Reach.STRANGER else Reach.NOT_YET


def _who(identity: DeviceIdentity) -> str:
    return " ".join(part for part in (identity.vendor, identity.model, identity.key) if part) or "another"
