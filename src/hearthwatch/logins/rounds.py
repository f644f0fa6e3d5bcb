"""The watch over the doors of all cameras: one task each, which looks when it is time and when an alarm says so."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import BadReply, HearthwatchError, Refused, Unreachable, Unsupported
from hearthwatch.kit.retry import keep_running_async
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs, WallUs
from hearthwatch.logins.login import Teller, Trouble, TroubleSink, WatchNow
from hearthwatch.logins.watch import DoorWatch, Looked
from hearthwatch.logins.watched import Watched
from hearthwatch.vendors.capability import Accounts, DeviceInfo, Doorkeeper, LoginAlarms, LoginLog, Sessions
from hearthwatch.vendors.device import Access, AlarmKind, AlarmPhase, AlarmSignal

log = logging.getLogger(__name__)

_DEAD_AFTER_S = 60.0
_SOURCE_S = 60.0
_EXPECTED_S = 600.0
_CALLED_S = 10.0
_SOURCE_KEPT_S = 600.0
"""Lines that we caused may still come after our address has changed."""
_LINE_WAIT_S = 0.7
"""What a session seen first waits for the log, which has more to say, before somebody is told."""
_SETTLE_S = 1.0
_BREATH_S = 0.2
"""Between two rounds, however many alarms come in."""
_MAX_SIGNALS = 200
_STRIKES = 5
_WAKES = frozenset({AlarmKind.LOGIN, AlarmKind.LOGIN_FAILED, AlarmKind.LOGOUT, AlarmKind.RESTARTED, AlarmKind.CLOCK_SET})


@dataclass(slots=True, eq=False, kw_only=True)
class _Post:
    """Everything about the watching of one camera."""

    watched: Watched
    watch: DoorWatch
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    signals: list[AlarmSignal] = field(default_factory=list)
    task: asyncio.Task[None] | None = None
    lacks: set[type] = field(default_factory=set)
    has_log: bool = False
    has_sessions: bool = False
    has_events: bool = False
    reported: bool = True
    """There may be an outage of its door to be ended, be it of a former house."""
    opened_ns: MonoNs
    is_refused: bool = False
    is_open: bool = False
    """One look went well since the watch of this door began anew."""
    strikes: Counter[type] = field(default_factory=Counter)
    due_ns: dict[str, int] = field(default_factory=dict)
    log_ns: int = 0
    sources: dict[str, MonoNs] = field(default_factory=dict)
    own_addresses: frozenset[str] = frozenset()
    expected: dict[str, MonoNs] = field(default_factory=dict)
    good_ns: MonoNs | None = None
    good_us: WallUs | None = None
    trouble: str = ""


class LoginWatch:
    """Used on one event loop. `renew` says which cameras; `run` watches them."""

    def __init__(
        self,
        keeper: Doorkeeper,
        *,
        db: Db,
        clock: Clock,
        troubles: TroubleSink,
        teller: Teller,
        source_of: Callable[[Access], Awaitable[str | None]],
        is_dark: Callable[[CameraId], bool],
        hears: Callable[[CameraId], bool],
    ) -> None:
        """`source_of` tells the address a camera sees us come from, `is_dark` whether its video is lost, too: that is told
        already, and one dead camera is one outage. `hears` tells whether a camera's alarms come in."""
        self._keeper = keeper
        self._db = db
        self._clock = clock
        self._troubles = troubles
        self._teller = teller
        self._source_of = source_of
        self._is_dark = is_dark
        self._hears = hears
        self._posts: dict[CameraId, _Post] = {}
        self._renewed = asyncio.Event()

    def renew(self, cameras: Mapping[CameraId, Watched]) -> None:
        """Watch exactly `cameras` from now on."""
        for camera in self._posts.keys() - cameras.keys():
            self._end(self._posts.pop(camera))
            self._troubles.recovered(camera)
        for camera, watched in cameras.items():
            post = self._posts.get(camera)
            if post is None:
                watch = DoorWatch(camera, watched.guests(), db=self._db, clock=self._clock)
                self._posts[camera] = _Post(watched=watched, watch=watch, opened_ns=self._clock.mono_ns())
            elif post.watched != watched:
                self._end(post)
                post.watched = watched
        self._renewed.set()

    def expect(self, camera: CameraId, user: str) -> None:
        """We are about to log in as `user` ourselves, to see that a password we changed works: that is no stranger."""
        post = self._posts.get(camera)
        if post is not None and user:
            post.expected[user] = self._clock.mono_ns()
            self._introduce(post)

    @staticmethod
    def _end(post: _Post) -> None:
        if post.task is not None:
            post.task.cancel()
            post.task = None

    def now(self) -> tuple[WatchNow, ...]:
        """Return how each camera is watched; from memory."""
        return tuple(
            WatchNow(
                camera=camera,
                has_log=post.has_log,
                has_sessions=post.has_sessions,
                has_events=post.has_events,
                looked_us=post.good_us,
                trouble=post.trouble,
            )
            for camera, post in self._posts.items()
        )

    def visits(self, camera: CameraId) -> dict[tuple[str, str], str]:
        """Return the ids of the visits that last, by user and address, as of the last look."""
        post = self._posts.get(camera)
        return post.watch.visits if post is not None else {}

    def wants(self, camera: CameraId, client: DeviceInfo) -> bool:
        """Whether the alarms of this camera tell of log-ins; not while it refuses us: each try in vain may lock the account."""
        is_well = camera in self._posts and not self._posts[camera].is_refused
        return is_well and isinstance(client, LoginAlarms) and client.tells_logins

    def is_well(self, camera: CameraId) -> bool:
        """Whether its door opened at the last look."""
        post = self._posts.get(camera)
        return post is not None and post.good_ns is not None and not post.trouble

    async def miss(self, camera: CameraId, before_us: WallUs, held: AbstractSet[bytes], *, is_restart: bool) -> None:
        """The whole log, of which `held` are the keys of all lines, has none any more that was seen at `before_us`."""
        post = self._posts.get(camera)
        if post is not None and await self._take(camera, await post.watch.miss(before_us, held, is_restart=is_restart)):
            await self._teller.tell(camera)

    def hear(self, camera: CameraId, signal: AlarmSignal) -> None:
        """Take an alarm of the camera's; returns at once."""
        post = self._posts.get(camera)
        if post is not None and signal.kind in _WAKES and signal.phase in {AlarmPhase.START, AlarmPhase.PULSE}:
            if len(post.signals) < _MAX_SIGNALS:
                post.signals.append(signal)
            post.wake.set()

    async def run(self) -> None:
        """Watch until cancelled."""
        try:
            while True:
                self._renewed.clear()
                for camera, post in self._posts.items():
                    if post.task is None or post.task.done():
                        work = functools.partial(self._stand, camera, post)
                        running = keep_running_async(f"log-ins of {camera}", work, clock=self._clock)
                        post.task = asyncio.create_task(running, name=f"log-ins of {camera}")
                await self._renewed.wait()
        finally:
            tasks = [post.task for post in self._posts.values() if post.task is not None]
            for post in self._posts.values():
                self._end(post)
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _stand(self, camera: CameraId, post: _Post) -> None:
        """Watch one camera until something fails."""
        post.due_ns.clear()  # what failed is due
        post.lacks.clear()
        post.strikes.clear()
        post.is_open = False
        try:
            await post.watch.load()
            await self._teller.tell(camera)  # what a former house did not come to tell
            while True:
                await self.round(camera)
                await asyncio.sleep(_BREATH_S)
                wait_s = (min(post.due_ns.values()) - self._clock.mono_ns()) / NS_PER_S
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(max(0.0, wait_s)):
                        await post.wake.wait()
        except HearthwatchError as error:
            self._report(camera, post, error)
            raise

    async def round(self, camera: CameraId) -> None:
        """Do what is due at one camera now. Raises what its client raises, and StorageFailed."""
        post = self._posts[camera]
        client = await self._keeper.client(camera)
        log_of = client if isinstance(client, LoginLog) and LoginLog not in post.lacks else None
        lists = client if isinstance(client, Sessions) and Sessions not in post.lacks and self._sessions_s(post) else None
        post.has_events = self.wants(camera, client)
        post.has_log, post.has_sessions = log_of is not None, lists is not None
        await self._know_ourselves(post)
        log_before_ns = post.log_ns
        post.wake.clear()
        signals, post.signals = post.signals, []
        news = await self._take(camera, await post.watch.hear(signals)) if signals else False
        if signals:
            post.due_ns |= {"log": post.log_ns + NS_PER_S, "sessions": 0}
        if log_of is not None and not post.is_open:
            # whether we may come in at all shows here: not every account may list the others
            news |= await self._read_log(camera, post, log_of, news=news)
        if lists is not None and self._is_due(post, "sessions", self._patience_s(camera, post)):
            looked = await self._attempt(post, Sessions, functools.partial(post.watch.look_at_sessions, lists))
            if looked:
                post.due_ns["log"] = 0
            news |= await self._take(camera, looked)
        if log_of is not None and post.has_log and self._clock.mono_ns() >= post.due_ns.get("log", 0):
            news |= await self._read_log(camera, post, log_of, news=news)
        news |= await self._compare_accounts(camera, post, client, is_due=post.log_ns != log_before_ns)
        news |= await self._settle(camera, post)
        if news:
            await self._teller.tell(camera)
        if not (post.has_log or post.has_sessions or post.has_events or "accounts" in post.due_ns):
            raise Unsupported("this camera does not tell who logs in to it")
        for what, is_on in (("log", post.has_log), ("sessions", post.has_sessions)):
            if not is_on:
                post.due_ns.pop(what, None)
        self._went_well(camera, post)

    @staticmethod
    def _sessions_s(post: _Post) -> float:
        return post.watched.options.sessions_s

    def _patience_s(self, camera: CameraId, post: _Post) -> float:
        """A camera that calls when somebody logs in need not be asked each second."""
        called = post.has_events and self._hears(camera)
        return max(self._sessions_s(post), _CALLED_S if called else 0.0)

    async def _read_log(self, camera: CameraId, post: _Post, client: LoginLog, *, news: bool) -> bool:
        post.log_ns = self._clock.mono_ns()
        post.due_ns["log"] = post.log_ns + round(post.watched.options.poll_s * NS_PER_S)
        reading = asyncio.ensure_future(self._attempt(post, LoginLog, functools.partial(post.watch.look_at_log, client)))
        try:
            if news and not (await asyncio.wait({reading}, timeout=_LINE_WAIT_S))[0]:
                await self._teller.tell(camera)
            return await self._take(camera, await reading) or news
        finally:
            reading.cancel()

    async def _compare_accounts(self, camera: CameraId, post: _Post, client: DeviceInfo, *, is_due: bool) -> bool:
        """Right after each look at the log, so that who did it and to whom is one message; without a log as often."""
        if not isinstance(client, Accounts) or Accounts in post.lacks:
            post.due_ns.pop("accounts", None)
            return False
        if post.has_log:
            post.due_ns.pop("accounts", None)
        if not (is_due if post.has_log else self._is_due(post, "accounts", post.watched.options.poll_s)):
            return False
        return await self._take(
            camera, await self._attempt(post, Accounts, functools.partial(post.watch.look_at_accounts, client))
        )

    async def _settle(self, camera: CameraId, post: _Post) -> bool:
        """Somebody nobody named stays nameless only if the log, read a moment later, does not name him either."""
        since_us = post.watch.nameless_us
        if since_us is None:
            return False
        ago_ns = 1000 * (self._clock.wall_us() - since_us)
        due_ns = self._clock.mono_ns() - ago_ns + round(_SETTLE_S * NS_PER_S)
        if post.has_log and post.log_ns < due_ns:
            post.due_ns["log"] = due_ns
            return False
        return await self._take(camera, await post.watch.settle())

    async def _attempt(self, post: _Post, part: type, look: Callable[[], Awaitable[Looked]]) -> Looked:
        """Take one look. Where the log can be read, what the camera does not let us have beside it is done without."""
        try:
            looked = await look()
        except Unsupported as error:
            self._give_up(post, part, error)
        except (Refused, BadReply) as error:
            is_needed = part is LoginLog or not post.is_open or (part is Sessions and not post.has_log)
            if is_needed:
                raise
            post.strikes[part] += 1
            if isinstance(error, Refused) or post.strikes[part] >= _STRIKES:
                self._give_up(post, part, error)
                post.due_ns["log"] = 0  # if we are let in nowhere any more, the log says so
        else:
            post.is_open = True
            post.strikes[part] = 0
            return looked
        return Looked()

    def _give_up(self, post: _Post, part: type, error: HearthwatchError) -> None:
        log.warning("%s (the rest of the watch goes on without it)", error)
        post.lacks.add(part)
        post.trouble = str(error)
        post.has_log &= part is not LoginLog
        post.has_sessions &= part is not Sessions

    async def _take(self, camera: CameraId, looked: Looked) -> bool:
        """Pass on what a look brought; True when somebody is to be told."""
        if looked.earlier is not None:
            await self._teller.welcome(camera, *looked.earlier)
        if looked.unkept:
            await self._teller.tell_unkept(camera, looked.unkept)
        rows = looked.added + looked.changed
        if rows:
            self._teller.news(rows)
        return any(row.wanted and not row.told for row in rows)

    def _is_due(self, post: _Post, what: str, every_s: float) -> bool:
        now_ns = self._clock.mono_ns()
        if now_ns < post.due_ns.get(what, 0):
            return False
        post.due_ns[what] = now_ns + round(every_s * NS_PER_S)
        return True

    def _went_well(self, camera: CameraId, post: _Post) -> None:
        post.is_refused = False
        post.good_ns, post.good_us = self._clock.mono_ns(), self._clock.wall_us()
        if not post.lacks:
            post.trouble = ""
        if post.reported:
            post.reported = False
            self._troubles.recovered(camera)

    def _report(self, camera: CameraId, post: _Post, error: HearthwatchError) -> None:
        """Tell the owner what he can do something about, once, and not that a dead camera is dead here, too."""
        post.trouble = str(error)
        since_ns = post.good_ns if post.good_ns is not None else post.opened_ns
        is_lasting = self._clock.mono_ns() - since_ns >= _DEAD_AFTER_S * NS_PER_S
        post.is_refused = isinstance(error, Refused)
        if self._is_dark(camera):
            return
        if isinstance(error, Refused):
            trouble = Trouble.REFUSED
        elif isinstance(error, Unreachable) and is_lasting:
            trouble = Trouble.UNREACHABLE
        elif isinstance(error, BadReply) and is_lasting:
            trouble = Trouble.UNREADABLE
        else:
            return
        post.reported = True
        self._troubles.failed(camera, trouble, str(error))

    async def _know_ourselves(self, post: _Post) -> None:
        if self._is_due(post, "source", _SOURCE_S):
            source = await self._source_of(post.watched.access)
            now_ns = self._clock.mono_ns()
            if source is not None:
                post.sources[source] = now_ns
            recent = {one for one, at_ns in post.sources.items() if now_ns - at_ns < _SOURCE_KEPT_S * NS_PER_S}
            post.own_addresses = frozenset(recent) | frozenset(post.watched.options.seen_as)
        self._introduce(post)

    def _introduce(self, post: _Post) -> None:
        now_ns = self._clock.mono_ns()
        post.expected = {user: at_ns for user, at_ns in post.expected.items() if now_ns - at_ns < _EXPECTED_S * NS_PER_S}
        post.watch.guests = post.watched.guests(post.own_addresses, frozenset(post.expected))
