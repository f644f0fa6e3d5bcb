"""A house that joined a hub: it tells the hub what it knows, keeps a line open for it, and goes on by itself without."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from hearthwatch.fleet import comparison, joining, outbox
from hearthwatch.fleet.bus import Dial
from hearthwatch.fleet.bus_https import HttpsPostbox, dial
from hearthwatch.fleet.code import HubAddress, hub_address
from hearthwatch.fleet.hub_link import HubLink
from hearthwatch.fleet.identity import FOLDER, Identity, IdentityShelf
from hearthwatch.fleet.joining_wire import Hello
from hearthwatch.fleet.line_node import answer
from hearthwatch.fleet.node import site_id
from hearthwatch.fleet.options import DEFAULT_PORT
from hearthwatch.fleet.relay import Relay
from hearthwatch.health.outage import Fault
from hearthwatch.kit.errors import HearthwatchError, Refused, StorageFailed, Unreachable
from hearthwatch.kit.retry import Backoff, keep_running_async
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs, WallUs, to_datetime
from hearthwatch.offsite import ledger as offsite_ledger
from hearthwatch.offsite.upload import TargetKind
from hearthwatch.run.condition_letters import ConditionLetters
from hearthwatch.run.fleet_desk import FleetParts
from hearthwatch.run.own_segments import OwnSegments
from hearthwatch.run.zone import zone_of
from hearthwatch.web.fleet_doors import HubFar, NodeStep, Verified

if TYPE_CHECKING:
    from hearthwatch.run.nats_desk import NodeNats

log = logging.getLogger(__name__)

SUBJECT = "hub"
_HELLO_EVERY_S = 60.0
_HELLO_SOON_S = 10.0
"""While letters wait: nobody should see for a minute what was told seconds ago."""
_AGAIN_S = 15.0
_RENEW_EVERY_S = 6 * 3600.0
_TOLD_AFTER_S = 600.0
"""A hub that is restarted is nobody's concern."""
_CLOCK_OFF_S = 120.0
_COMPARE_FIRST_S, _COMPARE_EVERY_S = 600.0, 24 * 3600.0
_REFUSED_AGAIN_S = 120.0


