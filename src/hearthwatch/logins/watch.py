"""What is known of one camera's door, and the looks that add to it: log, sessions, accounts, alarms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

import msgspec
from sqlalchemy import Connection

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs, to_datetime
from hearthwatch.logins import ledger
from hearthwatch.logins.login import Login, LoginId, Source, Verdict
from hearthwatch.logins.novelty import NEVER_SET_UNTIL, Fresh, Known, fresh, is_undated, key_of
from hearthwatch.logins.owed import BOOK, Owed
from hearthwatch.logins.verdict import Guests, is_wanted, judge
from hearthwatch.vendors.capability import Accounts, LoginLog, Sessions
from hearthwatch.vendors.device import AlarmKind, AlarmSignal, LoginAction, LoginRecord, Session, address_of

_OVERLAP_US = 60 * US_PER_S
_WHOLE_EVERY_US = 3600 * US_PER_S
_LATE_US = 180 * US_PER_S
_AHEAD_US = 60 * US_PER_S
_EXPLAINED_US = 10 * US_PER_S
_LAG_US = 10 * US_PER_S
_DAY_US = 86_400 * US_PER_S
_NEWS_US = 600 * US_PER_S
_NOTE_EVERY_US = 600 * US_PER_S
_RECENT_US = 3600 * US_PER_S
_MANY = 20
_BY_KIND = {AlarmKind.LOGIN: LoginAction.LOGIN, AlarmKind.LOGIN_FAILED: LoginAction.DENIED}
_COUNTED = frozenset({LoginAction.LOGIN, LoginAction.LOGOUT, LoginAction.OTHER})
_SHORT_CHARS = 200
_RAW_CHARS = 2000


class _State(msgspec.Struct, omit_defaults=True):
    """What outlives a restart. `accounts` is None until they were read once; a session is id, user, origin and its time."""

    looked_us: WallUs | None = None
    newest_us: WallUs | None = None
    listed_us: WallUs | None = None
    sessions: list[tuple[str, str, str, int | None]] = []
    accounts: dict[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a look brought: rows new in the ledger, rows known better now, and rows that the disk did not take.

    `earlier` is None but for the first look ever at a log: then how many lines it held, and how many of them foreign."""

    added: tuple[Login, ...] = ()
    changed: tuple[Login, ...] = ()
    unkept: tuple[Login, ...] = ()
    earlier: tuple[int, int] | None = None

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.unkept or self.earlier)


