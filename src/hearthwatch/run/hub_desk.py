"""A house that is a hub: its ledger, the port its nodes come to, and what pages and the command line ask of both."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import platform
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.types import Receive, Send

from hearthwatch.fleet import comparison_port, hub_ledger, hub_letters, outbox
from hearthwatch.fleet.asker import Question
from hearthwatch.fleet.authority import Authority, open_authority
from hearthwatch.fleet.bus import Keep
from hearthwatch.fleet.bus_https import MAX_POST_BYTES, HttpsMailroom, HttpsSwitchboard
from hearthwatch.fleet.bus_local import LocalBus
from hearthwatch.fleet.code import HubAddress, hub_address
from hearthwatch.fleet.enrolment import Enrolment, clean_name
from hearthwatch.fleet.far_event import FarEvent, FarQuery
from hearthwatch.fleet.hub_db import HubDb, open_hub_db
from hearthwatch.fleet.joining_wire import Hello
from hearthwatch.fleet.letter import Received
from hearthwatch.fleet.line_hub import Lines
from hearthwatch.fleet.node import NodeId, SiteId, site_id
from hearthwatch.fleet.node_port import NodePort, port_context
from hearthwatch.fleet.options import DATABASE_PASSWORD, BusKind
from hearthwatch.fleet.registry import Registry
from hearthwatch.fleet.relay import Relay
from hearthwatch.health.outage import Fault, Outage
from hearthwatch.kit.address import own_addresses
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import HearthwatchError, StorageFailed, StorageFault, Unreachable
from hearthwatch.kit.retry import Backoff, keep_running_async
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.run.condition_letters import ConditionLetters
from hearthwatch.run.far_pictures import FarPictures
from hearthwatch.run.fleet_desk import FleetParts
from hearthwatch.run.hub_footage import HubFootage
from hearthwatch.run.hub_watch import HubWatch
from hearthwatch.run.hub_words import NodesNow, Said
from hearthwatch.run.own_segments import OwnSegments
from hearthwatch.run.work_desk import WorkDesk
from hearthwatch.web.fleet_doors import FarPicture, Invitation, NodeNow, SiteNow

log = logging.getLogger(__name__)

SUBJECT = "hub"
_CERTIFICATE_EVERY_S = 12 * 3600.0
_FORGET_EVERY_S = 24 * 3600.0
_GONE_FOR_US = 30 * 86_400 * US_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class _Open:
    """What there is while the ledger is open."""

    db: HubDb
    authority: Authority
    registry: Registry
    enrolment: Enrolment
    port: NodePort
    own: NodeId


class HubDesk:
    """Implements HubDoor. A ledger that cannot be opened or written is told, and taken up again by itself."""

    def __init__(self, parts: FleetParts, *, patience_s: float = 10.0) -> None:
        """Who asks while the hub is just starting waits for up to `patience_s`."""
        self._parts = parts
        self._house = parts.house
        self._clock = parts.house.clock
        self._folder = parts.data / "fleet"
        self._lines = Lines()
        self._pictures = FarPictures(self._folder / "pictures", self._lines, self.events, self._clock)
        self._said: dict[NodeId, Said] = {}
        self._open: _Open | None = None
        self._problem = ""
        self._patience_s = patience_s
        self._tried = asyncio.Event()
        self.work = WorkDesk(lambda: self._house.config.detect, parts.data / "models", self._clock)

    async def run(self) -> None:
        """Work until cancelled. Raises StorageFailed, which is told, too."""
        options = self._house.config.hub
        try:
            db = await open_hub_db(self._parts.data, options.database, self._parts.secrets.get(DATABASE_PASSWORD))
        except HearthwatchError as error:
            self._failed(error)
            raise
        try:
            opened = await self._opened(db)
            self._open = opened
            self._tried.set()
            self._house.board.recovered(Fault.HUB_STOPPED, SUBJECT)
            await self._work(opened)
        except HearthwatchError as error:
            self._failed(error)
            raise
        finally:
            self._open = None
            await db.close()

    def _failed(self, error: HearthwatchError) -> None:
        self._problem = str(error)
        self._tried.set()
        text = (
            f"{self._problem[:1].upper()}{self._problem[1:]}. The nodes keep what they have, and send it when this works again."
        )
        self._house.board.failed(Fault.HUB_STOPPED, SUBJECT, text)

    async def _opened(self, db: HubDb) -> _Open:
        site, name, now_us = SiteId(self._house.config.hub.site), self._house.config.home.name, self._clock.wall_us()
        own = await db.run(lambda connection: hub_ledger.own_node(connection, site, name, now_us))
        authority = await asyncio.to_thread(open_authority, self._folder, self._parts.secrets, self._clock)
        registry = Registry(db, self._clock)
        await registry.load()
        return _Open(
            db=db,
            authority=authority,
            registry=registry,
            enrolment=Enrolment(authority, registry, db, self._clock, self._heard),
            port=NodePort(registry, self._clock),
            own=own,
        )

    def _heard(self, node: NodeId, hello: Hello) -> None:
        self._said[node] = Said.of(hello, self._clock.wall_us())

    async def _work(self, opened: _Open) -> None:
        options = self._house.config.hub
        mailroom, switchboard, local = HttpsMailroom(), HttpsSwitchboard(), LocalBus()
        opened.enrolment.add_to(opened.port)
        opened.port.add("POST", "/letters", mailroom.take, body_bytes=MAX_POST_BYTES)
        opened.port.add("GET", "/line", switchboard.open)
        comparison_port.add_to(opened.port, opened.db)
        footage = HubFootage(
            self._house.footage.folder,
            self._parts.secrets,
            lambda: self._house.config.hub,
            lambda: opened.registry.nodes.keys(),  # noqa: PLW0108 it is loaded anew
            self._clock,
        )
        footage.add_to(opened.port)
        self.work.open(opened.port)
        hub_file = await asyncio.to_thread(opened.authority.hub_file, self._folder, self._clock)
        context = port_context(str(hub_file), opened.authority.pem)
        keep = functools.partial(self._keep, opened.db)
        relay = Relay(
            local.postbox(opened.own),
            OwnSegments(self._house.footage, self._parts.db),
            db=self._parts.db,
            clock=self._clock,
            backoff=Backoff(),
        )
        condition = ConditionLetters(
            self._house.cameras,
            lambda: self._house.footage.folder,
            db=self._parts.db,
            clock=self._clock,
            audits=self._house.camera_doors.audit.reports,
            arrived=_here_anyway,
            wake=relay.wake,
        )
        watch = HubWatch(opened.registry, self._house.board, self._clock, lambda: self._house.config.hub.silent_after_s)
        await self._parts.db.run(self._begin)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(relay.run(), name="letters of the hub's own house")
            for name, work in (
                ("port for nodes", functools.partial(opened.port.run, options.listen, options.port, context)),
                ("letters of nodes", functools.partial(mailroom.run, keep)),
                ("own letters", functools.partial(local.mailroom.run, keep)),
                ("lines of nodes", functools.partial(switchboard.run, self._lines.answer)),
                ("who was heard", opened.registry.run),
                ("silent nodes", watch.run),
                ("footage of nodes", footage.run),
                ("pictures of nodes", self.work.run),
                ("pictures of events", self._pictures.run),
                ("condition of this house", condition.run),
                ("certificate for nodes", functools.partial(self._renew, opened.authority, context)),
                ("what is gone", functools.partial(self._forget_gone, opened.db)),
            ):
                tasks.create_task(keep_running_async(name, work, clock=self._clock), name=name)
            for over_nats in self._nats(opened, keep):
                tasks.create_task(keep_running_async("NATS", over_nats, clock=self._clock), name="NATS")

    def _nats(self, opened: _Open, keep: Keep) -> tuple[Callable[[], Awaitable[None]], ...]:
        """Return what else runs where nodes may speak over NATS; those that do not come by HTTPS all the same."""
        options = self._house.config.hub
        if options.bus is not BusKind.NATS:
            return ()
        from hearthwatch.run.nats_desk import HubNats

        desk = HubNats(
            options.nats,
            self._folder,
            authority=opened.authority,
            registry=opened.registry,
            own=opened.own,
            secrets=self._parts.secrets,
            hosts=lambda: [address.host for address in self._addresses(opened.port)],
            clock=self._clock,
            work=self.work,
        )
        return (functools.partial(desk.run, keep, self._lines.answer),)

    def _begin(self, connection: Connection) -> None:
        if outbox.joined(connection) is None:
            outbox.join(connection, self._clock.wall_us())

    async def _keep(self, db: Db, received: Sequence[Received]) -> None:
        """Raises StorageFailed, after which the letters are still their senders'."""
        known = [one for one in received if self._open is not None and one.node in self._open.registry.nodes]
        try:
            await db.run(lambda connection: hub_letters.keep(connection, known))
        except StorageFailed as error:
            self._failed(error)
            raise
        self._house.board.recovered(Fault.HUB_STOPPED, SUBJECT)
        self._problem = ""

    async def _renew(self, authority: Authority, context: ssl.SSLContext) -> None:
        """New connections see the new certificate."""
        while True:
            await asyncio.sleep(_CERTIFICATE_EVERY_S)
            file = await asyncio.to_thread(authority.hub_file, self._folder, self._clock)
            context.load_cert_chain(file)

    async def _forget_gone(self, db: Db) -> None:
        while True:
            before_us = WallUs(self._clock.wall_us() - _GONE_FOR_US)
            await db.run(functools.partial(hub_letters.forget_gone, before_us=before_us))
            await asyncio.sleep(_FORGET_EVERY_S)

    async def _ready(self) -> _Open:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience_s):
                await self._tried.wait()
        if self._open is None and not self._problem:
            raise Unreachable("the hub is just starting: try again in a few seconds")
        if self._open is None:
            raise StorageFailed(StorageFault.MISSING, f"the hub's ledger is not open: {self._problem}")
        return self._open

    async def sites(self) -> Sequence[SiteNow]:
        """See HubDoor."""
        nodes = await self._nodes()
        return nodes.sites(await (await self._ready()).db.run(hub_ledger.site_ids), self._house.config.hub.sites)

    async def nodes(self) -> Sequence[NodeNow]:
        """See HubDoor."""
        return (await self._nodes()).all()

    async def node(self, node: NodeId) -> NodeNow | None:
        """See HubDoor."""
        return (await self._nodes()).one(node)

    async def _nodes(self) -> NodesNow:
        now = await self._ready()
        return await NodesNow.read(
            now.db,
            now.registry,
            lines=frozenset(self._lines.open),
            said=self._said,
            silent_after_s=self._house.config.hub.silent_after_s,
            clock=self._clock,
        )

    async def invite(self, site: SiteId, name: str) -> Invitation:
        """See HubDoor."""
        now, called = await self._ready(), clean_name(name)
        code, ends_us = await now.enrolment.invite(site_id(site), called, await asyncio.to_thread(self._addresses, now.port))
        return Invitation(code=code, site=site, name=called, ends_us=ends_us)

    def _addresses(self, port: NodePort) -> tuple[HubAddress, ...]:
        """Return where machines may find this hub, the likeliest first."""
        options = self._house.config.hub
        here = port.port or options.port
        if options.address:
            return (hub_address(options.address, here),)
        if options.listen not in {"0.0.0.0", "::"}:  # noqa: S104 compared with, not listened at
            return (HubAddress(host=options.listen, port=here),)
        found = [HubAddress(host=each, port=here) for each in own_addresses().values() if not each.startswith("127.")]
        return (*found, HubAddress(host=f"{platform.node().split('.', 1)[0]}.local", port=here))

    async def revoke(self, node: NodeId) -> bool:
        """See HubDoor."""
        now = await self._ready()
        done = await now.db.run(lambda connection: hub_ledger.revoke(connection, node))
        if done:
            await now.registry.load()
            await self._lines.cut(node)
            cut = now.port.cut(node)
            self._house.board.forget(functools.partial(_is_of, node))
            log.warning("node %s is not wanted any more; %d of its connections were cut", node, cut)
        return done

    async def retire(self, node: NodeId, into: NodeId | None) -> bool:
        """See HubDoor."""
        return await self._change(functools.partial(hub_ledger.retire, node=node, into=into, now_us=self._clock.wall_us()))

    async def rename(self, node: NodeId, name: str) -> bool:
        """See HubDoor."""
        called = clean_name(name)
        if not called:
            raise ValueError("a name has 1 to 40 characters that can be seen")
        self._house.board.forget(functools.partial(_is_of, node))
        return await self._change(functools.partial(hub_ledger.rename, node=node, name=called))

    async def move(self, node: NodeId, site: SiteId) -> bool:
        """See HubDoor."""
        where, now_us = site_id(site), self._clock.wall_us()
        return await self._change(functools.partial(hub_ledger.move, node=node, site=where, now_us=now_us))

    async def _change(self, work: functools.partial[bool]) -> bool:
        now = await self._ready()
        done = await now.db.run(work)
        await now.registry.load()
        return done

    async def events(self, query: FarQuery) -> Sequence[FarEvent]:
        """See HubDoor."""
        now = await self._ready()
        listed = tuple(now.registry.nodes.values())
        sites = {one.node.id: one.node.site for one in listed}
        merged = hub_ledger.merged(listed)
        return await now.db.run(lambda connection: hub_letters.events(connection, query, sites, merged))

    async def picture(self, node: NodeId, event: str) -> FarPicture | None:
        """See HubDoor."""
        return await self._pictures.picture(node, event)

    async def ask(self, node: NodeId, question: Question, receive: Receive, send: Send) -> None:
        """See HubDoor."""
        await self._lines.ask(node, question, receive, send)


async def _here_anyway() -> Mapping[CameraId, WallUs]:
    """The hub's own footage has no way to go."""
    return {}


def _is_of(node: NodeId, outage: Outage) -> bool:
    return outage.fault is Fault.NODE_SILENT and outage.subject.endswith(f"({node})")
