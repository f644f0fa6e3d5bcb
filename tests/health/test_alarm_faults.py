"""What cameras say of themselves: one outage each, over when over, be it that nobody says so."""

from __future__ import annotations

import pytest
from tests.alerts.house import FRONT, Health

from hearthwatch.health.alarm_faults import AlarmFaults
from hearthwatch.health.outage import Fault, Outage
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.vendors.device import AlarmKind, AlarmPhase, AlarmSignal

START, STOP, PULSE, STATE = AlarmPhase.START, AlarmPhase.STOP, AlarmPhase.PULSE, AlarmPhase.STATE


class Bench:
    def __init__(self) -> None:
        self.health = Health()
        self.clock = FakeClock()
        self.faults = AlarmFaults(self.health, self.clock)

    def hear(self, kind=AlarmKind.TAMPER, phase=START, code="VideoBlind", channel=0) -> None:
        self.faults.hear(FRONT, AlarmSignal(kind=kind, code=code, phase=phase, channel=channel))

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.faults.tick()

    @property
    def log(self):
        return [(what, fault) for what, fault, _subject in self.health.log]


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        (AlarmKind.TAMPER, Fault.CAMERA_TAMPERED),
        (AlarmKind.VIDEO_LOSS, Fault.CAMERA_VIDEO_LOST),
        (AlarmKind.STORAGE_MISSING, Fault.CARD_MISSING),
        (AlarmKind.STORAGE_FAILED, Fault.CARD_FAILED),
        (AlarmKind.STORAGE_FULL, Fault.CARD_FULL),
        (AlarmKind.ADDRESS_CONFLICT, Fault.CAMERA_ADDRESS_CONFLICT),
        (AlarmKind.NETWORK_LOST, Fault.CAMERA_NETWORK_LOST),
        (AlarmKind.RESTARTED, Fault.CAMERA_RESTARTED),
    ],
)
def test_which_alarm_is_which_outage(bench, kind, fault):
    bench.hear(kind, code="TheWord")
    assert bench.log == [("failed", fault)]
    assert "TheWord" in bench.health.open[fault, FRONT]


@pytest.mark.parametrize("kind", [AlarmKind.MOTION, AlarmKind.PERSON, AlarmKind.LOGIN, AlarmKind.CLOCK_SET, AlarmKind.OTHER])
def test_other_alarms_are_none(bench, kind):
    bench.hear(kind)
    assert bench.log == []


def test_an_end_that_is_told_ends_it_and_repetition_is_one_outage(bench):
    bench.hear()
    bench.hear()
    bench.hear(phase=STOP)
    bench.wait(2)
    bench.hear()
    bench.wait(60)
    assert bench.log == [("failed", Fault.CAMERA_TAMPERED)]
    bench.hear(phase=STOP)
    bench.wait(6)
    assert bench.log == [("failed", Fault.CAMERA_TAMPERED), ("recovered", Fault.CAMERA_TAMPERED)]


def test_an_end_that_never_comes_comes_after_an_hour_without_a_word(bench):
    bench.hear()
    bench.wait(3000)
    bench.hear(phase=STATE)
    bench.wait(3000)
    assert len(bench.log) == 1
    bench.wait(601)
    assert bench.log[-1] == ("recovered", Fault.CAMERA_TAMPERED)


def test_a_moment_is_over_soon(bench):
    bench.hear(phase=PULSE)
    bench.wait(59)
    assert len(bench.log) == 1
    bench.wait(2)
    assert bench.log[-1] == ("recovered", Fault.CAMERA_TAMPERED)


def test_how_things_stand_starts_nothing_and_an_end_of_nothing_neither(bench):
    bench.hear(phase=STATE)
    bench.hear(phase=STOP)
    bench.wait(1)
    assert bench.log == []


def test_it_lasts_until_all_of_its_codes_are_over(bench):
    bench.hear(code="VideoBlind")
    bench.hear(code="SceneChange")
    bench.hear(code="VideoBlind", phase=STOP)
    bench.wait(30)
    assert len(bench.log) == 1
    bench.hear(code="SceneChange", phase=STOP)
    bench.wait(6)
    assert bench.log[-1][0] == "recovered"


def test_a_card_that_comes_and_goes_is_one_outage(bench):
    for _ in range(20):
        bench.hear(AlarmKind.STORAGE_FAILED, code="StorageFailure")
        bench.wait(20)
        bench.hear(AlarmKind.STORAGE_FAILED, STOP, code="StorageFailure")
        bench.wait(40)
    assert bench.log == [("failed", Fault.CARD_FAILED)]


def test_a_storm_of_codes_is_bounded(bench):
    for number in range(5000):
        bench.hear(code=f"code {number}")
    assert len(bench.log) == 1
    assert sum(len(codes) for codes in bench.faults._until.values()) <= 64


def test_what_a_former_house_left_ends_without_a_word(bench):
    def outage(fault: Fault, camera: CameraId | None) -> Outage:
        return Outage(fault=fault, camera=camera, subject="front", start_us=WallUs(0), end_us=None, detail="")

    bench.faults.load([outage(Fault.CAMERA_TAMPERED, FRONT), outage(Fault.DISK_FULL, None)])
    bench.health.open[Fault.CAMERA_TAMPERED, FRONT] = ""
    bench.wait(3590)
    assert bench.log == []
    bench.wait(20)
    assert bench.log == [("recovered", Fault.CAMERA_TAMPERED)]


def test_a_camera_that_is_gone_is_forgotten(bench):
    bench.hear()
    bench.faults.forget([FRONT])
    bench.wait(9999)
    assert bench.log == [("failed", Fault.CAMERA_TAMPERED)]
