"""The keeper of actions: writes down what it is about to switch on, and switches it off, whatever comes between."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import Connection

from hearthwatch.actions import ledger
from hearthwatch.actions.action import ActionNow, ActionOptions, Deed, Turn
from hearthwatch.actions.ledger import On
from hearthwatch.actions.rules import asked_by_event, asked_by_mode
from hearthwatch.arming.arming import Mode
from hearthwatch.events.event import Change
from hearthwatch.health.outage import Fault, HealthSink
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import BadReply, HearthwatchError, StorageFailed, Unreachable, Unsupported
from hearthwatch.kit.units import NS_PER_S, US_PER_S, MonoNs, WallUs

log = logging.getLogger(__name__)

TEST_S = 5.0
_CHECK_S = 0.25
_DRIVE_S = 20.0
_TRIES = 3
_LONGEST_WAIT_S = 60.0
_REPEAT_FRAC = 0.8
_CLOSE_S = 5.0


class Driver(Protocol):
    async def drive(self, name: str, options: ActionOptions, turn: Turn) -> float | None:
        """Switch it. Returns after how many seconds it goes off by itself, None when it does not. Raises kit errors."""
        ...


@dataclass(slots=True, eq=False)
class _Held:
    """An action that is on. `off_ns` None: nothing switches it off by itself. `again_ns`: when it must be asked once more
    because it stops by itself earlier than wished."""

    on: On
    off_ns: MonoNs | None
    again_ns: MonoNs | None = None
    tries: int = 0


@dataclass(slots=True, eq=False)
class _Place:
    """What is known of one action; `turn` is held by who switches it."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    held: _Held | None = None
    rests_ns: MonoNs = MonoNs(0)
    last: Deed | None = None


