"""Nodes that fall silent, told once, and once more when they are back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hearthwatch.fleet.hub_ledger import Listed
from hearthwatch.fleet.node import NodeState
from hearthwatch.fleet.registry import Registry
from hearthwatch.health.outage import Fault, HealthSink
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.units import NS_PER_S, US_PER_S, MonoNs

_LOOK_EVERY_S = 5.0


class HubWatch:
    """Used on the house's loop. A hub that just started gives its nodes the time to come back first."""

    def __init__(self, registry: Registry, health: HealthSink, clock: Clock, silent_after_s: Callable[[], float]) -> None:
        self._registry = registry
        self._health = health
        self._clock = clock
        self._silent_after_s = silent_after_s
        self._started_ns = clock.mono_ns()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(_LOOK_EVERY_S)

    def look(self) -> None:
        """Look now."""
        after_s = self._silent_after_s()
        up_s = (self._clock.mono_ns() - self._started_ns) / NS_PER_S
        for one in self._registry.nodes.values():
            if one.own or one.retired or one.node.state is not NodeState.JOINED:
                continue
            silent_s = (self._clock.wall_us() - max(self._registry.heard_us(one.node.id), one.node.joined_us)) / US_PER_S
            if min(silent_s, up_s) <= after_s:
                self._health.recovered(Fault.NODE_SILENT, subject(one))
            else:
                since_ns = MonoNs(self._clock.mono_ns() - round(silent_s * NS_PER_S))
                self._health.failed(Fault.NODE_SILENT, subject(one), _words(one), since_ns=since_ns)


def subject(one: Listed) -> str:
    """Return what a silent node is called; by the id in it nodes of one name are told apart."""
    return f"{one.node.name[:40]} ({one.node.id})"


def _words(one: Listed) -> str:
    return (
        f"Nothing comes from {one.node.name} at {one.node.site}. Has it power, and is its internet in order? If it runs, it "
        "goes on recording and watching by itself, and what happened is here as soon as it is back."
    )
