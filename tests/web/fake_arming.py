"""The house's arming behind the page: the real machine, nobody set up, no disk."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from hearthwatch.arming import machine
from hearthwatch.arming.arming import Acknowledged, ArmingOptions
from hearthwatch.arming.ledger import Line
from hearthwatch.arming.machine import Scene


class FakeArming:
    """Implements ArmingPageDoor."""

    def __init__(self, clock) -> None:
        self.clock = clock
        self.people = ()
        self.options = ArmingOptions()
        self.state = machine.first(clock.wall_us())
        self.kept: list[Line] = []
        self.stored = True

    def _scene(self) -> Scene:
        return Scene(now_us=self.clock.wall_us(), people=self.people, options=self.options, zone=ZoneInfo("Europe/Berlin"))

    def look(self) -> None:
        self._take(machine.look(self.state, self._scene(), scanned=True))

    async def wish(self, mode, *, who, via, until_us=None):
        return self._take(machine.wish(self.state, self._scene(), mode, who=who, via=via, until_us=until_us))

    async def enable(self, *, who, via):
        return self._take(machine.enable(self.state, self._scene(), who=who, via=via))

    async def answer(self, number, *, yes, who, via):
        return self._take(machine.answer(self.state, self._scene(), number, yes=yes, who=who, via=via))

    def lines(self, *, before, limit):
        return [line for line in reversed(self.kept) if before is None or line.number < before][:limit]

    def _take(self, step) -> Acknowledged:
        self.state = after = step.state
        if step.change is not None:
            self.kept.append(
                Line(
                    number=after.number,
                    at_us=step.change.at_us,
                    before=step.change.before,
                    mode=after.mode,
                    cause=after.cause,
                    who=after.who,
                    via=after.via,
                    until_us=after.until_us,
                    evidence=after.evidence,
                )
            )
        return Acknowledged(state=after, stored=self.stored)
