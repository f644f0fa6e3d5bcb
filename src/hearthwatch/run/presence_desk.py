"""Presence at work in the house: the watch with its probes, and the doors of arming, the page and the command line onto it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from hearthwatch.alerts import people_alerts
from hearthwatch.alerts.alert import Alert
from hearthwatch.arming.arming import PersonNow
from hearthwatch.health.outage import HealthSink
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import MonoNs, WallUs
from hearthwatch.presence.home_network import HomeNetwork
from hearthwatch.presence.lease_probe import LeaseProbe
from hearthwatch.presence.neighbour_probe import NeighbourProbe
from hearthwatch.presence.newcomers import renamed
from hearthwatch.presence.ping import Word
from hearthwatch.presence.presence import DeviceId, Means, Presence, Sighting
from hearthwatch.presence.watch import PresenceWatch
from hearthwatch.run.config import Config
from hearthwatch.run.people import people as people_of
from hearthwatch.run.scout_line import ScoutLine

log = logging.getLogger(__name__)

_RENAMED_EVERY_S = 60.0
_WORDS = {
    Means.NEIGHBOUR: "answered on the home network",
    Means.ARP: "answered on the home network (ARP)",
    Means.PING: "said so itself, with its signed address",
    Means.WIFI: "was overheard on Wi-Fi",
    Means.ARP_HEARD: "was overheard on the home network",
    Means.LEASE: "renewed its address at the DHCP server",
    Means.BLE: "was overheard by Bluetooth",
}


class PresenceDesk:
    """Implements arming's WhoIsHome and the page's PeopleDoor. On the house's loop: `load`, `renew`, then `tasks`."""

    def __init__(
        self,
        secrets: Secrets,
        *,
        config: Callable[[], Config],
        db: Db,
        clock: Clock,
        health: HealthSink,
        changed: Callable[[Presence], None],
        tell: Callable[[Alert], Awaitable[None]],
        ids: Callable[[], str],
        replace_scout: Callable[[], None],
    ) -> None:
        """`changed` hears of whoever comes and goes; `tell` stores and sends an alert."""
        self._secrets = secrets
        self._config = config
        self._clock = clock
        self._tell, self._ids = tell, ids
        self._began_ns = clock.mono_ns()
        self._said: set[tuple[DeviceId, MonoNs]] = set()
        network = HomeNetwork(lambda: config().home.networks)
        self.neighbours = NeighbourProbe(network, clock)
        self.leases = LeaseProbe(lambda: config().presence.leases, clock, self.neighbours.hint)
        self.scout = ScoutLine(
            hear=self._hear,
            hint=self.neighbours.hint,
            known=self.neighbours.addresses,
            places=lambda: network.on(config().presence.arp_interface),
            replace=replace_scout,
            health=health,
            clock=clock,
        )
        self.watch = PresenceWatch((self.neighbours, self.leases, self.scout), db=db, clock=clock, changed=changed)

    def _hear(self, sighting: Sighting) -> None:
        self.watch.hear(sighting)

    @property
    def tasks(self) -> tuple[tuple[str, Callable[[], Awaitable[None]]], ...]:
        return (("who is home", self.watch.run), ("phones with a new address", self._follow_renamed))

    async def _follow_renamed(self) -> None:
        """Say once of each silence that the phone may be here under another address."""
        while True:
            await asyncio.sleep(_RENAMED_EVERY_S)
            now_ns, now_us = self._clock.mono_ns(), self._clock.wall_us()
            silent = self.watch.silent()
            for device in renamed(silent, self.neighbours.strangers, began_ns=self._began_ns, now_ns=now_ns):
                if (key := (device.id, silent[device.id][1])) in self._said:
                    continue
                self._said.add(key)
                name = next((one.name for one in self.presences() if one.person == device.person), device.person)
                seen_us = WallUs(now_us - (now_ns - key[1]) // 1000)
                alert = people_alerts.perhaps_renamed(
                    id_=self._ids(), person=device.person, name=name, device=device.name, seen_us=seen_us, now_us=now_us
                )
                await self._tell(alert)

    async def load(self) -> None:
        """Take up what the last house knew. Raises StorageFailed."""
        await self.watch.load()

    def renew(self, config: Config) -> None:
        """Go on with a changed configuration or changed secrets."""
        try:
            everybody = people_of(config, self._secrets)
        except StorageFailed as error:
            log.warning("the devices of people cannot be read: %s", error)
            return
        options = config.presence
        self.watch.renew(everybody, options, silence_s=config.arming.silence_minutes * 60)
        is_wanted = options.needs_scout and bool(everybody)
        self.scout.renew(self.watch.devices, asks_by_arp=bool(options.arp_interface), is_wanted=is_wanted)

    def presences(self) -> tuple[Presence, ...]:
        """Return everybody; from memory."""
        return self.watch.people()

    def pinged(self, device: DeviceId, word: str, sign: str) -> bool:
        """See PeopleDoor."""
        return self.watch.pinged(device, Word(word), sign)

    async def look(self) -> tuple[Presence, ...]:
        """Ask every device now. Raises Unreachable while the home network does not work."""
        return await self.watch.look_now()


class PeopleOfThePage:
    """Implements PeopleDoor."""

    def __init__(self, desk: PresenceDesk) -> None:
        self.people = desk.presences
        self.pinged = desk.pinged


class Household:
    """Implements arming's WhoIsHome."""

    def __init__(self, desk: PresenceDesk) -> None:
        self._desk = desk

    def people(self) -> tuple[PersonNow, ...]:
        """See WhoIsHome."""
        return tuple(person_now(one) for one in self._desk.presences())

    async def scan(self) -> tuple[PersonNow, ...]:
        """See WhoIsHome."""
        return tuple(person_now(one) for one in await self._desk.look())


def person_now(one: Presence) -> PersonNow:
    """Return what arming knows of a person."""
    sign = one.answered or one.seen
    said = f"{sign.device} {_WORDS[sign.means]}" if sign else ""
    if not one.home:
        said = "no device answers" + (f"; the last sign was that {said}" if said else "")
    return PersonNow(
        id=one.person, name=one.name, home=one.home, answered=one.answered is not None, known=one.known, evidence=said
    )
