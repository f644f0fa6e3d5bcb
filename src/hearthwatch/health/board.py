"""The board: one outage per fault and subject, told once when it has lasted, and once when it is over."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from hearthwatch.health import ledger
from hearthwatch.health.outage import Fault, Outage
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs, WallUs

log = logging.getLogger(__name__)

_PATIENT = frozenset({Fault.CAMERA_UNREACHABLE, Fault.CAMERA_BAD_REPLY, Fault.PROCESS_RESTARTED})
_TELL_AFTER_S = 12.0
_STEADY_S = 12.0
_TOLD_ENDS = 2
_FLAPS_WITHIN_S = 900.0
_FLAPPING_STEADY_S = 600.0
_COMES_AND_GOES = " It comes and goes: you hear of it again when it has been well for ten minutes."
_CHECK_S = 1.0
_MAX_OPEN = 1000
_MAX_UNSAVED = 1000


@dataclass(slots=True, eq=False)
class _Case:
    """An outage that lasts, or whose end is being watched: back for `steady_s` is back for good."""

    key: int
    outage: Outage
    since_ns: MonoNs
    steady_s: float
    told: bool = False
    healed_ns: MonoNs | None = None
    healed_us: WallUs = WallUs(0)


class Board:
    """A HealthSink. `failed` and `recovered` may be called from any thread; `run` (or `tick`) tells and stores.

    Faults that often pass by themselves are told only when they last 12 s, and are over when they stayed away for as long:
    a camera that flaps is one outage. What ended twice within a quarter of an hour and fails again is over only after ten
    minutes without it, whatever it is. `tell` is called for each notice, with the outage as it is then. What is `quiet` when
    it is due waits for as long as it is; `quiet` also gets the outages that last and were told."""

    def __init__(
        self,
        db: Db,
        clock: Clock,
        tell: Callable[[Outage], Awaitable[None]],
        quiet: Callable[[Outage, Sequence[Outage]], bool] = lambda _outage, _told: False,
    ) -> None:
        self._db = db
        self._clock = clock
        self._tell = tell
        self._quiet = quiet
        self._lock = threading.Lock()
        self._cases: dict[tuple[Fault, str], _Case] = {}
        self._ends: dict[tuple[Fault, str], deque[MonoNs]] = {}
        self._unsaved: dict[int, tuple[Outage, bool]] = {}
        self._next_key = 1

    async def load(self) -> None:
        """Take up the outages a former house left open: each waits for its `recovered`. Raises StorageFailed.

        What failed while the ledger was being read goes on with the row it had, or gets one behind all others.
        """

        def read(connection: Connection) -> tuple[int, tuple[tuple[int, Outage, bool], ...]]:
            return ledger.last_key(connection), ledger.left_open(connection)

        last_key, found = await self._db.run(read)
        with self._lock:
            early, self._cases = self._cases, {}
            self._unsaved.clear()
            for key, outage, told in found:
                now_ns, name = self._clock.mono_ns(), (outage.fault, outage.subject)
                case = _Case(key=key, outage=outage, since_ns=now_ns, steady_s=self._steady_s(name, now_ns), told=told)
                self._cases[name] = case
            self._next_key = last_key + 1
            for name, case in early.items():
                before = self._cases.get(name)
                if before is not None:
                    case.key, case.told = before.key, before.told
                    case.outage = replace(before.outage, detail=case.outage.detail)
                else:
                    case.key, self._next_key = self._next_key, self._next_key + 1
                self._cases[name] = case
                self._unsaved[case.key] = (case.outage, case.told)

    def failed(
        self, fault: Fault, subject: str, detail: str, *, camera: CameraId | None = None, since_ns: MonoNs | None = None
    ) -> None:
        """See HealthSink."""
        now_ns = self._clock.mono_ns()
        since_ns = now_ns if since_ns is None else min(since_ns, now_ns)
        with self._lock:
            case = self._cases.get((fault, subject))
            if case is not None:
                case.healed_ns = None
                if detail != case.outage.detail:
                    case.outage = replace(case.outage, detail=detail)
                    self._unsaved[case.key] = (case.outage, case.told)
                return
            if len(self._cases) >= _MAX_OPEN:
                return
            start_us = WallUs(self._clock.wall_us() - (now_ns - since_ns) // 1000)
            outage = Outage(fault=fault, camera=camera, subject=subject, start_us=start_us, end_us=None, detail=detail)
            steady_s = self._steady_s((fault, subject), now_ns)
            self._cases[fault, subject] = _Case(key=self._next_key, outage=outage, since_ns=since_ns, steady_s=steady_s)
            self._unsaved[self._next_key] = (outage, False)
            self._next_key += 1
        log.warning("%s: %s: %s", subject, fault.value, detail)

    def _steady_s(self, name: tuple[Fault, str], now_ns: MonoNs) -> float:
        ends = self._ends.get(name)
        if ends and len(ends) == _TOLD_ENDS and now_ns - ends[0] <= _FLAPS_WITHIN_S * NS_PER_S:
            return _FLAPPING_STEADY_S
        return _STEADY_S if name[0] in _PATIENT else 0.0

    def recovered(self, fault: Fault, subject: str) -> None:
        """See HealthSink; nothing to do where nothing had failed."""
        with self._lock:
            case = self._cases.get((fault, subject))
            if case is not None and case.healed_ns is None:
                case.healed_ns, case.healed_us = self._clock.mono_ns(), self._clock.wall_us()

    def forget(self, gone: Callable[[Outage], bool]) -> None:
        """End the outages of what was taken out of the configuration; nobody is told that it works again."""
        with self._lock:
            for name, case in list(self._cases.items()):
                if gone(case.outage):
                    del self._cases[name]
                    over = replace(case.outage, end_us=max(self._clock.wall_us(), case.outage.start_us))
                    self._unsaved[case.key] = (over, case.told)

    def snapshot(self) -> tuple[Outage, ...]:
        """Return what is wrong now, oldest first; from memory, at once."""
        with self._lock:
            return tuple(case.outage for case in self._cases.values() if case.healed_ns is None)

    async def run(self) -> None:
        """Tell and store what is due, once a second; ends by cancellation."""
        while True:
            await self.tick()
            await asyncio.sleep(_CHECK_S)

    async def tick(self) -> None:
        """Tell and store what is due now."""
        notices = self._due()
        for outage in notices:
            await self._tell(outage)
        await self._store()

    def _due(self) -> list[Outage]:
        notices: list[Outage] = []
        with self._lock:
            now_ns = self._clock.mono_ns()
            for name, case in list(self._cases.items()):
                patient = case.outage.fault in _PATIENT
                if case.healed_ns is not None:
                    if now_ns - case.healed_ns < case.steady_s * NS_PER_S:
                        continue
                    del self._cases[name]
                    over = replace(case.outage, end_us=max(case.healed_us, case.outage.start_us))
                    self._unsaved[case.key] = (over, case.told)
                    if case.told:
                        notices.append(over)
                        self._ends.setdefault(name, deque(maxlen=_TOLD_ENDS)).append(now_ns)
                elif not case.told and (not patient or now_ns - case.since_ns >= _TELL_AFTER_S * NS_PER_S):
                    if self._quiet(case.outage, [each.outage for each in self._cases.values() if each.told]):
                        continue
                    case.told = True
                    self._unsaved[case.key] = (case.outage, True)
                    again = _COMES_AND_GOES if case.steady_s == _FLAPPING_STEADY_S else ""
                    notices.append(replace(case.outage, detail=case.outage.detail + again))
        return notices

    async def _store(self) -> None:
        with self._lock:
            rows = dict(self._unsaved)
        if not rows:
            return

        def save(connection: Connection) -> None:
            for key, (outage, told) in rows.items():
                ledger.save(connection, key, outage, told=told)

        try:
            await self._db.run(save)
        except StorageFailed as error:
            log.debug("outages are kept in memory: %s", error)
            with self._lock:
                self._unsaved = dict(list(self._unsaved.items())[-_MAX_UNSAVED:])
            return
        with self._lock:
            for key, row in rows.items():
                if self._unsaved.get(key) == row:
                    del self._unsaved[key]