class DoorWatch:
    """Of one camera; one task uses it. `load` first. `guests` may be replaced at any time."""

    def __init__(self, camera: CameraId, guests: Guests, *, db: Db, clock: Clock) -> None:
        self._camera = camera
        self.guests = guests
        self._db = db
        self._clock = clock
        self._known: dict[bytes, Known] = {}
        self._state = _State()
        self._owed = Owed(camera, db)
        self._written_us: WallUs | None = None
        self._loaded = False
        self._whole_us: WallUs | None = None
        self._nameless_us: WallUs | None = None
        self._named_us: WallUs | None = None
        self._gap_us: WallUs | None = None

    async def load(self) -> None:
        """Take up what a former house knew, or what a watch broken off was about to keep. Raises StorageFailed."""
        await self._owed.settled()
        if self._loaded:
            return

        def read(connection: Connection) -> tuple[dict[bytes, Known], str]:
            return ledger.known_lines(connection, self._camera, BOOK), ledger.state(connection, self._camera, BOOK)

        self._known, said = await self._db.run(read)
        self._state = msgspec.json.decode(said, type=_State) if said else _State()
        self._loaded = True

    @property
    def looked_us(self) -> WallUs | None:
        """When its log was last read, be it by a former house."""
        return self._state.looked_us

    @property
    def visits(self) -> dict[tuple[str, str], str]:
        """The ids of the sessions that were there at the last look, by user and address."""
        return {(user, address_of(origin) or origin): key for key, user, origin, _at in self._state.sessions}

    async def look_at_log(self, log: LoginLog) -> Looked:
        """Read the log and keep what is new. Raises what `log` raises."""
        now_us, before_us = self._clock.wall_us(), self._state.looked_us
        whole = self._whole_us is None or before_us is None or now_us - self._whole_us >= _WHOLE_EVERY_US
        records, new = await self._read(
            log, WallUs(0) if before_us is None or whole else WallUs(before_us - _OVERLAP_US), whole
        )
        if new.broken and new.new and not whole:
            whole = True
            records, new = await self._read(log, WallUs(0), whole)
        if whole:
            self._whole_us = now_us
        found = [self._of_record(records[index], now_us, before_us) for index in new.new]
        kept = self._without_own(found)
        earlier = None
        if before_us is None and records:
            past = [one for one in kept if not one.wanted]
            earlier = (len(past), sum(is_wanted(one.verdict, self.guests.notify) for one in past))
        elif new.broken and whole and before_us is not None and self._is_gap(found, before_us, now_us):
            kept.append(self._gap(before_us, now_us, is_restart=any(one.action is LoginAction.RESTARTED for one in found)))
        if any(one.action is LoginAction.LOGIN for one in found):
            self._nameless_us, self._named_us = None, now_us
        if found:
            self._state.newest_us = now_us
        self._state.looked_us = now_us
        new.apply(self._known)
        self._owed.note(new.changes)
        since_us = WallUs((before_us or 0) - _LAG_US)
        looked = await self._keep(kept, since_us, note=before_us is None)
        return replace(looked, earlier=earlier)

    async def _read(self, log: LoginLog, since_us: WallUs, whole: bool) -> tuple[tuple[LoginRecord, ...], Fresh]:
        records = await log.logins(since_us)
        lines = [(key_of(record.raw), is_undated(record.local_us)) for record in records]
        return records, fresh(self._known, lines, whole=whole)

    async def look_at_sessions(self, client: Sessions) -> Looked:
        """Ask who is logged in and keep who was not before. Raises what `client` raises."""
        sessions = await client.sessions()
        now_us, before_us = self._clock.wall_us(), self._state.listed_us
        left = Counter(tuple(one) for one in self._state.sessions)
        listed: list[tuple[str, str, str, int | None]] = []
        found: list[Login] = []
        for session in sessions:
            if self.guests.is_own(session.user, session.address):
                continue
            key = (_plain(session.id), _plain(session.user), _plain(session.origin), session.local_us)
            listed.append(key)
            if left[key]:
                left[key] -= 1
            else:
                found.append(self._of_session(session, now_us, before_us))
        is_changed = sorted(listed, key=repr) != sorted((tuple(one) for one in self._state.sessions), key=repr)
        self._state.sessions, self._state.listed_us = listed, now_us
        if found:
            self._nameless_us, self._named_us = None, now_us
        if not found and not is_changed:
            return Looked()
        since_us = WallUs(max((before_us or 0) - _LAG_US, now_us - _DAY_US))
        return await self._keep(found, since_us, note=is_changed)

    async def look_at_accounts(self, client: Accounts) -> Looked:
        """Compare the accounts with those there were. Raises what `client` raises."""
        now_us = self._clock.wall_us()
        now = {_plain(account.name): _plain(account.group) for account in await client.accounts()}
        before, self._state.accounts = self._state.accounts, now
        if before == now:
            return Looked()
        found = [
            self._row(action, Source.ACCOUNTS, now_us, user=name, code=group)
            for action, name, group in (() if before is None else _differences(before, now))
        ]
        return await self._keep(found, WallUs(now_us - _NEWS_US), note=True)

    async def hear(self, signals: Sequence[AlarmSignal]) -> Looked:
        """Keep what alarms say of log-ins. One that names nobody waits for a look that does: see `settle`."""
        now_us = self._clock.wall_us()
        found = []
        for signal in signals:
            if signal.kind is AlarmKind.LOGIN and not signal.user and signal.address is None:
                # of a burst the first alarm has the log read, which explains the others as well
                if self._named_us is None or now_us - self._named_us > _EXPLAINED_US:
                    self._nameless_us = self._nameless_us or now_us
            elif signal.kind in _BY_KIND:
                found.append(self._of_signal(signal, now_us))
        return await self._keep(self._without_own(found), WallUs(now_us - _LAG_US)) if found else Looked()

    def _of_signal(self, signal: AlarmSignal, now_us: WallUs) -> Login:
        row = self._row(
            _BY_KIND[signal.kind],
            Source.EVENT,
            now_us,
            at_us=self._credible(signal.at_us, now_us, WallUs(now_us - _LATE_US)),
            user=signal.user,
            address=signal.address,
            code=signal.code,
        )
        return replace(row, local_us=signal.local_us)

    @property
    def nameless_us(self) -> WallUs | None:
        """Since when an alarm about somebody without a name waits for a look that tells who it was."""
        return self._nameless_us

    async def settle(self) -> Looked:
        """Nothing told who it was: keep that somebody logged in."""
        at_us, self._nameless_us = self._nameless_us, None
        if at_us is None:
            return Looked()
        row = self._row(LoginAction.LOGIN, Source.EVENT, at_us)
        return await self._keep([row], at_us)

    def _is_gap(self, found: Sequence[Login], before_us: WallUs, now_us: WallUs) -> bool:
        """Nothing is left of what we knew: was it written over or emptied, or did it just grow old?

        A log that says itself that it was cleared needs no second word. One whose newest line of this kind is old may have
        dropped it for lines of other kinds: the whole log, read as system log, knows better."""
        if any(one.action is LoginAction.LOG_CLEARED for one in found):
            return False
        newest_us = self._state.newest_us
        is_young = newest_us is not None and now_us - newest_us < _RECENT_US
        return len(found) >= _MANY or is_young or now_us - before_us > _RECENT_US

    async def miss(self, before_us: WallUs, held: AbstractSet[bytes], *, is_restart: bool) -> Looked:
        """Keep that lines went by unread since `before_us`, unless that was said lately, or lines we know are `held` still:
        then it overflowed between two looks at the whole, but not between two of ours."""
        now_us = self._clock.wall_us()
        was_said = self._gap_us is not None and now_us - self._gap_us < _RECENT_US
        if was_said or not self._known.keys().isdisjoint(held):
            return Looked()
        return await self._keep([self._gap(before_us, now_us, is_restart=is_restart)], now_us)

    def _gap(self, before_us: WallUs, now_us: WallUs, *, is_restart: bool) -> Login:
        """Some cameras keep their log in memory only: a restart, which has a line of its own, empties it."""
        self._gap_us = now_us
        row = self._row(LoginAction.LOG_GAP, Source.WATCH, now_us, code=f"{before_us}-{now_us}")
        return replace(row, wanted=row.wanted and not is_restart)

    def _of_record(self, record: LoginRecord, now_us: WallUs, before_us: WallUs | None) -> Login:
        earliest_us = WallUs(int(NEVER_SET_UNTIL) if before_us is None else before_us - _LATE_US)
        at_us = self._credible(record.at_us, now_us, earliest_us)
        row = self._row(
            record.action,
            Source.LOG,
            now_us,
            at_us=at_us,
            user=record.user,
            address=record.address,
            code=record.code,
            via=record.via,
        )
        # what happened before this house looked for the first time is told of in one sentence
        is_past = before_us is None and (at_us != record.at_us or at_us < now_us - _NEWS_US)
        return replace(
            row,
            origin=_plain(record.origin),
            local_us=record.local_us,
            raw=_plain(record.raw, _RAW_CHARS),
            wanted=row.wanted and not is_past,
        )

    def _of_session(self, session: Session, now_us: WallUs, before_us: WallUs | None) -> Login:
        earliest_us = WallUs(int(NEVER_SET_UNTIL) if before_us is None else before_us - _LATE_US)
        at_us = self._credible(session.at_us, now_us, earliest_us)
        row = self._row(
            LoginAction.LOGIN,
            Source.SESSION,
            now_us,
            at_us=at_us,
            user=session.user,
            address=session.address,
            code=session.group,
            via=session.via,
        )
        return replace(row, origin=_plain(session.origin), local_us=session.local_us)

    def _row(
        self,
        action: LoginAction,
        source: Source,
        seen_us: WallUs,
        *,
        at_us: WallUs | None = None,
        user: str = "",
        address: str | None = None,
        code: str = "",
        via: str = "",
    ) -> Login:
        verdict = judge(action, user, address, self.guests)
        return Login(
            id=LoginId(0),
            camera=self._camera,
            action=action,
            code=_plain(code),
            user=_plain(user),
            address=address,
            origin=address or "",
            via=_plain(via),
            local_us=None,
            at_us=seen_us if at_us is None else at_us,
            seen_us=seen_us,
            source=source,
            verdict=verdict,
            wanted=is_wanted(verdict, self.guests.notify),
        )

    def _credible(self, at_us: WallUs | None, now_us: WallUs, earliest_us: WallUs) -> WallUs:
        """Return the camera's corrected time if it can be right: what is new came after the last look, and before now."""
        return at_us if at_us is not None and earliest_us <= at_us <= now_us + _AHEAD_US else now_us

    def _without_own(self, found: Sequence[Login]) -> list[Login]:
        """Our own coming and going is counted; whatever else was done in our name is kept."""
        kept = []
        for one in found:
            if one.verdict is Verdict.OWN and one.action in _COUNTED:
                self._owed.count_own(to_datetime(one.at_us).date().isoformat())
            else:
                kept.append(one)
        return kept

    async def _keep(self, found: Sequence[Login], since_us: WallUs, *, note: bool = False) -> Looked:
        """Write what is owed; without news that can wait a while, for each write costs the disk a flush."""
        now_us = self._clock.wall_us()
        can_wait = not found and not note and not self._owed.has_found
        if can_wait and self._written_us is not None and 0 <= now_us - self._written_us < _NOTE_EVERY_US:
            return Looked()
        self._written_us = now_us
        written = await self._owed.write(found, since_us, msgspec.json.encode(self._state).decode())
        return Looked(added=written.added, changed=written.changed, unkept=written.unkept)


def _differences(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[tuple[LoginAction, str, str]]:
    """Yield what became of accounts: what happened, whose, and the group it is or was in."""
    for name in sorted(before.keys() | now.keys()):
        if name not in before:
            yield LoginAction.ACCOUNT_ADDED, name, now[name]
        elif name not in now:
            yield LoginAction.ACCOUNT_REMOVED, name, before[name]
        elif now[name] != before[name]:
            yield LoginAction.ACCOUNT_CHANGED, name, now[name]


def _plain(text: str, limit: int = _SHORT_CHARS) -> str:
    """Halves of surrogate pairs go into no database, and no camera fills ours."""
    return text[:limit].encode("utf-8", "replace").decode()
