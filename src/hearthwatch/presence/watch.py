"""The watch over who is home: looks, asks whoever is due, and tells when somebody came or left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import HearthwatchError, StorageFailed, Unreachable
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import MonoNs
from hearthwatch.presence import ledger, ping
from hearthwatch.presence.household import Due, Household, Now
from hearthwatch.presence.presence import (
    Asked,
    Device,
    DeviceId,
    Means,
    Person,
    Presence,
    PresenceOptions,
    Probe,
    Sighting,
)

log = logging.getLogger(__name__)

_TICK_S = 2.0
_LOOK_S = 10.0
_FRESH_US = 45_000_000
"""The kernel asks nobody again who answered so lately."""
_KEEP_S = 60.0
"""How old what is in the database may be of somebody who neither came nor left."""


class PresenceWatch:
    """Used from one event loop: `load`, `renew`, then `run`."""

    def __init__(
        self,
        probes: Sequence[Probe],
        *,
        db: Db,
        clock: Clock,
        changed: Callable[[Presence], None],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`changed` hears of everybody who came, left, or gave the first answer of a stay; `pause` waits seconds."""
        self._probes = tuple(probes)
        self._db = db
        self._clock = clock
        self._changed = changed
        self._pause = pause
        self._household = Household((), PresenceOptions(), silence_s=600, now=self._now())
        self._kept: tuple[Presence, ...] = ()
        self._shown: dict[str, tuple[bool, bool]] = {}
        self._asking = asyncio.Lock()
        self._looked_ns = self._kept_ns = 0
        self._troubled: set[tuple[Probe, str]] = set()
        self._must_keep = False

    def _now(self) -> Now:
        return Now(mono_ns=self._clock.mono_ns(), wall_us=self._clock.wall_us())

    async def load(self) -> None:
        """Take up what the last house knew; follow it by `renew`. Raises StorageFailed."""
        self._kept = await self._db.run(ledger.kept)

    def renew(self, people: Sequence[Person], options: PresenceOptions, *, silence_s: float) -> None:
        """Go on with these people and options."""
        if self._kept:
            self._household = Household(people, options, silence_s=silence_s, now=self._now(), kept=self._kept)
            self._kept = ()
        else:
            self._household.renew(people, options, silence_s=silence_s, now=self._now())
        self._must_keep = True
        self._tell()

    @property
    def devices(self) -> tuple[Device, ...]:
        return self._household.devices

    def silent(self) -> dict[DeviceId, tuple[Device, MonoNs]]:
        """Return the devices that are gone without a farewell, with the moment of their last sign in this run."""
        return self._household.silent()

    def people(self) -> tuple[Presence, ...]:
        """Return everybody, in the order of the configuration; from memory."""
        return self._household.people()

    def hear(self, sighting: Sighting) -> None:
        """Take a sign that came by itself."""
        self._household.hear(sighting, self._now())
        self._tell()

    def pinged(self, device: DeviceId, word: ping.Word, given: str) -> bool:
        """Take what a device's automation says; False when `given` does not prove it."""
        now = self._now()
        key: Secret | None = next((one.ping for one in self._household.devices if one.id == device), None)
        if not ping.is_signed(key, device, word, given):
            return False
        if word is ping.Word.HOME:
            self._household.hear(Sighting(device=device, means=Means.PING, at_ns=now.mono_ns, at_us=now.wall_us), now)
        else:
            self._household.farewell(device, now)
        self._tell()
        return True

    async def look_now(self) -> tuple[Presence, ...]:
        """Ask once more and return what is known then: those who are home, and when one of them does not answer, or nobody is,
        everybody all over the home network.

        Raises Unreachable while the home network itself does not work."""
        fresh_us = self._clock.wall_us() - _FRESH_US
        home = {one.person for one in self.people() if one.home}
        if home:
            await self._ask(Due(devices=tuple(one for one in self.devices if one.person in home and one.can_be_asked)))
            if all(one.answered is not None and one.answered.at_us >= fresh_us for one in self.people() if one.person in home):
                return self.people()
        devices = tuple(device for device in self.devices if device.can_be_asked)
        alive = await self._ask(Due(devices=devices, thorough=frozenset(device.id for device in devices)))
        if devices and not alive:
            raise Unreachable("the home network does not answer, so nobody can be looked for: is the router switched on?")
        return self.people()

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            await self.step()
            await self._pause(_TICK_S)

    async def step(self) -> None:
        """Look when it is time to, and ask whoever is due."""
        now_ns = self._clock.mono_ns()
        if now_ns - self._looked_ns >= _LOOK_S * 1e9:
            self._looked_ns = now_ns
            await self._look()
        due = self._household.due(self._now())
        if due.devices:
            await self._ask(due)
        self._household.settle(self._now())
        self._tell()
        await self._keep()

    async def _look(self) -> None:
        for probe in self._probes:
            try:
                found = await probe.look(self.devices)
            except HearthwatchError as error:
                self._complain(probe, "looking", error)
                continue
            self._troubled.discard((probe, "looking"))
            for sighting in found:
                self._household.hear(sighting, self._now())
        self._tell()

    async def _ask(self, due: Due) -> bool:
        """Ask by every probe at once; return whether the network worked. Questions come one after the other."""
        async with self._asking:
            began_ns = self._clock.mono_ns()
            answers = await asyncio.gather(*(self._ask_by(probe, due) for probe in self._probes))
            alive = bool(answers) and all(one is not None and one.alive for one in answers)
            really = frozenset[DeviceId]().union(*(one.asked for one in answers if one is not None))
            due_ids = {device.id for device in due.devices}
            self._household.asked(due_ids, began_ns, self._now(), alive=alive, really=really)
            self._tell()
            return alive

    async def _ask_by(self, probe: Probe, due: Due) -> Asked | None:
        """What hears is heard at once: a phone that answers one probe does not wait for the others."""
        try:
            asked = await probe.ask(due.devices, due.thorough)
        except HearthwatchError as error:
            self._complain(probe, "asking", error)
            return None
        self._troubled.discard((probe, "asking"))
        for sighting in asked.sightings:
            self._household.hear(sighting, self._now())
        self._tell()
        return asked

    def _complain(self, probe: Probe, doing: str, error: HearthwatchError) -> None:
        level = logging.DEBUG if (probe, doing) in self._troubled else logging.WARNING
        self._troubled.add((probe, doing))
        log.log(level, "who is home cannot be seen by %s: %s", type(probe).__name__, error)

    def _tell(self) -> None:
        people = self._household.people()
        for one in people:
            state = (one.home, one.answered is not None)
            if one.known and self._shown.get(one.person) != state:
                self._shown[one.person] = state
                self._must_keep = True
                log.info("%s is %s", one.person, _said(one))
                self._changed(one)
        here = {one.person for one in people}
        self._shown = {who: state for who, state in self._shown.items() if who in here}

    async def _keep(self) -> None:
        now_ns = self._clock.mono_ns()
        if not self._must_keep and now_ns - self._kept_ns < _KEEP_S * 1e9:
            return
        people = self._household.people()
        try:
            await self._db.run(lambda connection: ledger.keep(connection, people))
        except StorageFailed as error:
            log.warning("who is home cannot be kept: %s", error)
            return
        self._must_keep, self._kept_ns = False, now_ns


def _said(one: Presence) -> str:
    if not one.home:
        return "away"
    seen = one.answered or one.seen
    return f"home: {seen.device} by {seen.means}" + ("" if one.answered else ", only overheard") if seen else "home"