class NodeDesk:
    """Implements NodeDoor. `link` is for whoever else sends something to the hub, None before `run`."""

    def __init__(self, parts: FleetParts, *, left: Callable[[], None]) -> None:
        self._parts = parts
        self._house = parts.house
        self._clock = parts.house.clock
        self._left = left
        self._shelf = IdentityShelf(parts.data)
        self._identity = _identity(self._shelf)
        self._segments = OwnSegments(parts.house.footage, parts.db)
        self._relay: Relay | None = None
        self._reached_us = WallUs(0)
        self._reached_ns = self._clock.mono_ns()
        self._error: HearthwatchError | None = None
        self._clock_off_s = 0.0
        self._is_on_line = False
        self.link: HubLink | None = None

    @property
    def identity(self) -> Identity:
        return self._identity

    @property
    def address(self) -> str:
        """The hub's, as it answered last."""
        return self.link.address if self.link is not None else str(next(iter(self._addresses()), ""))

    async def run(self) -> None:
        """Work until cancelled."""
        await self._parts.db.run(self._begin)
        if not self._house.config.node.enabled:
            await asyncio.get_running_loop().create_future()
        self.link = link = HubLink(self._shelf.context(self._identity), self._addresses(), self._clock)
        nats = self._nats()
        postbox = nats or HttpsPostbox(link)
        dialed = nats.dial if nats else functools.partial(dial, link)
        self._relay = Relay(postbox, self._segments, db=self._parts.db, clock=self._clock, backoff=_patient())
        condition = ConditionLetters(
            self._house.cameras,
            lambda: self._house.footage.folder,
            db=self._parts.db,
            clock=self._clock,
            audits=self._house.camera_doors.audit.reports,
            arrived=self._arrived,
            wake=self._relay.wake,
        )
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._relay.run(), name="letters to the hub")
                for name, work in (
                    ("condition of this house", condition.run),
                    ("the hub", functools.partial(self._hello, link)),
                    ("line to the hub", functools.partial(self._line, link, dialed)),
                    ("certificate for the hub", functools.partial(self._renew, link)),
                    ("equal ledgers", self._compare),
                ):
                    tasks.create_task(keep_running_async(name, work, clock=self._clock, backoff=_patient()), name=name)
                tasks.create_task(keep_running_async("reach of the hub", self._watch, clock=self._clock), name="reach")
        finally:
            self._relay, self.link = None, None
            await postbox.close()
            await link.close()

    def _nats(self) -> NodeNats | None:
        """Return both ends of the bus over the NATS server beside this house, None where the owner named none."""
        url = self._house.config.node.nats
        if not url:
            return None
        from hearthwatch.run.nats_desk import NodeNats

        return NodeNats(url, self._parts.data / FOLDER, identity=self._identity, secrets=self._parts.secrets)

    def _begin(self, connection: Connection) -> None:
        """A house that joined writes letters; one that joined another hub since begins anew."""
        found = outbox.joined(connection)
        if found is None or found.joined_us < self._identity.joined_us:
            outbox.join(connection, self._clock.wall_us(), days=self._house.config.node.past_days)

    async def _arrived(self) -> Mapping[CameraId, WallUs]:
        targets = self._house.config.offsite.targets.items()
        here = [name for name, options in targets if options.kind is TargetKind.HUB]
        if not here:
            return {}
        return await self._parts.db.run(functools.partial(offsite_ledger.safe_until, targets=here))

    def _addresses(self) -> tuple[HubAddress, ...]:
        given = self._house.config.node.hub
        return (hub_address(given, DEFAULT_PORT),) if given else self._identity.addresses

    async def _hello(self, link: HubLink) -> None:
        """Say each minute that this house is there."""
        while True:
            counts = await self._parts.db.run(outbox.waiting)
            said = Hello(now_us=self._clock.wall_us(), waiting=sum(counts.values()), version=version("hearthwatch")[:40])
            try:
                found = await joining.hello(link, said)
            except HearthwatchError as error:
                self._error = error
                raise
            self._reached()
            self._clock_off_s = (self._clock.wall_us() - found.now_us) / 1e6
            if (found.site, found.name) != (self._identity.site, self._identity.name):
                self._identity = self._shelf.rename(self._identity, site=site_id(found.site), name=found.name)
            await asyncio.sleep(_HELLO_SOON_S if said.waiting else _HELLO_EVERY_S)

    def _reached(self) -> None:
        self._reached_us, self._reached_ns, self._error = self._clock.wall_us(), self._clock.mono_ns(), None

    async def _line(self, link: HubLink, dialed: Dial) -> None:
        """Keep one line open, over which the hub asks this house's own page."""
        await self._parts.app_ready.wait()
        app = self._parts.app()
        assert app is not None
        try:
            line = await dialed()
        except HearthwatchError as error:
            self._error = error
            raise
        self._reached()
        self._is_on_line = True
        log.info("the line to the hub at %s is open", link.address)
        try:
            await answer(line, app)
        finally:
            self._is_on_line = False
        raise Unreachable("the line to the hub ended")

    async def _renew(self, link: HubLink) -> None:
        while True:
            if self._shelf.is_to_renew(self._clock):
                await joining.renew(link, self._identity, self._shelf)
                log.info("the hub gave this house a new certificate")
            await asyncio.sleep(_RENEW_EVERY_S)

    async def verify(self) -> Verified | None:
        """See NodeDoor."""
        link = self.link
        if link is None:
            raise Unreachable("the hub is not called: `enabled` is off in the section [node]")

        async def ask(question: bytes) -> bytes:
            return await link.call("POST", comparison.PATH, data=question)

        work = comparison.Comparison(ask, lambda: self._segments.letters, db=self._parts.db, clock=self._clock)
        found = await work.compare()
        if found is not None and not found.is_equal and self._relay is not None:
            self._relay.wake()
        if found is None:
            return None
        return Verified(days=found.days, things=found.things, posted=found.posted, gone=found.gone)

    async def _compare(self) -> None:
        """Once a day; a house whose letters are on their way waits until they are there."""
        while True:
            await asyncio.sleep(_COMPARE_FIRST_S)
            if await self.verify() is not None:
                await asyncio.sleep(_COMPARE_EVERY_S)

    async def _watch(self) -> None:
        """Tell a person of a hub that is away for long, or that does not want this house."""
        health = self._house.board
        while True:
            error = self._error
            if isinstance(error, Refused):
                health.failed(Fault.HUB_REFUSED, SUBJECT, _sentence(str(error)))
            elif error is None:
                health.recovered(Fault.HUB_REFUSED, SUBJECT)
            silent_s = (self._clock.mono_ns() - self._reached_ns) / NS_PER_S
            if self._is_on_line or error is None:
                health.recovered(Fault.HUB_SILENT, SUBJECT)
            elif silent_s > _TOLD_AFTER_S and not isinstance(error, Refused):
                text = f"{_sentence(str(error))} This house goes on by itself and tells the hub later."
                health.failed(Fault.HUB_SILENT, SUBJECT, text, since_ns=MonoNs(self._reached_ns))
            await asyncio.sleep(_AGAIN_S)

    async def now(self) -> HubFar:
        """See NodeDoor."""
        waiting, since_us, problem = 0, WallUs(0), str(self._error or "")
        if self._relay is not None:
            with contextlib.suppress(StorageFailed):
                found = await self._relay.now()
                waiting, since_us = found.waiting + found.behind, found.since_us or WallUs(0)
                problem = problem or found.problem
        elif not self._house.config.node.enabled:
            problem = "the hub is not called: `enabled` is off in the section [node]"
        if not problem and abs(self._clock_off_s) > _CLOCK_OFF_S:
            problem = self._clock_words()
        refused = isinstance(self._error, Refused)
        is_here = self._is_on_line or (self._error is None and self._reached_us > 0)
        step = NodeStep.REFUSED if refused else NodeStep.CONNECTED if is_here else NodeStep.TRYING
        return HubFar(
            id=self._identity.node,
            address=self.address,
            site=self._identity.site,
            name=self._identity.name,
            step=step,
            reached_us=self._clock.wall_us() if self._is_on_line else self._reached_us,
            waiting=waiting,
            waiting_since_us=since_us,
            problem=problem,
        )

    def _clock_words(self) -> str:
        now = to_datetime(self._clock.wall_us(), zone_of(self._house.config))
        way = "ahead of" if self._clock_off_s > 0 else "behind"
        return (
            f"this machine's clock says {now:%d %B %Y, %H:%M} and is {abs(self._clock_off_s) / 60:.0f} minutes {way} the "
            "hub's: one of the two is wrong"
        )

    async def leave(self) -> None:
        """See NodeDoor."""
        await asyncio.to_thread(self._shelf.forget)
        await self._parts.db.run(outbox.leave)
        self._house.board.forget(lambda outage: outage.fault in {Fault.HUB_SILENT, Fault.HUB_REFUSED})
        self._left()


def _identity(shelf: IdentityShelf) -> Identity:
    found = shelf.read()
    if found is None:
        raise Refused("this house joined no hub")
    return found


def _patient() -> Backoff:
    """A hub that refused is asked again in two minutes: the owner may have changed their mind."""
    return Backoff(refused_s=_REFUSED_AGAIN_S)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "!", "?")) else ".")
