"""The keeper of the house's arming: one implementation for all that changes it; a change is stored and told, then it counts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import tzinfo

from hearthwatch.arming import ledger, machine
from hearthwatch.arming.arming import Acknowledged, ArmingOptions, ArmState, Mode, PersonNow, WhoIsHome
from hearthwatch.arming.machine import Scene, Step
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.units import NS_PER_S, MonoNs, WallUs, to_datetime

log = logging.getLogger(__name__)

_EVERY_S = 1.0
_SCAN_AGAIN_S = 60.0
"""A phone that is overheard and does not answer is asked again no sooner."""

Tell = Callable[[Step], Awaitable[bool]]


class ArmKeeper:
    """Implements ArmingDoor. Used from one event loop: `load`, then `run` and `run_scans`."""

    def __init__(
        self,
        db: Db,
        clock: Clock,
        who: WhoIsHome,
        options: ArmingOptions,
        zone: tzinfo,
        *,
        tell: Tell,
        changed: Callable[[], None],
    ) -> None:
        """`tell` stores a step together with what is told of it, in one transaction, and returns False when the disk did not
        take it (it was told all the same, and is stored later). `changed` hears of every new state."""
        self._db = db
        self._clock = clock
        self._who = who
        self._options = options
        self._zone = zone
        self._tell = tell
        self._changed = changed
        self._state = machine.first(clock.wall_us())
        self._one = asyncio.Lock()
        self._doubted = asyncio.Event()
        self._scanned_ns: MonoNs | None = None
        self._scanned_for: frozenset[tuple[str, bool]] = frozenset()

    @property
    def state(self) -> ArmState:
        return self._state

    async def load(self) -> None:
        """Take up the state the last house left. Raises StorageFailed."""
        kept = await self._db.run(ledger.kept)
        if kept is not None:
            self._state = kept
        log.info("the house is in mode %s, set by %s %s", self._state.mode, self._state.cause, self._state.who)

    async def renew(self, options: ArmingOptions, zone: tzinfo) -> None:
        """Go on with other options. A time of a changed schedule that is over already is not made up for; one that a changed
        zone leaps over is."""
        is_other, before = options.schedule != self._options.schedule, self._zone
        self._options, self._zone = options, zone
        if is_other:
            await self._do(lambda: machine.skip(self._state, self._clock.wall_us()))
        elif to_datetime(now_us := self._clock.wall_us(), zone).utcoffset() != to_datetime(now_us, before).utcoffset():
            await self._do(lambda: machine.move(self._state, before, zone))

    async def run(self) -> None:
        """Follow people and the schedule until cancelled."""
        while True:
            await asyncio.sleep(_EVERY_S)
            await self.look()

    async def run_scans(self) -> None:
        """Ask the devices whenever somebody may have come or gone, until cancelled; no schedule waits for their answers."""
        while True:
            await self._doubted.wait()
            self._doubted.clear()
            await self.scan()

    def ask(self) -> None:
        """Have `run_scans` ask every device now: somebody may be just coming home."""
        if self._who.people():
            self._doubted.set()

    async def look(self) -> None:
        """Look once, without asking anybody."""
        people = self._who.people()
        doubted = await self._look(people)
        doubts = frozenset((person.id, person.home) for person in people if person.id in doubted)
        early = self._scanned_ns is not None and self._clock.mono_ns() - self._scanned_ns < _SCAN_AGAIN_S * NS_PER_S
        if doubts and not (early and doubts <= self._scanned_for):
            self._scanned_for = doubts
            self._scanned_ns = self._clock.mono_ns()
            self._doubted.set()

    async def scan(self) -> None:
        """Ask every device, and believe what comes of it."""
        try:
            people = await self._who.scan()
        except HearthwatchError as error:
            log.warning("who is home cannot be made sure of: %s", error)
            return
        await self._look(people, scanned=True)

    async def _look(self, people: tuple[PersonNow, ...], *, scanned: bool = False) -> frozenset[str]:
        step, _stored = await self._do(lambda: machine.look(self._state, self._scene(people), scanned=scanned))
        return step.doubts

    async def wish(self, mode: Mode, *, who: str, via: str, until_us: WallUs | None = None) -> Acknowledged:
        """See ArmingDoor."""
        return await self._asked(
            lambda: machine.wish(self._state, self._now(), mode, who=who, via=via, until_us=until_us),
        )

    async def enable(self, *, who: str, via: str) -> Acknowledged:
        """See ArmingDoor."""
        return await self._asked(lambda: machine.enable(self._state, self._now(), who=who, via=via))

    async def answer(self, number: int, *, yes: bool, who: str, via: str) -> Acknowledged:
        """See ArmingDoor."""
        return await self._asked(lambda: machine.answer(self._state, self._now(), number, yes=yes, who=who, via=via))

    def _now(self) -> Scene:
        return self._scene(self._who.people())

    def _scene(self, people: tuple[PersonNow, ...]) -> Scene:
        return Scene(now_us=self._clock.wall_us(), people=people, options=self._options, zone=self._zone)

    async def _asked(self, decide: Callable[[], Step]) -> Acknowledged:
        step, stored = await self._do(decide)
        return Acknowledged(state=step.state, stored=stored)

    async def _do(self, decide: Callable[[], Step]) -> tuple[Step, bool]:
        """Take one step after the other, each to its end: what is told must count, also when whoever asked has gone away."""
        return await asyncio.shield(asyncio.ensure_future(self._whole(decide)))

    async def _whole(self, decide: Callable[[], Step]) -> tuple[Step, bool]:
        async with self._one:
            step = decide()
            if step.state.number == step.before.number:
                self._state = step.state
                return step, True
            stored = await self._tell(step)
            self._state = step.state
        change = step.change
        if change is not None:
            why = "; ".join(change.state.evidence)
            log.info("%s, was %s: %s %s %s", change.state.mode, change.before, change.state.cause, change.state.who, why)
        self._changed()
        return step, stored
