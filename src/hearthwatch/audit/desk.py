"""The desk where remedies are asked for: a question first, a yes that counts once, and the trail before and after."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable

from sqlalchemy import Connection

from hearthwatch.audit import trail
from hearthwatch.audit.house import Premises
from hearthwatch.audit.possible import network_change
from hearthwatch.audit.remedy import Remedy, RemedyKind, label
from hearthwatch.audit.remedy_words import question
from hearthwatch.audit.repairs import Repairs
from hearthwatch.audit.result import Result
from hearthwatch.audit.trail import Entry, RepairState
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import HearthwatchError, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import NS_PER_S, US_PER_S, CameraId, MonoNs, WallUs

log = logging.getLogger(__name__)

QUESTION_LIFE_US = 10 * 60 * US_PER_S
_AFTERMATH_NS = 15 * NS_PER_S


class RepairDesk:
    """For one event loop. `resume` once, after a start."""

    def __init__(
        self,
        repairs: Repairs,
        premises: Premises,
        *,
        db: Db,
        clock: Clock,
        ids: Callable[[], str],
        tell: Callable[[CameraId, str, str], Awaitable[None]],
        announce: Callable[[Remedy], None] = lambda _: None,
        ended: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`tell` gets a camera, a text for its owner, and a key under which it is told once; `announce` gets each remedy
        before it is done, and `ended` is called after it, however it ended, while the camera is still at work."""
        self._repairs = repairs
        self._premises = premises
        self._db = db
        self._clock = clock
        self._ids = ids
        self._tell = tell
        self._announce = announce
        self._ended = ended
        self._locks: dict[CameraId, asyncio.Lock] = {}
        self._ended_ns: dict[CameraId, MonoNs] = {}
        self._tasks: dict[str, asyncio.Task[Entry]] = {}
        self._made: dict[str, Secret] = {}

    def at_work(self, camera: CameraId) -> asyncio.Lock:
        """Return the lock that is held while something is done to that camera."""
        return self._locks.setdefault(camera, asyncio.Lock())

    def disturbs(self, camera: CameraId) -> bool:
        """Tell whether something is done to that camera, or was just now: it may refuse us until all know its new password."""
        ended_ns = self._ended_ns.get(camera)
        is_fresh = ended_ns is not None and self._clock.mono_ns() - ended_ns < _AFTERMATH_NS
        return is_fresh or self.at_work(camera).locked()

    async def ask(self, remedy: Remedy, who: str) -> Entry:
        """Write down what `who` wants and return the question, or the plain statement (IMPOSSIBLE) where there is no way.

        Raises Unsupported for a remedy that makes no sense, StorageFailed when it cannot be written down."""
        words = question(remedy, self._premises.name(remedy.camera))
        if remedy.kind is RemedyKind.CHANGE_NETWORK:
            network_change(remedy.value)
        state = RepairState.ASKED
        try:
            refusal = (await self._repairs.possible(remedy.camera)).refusal(remedy)
        except HearthwatchError:
            refusal = ""  # it cannot be asked now what it can; trying will tell
        if refusal:
            state, words = RepairState.IMPOSSIBLE, f"{self._premises.name(remedy.camera)}: {refusal}"
        now_us = self._clock.wall_us()
        entry = Entry(
            id=self._ids(),
            remedy=remedy,
            who=who,
            state=state,
            verified=False,
            text=words,
            asked_us=now_us,
            ended_us=now_us if refusal else None,
        )
        await self._db.run(lambda connection: trail.save(connection, entry))
        return entry

    async def confirm(self, entry: str, who: str, *, wait_s: float | None = None) -> Entry:
        """Do what `who` was asked about and return how it ended; RUNNING when that takes longer than `wait_s`.

        Raises Unsupported when there is no such open question of that person: it was answered, or is over ten minutes old."""
        now_us = self._clock.wall_us()
        since_us = WallUs(now_us - QUESTION_LIFE_US)
        begun = await self._db.run(
            lambda connection: trail.begin(connection, entry, who, not_before_us=since_us, now_us=now_us)
        )
        if begun is None:
            raise Unsupported("this question was answered already or is too old: ask for it again")
        task = self._tasks[entry] = asyncio.create_task(self._work(begun), name=f"remedy {begun.remedy.kind}")
        task.add_done_callback(lambda _: self._tasks.pop(entry, None))
        done, _ = await asyncio.wait({task}, timeout=wait_s)
        return task.result() if done else begun

    async def decline(self, entry: str, who: str) -> bool:
        """Take a no; False when there is nothing to decline any more."""
        now_us = self._clock.wall_us()
        return await self._db.run(lambda connection: trail.decline(connection, entry, who, now_us))

    async def do(self, remedy: Remedy, who: str) -> Entry:
        """Ask and say yes in one, for those who have asked the owner themselves (the command line)."""
        entry = await self.ask(remedy, who)
        return entry if entry.state is RepairState.IMPOSSIBLE else await self.confirm(entry.id, who)

    def take_password(self, entry: str) -> Secret | None:
        """Return, once, the password that was made up for that entry."""
        return self._made.pop(entry, None)

    async def _work(self, entry: Entry) -> Entry:
        remedy = entry.remedy
        name = self._premises.name(remedy.camera)
        async with self.at_work(remedy.camera):
            try:
                self._announce(remedy)
                result = await self._repairs.do(remedy)
            except Unsupported as error:
                return await self._end(entry, RepairState.IMPOSSIBLE, f"{name}: {_sentence(_plain(remedy, error))}")
            except HearthwatchError as error:
                log.warning("%s: %s for %s failed: %s", remedy.camera, remedy.kind, entry.who, error)
                return await self._end(entry, RepairState.FAILED, f"{name}: it did not work: {_plain(remedy, error)}")
            finally:
                self._ended_ns[remedy.camera] = self._clock.mono_ns()
                if self._ended is not None:
                    await self._ended()
        log.info("%s: %s for %s: %s", remedy.camera, remedy.kind, entry.who, result.text)
        if result.password is not None:
            self._made = {entry.id: result.password}  # only the newest waits to be seen
        return await self._end(entry, RepairState.DONE, _told(name, result), verified=result.verified)

    async def _end(self, entry: Entry, state: RepairState, text: str, *, verified: bool = False) -> Entry:
        now_us = self._clock.wall_us()
        ended = await self._db.run(
            lambda connection: trail.end(connection, entry.id, state, text, verified=verified, now_us=now_us)
        )
        assert ended is not None
        return ended

    async def close(self) -> None:
        """End what runs; it is unfinished and told at the next start."""
        for task in list(self._tasks.values()):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def resume(self) -> None:
        """Tell of what a former house left unfinished, with what came of it. Raises StorageFailed."""
        now_us = self._clock.wall_us()
        since_us = WallUs(now_us - QUESTION_LIFE_US)

        def read(connection: Connection) -> tuple[Entry, ...]:
            trail.expire(connection, since_us, now_us)
            return trail.running(connection)

        for entry in await self._db.run(read):
            if entry.id not in self._tasks:
                text = await self._found(entry.remedy)
                await self._tell(entry.remedy.camera, text, f"remedy/{entry.id}")
                name = self._premises.name(entry.remedy.camera)
                await self._end(entry, RepairState.UNFINISHED, f"{name}: {text}")

    async def _found(self, remedy: Remedy) -> str:
        what = label(remedy)
        begun = f"Hearthwatch stopped in the middle of this: {what[:1].lower()}{what[1:]}."
        async with self.at_work(remedy.camera):
            try:
                result = await self._repairs.resume(remedy)
            except HearthwatchError as error:
                return f"{begun} What came of it is not known: {error}"
        if result is not None:
            return f"{begun} {result.text}"
        return f"{begun} Look at the camera, and do it again if needed."


def _plain(remedy: Remedy, error: HearthwatchError) -> str:
    """Return what went wrong without the camera's name and address in front, which whoever asked knows."""
    return re.sub(rf"^{re.escape(remedy.camera)}( at [^, ]+)?[,:] ", "", str(error))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _told(name: str, result: Result) -> str:
    text = f"{name}: {result.text}"
    if result.secret:
        text += f" It is kept here: `hearthwatch secrets show {result.secret}` shows it to the owner of this machine."
    return text
