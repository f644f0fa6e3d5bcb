"""When the watch looks, what it does about a door that does not open, and that it never hammers one that refuses it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from tests.logins.bench import FRONT, HOME, Keeper, Troubles
from tests.run.leaping_loop import LeapingLoop
from tests.run.quiet_db import QuietDb

from hearthwatch.kit.errors import BadReply, HearthwatchError, Refused, Unreachable, Unsupported
from hearthwatch.kit.units import NS_PER_S, US_PER_S, CameraId, MonoNs, WallUs
from hearthwatch.logins.login import Login, LoginsOptions, Trouble, Verdict
from hearthwatch.logins.rounds import LoginWatch
from hearthwatch.logins.watched import Watched
from hearthwatch.vendors.device import (
    Access,
    Account,
    AlarmKind,
    AlarmPhase,
    AlarmSignal,
    LoginAction,
    LoginRecord,
    Session,
)

BAD = "203.0.113.7"


class LoopClock:
    """Our clocks on a LeapingLoop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def wall_us(self) -> WallUs:
        return WallUs(1_700_000_000 * US_PER_S + round(self._loop.time() * US_PER_S))

    def mono_ns(self) -> MonoNs:
        return MonoNs(round((1000 + self._loop.time()) * NS_PER_S))

    def sleep(self, stop: object, seconds: float) -> bool:
        raise AssertionError("nobody sleeps on a thread here")


@dataclass
class Log:
    """A client with a log alone."""

    clock: LoopClock
    error: HearthwatchError | None = None
    records: list[LoginRecord] = field(default_factory=list)
    looks_s: list[float] = field(default_factory=list)

    def write(self, user: str = "admin", address: str = BAD, action: LoginAction = LoginAction.LOGIN) -> None:
        now_us = self.clock.wall_us()
        raw = f"{now_us} {user}"
        self.records.append(
            LoginRecord(
                action=action, code="", user=user, address=address, origin=address, via="", local_us=None, at_us=now_us, raw=raw
            )
        )

    async def logins(self, since_us: WallUs) -> tuple[LoginRecord, ...]:
        self.looks_s.append(self.clock.mono_ns() / NS_PER_S - 1000)
        if self.error is not None:
            raise self.error
        return tuple(self.records)


@dataclass
class Full(Log):
    """A client with a log, sessions, accounts and alarms."""

    here: tuple[Session, ...] = ()
    lists: int = 0
    list_error: HearthwatchError | None = None
    takes_s: float = 0.0
    tells_logins = True

    async def sessions(self) -> tuple[Session, ...]:
        self.lists += 1
        await asyncio.sleep(self.takes_s)
        if self.list_error is not None:
            raise self.list_error
        return self.here

    async def accounts(self) -> tuple[Account, ...]:
        raise Refused("not for you")

    def alarms(self):
        raise AssertionError

    async def active(self, code: str) -> tuple[int, ...]:
        return ()


@dataclass
class Teller:
    clock: LoopClock
    told_s: list[float] = field(default_factory=list)
    seen: list[Login] = field(default_factory=list)

    async def tell(self, camera: CameraId) -> None:
        self.told_s.append(round(self.clock.mono_ns() / NS_PER_S - 1000, 1))

    async def welcome(self, camera: CameraId, earlier: int, foreign: int) -> None: ...

    async def tell_unkept(self, camera: CameraId, logins: Sequence[Login]) -> None: ...

    def news(self, logins: Sequence[Login]) -> None:
        self.seen += logins


class Scene:
    """Runs the watch of one camera on leaping time; `at` does something at a moment."""

    def __init__(self, folder: Path, kind: type[Log], options: LoginsOptions | None = None) -> None:
        self.loop = LeapingLoop()
        self.clock = LoopClock(self.loop)
        self.client = kind(self.clock)
        self.db = QuietDb(folder)
        self.troubles, self.teller = Troubles(), Teller(self.clock)
        self.dark: set[CameraId] = set()
        self.heard: set[CameraId] = set()
        self.watched = Watched(
            options=options or LoginsOptions(),
            own_users=frozenset({"watch"}),
            home=HOME,
            access=Access(camera=FRONT, host="front.home", port=80),
        )
        self.watch = LoginWatch(
            Keeper(self.client, self.watched.access),
            db=self.db,
            clock=self.clock,
            troubles=self.troubles,
            teller=self.teller,
            source_of=self._source,
            is_dark=lambda camera: camera in self.dark,
            hears=lambda camera: camera in self.heard,
        )
        self._moments: list[tuple[float, object]] = []

    async def _source(self, access: Access) -> str | None:
        return "192.168.1.2"

    def at(self, second: float, do) -> None:
        self.loop.call_later(second, do)

    def run(self, seconds: float) -> None:
        async def working() -> None:
            self.watch.renew({FRONT: self.watched})
            task = asyncio.create_task(self.watch.run())
            await asyncio.sleep(seconds)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        try:
            self.loop.run_until_complete(working())
        finally:
            self.loop.close()
            self.db.close()


