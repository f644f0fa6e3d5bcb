"""The hub's nodes as pages show them, put together from the ledger, from memory and from what nodes said last."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import msgspec
from sqlalchemy import Connection

from hearthwatch.fleet import hub_letters
from hearthwatch.fleet.condition import CAMERA_KEY, MACHINE_KEY, CameraCondition, MachineCondition
from hearthwatch.fleet.hub_ledger import Listed
from hearthwatch.fleet.joining_wire import Hello
from hearthwatch.fleet.letter import Letter, LetterKind, Received
from hearthwatch.fleet.node import NodeId, NodeState, SiteId
from hearthwatch.fleet.options import SiteOptions
from hearthwatch.fleet.registry import Registry
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.web.fleet_doors import CameraFar, Hearing, Machine, NodeNow, SiteNow

_CLOCK_OFF_US = 120 * US_PER_S
_LITTLE_BYTES = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a node said of itself last; `ahead_us` is by how much its clock was ahead of the hub's then."""

    waiting: int
    version: str
    ahead_us: int

    @classmethod
    def of(cls, hello: Hello, now_us: WallUs) -> Self:
        return cls(waiting=hello.waiting, version=hello.version, ahead_us=hello.now_us - now_us)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodesNow:
    """How things stood when it was `read`."""

    _listed: Sequence[Listed]
    _health: Mapping[NodeId, Sequence[Letter]]
    _until: Mapping[NodeId, WallUs]
    _heard: Mapping[NodeId, WallUs]
    _lines: Collection[NodeId]
    _said: Mapping[NodeId, Said]
    _silent_after_us: int
    _now_us: WallUs

    @classmethod
    async def read(
        cls,
        db: Db,
        registry: Registry,
        *,
        lines: Collection[NodeId],
        said: Mapping[NodeId, Said],
        silent_after_s: float,
        clock: Clock,
    ) -> Self:
        """Raises StorageFailed."""

        def found(connection: Connection) -> tuple[list[Received], Mapping[NodeId, WallUs]]:
            return list(hub_letters.newest(connection, LetterKind.HEALTH)), hub_letters.events_until(connection)

        letters, until = await db.run(found)
        health: dict[NodeId, list[Letter]] = {}
        for one in letters:
            health.setdefault(one.node, []).append(one.letter)
        return cls(
            _listed=[one for one in registry.nodes.values() if not one.retired],
            _health=health,
            _until=until,
            _heard={node: registry.heard_us(node) for node in registry.nodes},
            _lines=lines,
            _said=said,
            _silent_after_us=round(silent_after_s * US_PER_S),
            _now_us=clock.wall_us(),
        )

    def all(self) -> tuple[NodeNow, ...]:
        """Return them, the hub's own house first, those revoked last, by name in between."""
        order = sorted(
            self._listed, key=lambda one: (one.node.state is NodeState.REVOKED, not one.own, one.node.name.casefold())
        )
        return tuple(map(self._now, order))

    def one(self, node: NodeId) -> NodeNow | None:
        return next((self._now(one) for one in self._listed if one.node.id == node), None)

    def sites(self, known: Sequence[SiteId], options: Mapping[str, SiteOptions]) -> tuple[SiteNow, ...]:
        """Return the places there are: those with machines, and those in the configuration."""
        found = dict.fromkeys((*(SiteId(name) for name in options), *(one.node.site for one in self._listed), *known))
        made = [self._site(site, options.get(site, SiteOptions()).title or _title(site)) for site in found]
        shown = [site for site in made if site.nodes or site.id in options]
        return tuple(sorted(shown, key=lambda site: (not site.own, site.title.casefold())))

    def _site(self, site: SiteId, title: str) -> SiteNow:
        here = [one for one in self._listed if one.node.site == site]
        joined = [one for one in here if one.node.state is NodeState.JOINED]
        return SiteNow(
            id=site,
            title=title,
            own=any(one.own for one in here),
            nodes=len(joined),
            silent=sum(self._hearing(one) is Hearing.SILENT for one in joined),
        )

    def _hearing(self, one: Listed) -> Hearing:
        if one.node.state is NodeState.REVOKED:
            return Hearing.REVOKED
        if one.own or one.node.id in self._lines:
            return Hearing.HERE
        silent_us = self._now_us - max(self._heard[one.node.id], one.node.joined_us)
        return Hearing.NEAR if silent_us <= self._silent_after_us else Hearing.SILENT

    def _now(self, one: Listed) -> NodeNow:
        node = one.node.id
        letters, said, hearing = self._health.get(node, ()), self._said.get(node), self._hearing(one)
        machine = _machine(letters)
        return NodeNow(
            node=replace(one.node, heard_us=self._now_us if hearing is Hearing.HERE else self._heard[node]),
            own=one.own,
            hearing=hearing,
            waiting=said.waiting if said else 0,
            events_until_us=self._until.get(node, WallUs(0)),
            cameras=tuple(_cameras(letters, self._now_us if one.own else WallUs(0))),
            machine=machine,
            problem=_problem(hearing, machine, said),
        )


def _machine(letters: Sequence[Letter]) -> Machine | None:
    for letter in letters:
        if letter.key == MACHINE_KEY:
            with contextlib.suppress(msgspec.MsgspecError):
                found = msgspec.json.decode(letter.body, type=MachineCondition)
                return Machine(at_us=letter.at_us, **msgspec.structs.asdict(found))
    return None


def _cameras(letters: Sequence[Letter], here_us: WallUs) -> Iterator[CameraFar]:
    """`here_us` is up to when footage needs no way to the hub: what it recorded itself."""
    for letter in letters:
        if letter.key.startswith(CAMERA_KEY) and letter.camera is not None:
            with contextlib.suppress(msgspec.MsgspecError):
                found = msgspec.json.decode(letter.body, type=CameraCondition)
                yield CameraFar(
                    camera=letter.camera,
                    name=found.name,
                    state=found.state,
                    footage_until_us=max(WallUs(found.footage_until_us), here_us),
                    audit_score=found.audit_score,
                    findings=found.findings,
                )


def _problem(hearing: Hearing, machine: Machine | None, said: Said | None) -> str:
    """Say the gravest of what is wrong."""
    if hearing is Hearing.REVOKED:
        return ""
    if hearing is Hearing.SILENT:
        return "Nothing comes from it. If it runs, it goes on by itself and tells what happened as soon as it is back."
    if machine is not None and machine.undervoltage:
        return "Its power supply is too weak: a Pi then slows down or damages its card. Use the supply made for it."
    if said is not None and abs(said.ahead_us) > _CLOCK_OFF_US:
        way = "ahead of" if said.ahead_us > 0 else "behind"
        minutes = round(abs(said.ahead_us) / 60 / US_PER_S)
        return f"Its clock is {minutes} minutes {way} the hub's: what it tells has wrong times."
    if machine is not None and machine.disk_free_bytes is not None and machine.disk_free_bytes < _LITTLE_BYTES:
        return "Its disk is almost full."
    return ""


def _title(site: SiteId) -> str:
    """Return what a site without a title is called: `beach-house` is Beach house."""
    return site.replace("-", " ").capitalize()
