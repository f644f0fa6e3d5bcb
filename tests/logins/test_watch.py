"""The watch over one scripted door: what the ledger holds is what the camera's own ledger holds."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.run.quiet_db import QuietDb

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.logins import ledger
from hearthwatch.logins.login import Login, LoginId, Source, Verdict
from hearthwatch.logins.novelty import key_of
from hearthwatch.logins.verdict import Guests, networks
from hearthwatch.logins.watch import DoorWatch
from hearthwatch.vendors.device import (
    Account,
    AlarmKind,
    AlarmPhase,
    AlarmSignal,
    ClockReading,
    LocalUs,
    LoginAction,
    LoginRecord,
    Session,
)
from hearthwatch.vendors.local_time import print_local

FRONT = CameraId("front")
GUESTS = Guests(
    own_users=frozenset({"watch"}),
    own_addresses=frozenset({"192.168.1.2"}),
    known=frozenset({"watch", "anna"}),
    home=networks(["192.168.1"]),
)
BAD = "203.0.113.7"


@dataclass
class Door:
    """A camera with a ring, a clock of its own, sessions and accounts; `ledger` is all it ever wrote."""

    clock: FakeClock
    size: int = 1000
    ahead_us: int = 3600 * US_PER_S
    ring: deque[tuple[LocalUs, LoginAction, str, str]] = field(init=False)
    ledger: list[tuple[LoginAction, str, str]] = field(default_factory=list)
    here: list[Session] = field(default_factory=list)
    people: dict[str, str] = field(default_factory=lambda: {"admin": "admin"})
    asked: list[WallUs] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ring = deque(maxlen=self.size)

    def write(self, user: str, address: str, action: LoginAction = LoginAction.LOGIN) -> None:
        local = max(0, self.clock.wall_us() + self.ahead_us) // US_PER_S * US_PER_S
        self.ring.append((LocalUs(local), action, user, address))
        self.ledger.append((action, user, address))

    def stand_at_1970(self) -> None:
        self.ahead_us = -self.clock.wall_us()

    async def logins(self, since_us: WallUs) -> tuple[LoginRecord, ...]:
        self.asked.append(since_us)
        now_us = self.clock.wall_us()
        reading = ClockReading(local_us=LocalUs(now_us + self.ahead_us), at_us=now_us, error_us=0)
        return tuple(
            LoginRecord(
                action=action,
                code="access",
                user=user,
                address=address or None,
                origin=address,
                via="Web",
                local_us=local,
                at_us=reading.corrected(local),
                raw=f"{print_local(local)} {user} {address} {action}",
            )
            for local, action, user, address in self.ring
        )

    async def sessions(self) -> tuple[Session, ...]:
        return tuple(self.here)

    async def accounts(self) -> tuple[Account, ...]:
        return tuple(Account(name=name, group=group, is_admin=False, is_built_in=False) for name, group in self.people.items())

    def session(self, user: str, address: str, key: str = "1") -> Session:
        return Session(id=key, user=user, address=address, origin=address, group="", via="", local_us=None, at_us=None)


@asynccontextmanager
async def opened(folder: Path, door: Door) -> AsyncIterator[tuple[DoorWatch, QuietDb]]:
    db = QuietDb(folder)
    watch = DoorWatch(FRONT, GUESTS, db=db, clock=door.clock)
    await watch.load()
    try:
        yield watch, db
    finally:
        db.close()


async def rows(db: QuietDb) -> tuple[Login, ...]:
    return await db.run(lambda connection: ledger.after(connection, LoginId(0), limit=100_000))


def told(found: tuple[Login, ...]) -> Counter[tuple[LoginAction, str, str | None]]:
    return Counter((row.action, row.user, row.address) for row in found if row.source is Source.LOG)


async def test_burst_restart_jump_and_1970_leave_the_ledger_equal_to_the_cameras(tmp_path: Path) -> None:
    door = Door(FakeClock())
    door.write("anna", "192.168.1.5")
    async with opened(tmp_path, door) as (watch, _db):
        await watch.look_at_log(door)
        for _ in range(500):
            door.write("admin", BAD)
        door.clock.advance(30)
        await watch.look_at_log(door)
    door.ahead_us += 7200 * US_PER_S
    for _ in range(100):
        door.write("admin", BAD)
    door.clock.advance(30)
    async with opened(tmp_path, door) as (watch, _db):
        await watch.look_at_log(door)
        door.stand_at_1970()
        for _ in range(200):
            door.write("admin", BAD)
        door.clock.advance(30)
        await watch.look_at_log(door)
    async with opened(tmp_path, door) as (watch, db):
        await watch.look_at_log(door)
        assert told(await rows(db)) == Counter(door.ledger)
        assert all(abs(row.at_us - row.seen_us) <= 60 * US_PER_S for row in await rows(db))


OPS = st.lists(
    st.one_of(
        st.tuples(st.just("login"), st.integers(1, 40)),
        st.tuples(st.just("look"), st.integers(1, 4000)),
        st.tuples(st.just("jump"), st.integers(-90_000, 90_000)),
        st.tuples(st.just("1970"), st.just(0)),
        st.tuples(st.just("restart"), st.just(0)),
        st.tuples(st.just("session"), st.integers(0, 3)),
    ),
    max_size=25,
)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(OPS)
def test_whatever_happens_nothing_is_missed_or_doubled(tmp_path_factory: pytest.TempPathFactory, ops) -> None:

    asyncio.run(_run(tmp_path_factory.mktemp("house"), ops))


async def _run(folder: Path, ops) -> None:
    door = Door(FakeClock())
    db = QuietDb(folder)
    watch = DoorWatch(FRONT, GUESTS, db=db, clock=door.clock)
    await watch.load()
    try:
        for what, value in [*ops, ("look", 30)]:
            match what:
                case "login":
                    for _ in range(value):
                        door.write("admin", BAD)
                    door.clock.advance(1)
                case "look":
                    door.clock.advance(value)
                    await watch.look_at_log(door)
                case "jump":
                    door.ahead_us += value * US_PER_S
                case "1970":
                    door.stand_at_1970()
                case "restart":
                    watch = DoorWatch(FRONT, GUESTS, db=db, clock=door.clock)
                    await watch.load()
                case "session":
                    door.write("admin", BAD)
                    door.here = [door.session("admin", BAD, str(value))]
                    await watch.look_at_sessions(door)
        found = await rows(db)
        assert len([row for row in found if row.action is LoginAction.LOGIN and row.raw]) == len(door.ledger)
        assert all(row.raw for row in found if row.action is LoginAction.LOGIN), "every session found its line"
    finally:
        db.close()


async def test_a_session_and_its_line_are_one_whichever_comes_first(tmp_path: Path) -> None:
    door = Door(FakeClock())
    door.write("anna", "192.168.1.5")
    async with opened(tmp_path, door) as (watch, db):
        await watch.look_at_log(door)
        await watch.look_at_sessions(door)
        door.clock.advance(5)
        door.here = [door.session("admin", BAD)]
        [seen] = (await watch.look_at_sessions(door)).added
        assert (seen.source, seen.verdict, seen.raw) == (Source.SESSION, Verdict.UNKNOWN_USER, "")
        door.write("admin", BAD)
        door.clock.advance(20)
        looked = await watch.look_at_log(door)
        assert looked.added == ()
        [same] = looked.changed
        assert (same.id, same.source, same.merged) == (seen.id, Source.LOG, True)
        assert same.raw
        door.write("admin", BAD)
        door.clock.advance(1)
        [line] = (await watch.look_at_log(door)).added
        door.here.append(door.session("admin", BAD, "2"))
        looked = await watch.look_at_sessions(door)
        assert looked.added == ()
        assert [row.id for row in looked.changed] == [line.id]
        assert len([row for row in await rows(db) if row.user == "admin"]) == 2


async def test_a_session_that_was_there_before_a_restart_is_not_new(tmp_path: Path) -> None:
    door = Door(FakeClock())
    door.here = [door.session("admin", BAD)]
    async with opened(tmp_path, door) as (watch, _db):
        assert len((await watch.look_at_sessions(door)).added) == 1
    async with opened(tmp_path, door) as (watch, _db):
        assert not await watch.look_at_sessions(door)
        door.here = []
        await watch.look_at_sessions(door)
        door.here = [door.session("admin", BAD)]
        assert len((await watch.look_at_sessions(door)).added) == 1


async def test_accounts_are_compared_from_the_second_look_on(tmp_path: Path) -> None:
    door = Door(FakeClock())
    async with opened(tmp_path, door) as (watch, _db):
        assert not await watch.look_at_accounts(door)
    door.people = {"mallory": "admin"}
    async with opened(tmp_path, door) as (watch, _db):
        found = (await watch.look_at_accounts(door)).added
        assert [(row.verdict, row.user) for row in found] == [
            (Verdict.ACCOUNT_REMOVED, "admin"),
            (Verdict.ACCOUNT_ADDED, "mallory"),
        ]
        door.people = {"mallory": "user"}
        assert [row.verdict for row in (await watch.look_at_accounts(door)).added] == [Verdict.ACCOUNT_CHANGED]


def signal(kind: AlarmKind, user: str = "", address: str | None = None) -> AlarmSignal:
    return AlarmSignal(kind=kind, code="X", phase=AlarmPhase.PULSE, channel=0, user=user, address=address)


async def test_an_alarm_that_names_nobody_waits_for_a_look(tmp_path: Path) -> None:
    door = Door(FakeClock())
    async with opened(tmp_path, door) as (watch, _db):
        await watch.look_at_log(door)
        assert not await watch.hear([signal(AlarmKind.LOGIN)])
        assert watch.nameless_us is not None
        door.write("admin", BAD)
        await watch.look_at_log(door)
        assert watch.nameless_us is None, "the log told who it was"
        door.clock.advance(1)
        await watch.hear([signal(AlarmKind.LOGIN)] * 100)
        assert watch.nameless_us is None, "the rest of the burst, whose lines are read already"
        door.clock.advance(7)
        await watch.hear([signal(AlarmKind.LOGIN)])
        assert watch.nameless_us is None, "one of it that a busy machine heard late"
        door.clock.advance(4)
        await watch.hear([signal(AlarmKind.LOGIN)])
        [row] = (await watch.settle()).added
        assert (row.user, row.address, row.verdict) == ("", None, Verdict.UNKNOWN_USER)


async def test_a_failure_told_by_an_alarm_and_by_the_log_is_one(tmp_path: Path) -> None:
    door = Door(FakeClock())
    async with opened(tmp_path, door) as (watch, db):
        await watch.look_at_log(door)
        assert len((await watch.hear([signal(AlarmKind.LOGIN_FAILED, "root", BAD)] * 3)).added) == 3
        for _ in range(3):
            door.write("root", BAD, LoginAction.DENIED)
        door.clock.advance(30)
        looked = await watch.look_at_log(door)
        assert (len(looked.added), len(looked.changed)) == (0, 3)
        assert len(await rows(db)) == 3


async def test_the_past_of_a_camera_is_kept_and_told_of_in_one_sentence(tmp_path: Path) -> None:
    door = Door(FakeClock())
    for _ in range(3):
        door.write("admin", BAD)
    door.clock.advance(86_400)
    door.write("anna", "192.168.1.5")
    door.clock.advance(3600)
    door.write("mallory", BAD)
    async with opened(tmp_path, door) as (watch, db):
        looked = await watch.look_at_log(door)
        assert looked.earlier == (4, 3)
        assert [row.user for row in await rows(db) if row.wanted] == ["mallory"], "what happened just now is no past"


@pytest.mark.parametrize("new_lines", [0, 5])
async def test_a_log_emptied_by_somebody_is_said_once(tmp_path: Path, new_lines: int) -> None:
    door = Door(FakeClock())
    door.write("anna", "192.168.1.5")
    async with opened(tmp_path, door) as (watch, db):
        await watch.look_at_log(door)
        door.ring.clear()
        for _ in range(new_lines):
            door.write("admin", BAD)
        door.clock.advance(3601)  # the whole log is read once an hour
        await watch.look_at_log(door)
        door.clock.advance(3601)
        await watch.look_at_log(door)
        gaps = [row for row in await rows(db) if row.action is LoginAction.LOG_GAP]
        assert len(gaps) == 1
        assert gaps[0].wanted


async def test_a_restart_of_a_camera_with_a_log_in_memory_is_no_alarm(tmp_path: Path) -> None:
    door = Door(FakeClock())
    door.write("anna", "192.168.1.5")
    async with opened(tmp_path, door) as (watch, db):
        await watch.look_at_log(door)
        door.ring.clear()
        door.write("", "", LoginAction.RESTARTED)
        door.clock.advance(30)
        await watch.look_at_log(door)
        assert [row.wanted for row in await rows(db) if row.action is LoginAction.LOG_GAP] == [False]


async def test_our_own_visits_are_counted_by_day_and_what_else_we_did_is_kept(tmp_path: Path) -> None:
    door = Door(FakeClock())
    for _ in range(5):
        door.write("watch", "192.168.1.2")
    door.write("watch", "192.168.1.2", LoginAction.PASSWORD_CHANGED)
    async with opened(tmp_path, door) as (watch, db):
        await watch.look_at_log(door)
        assert [(row.action, row.verdict) for row in await rows(db)] == [(LoginAction.PASSWORD_CHANGED, Verdict.OWN)]
        own = await db.run(lambda connection: ledger.own(connection, FRONT))
        assert sum(own.values()) == 5


class Sick:
    """A Db whose disk fails as long as `is_sick`."""

    def __init__(self, db: QuietDb) -> None:
        self.db, self.is_sick = db, False

    async def run(self, work):
        if self.is_sick:
            raise StorageFailed(StorageFault.NO_SPACE, "no space left")
        return await self.db.run(work)


async def test_a_dead_disk_keeps_nobody_from_being_told_and_nothing_is_lost(tmp_path: Path) -> None:
    door = Door(FakeClock())
    db = Sick(QuietDb(tmp_path))
    watch = DoorWatch(FRONT, GUESTS, db=db, clock=door.clock)
    await watch.load()
    await watch.look_at_log(door)
    db.is_sick = True
    door.write("admin", BAD)
    door.clock.advance(30)
    looked = await watch.look_at_log(door)
    assert [row.user for row in looked.unkept] == ["admin"]
    door.clock.advance(30)
    assert not await watch.look_at_log(door), "told once"
    db.is_sick = False
    door.write("admin", BAD)
    door.clock.advance(30)
    looked = await watch.look_at_log(door)
    assert [(row.told, row.wanted) for row in looked.added] == [(True, True), (False, True)]
    db.db.close()


async def test_what_a_camera_says_is_bounded_and_can_be_stored(tmp_path: Path) -> None:
    door = Door(FakeClock())
    door.write("x" * 10_000 + "\ud800", BAD)
    async with opened(tmp_path, door) as (watch, db):
        await watch.look_at_log(door)
        [row] = await rows(db)
        assert len(row.user) <= 200
        assert len(row.raw) <= 2000


class Slow:
    """A Db whose writing takes until it is let go on."""

    def __init__(self, db: QuietDb) -> None:
        self.db, self.go_on = db, asyncio.Event()

    async def run(self, work):
        await self.go_on.wait()
        return await self.db.run(work)


async def test_a_watch_that_is_broken_off_while_it_writes_writes_once(tmp_path: Path) -> None:
    door = Door(FakeClock())
    db = Slow(QuietDb(tmp_path))
    db.go_on.set()
    watch = DoorWatch(FRONT, GUESTS, db=db, clock=door.clock)
    await watch.load()
    await watch.look_at_log(door)
    door.write("admin", BAD)
    door.clock.advance(30)
    db.go_on.clear()
    looking = asyncio.create_task(watch.look_at_log(door))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    db.go_on.set()
    await watch.load()
    door.write("admin", BAD)
    door.clock.advance(30)
    await watch.look_at_log(door)
    assert len(await rows(db.db)) == 2
    db.db.close()


async def test_a_reader_of_the_whole_log_may_know_better_that_it_was_emptied(tmp_path: Path) -> None:
    door = Door(FakeClock())
    door.write("anna", "192.168.1.5")
    async with opened(tmp_path, door) as (watch, _db):
        await watch.look_at_log(door)
        [record] = await door.logins(WallUs(0))
        before_us = door.clock.wall_us()
        door.clock.advance(300)
        assert not await watch.miss(before_us, {key_of(record.raw)}, is_restart=False), "our line is there still"
        [gap] = (await watch.miss(before_us, {b"another"}, is_restart=False)).added
        assert gap.wanted
        assert not await watch.miss(before_us, {b"another"}, is_restart=False), "said once"