def test_the_log_is_read_as_often_as_is_asked(tmp_path: Path) -> None:
    scene = Scene(tmp_path, Log, LoginsOptions(poll_s=30))
    scene.run(305)
    assert 10 <= len(scene.client.looks_s) <= 11


def test_sessions_are_looked_at_each_second_and_one_that_is_new_has_the_log_read(tmp_path: Path) -> None:
    scene = Scene(tmp_path, Full, LoginsOptions(sessions_s=1))
    session = Session(id="1", user="admin", address=BAD, origin=BAD, group="", via="", local_us=None, at_us=None)

    def come() -> None:
        scene.client.here = (session,)
        scene.client.write()

    scene.at(40.5, come)
    scene.run(59)
    assert 45 <= scene.client.lists <= 60
    assert len([second for second in scene.client.looks_s if second > 1]) == 2
    assert [second for second in scene.teller.told_s if second > 1] == [pytest.approx(41, abs=1.1)]
    assert len({row.id for row in scene.teller.seen}) == 1, "the session and its line are one"


def test_an_alarm_has_the_log_read_at_once(tmp_path: Path) -> None:
    scene = Scene(tmp_path, Full, LoginsOptions(sessions_s=0))

    def come() -> None:
        scene.client.write()
        scene.watch.hear(FRONT, AlarmSignal(kind=AlarmKind.LOGIN, code="X", phase=AlarmPhase.PULSE, channel=0))

    scene.at(10, come)
    scene.run(20)
    assert [second for second in scene.teller.told_s if second > 1] == [pytest.approx(10, abs=0.3)]


def test_an_alarm_nobody_explains_is_somebody(tmp_path: Path) -> None:
    scene = Scene(tmp_path, Full, LoginsOptions(sessions_s=0))
    signal = AlarmSignal(kind=AlarmKind.LOGIN, code="X", phase=AlarmPhase.PULSE, channel=0)
    scene.at(10, lambda: scene.watch.hear(FRONT, signal))
    scene.at(20, lambda: scene.watch.hear(FRONT, replace(signal, phase=AlarmPhase.STATE)))
    scene.run(60)
    [row] = scene.teller.seen
    assert (row.user, row.address) == ("", None)
    assert [second for second in scene.teller.told_s if second > 1] == [pytest.approx(11.2, abs=0.6)]


def test_nobody_is_told_of_somebody_before_the_log_was_read_once_more(tmp_path: Path) -> None:
    scene = Scene(tmp_path, Full)
    scene.client.takes_s = 0.1
    signal = AlarmSignal(kind=AlarmKind.LOGIN, code="X", phase=AlarmPhase.PULSE, channel=0)
    failed = replace(signal, kind=AlarmKind.LOGIN_FAILED, user="root", address=BAD)
    scene.at(10, lambda: scene.watch.hear(FRONT, failed))  # has the log read, too early for the next line
    scene.at(10.3, scene.client.write)
    scene.at(10.3, lambda: scene.watch.hear(FRONT, signal))
    scene.at(11, lambda: setattr(scene.client, "takes_s", 0.0))
    scene.run(60)
    assert [row.user for row in scene.teller.seen if row.action is LoginAction.LOGIN] == ["admin"]


def test_a_flood_of_alarms_does_not_become_a_flood_of_looks(tmp_path: Path) -> None:
    scene = Scene(tmp_path, Full, LoginsOptions(sessions_s=0))
    signal = AlarmSignal(kind=AlarmKind.LOGIN_FAILED, code="X", phase=AlarmPhase.PULSE, channel=0, user="root", address=BAD)
    for number in range(2000):
        scene.at(10 + number / 200, lambda: scene.watch.hear(FRONT, signal))
    scene.run(30)
    assert len(scene.client.looks_s) <= 15


