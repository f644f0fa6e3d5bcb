"""The switches of the fake house: a siren that works and a lamp that does not."""

from __future__ import annotations

from dataclasses import replace

from hearthwatch.actions.action import ActionNow, Deed, Turn, Way
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import US_PER_S, WallUs


class FakeSwitches:
    """Implements ActionDoor."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._deeds: list[Deed] = []
        self._actions = {
            name: ActionNow(name=name, title=title, way=way, enabled=True, on_since_us=None, off_us=None, last=None)
            for name, title, way in (("siren", "Siren in the yard", Way.CAMERA), ("lamp", "lamp", Way.GPIO))
        }

    def actions(self) -> tuple[ActionNow, ...]:
        return tuple(self._actions.values())

    def trail(self, limit: int) -> tuple[Deed, ...]:
        return tuple(reversed(self._deeds))[:limit]

    async def test(self, name: str, *, who: str, via: str) -> Deed:
        return self._do(name, Turn.ON, f"test by {who} ({via})")

    async def switch_off(self, name: str, *, who: str, via: str) -> Deed:
        return self._do(name, Turn.OFF, f"by {who} ({via})")

    def _do(self, name: str, turn: Turn, why: str) -> Deed:
        if name not in self._actions:
            raise Unsupported(f"there is no action {name}; there is: {', '.join(self._actions)}")
        now_us, done = self._clock.wall_us(), name == "siren"
        deed = Deed(
            id=f"D{len(self._deeds):04}",
            at_us=now_us,
            name=name,
            turn=turn,
            why=why,
            done=done,
            text="" if done else "the pins of this machine cannot be reached",
        )
        self._deeds.append(deed)
        is_on = done and turn is Turn.ON
        off_us = WallUs(now_us + 5 * US_PER_S) if is_on else None
        self._actions[name] = replace(self._actions[name], on_since_us=now_us if is_on else None, off_us=off_us, last=deed)
        return deed
