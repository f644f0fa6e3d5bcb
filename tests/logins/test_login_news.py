"""Who is told when: at once, together, after a restart, once a day."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest
from tests.logins.rows import login
from tests.run.quiet_db import QuietDb

from hearthwatch.alerts.alert import Alert
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.ids import Ulids
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.logins import ledger
from hearthwatch.logins.login import Verdict
from hearthwatch.logins.verdict import networks
from hearthwatch.run.login_news import LoginNews
from hearthwatch.vendors.device import LoginAction

FRONT = CameraId("front")


class Killed(Exception):
    """The house is no more."""


class Scene:
    def __init__(self, folder: Path, clock: FakeClock, name_of) -> None:
        self.clock, self.db = clock, QuietDb(folder)
        self.alerts: list[Alert] = []
        self.sent: list[str] = []
        self.dies = False
        self.news = LoginNews(
            db=self.db,
            clock=clock,
            record=self._record,
            amend=self._amend,
            ids=Ulids(clock),
            name=str,
            zone=lambda: UTC,
            publish=lambda _login: None,
            able=self._able,
            visits=lambda _camera: {},
            name_of=name_of,
        )

    async def _record(self, alert: Alert) -> None:
        self.alerts.append(alert)

    async def _amend(self, alert: Alert, again: bool) -> Alert | None:
        """What the outbox does; `sent` is what a channel got that cannot change what it sent."""
        before = next((one for one in self.alerts if one.dedupe_key == alert.dedupe_key), None)
        self.alerts = [one for one in self.alerts if one is not before] + [alert]
        if again or before is None:
            self.sent.append(alert.title)
        if self.dies:
            raise Killed
        return before

    async def _able(self, camera: CameraId):
        return ()

    async def happen(self, *rows) -> None:
        await self.db.run(lambda connection: ledger.add(connection, rows))
        await self.news.tell(FRONT)


@asynccontextmanager
async def scene(folder: Path, clock: FakeClock | None = None, name_of=lambda _ip: "") -> AsyncIterator[Scene]:
    found = Scene(folder, clock or FakeClock(), name_of)
    try:
        yield found
    finally:
        await found.news.close()
        found.db.close()


async def test_what_is_wanted_is_told_once_even_over_a_restart(tmp_path: Path) -> None:
    async with scene(tmp_path) as house:
        await house.happen(login(), login(wanted=False, user="anna"))
        await house.news.tell(FRONT)
        assert len(house.alerts) == 1
        assert "anna" not in house.alerts[0].text
    async with scene(tmp_path) as house:
        await house.news.tell(FRONT)
        assert house.alerts == []


async def test_what_a_former_house_did_not_tell_is_told(tmp_path: Path) -> None:
    async with scene(tmp_path) as house:
        await house.db.run(lambda connection: ledger.add(connection, [login()]))
    async with scene(tmp_path) as house:
        await house.news.tell(FRONT)
        assert len(house.alerts) == 1


async def test_what_goes_on_is_told_together_when_its_time_has_come(tmp_path: Path) -> None:
    async with scene(tmp_path) as house:
        await house.happen(login())
        for _ in range(50):
            house.clock.advance(1)
            await house.happen(login())
            await house.news.tick()
        assert len(house.alerts) == 1
        house.clock.advance(11)
        await house.news.tick()
        assert len(house.alerts) == 2
        assert "(50 times)" in house.alerts[1].title
        house.clock.advance(10_000)
        await house.news.tick()
        assert len(house.alerts) == 2


def guess(**more):
    return login(verdict=Verdict.FAILED, action=LoginAction.DENIED, user="root", **more)


async def test_a_slow_burst_of_wrong_passwords_is_one_alert_with_its_count(tmp_path: Path) -> None:
    async with scene(tmp_path) as house:
        await house.happen(guess())
        assert house.alerts == [], "the first waits for the others"
        house.clock.advance(1)
        await house.news.tick()
        assert house.sent == ["front: a log-in failed for root from outside"]
        for _ in range(19):
            house.clock.advance(2)
            await house.happen(guess())
            await house.news.tick()
        assert [alert.title for alert in house.alerts] == ["front: 20 log-ins failed for root from outside"]
        assert " · 20 times" in house.alerts[0].text
        assert len(house.sent) == 1
        house.clock.advance(30)
        await house.news.tick()
        assert house.sent[1:] == ["front: 20 log-ins failed for root from outside"], "once more, for who cannot be amended"
        house.clock.advance(300)
        await house.news.tick()
        assert len(house.sent) == 2
        assert len(house.alerts) == 1


@pytest.mark.long
async def test_guessing_that_goes_on_for_hours_is_told_a_few_times(tmp_path: Path) -> None:
    async with scene(tmp_path) as house:
        for _ in range(720):
            house.clock.advance(20)
            await house.happen(guess())
            await house.news.tick()
        house.clock.advance(3000)
        await house.news.tick()
        assert sum(int(alert.title.split()[1]) for alert in house.alerts) == 720
        assert len(house.alerts) == 3
        assert len(house.sent) == 6


async def test_what_he_tried_before_he_came_in_stands_beside_it(tmp_path: Path) -> None:
    async with scene(tmp_path) as house:
        await house.happen(guess(), guess(), login(user="root"))
        assert [alert.title for alert in house.alerts] == [
            "front: unknown user root logged in from outside, 2 log-ins failed for root"
        ]
        house.clock.advance(100)
        await house.news.tick()
        assert len(house.sent) == 1, "all of that was told"


async def test_a_house_killed_in_the_middle_of_a_burst_goes_on_with_the_same_alert(tmp_path: Path) -> None:
    clock = FakeClock()
    async with scene(tmp_path, clock) as house:
        await house.happen(guess(), guess())
        clock.advance(1)
        house.dies = True
        with pytest.raises(Killed):
            await house.news.tick()
        told = house.alerts
    async with scene(tmp_path, clock) as house:
        house.alerts = told  # those are in the ledger of alerts
        await house.happen(guess())
        clock.advance(1)
        await house.news.tick()
        assert [alert.title.split(":")[1] for alert in house.alerts] == [" 3 log-ins failed for root from outside"]
        assert house.sent == []
    async with scene(tmp_path, clock) as house:
        house.alerts = told
        await house.happen(guess())
        assert [alert.title.split()[1] for alert in house.alerts] == ["4"]
        clock.advance(61)
        await house.news.tick()
        assert house.sent == ["front: 4 log-ins failed for root from outside"]


async def test_a_house_killed_before_it_noted_a_visit_tells_it_once_and_what_came_meanwhile_too(tmp_path: Path) -> None:
    async with scene(tmp_path) as house:
        house.dies = True
        with pytest.raises(Killed):
            await house.happen(login())
        told = house.alerts
    async with scene(tmp_path) as house:
        house.alerts = list(told)
        await house.news.tell(FRONT)
        assert house.sent == []
    (tmp_path / "more").mkdir()
    async with scene(tmp_path / "more") as house:
        house.dies = True
        with pytest.raises(Killed):
            await house.happen(login())
    async with scene(tmp_path / "more") as house:
        house.alerts = list(told)
        await house.happen(login(verdict=Verdict.OUR_ACCOUNT, user="watch"))
        assert len(house.alerts) == 1
        assert "own account watch" in house.sent[0]


async def test_a_house_killed_in_the_middle_of_a_row_of_visits_tells_the_rest_together_later(tmp_path: Path) -> None:
    clock = FakeClock()
    async with scene(tmp_path, clock) as house:
        await house.happen(login())
        assert len(house.alerts) == 1
    async with scene(tmp_path, clock) as house:
        for _ in range(3):
            clock.advance(1)
            await house.happen(login())
        assert house.alerts == []
        clock.advance(60)
        await house.news.tick()
        assert [alert.title for alert in house.alerts] == ["front: unknown user mallory logged in from outside (3 times)"]


async def test_a_name_server_that_does_not_answer_holds_up_nothing(tmp_path: Path) -> None:
    let_go = threading.Event()

    def slow(ip: str) -> str:
        let_go.wait(60)
        return "late.example.net"

    async with scene(tmp_path, name_of=slow) as house:
        await house.happen(login())
        assert "late" not in house.alerts[0].text
        let_go.set()
        house.clock.advance(100)
        await house.happen(login())
        assert "late.example.net" in house.alerts[1].text


async def test_the_rest_of_the_day_in_one_message(tmp_path: Path) -> None:
    clock = FakeClock(wall_us=1_700_000_000_000_000)  # 22:13:20 UTC
    async with scene(tmp_path, clock) as house:
        house.news.renew(networks(["192.168.1"]), {FRONT: "22:14", CameraId("back"): "22:14", CameraId("quiet"): ""})
        now_us = clock.wall_us()
        rows = [
            login(wanted=False, verdict=Verdict.HOME, user="anna", at_us=now_us),
            login(wanted=False, verdict=Verdict.NOTED, user="noted", at_us=now_us),
            login(wanted=False, verdict=Verdict.HOME, user="older", at_us=WallUs(now_us - 90_000_000_000)),
        ]
        await house.db.run(lambda connection: ledger.add(connection, rows))
        await house.news.tick()
        assert house.alerts == []
        clock.advance(60)
        for _ in range(3):
            await house.news.tick()
            clock.advance(60)
        [digest] = house.alerts
        assert "anna" in digest.text
        assert "older" not in digest.text
        assert "noted" not in digest.text
        assert "back: nobody" in digest.text
        clock.advance(86_400)
        await house.news.tick()
        assert len(house.alerts) == 2
        assert house.alerts[0].dedupe_key != house.alerts[1].dedupe_key


async def test_rows_the_disk_did_not_take_are_told_from_memory(tmp_path: Path) -> None:
    async with scene(tmp_path) as house:
        await house.news.tell_unkept(FRONT, [login(), replace(login(), wanted=False)])
        await house.news.tell_unkept(FRONT, [login(wanted=False)])
        assert [alert.title for alert in house.alerts] == ["front: unknown user mallory logged in from outside"]
