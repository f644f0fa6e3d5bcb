"""A hub without a ledger or a port: nodes in memory, and real lines to the applications of other houses in this process.

`python -m tests.fleet.fake_hub --port 8090` serves its page with a beach house behind it, for looking at.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from starlette.types import ASGIApp, Receive, Send
from tests.fleet.line_pair import HeldLine, line_pair
from tests.web.fake_house import PASSWORD, Built, FakeHouse, build

from hearthwatch.fleet import line_node
from hearthwatch.fleet.asker import Question
from hearthwatch.fleet.far_event import FarEvent, FarQuery
from hearthwatch.fleet.line_hub import Lines
from hearthwatch.fleet.node import Node, NodeId, NodeState, SiteId, node_id
from hearthwatch.kit.clock import Clock, SystemClock
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.web.accounts import Role
from hearthwatch.web.fleet_doors import (
    CameraFar,
    FarPicture,
    Hearing,
    HubDoor,
    HubFar,
    Invitation,
    Machine,
    NodeDoor,
    NodeNow,
    NodeStep,
    SiteNow,
)
from hearthwatch.web.options import WebOptions
from hearthwatch.web.serve import serve

OWN, BEACH, BARN = node_id("homeaaaa"), node_id("beachaaa"), node_id("barnaaaa")
TITLES = {"home": "Home", "beach-house": "Beach house", "barn": "Old barn"}


def a_pi(at_us: WallUs) -> Machine:
    return Machine(
        at_us=at_us,
        version="0.9.0",
        model="Raspberry Pi 4 Model B Rev 1.5",
        up_s=9 * 86_400.0,
        load=0.7,
        temperature_c=61.3,
        undervoltage=True,
        throttled=False,
        wifi_dbm=-63.0,
        disk_free_bytes=18_000_000_000,
        disk_bytes=64_000_000_000,
        clock_kept=True,
    )


@dataclass
class FakeMachine:
    """A Raspberry Pi that may be restarted from its page."""

    clock: Clock
    restarts: int = 0

    def now(self) -> Machine:
        return a_pi(self.clock.wall_us())

    def why_not(self) -> str:
        return ""

    async def reboot(self) -> None:
        self.restarts += 1


@dataclass
class FakeHub:
    clock: Clock = field(default_factory=SystemClock)
    lines: Lines = field(default_factory=Lines)
    known: dict[NodeId, NodeNow] = field(default_factory=dict)
    events_now: list[FarEvent] = field(default_factory=list)
    pictures: dict[tuple[NodeId, str], FarPicture] = field(default_factory=dict)
    invited: list[Invitation] = field(default_factory=list)
    joined: list[str] = field(default_factory=list)

    def add(self, node: NodeId, site: str, name: str, cameras: dict[str, str], **changed: object) -> None:
        now_us = self.clock.wall_us()
        far = tuple(
            CameraFar(
                camera=CameraId(each),
                name=title,
                state="live",
                footage_until_us=WallUs(now_us - 40 * US_PER_S),
                audit_score=84,
                findings=1,
            )
            for each, title in cameras.items()
        )
        machine = a_pi(WallUs(now_us - 30 * US_PER_S))
        here = Node(
            id=node,
            site=SiteId(site),
            name=name,
            state=NodeState.JOINED,
            certificate_sha256=bytes(32),
            joined_us=WallUs(now_us - 40 * 86_400 * US_PER_S),
            heard_us=WallUs(now_us - 20 * US_PER_S),
        )
        whole = NodeNow(
            node=here,
            own=False,
            hearing=Hearing.SILENT,
            waiting=0,
            events_until_us=WallUs(now_us - 20 * US_PER_S),
            cameras=far,
            machine=machine,
            problem="",
        )
        self.known[node] = replace(whole, **changed)

    async def sites(self) -> Sequence[SiteNow]:
        seen = {each.node.site for each in self.known.values()}
        return [
            SiteNow(id=SiteId(each), title=title, own=each == "home", nodes=1, silent=0)
            for each, title in TITLES.items()
            if each in seen
        ]

    async def nodes(self) -> Sequence[NodeNow]:
        return [self._now(each) for each in self.known.values()]

    async def node(self, node: NodeId) -> NodeNow | None:
        return self._now(self.known[node]) if node in self.known else None

    def _now(self, now: NodeNow) -> NodeNow:
        is_here = now.own or now.node.id in self.lines.open
        return replace(now, hearing=Hearing.HERE) if is_here and now.hearing is not Hearing.REVOKED else now

    async def invite(self, site: SiteId, name: str) -> Invitation:
        made = Invitation(
            code="hw1-4QF7-K2MN-9XTC", site=site, name=name, ends_us=WallUs(self.clock.wall_us() + 3600 * US_PER_S)
        )
        self.invited.append(made)
        return made

    async def revoke(self, node: NodeId) -> bool:
        self.known[node] = replace(self.known[node], hearing=Hearing.REVOKED)
        await self.lines.cut(node)
        return True

    async def retire(self, node: NodeId, into: NodeId | None) -> bool:
        if self.known[node].hearing is not Hearing.REVOKED:
            return False
        del self.known[node]
        return True

    async def rename(self, node: NodeId, name: str) -> bool:
        self.known[node] = replace(self.known[node], node=replace(self.known[node].node, name=name))
        return True

    async def move(self, node: NodeId, site: SiteId) -> bool:
        self.known[node] = replace(self.known[node], node=replace(self.known[node].node, site=site))
        return True

    async def events(self, query: FarQuery) -> Sequence[FarEvent]:
        found = [
            each
            for each in self.events_now
            if (query.nodes is None or each.node in query.nodes)
            and (query.before_us is None or each.start_us < query.before_us)
            and (query.labels is None or each.label in query.labels)
        ]
        return sorted(found, key=lambda each: -each.start_us)[: query.limit]

    async def picture(self, node: NodeId, event: str) -> FarPicture | None:
        return self.pictures.get((node, event))

    async def ask(self, node: NodeId, question: Question, receive: Receive, send: Send) -> None:
        await self.lines.ask(node, question, receive, send)

    def told_of(self, node: NodeId, house: FakeHouse) -> None:
        """Take over the events of a house as its letters would have told them."""
        for each in house.events_now:
            self.events_now.append(
                FarEvent(
                    node=node,
                    site=self.known[node].node.site,
                    id=each.id,
                    camera=each.camera,
                    kind=each.kind,
                    label=each.label,
                    start_us=each.start_us,
                    end_us=each.end_us,
                    score=each.score,
                    zones=each.zones,
                    picture=True,
                    reviewed=each.reviewed,
                )
            )


@dataclass
class FakeNode:
    """The hub as the node sees it."""

    left: bool = False

    async def now(self) -> HubFar:
        return HubFar(
            id=BEACH,
            address="hub.example.org:8444",
            site=SiteId("beach-house"),
            name="Beach house",
            step=NodeStep.CONNECTED,
            reached_us=WallUs(1_700_000_000_000_000),
            waiting=0,
            waiting_since_us=WallUs(0),
            problem="",
        )

    async def leave(self) -> None:
        self.left = True


@dataclass
class FakeFleet:
    hub: HubDoor | None = None
    node: NodeDoor | None = None
    codes: list[str] = field(default_factory=list)
    served: list[ASGIApp] = field(default_factory=list)

    async def join(self, code: str) -> None:
        self.codes.append(code)

    def serve(self, app: ASGIApp) -> None:
        self.served.append(app)


@contextlib.asynccontextmanager
async def connected(hub: FakeHub, node: NodeId, app: ASGIApp) -> AsyncIterator[HeldLine]:
    """Have the house behind `app` open its line to the hub; yields the hub's end of it."""
    hub_line, node_line = line_pair()
    ends = [asyncio.create_task(hub.lines.answer(node, hub_line)), asyncio.create_task(line_node.answer(node_line, app))]
    await asyncio.sleep(0)
    try:
        yield hub_line
    finally:
        await hub_line.close()
        await asyncio.gather(*ends)


