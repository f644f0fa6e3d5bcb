from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.offsite.copies_bench import NAS, START_US, Copies, running, until

from hearthwatch.alerts.alert import Alert, Severity
from hearthwatch.feeds.packet import Stream
from hearthwatch.health.outage import Fault, Outage
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.logins.login import Login, LoginId, Source, Verdict
from hearthwatch.offsite.doubles import MemoryTarget
from hearthwatch.offsite.upload import PieceKind, Priority
from hearthwatch.run.failsafe import FailSafe
from hearthwatch.run.offsite_pursuit import Pursuits
from hearthwatch.vendors.device import LoginAction

pytestmark = pytest.mark.wired

CAMERAS = {CameraId(name): name.capitalize() for name in ("yard", "hall", "porch", "garage")}
BACKLOG = 12


class Bench:
    def __init__(self, root: Path) -> None:
        self.copies = Copies(root, clock=FakeClock(wall_us=START_US + BACKLOG * 60 * US_PER_S))
        for name in CAMERAS:
            self.copies.record(name, BACKLOG)
        self.alerts: list[Alert] = []
        self.hurried = 0
        self.pursuits = Pursuits(lambda: self.copies.options)
        self.failsafe = FailSafe(
            self.copies.footage,
            self.pursuits,
            lambda: self.copies.options,
            cameras=lambda: CAMERAS,
            minutes=lambda: 2.0,
            home=lambda: "Home",
            db=self.copies.db,
            clock=self.copies.clock,
            ids=lambda: f"id{len(self.alerts)}",
            tell=self._tell,
            hurry=self._hurry,
        )

    async def _tell(self, alert: Alert) -> None:
        self.alerts.append(alert)

    def _hurry(self) -> None:
        self.hurried += 1

    def outage(self, fault: Fault = Fault.CAMERA_UNREACHABLE, end_us: WallUs | None = None) -> Outage:
        now_us = self.copies.clock.wall_us()
        return Outage(fault=fault, camera=CameraId("yard"), subject="yard", start_us=now_us, end_us=end_us, detail="gone")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.copies.close()


async def test_the_last_two_minutes_of_every_camera_pass_the_backlog_when_one_dies(bench: Bench) -> None:
    copies = bench.copies
    assert await copies.scanner.scan() == 4 * BACKLOG
    await bench.failsafe.outages([bench.outage()])
    assert bench.hurried == 1
    target = MemoryTarget(NAS)
    async with running(copies.courier(NAS, lambda: target)):
        await until(lambda: len(copies.arrived) > 4 * 3)
    first = [one for one in copies.arrived if one.upload.priority is Priority.FAILSAFE]
    assert {(one.upload.piece.camera, one.sequence) for one in first} == {
        (camera, number) for camera in CAMERAS for number in (BACKLOG - 1, BACKLOG)
    }
    moments = [one.upload.piece.start_us for one in first]
    assert moments == sorted(moments, reverse=True)
    usual = [place for place, one in enumerate(copies.arrived) if one not in first]
    urgent = [place for place, one in enumerate(copies.arrived) if one in first]
    assert sum(place < max(urgent) for place in usual) <= 2  # what was on its way already
    assert bench.alerts == []  # the outage's own alert tells of it
    said = bench.failsafe.remark(bench.outage())
    assert "Hall, Porch, Garage" in said
    assert "2 minutes" in said
    assert "nas" in said
    assert (await bench.failsafe.count()).left == 0


async def test_what_the_cameras_see_now_is_sent_while_it_is_written(bench: Bench) -> None:
    await bench.failsafe.outages([bench.outage()])
    now_us = bench.copies.clock.wall_us()
    assert list(bench.pursuits.due(now_us)) == []  # the last file has just ended
    due = list(bench.pursuits.due(WallUs(now_us + US_PER_S)))
    assert {one.piece.camera for one in due} == set(CAMERAS)
    assert {one.piece.kind for one in due} == {PieceKind.FRAGMENT}
    assert {one.priority for one in due} == {Priority.FAILSAFE}
    assert {(one.piece.start_us, one.piece.end_us) for one in due} == {(now_us, now_us + US_PER_S)}
    later = list(bench.pursuits.due(WallUs(now_us + 12 * US_PER_S)))
    assert len(later) == 4
    assert all(one.piece.start_us < now_us + US_PER_S for one in later)


async def test_the_same_cause_does_it_once_and_a_camera_that_is_back_says_nothing_of_it(bench: Bench) -> None:
    for _second in range(3):
        await bench.failsafe.outages([bench.outage(), bench.outage(Fault.CARD_FULL)])
        bench.copies.clock.advance(1)
    assert bench.hurried == 1
    assert bench.failsafe.remark(bench.outage(end_us=bench.copies.clock.wall_us())) == ""
    assert bench.failsafe.remark(bench.outage(Fault.CARD_FULL)) == ""


async def test_what_lasted_already_when_the_house_started_is_no_emergency(bench: Bench) -> None:
    old = bench.outage()
    bench.failsafe._started_us = WallUs(old.start_us + 3600 * US_PER_S)
    await bench.failsafe.outages([old])
    assert bench.hurried == 0


@pytest.mark.parametrize(
    ("verdict", "is_intrusion"), [(Verdict.UNKNOWN_USER, True), (Verdict.FAILED, False), (Verdict.HOME, False)]
)
async def test_a_stranger_who_got_in_is_one_and_whoever_did_not_is_none(
    bench: Bench, verdict: Verdict, is_intrusion: bool
) -> None:
    now_us = bench.copies.clock.wall_us()
    login = Login(
        id=LoginId(1),
        camera=CameraId("hall"),
        action=LoginAction.LOGIN,
        code="",
        user="admin",
        address="203.0.113.9",
        origin="",
        via="",
        local_us=None,
        at_us=now_us,
        seen_us=now_us,
        source=Source.LOG,
        verdict=verdict,
    )
    await bench.failsafe.login(login)
    assert len(bench.alerts) == is_intrusion
    assert all("door of Hall" in alert.text for alert in bench.alerts)


async def test_a_power_cut_is_told_in_one_alert_that_names_it(bench: Bench) -> None:
    assert await bench.failsafe.flush("The power fails.", key=("power", ""))
    assert not await bench.failsafe.flush("The power fails.", key=("power", ""))
    (alert,) = bench.alerts
    assert alert.severity is Severity.URGENT
    assert "The power fails." in alert.text
    assert "Yard, Hall, Porch, Garage" in alert.text
    assert (await bench.failsafe.count()).cause == "The power fails."


async def test_without_a_place_for_copies_the_owner_hears_that_nothing_is_safe(bench: Bench) -> None:
    bench.copies.options.clear()
    assert await bench.failsafe.flush("The power fails.", key=("power", ""))
    assert "nothing can be brought to safety" in bench.alerts[0].text
    assert bench.failsafe.remark(bench.outage()) == ""
    assert bench.copies.footage.index.segments(CameraId("hall"), Stream.MAIN, START_US, START_US + 1)