def test_a_door_that_refuses_us_is_told_once_and_tried_every_ten_minutes(tmp_path: Path) -> None:
    scene = Scene(tmp_path, Full)
    scene.at(10, lambda: setattr(scene.client, "list_error", Refused("wrong password")))
    scene.at(10, lambda: setattr(scene.client, "error", Refused("wrong password")))
    scene.run(3600)
    assert [trouble for _camera, trouble in scene.troubles.log if trouble] == [Trouble.REFUSED] * len(scene.troubles.log[1:])
    assert len([second for second in scene.client.looks_s if second > 10]) + scene.client.lists - 10 <= 12


def test_a_short_silence_is_no_trouble_and_a_long_one_is_told_and_its_end(tmp_path: Path) -> None:
    scene = Scene(tmp_path, Log)
    scene.at(100, lambda: setattr(scene.client, "error", Unreachable("away")))
    scene.at(140, lambda: setattr(scene.client, "error", None))
    scene.at(400, lambda: setattr(scene.client, "error", Unreachable("away")))
    scene.at(600, lambda: setattr(scene.client, "error", None))
    scene.run(700)
    log = [trouble for _camera, trouble in scene.troubles.log]
    assert log[0] is None
    assert set(log[1:-1]) == {Trouble.UNREACHABLE}
    assert log[-1] is None
    assert log.count(None) == 2


@pytest.mark.parametrize("error", [Unreachable("away"), Refused("no"), BadReply("what")])
def test_of_a_dead_camera_nothing_more_is_told(tmp_path: Path, error: HearthwatchError) -> None:
    scene = Scene(tmp_path, Log)
    scene.dark.add(FRONT)
    scene.client.error = error
    scene.run(600)
    assert scene.troubles.log == []
    assert scene.watch.now()[0].trouble == str(error)


def test_nonsense_is_told_when_it_lasts(tmp_path: Path) -> None:
    scene = Scene(tmp_path, Log)
    scene.client.error = BadReply("nonsense")
    scene.run(300)
    assert {trouble for _camera, trouble in scene.troubles.log} == {Trouble.UNREADABLE}


def test_what_a_model_lacks_is_left_out_and_the_rest_goes_on(tmp_path: Path) -> None:
    scene = Scene(tmp_path, Full)
    scene.client.list_error = Unsupported("no such list")
    scene.at(50, scene.client.write)
    scene.run(100)
    assert scene.client.lists == 1
    assert len(scene.teller.seen) == 1
    now = scene.watch.now()[0]
    assert (now.has_log, now.has_sessions) == (True, False)
    assert "no such list" in now.trouble or "not for you" in now.trouble


def test_a_camera_that_tells_nothing_at_all_is_no_outage(tmp_path: Path) -> None:
    scene = Scene(tmp_path, Log)
    scene.client.error = Unsupported("no log")
    scene.run(100)
    assert scene.troubles.log == []
    assert "does not tell who logs in" in scene.watch.now()[0].trouble or scene.watch.now()[0].trouble == "no log"


def test_a_camera_taken_out_is_not_looked_at_any_more(tmp_path: Path) -> None:
    scene = Scene(tmp_path, Log)
    scene.at(100, lambda: scene.watch.renew({}))
    scene.run(300)
    assert max(scene.client.looks_s) <= 100
    assert scene.watch.now() == ()


def test_the_log_in_that_proves_a_password_we_changed_is_our_own_for_a_while_and_from_here_only(tmp_path: Path) -> None:
    scene = Scene(tmp_path, Log, LoginsOptions(poll_s=5))
    scene.at(10, lambda: scene.watch.expect(FRONT, "admin"))
    scene.at(11, lambda: scene.client.write("admin", "192.168.1.2"))
    scene.at(12, lambda: scene.client.write("admin", "203.0.113.8"))
    scene.at(700, lambda: scene.client.write("admin", "192.168.1.2"))
    scene.run(720)
    assert [(row.user, row.address) for row in scene.teller.seen] == [("admin", "203.0.113.8"), ("admin", "192.168.1.2")]
    assert {row.verdict for row in scene.teller.seen} == {Verdict.UNKNOWN_USER}


def test_a_camera_that_calls_when_somebody_comes_is_asked_seldom_as_long_as_it_is_heard(tmp_path: Path) -> None:
    scene = Scene(tmp_path, Full, LoginsOptions(sessions_s=1))
    scene.heard.add(FRONT)
    scene.run(60)
    assert 5 <= scene.client.lists <= 8