def hub_house(clock: Clock, **options: object) -> tuple[FakeHouse, FakeHub]:
    """Return a house that is a hub, with its own house and two more on its list."""
    hub = FakeHub(clock=clock)
    house = FakeHouse(clock=clock, fleet=FakeFleet(hub=hub), **options)
    hub.add(OWN, "home", "Home", house.names, own=True, hearing=Hearing.HERE)
    hub.add(BEACH, "beach-house", "Beach house", {"front-door": "Sea terrace", "garden": "Dunes"})
    hub.add(BARN, "barn", "Old barn", {"front-door": "Gate"}, machine=None, waiting=12)
    return house, hub


def beach_house(clock: Clock, **options: object) -> FakeHouse:
    names = {"front-door": "Sea terrace", "garden": "Dunes"}
    there = {"fleet": FakeFleet(node=FakeNode()), "machine": FakeMachine(clock)}
    return FakeHouse(clock=clock, cameras_on=tuple(names), names=names, **there, **options)


async def main(port: int) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        clock = SystemClock()
        house, hub = hub_house(clock)
        beach = beach_house(clock)
        built, far = build(Path(one), house), build(Path(other), beach)
        hub.told_of(BEACH, beach)
        hub.told_of(OWN, house)
        await built.add_user("ada", Role.OWNER)
        print(f"log in as ada with: {PASSWORD}", flush=True)
        try:
            await _serve(port, built, far, hub, Path(one))
        finally:
            built.close()
            far.close()


async def _serve(port: int, built: Built, far: Built, hub: FakeHub, folder: Path) -> None:
    options = WebOptions(port=port, https_port=0)
    async with connected(hub, BEACH, far.app), asyncio.TaskGroup() as tasks:
        tasks.create_task(built.house.run())
        tasks.create_task(far.house.run())
        tasks.create_task(serve(built.app, options, auth=built.auth, clock=built.house.clock, data_folder=folder, say=print))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8090)
    asyncio.run(main(parser.parse_args().port))
