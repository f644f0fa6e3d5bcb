"""Makes alerts of what the watch of the cameras' doors found: paced, with names of addresses, noted as told."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import tzinfo

from sqlalchemy import Connection

from hearthwatch.alerts import login_alerts
from hearthwatch.alerts.alert import Alert
from hearthwatch.alerts.login_alerts import Setting
from hearthwatch.audit.remedy import RemedyKind
from hearthwatch.kit.address import reverse_name
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import HearthwatchError, StorageFailed
from hearthwatch.kit.units import NS_PER_S, US_PER_S, CameraId, MonoNs, WallUs, to_datetime
from hearthwatch.logins import ledger
from hearthwatch.logins.guessing import GUESSES
from hearthwatch.logins.login import Login, Verdict
from hearthwatch.logins.pacing import REMEMBERED_S, Pace
from hearthwatch.logins.verdict import Network, is_home
from hearthwatch.run.guess_news import Amend, GuessNews

log = logging.getLogger(__name__)

_NAME_S = 0.3
_MAX_NAMES = 500
_MAX_ASKED = 3
_TICK_S = 1.0
_AGAIN_S = 1.0
_DAY_US = 86_400 * US_PER_S
_DIGEST_ROWS = 5000
_NOT_IN_DIGEST = frozenset({Verdict.OWN, Verdict.NOTED})


class LoginNews:
    """A Teller. Used on the house's loop; `run` tells what had to wait, and the digests."""

    def __init__(
        self,
        *,
        db: Db,
        clock: Clock,
        record: Callable[[Alert], Awaitable[None]],
        amend: Amend,
        ids: Callable[[], str],
        name: Callable[[CameraId], str],
        zone: Callable[[], tzinfo],
        publish: Callable[[Login], None],
        able: Callable[[CameraId], Awaitable[Collection[RemedyKind]]],
        visits: Callable[[CameraId], Mapping[tuple[str, str], str]],
        name_of: Callable[[str], str] = reverse_name,
    ) -> None:
        """`able` tells what can be done to a camera, `visits` the ids of its sessions by user and address."""
        self._db = db
        self._clock = clock
        self._record = record
        self._amend = amend
        self._ids = ids
        self._name = name
        self._zone = zone
        self._publish = publish
        self._able = able
        self._visits = visits
        self._name_of = name_of
        self._home: tuple[Network, ...] = ()
        self._digests: dict[str, list[CameraId]] = {}
        self._digested: dict[str, str] = {}
        self._pace = Pace()
        self._recalled: set[CameraId] = set()
        self._guesses = GuessNews(db=db, clock=clock, amend=amend, ids=ids, setting=self._setting)
        self._turn = asyncio.Lock()
        self._waiting: dict[CameraId, MonoNs] = {}
        self._wake = asyncio.Event()
        self._names: dict[str, str] = {}
        self._asking: dict[str, asyncio.Future[str]] = {}
        self._asker = ThreadPoolExecutor(max_workers=_MAX_ASKED, thread_name_prefix="names")

    def renew(self, home: tuple[Network, ...], digests: Mapping[CameraId, str]) -> None:
        """Go on with changed home networks and times of the digests."""
        self._home = home
        self._digests = {}
        for camera, at in digests.items():
            if at:
                self._digests.setdefault(at, []).append(camera)

    async def tell(self, camera: CameraId) -> None:
        """See Teller."""
        async with self._turn:
            self._waiting.pop(camera, None)
            try:
                next_ns = await self._tell(camera)
            except StorageFailed as error:  # what was told is told again under the same key, which makes that a repeat
                log.warning("what is to be told of %s waits for the disk: %s", camera, error)
                next_ns = MonoNs(self._clock.mono_ns() + round(_AGAIN_S * NS_PER_S))
            if next_ns is not None:
                self._waiting[camera] = next_ns
                self._wake.set()

    async def _tell(self, camera: CameraId) -> MonoNs | None:
        """Tell what is due; return when there is more to be told."""
        await self._recall(camera)
        rows = await self._db.run(lambda connection: ledger.untold(connection, camera))
        guesses = [row for row in rows if row.verdict in GUESSES]
        others = [row for row in rows if row.verdict not in GUESSES]
        now_ns = self._clock.mono_ns()
        due = self._pace.due(camera, others, now_ns)
        if due:  # what he tried before he came in belongs to it
            await self._say([*due, *guesses])
            await self._db.run(lambda connection: ledger.set_told(connection, [row.id for row in due]))
        paced_ns = None if due else self._pace.next_ns(camera, others)
        guesses_ns = await self._guesses.tell(camera, guesses, is_told=bool(due))
        return min((ns for ns in (paced_ns, guesses_ns) if ns is not None), default=None)

    async def _recall(self, camera: CameraId) -> None:
        """Take up what a former house told of."""
        if camera in self._recalled:
            return
        now_us, now_ns = self._clock.wall_us(), self._clock.mono_ns()
        since_us = WallUs(now_us - round(REMEMBERED_S * US_PER_S))
        for story in await self._db.run(lambda connection: ledger.last_told(connection, camera, since_us)):
            self._pace.recall(story.head, MonoNs(now_ns - 1000 * max(0, now_us - story.last_us)))
        self._recalled.add(camera)

    async def tell_unkept(self, camera: CameraId, logins: Sequence[Login]) -> None:
        """See Teller."""
        async with self._turn:
            wanted = [row for row in logins if row.wanted]
            if wanted and (due := self._pace.due(camera, wanted, self._clock.mono_ns())):
                await self._record(await self._alert(due))

    async def welcome(self, camera: CameraId, earlier: int, foreign: int) -> None:
        """See Teller. A past in which nobody strange came is not worth a message."""
        if not foreign:
            return
        now_us = self._clock.wall_us()
        await self._record(login_alerts.welcome(self._ids(), camera, self._name(camera), earlier, foreign, now_us=now_us))

    def news(self, logins: Sequence[Login]) -> None:
        """See Teller."""
        for login in logins:
            self._publish(login)

    async def _say(self, rows: Sequence[Login]) -> None:
        """A house that died before it noted what it told may know of more by now: then everybody is told of all of it."""
        alert = await self._alert(rows)
        before = await self._amend(alert, False)
        if before is not None and before.text != alert.text:
            await self._amend(alert, True)

    async def _alert(self, rows: Sequence[Login]) -> Alert:
        setting = await self._setting(rows[0].camera, rows)
        return login_alerts.told(self._ids(), rows, setting, now_us=self._clock.wall_us())

    async def _setting(self, camera: CameraId, rows: Sequence[Login]) -> Setting:
        addresses = {row.address for row in rows if row.address is not None}
        try:
            able = await self._able(camera)
        except HearthwatchError:
            able = ()
        return Setting(
            name=self._name(camera),
            zone=self._zone(),
            inside=frozenset(address for address in addresses if is_home(address, self._home)),
            names=await self._names_of(addresses),
            sessions=self._visits(camera),
            able=able,
        )

    async def _names_of(self, addresses: Iterable[str]) -> Mapping[str, str]:
        """Return the names that are known or found within `_NAME_S`; slower ones are there the next time."""
        loop = asyncio.get_running_loop()
        wanted = sorted(addresses)
        asked = []
        for address in wanted:
            if address in self._names:
                continue
            if address not in self._asking and len(self._asking) < _MAX_ASKED:
                future = loop.run_in_executor(self._asker, self._name_of, address)
                self._asking[address] = future
                future.add_done_callback(functools.partial(self._named, address))
            if address in self._asking:
                asked.append(self._asking[address])
        if asked:
            await asyncio.wait(asked, timeout=_NAME_S)
            await asyncio.sleep(0)
        return {address: self._names[address] for address in wanted if self._names.get(address)}

    def known_name(self, address: str) -> str:
        """Return the reverse name that was found when a log-in from there was told, "" when there is none."""
        return self._names.get(address, "")

    def _named(self, address: str, done: asyncio.Future[str]) -> None:
        self._asking.pop(address, None)
        if not done.cancelled() and done.exception() is None:
            self._names[address] = done.result()
        while len(self._names) > _MAX_NAMES:
            del self._names[next(iter(self._names))]

    async def run(self) -> None:
        """Tell what had to wait, and the digests, until cancelled."""
        while True:
            next_s = (min(self._waiting.values(), default=0) - self._clock.mono_ns()) / NS_PER_S if self._waiting else _TICK_S
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(max(0.0, next_s), _TICK_S)):
                    await self._wake.wait()
            self._wake.clear()
            await self.tick()

    async def tick(self) -> None:
        """Tell what is due now."""
        now_ns = self._clock.mono_ns()
        for camera in [camera for camera, at_ns in self._waiting.items() if at_ns <= now_ns]:
            await self.tell(camera)
        await self._send_digests()

    async def _send_digests(self) -> None:
        now_us = self._clock.wall_us()
        now = to_datetime(now_us, self._zone())
        today = now.date().isoformat()
        for at, cameras in self._digests.items():
            if self._digested.get(at) != today and now.strftime("%H:%M") >= at:
                await self._send_digest(cameras, f"{today}/{at}", now_us)
                self._digested[at] = today

    async def _send_digest(self, cameras: Sequence[CameraId], key: str, now_us: WallUs) -> None:
        """The key keeps a house that starts anew from telling it twice."""
        since_us = WallUs(now_us - _DAY_US)
        logins: dict[CameraId, Sequence[Login]] = {}
        settings: dict[CameraId, Setting] = {}
        for camera in cameras:
            rows = await self._db.run(functools.partial(_of_day, camera, since_us))
            logins[camera] = rows
            settings[camera] = Setting(
                name=self._name(camera),
                zone=self._zone(),
                inside=frozenset(row.address for row in rows if row.address and is_home(row.address, self._home)),
            )
        await self._record(login_alerts.digest(self._ids(), logins, settings, key=key, now_us=now_us))

    async def close(self) -> None:
        """Wait for nobody's name."""
        self._asker.shutdown(wait=False, cancel_futures=True)


def _of_day(camera: CameraId, since_us: WallUs, connection: Connection) -> list[Login]:
    rows = ledger.recent(connection, camera=camera, since_us=since_us, limit=_DIGEST_ROWS)
    return [row for row in rows if row.verdict not in _NOT_IN_DIGEST]
