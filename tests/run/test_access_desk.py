from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.logins.rows import login

from hearthwatch.alerts.alert import Alert, AlertId, Severity
from hearthwatch.alerts.copy_alerts import COPY
from hearthwatch.arming.arming import ArmState, Cause, Mode
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.db import open_writer
from hearthwatch.kit.dbthread import DbThread
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.logins.login import Verdict
from hearthwatch.run.access_desk import AccessDesk
from hearthwatch.web import accounts, trail
from hearthwatch.web.accounts import Role, User
from hearthwatch.web.auth import Arrival
from hearthwatch.web.changes import Changes
from hearthwatch.web.doors import AlertNow
from hearthwatch.web.place import Place
from hearthwatch.web.sessions import Factor


class Outbox:
    def __init__(self) -> None:
        self.told: list[Alert] = []

    async def record(self, _change: None, alert: Alert) -> None:
        self.told.append(alert)


def state(number: int, mode: Mode, cause: Cause, who: str = "", via: str = "") -> ArmState:
    return ArmState(
        number=number, mode=mode, since_us=WallUs(1), at_us=WallUs(1), cause=cause, who=who, via=via, planned_us=WallUs(0)
    )


@pytest.fixture
def db(tmp_path: Path):
    engine = open_writer(tmp_path / "house.db")
    accounts.metadata.create_all(engine)
    made = DbThread(engine)
    yield made
    made.close()
    engine.dispose()


async def test_a_new_place_is_told_by_the_channels(db: DbThread) -> None:
    outbox = Outbox()
    desk = AccessDesk(outbox, db, FakeClock(), Changes(), lambda _address: "scan.example.net")
    user = User(id=1, name="Ben", role=Role.MEMBER)
    place = Place(address="203.0.113.9", browser="curl")
    await desk.arrived(Arrival(user=user, place=place, at_home=False, factor=Factor.PASSWORD))
    assert "scan.example.net" in outbox.told[0].text


async def test_arming_by_other_ways_than_the_page_stands_in_the_trail(db: DbThread) -> None:
    changes = Changes()
    desk = AccessDesk(Outbox(), db, FakeClock(), changes, lambda _address: "")
    ((_name, follow),) = desk.tasks
    following = asyncio.create_task(follow())
    async with asyncio.timeout(60):
        while not changes._readers:  # noqa: ASYNC110  # there is nothing to wait for
            await asyncio.sleep(0)
        changes.publish(state(1, Mode.AWAY, Cause.PERSON, "ada", "page"))
        changes.publish(state(2, Mode.DISARMED, Cause.PERSON, "Ben", "telegram"))
        changes.publish(state(3, Mode.AWAY, Cause.PRESENCE))
        while len(lines := await db.run(trail.recent)) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    following.cancel()
    assert [(line.deed.who, line.deed.via, line.deed.subject) for line in reversed(lines)] == [
        ("Ben", "telegram", "disarmed, by person"),
        ("presence", "house", "away, by presence"),
    ]


async def test_sec_38_what_happens_at_the_cameras_own_doors_stands_in_the_trail(db: DbThread) -> None:
    changes = Changes()
    desk = AccessDesk(Outbox(), db, FakeClock(), changes, lambda _address: "")
    ((_name, follow),) = desk.tasks
    following = asyncio.create_task(follow())
    own = login(verdict=Verdict.OWN, user="hearthwatch", address="192.168.1.10")
    stranger = login(verdict=Verdict.OUTSIDE, user="admin\nada", address="203.0.113.9")
    last = login(verdict=Verdict.OUTSIDE, user="last", address="203.0.113.10")
    drift = Alert(
        id=AlertId("A1"),
        event="",
        camera=CameraId("porch"),
        severity=Severity.URGENT,
        title="Porch: its settings were changed",
        text="",
        at_us=WallUs(1),
        dedupe_key=f"{COPY}7",
    )
    async with asyncio.timeout(60):
        while not changes._readers:  # noqa: ASYNC110  # there is nothing to wait for
            await asyncio.sleep(0)
        told = AlertNow(alert=drift, deliveries=())
        for change in (own, stranger, stranger, told, told, last):
            changes.publish(change)
        while len(lines := await db.run(trail.recent)) < 3:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    following.cancel()
    assert [(line.deed.who, line.deed.deed, line.deed.camera, line.deed.subject) for line in reversed(lines)] == [
        ("", "camera-log-in", stranger.camera, "outside admin ada from 203.0.113.9"),
        ("", "camera-settings-changed", "porch", "Porch: its settings were changed"),
        ("", "camera-log-in", last.camera, "outside last from 203.0.113.10"),
    ]