class ActionKeeper:
    """Used on one event loop: `load`, then `run`. Each action is switched in a task of its own: a dead one holds up none."""

    def __init__(
        self,
        driver: Driver,
        *,
        options: Callable[[], Mapping[str, ActionOptions]],
        db: Db,
        clock: Clock,
        ids: Callable[[], str],
        health: HealthSink,
        retry_s: float = 1.0,
    ) -> None:
        """`retry_s` passes between the tries to switch something on that does not answer."""
        self._driver = driver
        self._options = options
        self._db = db
        self._clock = clock
        self._ids = ids
        self._health = health
        self._retry_s = retry_s
        self._places: dict[str, _Place] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def load(self) -> None:
        """Take up what a former house left on: what was to go off by itself goes off now. Raises StorageFailed."""

        def read(connection: Connection) -> tuple[tuple[On, ...], tuple[Deed, ...]]:
            return ledger.all_on(connection), ledger.recent(connection, 200)

        on, deeds = await self._db.run(read)
        for deed in reversed(deeds):
            self._place(deed.name).last = deed
        for one in on:
            off_ns = None if one.off_us is None else self._clock.mono_ns()
            self._place(one.name).held = _Held(on=one, off_ns=off_ns)

    def now(self) -> tuple[ActionNow, ...]:
        """Return every action as it is, from memory."""
        return tuple(self._now(name, options) for name, options in self._options().items())

    def _now(self, name: str, options: ActionOptions) -> ActionNow:
        place = self._place(name)
        held = place.held
        return ActionNow(
            name=name,
            title=options.name or name,
            way=options.way,
            enabled=options.enabled,
            on_since_us=held.on.since_us if held else None,
            off_us=held.on.off_us if held else None,
            last=place.last,
        )

    def on_event(self, change: Change, mode: Mode) -> None:
        """See rules.asked_by_event; returns at once."""
        for name, options in self._options().items():
            if asked_by_event(options, change, mode):
                event = change.event
                why = f"{event.label or event.kind.value} at {event.camera}"
                self._spawn(self._by_itself(name, options, why))

    def on_mode(self, mode: Mode) -> None:
        """See rules.asked_by_mode; returns at once."""
        for name, options in self._options().items():
            asked = asked_by_mode(options, mode)
            if asked is Turn.ON:
                self._spawn(self._by_itself(name, options, f"mode {mode}"))
            elif asked is Turn.OFF and self._place(name).held is not None:
                self._spawn(self._off_quietly(name, f"mode {mode}"))

    async def test(self, name: str, why: str) -> Deed:
        """Switch it on for TEST_S at most. Raises Unsupported for a name there is not, and while it is on already."""
        options = self._known(name)
        if self._place(name).held is not None:
            raise Unsupported(f"{name} is on already: switch it off first")
        return await self._on(name, options, why, min(TEST_S, options.off_after_s or TEST_S))

    async def off(self, name: str, why: str) -> Deed:
        """Switch it off now, also where it is not known to be on. Raises Unsupported for a name there is not."""
        place = self._place(name)
        return await self._off(name, place.held.on.options if place.held else self._known(name), why)

    async def run(self) -> None:
        """Switch off what is due until cancelled."""
        while True:
            self.tick()
            await asyncio.sleep(_CHECK_S)

    def tick(self) -> None:
        """Begin what is due now."""
        now_ns = self._clock.mono_ns()
        for name, place in list(self._places.items()):
            held = place.held
            if held is None or place.turn.locked():
                continue
            current = self._options().get(name)
            is_same = current is not None and _target(current) == _target(held.on.options)
            if not is_same and not held.tries:
                self._spawn(self._off_quietly(name, "its configuration changed"))
            elif held.off_ns is not None and held.off_ns <= now_ns:
                self._spawn(self._off_quietly(name, "its time was over"))
            elif held.again_ns is not None and held.again_ns <= now_ns:
                self._spawn(self._again(name, held))

    async def settle(self) -> None:
        """Wait until everything that was begun has ended."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def close(self) -> None:
        """Switch off what would go off by itself: nobody is there afterwards to do it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_S):
                for name, place in self._places.items():
                    if place.held is not None and place.held.off_ns is not None:
                        self._spawn(self._off_quietly(name, "Hearthwatch was stopped"))
                await self.settle()
        for task in self._tasks:
            task.cancel()

    def _place(self, name: str) -> _Place:
        return self._places.setdefault(name, _Place())

    def _known(self, name: str) -> ActionOptions:
        options = self._options().get(name)
        if options is None:
            names = ", ".join(self._options()) or "none"
            raise Unsupported(f"there is no action {name}; there is: {names}")
        return options

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="action")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _by_itself(self, name: str, options: ActionOptions, why: str) -> None:
        place = self._place(name)
        if place.turn.locked() or place.held is not None or self._clock.mono_ns() < place.rests_ns:
            return
        await self._on(name, options, why, options.off_after_s)

    async def _off_quietly(self, name: str, why: str) -> None:
        held = self._place(name).held
        if held is not None:
            await self._off(name, held.on.options, why)

    async def _on(self, name: str, options: ActionOptions, why: str, for_s: float) -> Deed:
        place = self._place(name)
        async with place.turn:
            now_us, now_ns = self._clock.wall_us(), self._clock.mono_ns()
            off_us = WallUs(now_us + round(for_s * US_PER_S)) if for_s else None
            on = On(name=name, since_us=now_us, off_us=off_us, why=why, options=options)
            if options.has_off:
                await self._write(lambda connection: ledger.set_on(connection, on))
                place.held = _Held(on=on, off_ns=MonoNs(now_ns + round(for_s * NS_PER_S)) if for_s else None)
            place.rests_ns = MonoNs(now_ns + round((for_s * options.has_off + options.cooldown_s) * NS_PER_S))
            fault = await self._drive(name, options, Turn.ON, _TRIES)
            if fault is None:
                self._health.recovered(Fault.ACTION_FAILED, name)
            else:
                self._health.failed(Fault.ACTION_FAILED, name, f"{fault} ({why})")
                if not isinstance(fault, Unreachable | BadReply):  # after those it may be on all the same
                    await self._write(lambda connection: ledger.set_off(connection, name))
                    place.held = None
            return await self._note(name, Turn.ON, why, fault)

    async def _off(self, name: str, options: ActionOptions, why: str) -> Deed:
        place = self._place(name)
        async with place.turn:
            held = place.held
            fault = await self._drive(name, options, Turn.OFF, 1)
            now_ns = self._clock.mono_ns()
            if fault is None or (isinstance(fault, Unsupported) and name not in self._options()):
                await self._write(lambda connection: ledger.set_off(connection, name))
                place.held = None
                place.rests_ns = MonoNs(now_ns + round(options.cooldown_s * NS_PER_S))
                self._health.recovered(Fault.ACTION_STUCK, name)
            elif held is not None:
                wait_s = min(_LONGEST_WAIT_S, 2.0**held.tries)
                held.tries += 1
                held.off_ns, held.again_ns = MonoNs(now_ns + round(wait_s * NS_PER_S)), None
                self._health.failed(Fault.ACTION_STUCK, name, f"{fault} It is tried again and again. Switch it off by hand.")
                if held.tries > 1 and place.last is not None:
                    return place.last  # the trail has one line for it, not one a minute
            return await self._note(name, Turn.OFF, why, fault)

    async def _again(self, name: str, held: _Held) -> None:
        async with self._place(name).turn:
            held.again_ns = None
            await self._drive(name, held.on.options, Turn.ON, 1)

    async def _drive(self, name: str, options: ActionOptions, turn: Turn, tries: int) -> HearthwatchError | None:
        """Return what went wrong, None for nothing."""
        for left in reversed(range(tries)):
            try:
                async with asyncio.timeout(_DRIVE_S):
                    lasts_s = await self._driver.drive(name, options, turn)
            except TimeoutError:
                fault: HearthwatchError = Unreachable(f"there was no answer within {_DRIVE_S:.0f} s.")
            except HearthwatchError as error:
                fault = error
            else:
                held = self._place(name).held
                if held is not None and turn is Turn.ON and lasts_s is not None:
                    held.again_ns = MonoNs(self._clock.mono_ns() + round(lasts_s * _REPEAT_FRAC * NS_PER_S))
                return None
            if not left or not isinstance(fault, Unreachable):
                break
            await asyncio.sleep(self._retry_s)
        log.warning("action %s was not switched %s: %s", name, turn, fault)
        return fault

    async def _note(self, name: str, turn: Turn, why: str, fault: HearthwatchError | None) -> Deed:
        deed = Deed(
            id=self._ids(),
            at_us=self._clock.wall_us(),
            name=name,
            turn=turn,
            why=why,
            done=fault is None,
            text="" if fault is None else str(fault),
        )
        self._place(name).last = deed
        log.info("action %s: %s (%s)%s", name, turn, why, "" if fault is None else f", failed: {fault}")
        await self._write(lambda connection: ledger.note(connection, deed))
        return deed

    async def _write(self, work: Callable[[Connection], None]) -> None:
        """A dead disk keeps no siren from sounding, nor from being switched off."""
        try:
            await self._db.run(work)
        except StorageFailed as error:
            log.warning("what an action did is not written down: %s", error)


def _target(options: ActionOptions) -> tuple[object, ...]:
    return options.webhook, options.mqtt, options.camera, options.gpio
