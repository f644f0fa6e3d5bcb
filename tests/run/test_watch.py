"""The watch over the processes' reports: every fault begins once and ends once, whatever comes in between."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.alerts.house import Health
from tests.run.states import looker, lost, pump, recorder

from hearthwatch.feeds.pump import Trouble
from hearthwatch.health.outage import Fault
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.units import CameraId
from hearthwatch.motion.motion import Sight
from hearthwatch.run.messages import LookerState, Restarted, Role
from hearthwatch.run.watch import StateWatch

FRONT = CameraId("front")
ENABLED = frozenset({FRONT})


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
def watch(health: Health) -> StateWatch:
    return StateWatch(health, FakeClock())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("trouble", "fault"),
    [
        (Trouble.UNREACHABLE, Fault.CAMERA_UNREACHABLE),
        (Trouble.REFUSED, Fault.CAMERA_REFUSED),
        (Trouble.BAD_REPLY, Fault.CAMERA_BAD_REPLY),
        (Trouble.UNSUPPORTED, Fault.CAMERA_UNSUPPORTED),
    ],
)
def test_a_camera_that_is_lost_is_told_once_and_its_return_once(watch, health, trouble, fault) -> None:
    for _ in range(3):
        watch.recorder(recorder(front=pump()), ENABLED)
    for _ in range(3):
        watch.recorder(recorder(front=lost(trouble, "why")), ENABLED)
    assert health.open == {(fault, "front"): "why"}
    for _ in range(3):
        watch.recorder(recorder(front=pump()), ENABLED)
    assert health.log == [("failed", fault, "front"), ("recovered", fault, "front")]


def test_a_camera_that_goes_on_to_refuse_us_is_one_fault_at_a_time(watch, health) -> None:
    watch.recorder(recorder(front=lost()), ENABLED)
    watch.recorder(recorder(front=lost(Trouble.REFUSED)), ENABLED)
    assert list(health.open) == [(Fault.CAMERA_REFUSED, "front")]


def test_a_camera_still_connecting_for_the_first_time_has_no_fault(watch, health) -> None:
    watch.recorder(recorder(front=pump(connected=False)), ENABLED)
    assert health.open == {}


def test_the_sub_stream_and_cameras_switched_off_are_no_outage(watch, health) -> None:
    watch.recorder(recorder(front=pump(), front_sub=lost(), yard=lost()), ENABLED)
    assert health.open == {}


@pytest.mark.parametrize(
    ("error", "fault"),
    [("No space left on the disk", Fault.DISK_FULL), ("the disk is read-only", Fault.DISK_BROKEN)],
)
def test_a_disk_that_takes_nothing_is_told_once_with_its_kind(watch, health, error, fault) -> None:
    for text in (error, error, "", ""):
        watch.recorder(recorder(text), ENABLED)
    assert health.log == [("failed", fault, "footage"), ("recovered", fault, "footage")]


def test_the_detector_that_stands_in_is_told_until_the_right_one_works(watch, health) -> None:
    for text in ("no model", "no model", "", ""):
        watch.looker(looker(text))
    assert health.log == [("failed", Fault.DETECTOR_BASIC, "detector"), ("recovered", Fault.DETECTOR_BASIC, "detector")]


@pytest.mark.parametrize("role", [Role.RECORDER, Role.LOOKER])
def test_a_process_runs_steadily_again_once_it_reports(watch, health, role) -> None:
    watch.restarted(Restarted(role=role, name="", reason="was ended by SIGSEGV"))
    assert health.open == {(Fault.PROCESS_RESTARTED, role): "It was ended by SIGSEGV and was started again."}
    watch.recorder(recorder(), ENABLED)
    watch.looker(looker())
    assert health.open == {}


def test_a_guest_is_told_by_its_camera_not_by_itself(watch, health) -> None:
    watch.restarted(Restarted(role=Role.GUEST, name="front", reason="ended with status 1"))
    assert health.open == {}
    assert health.log == [
        ("failed", Fault.PROCESS_RESTARTED, "guest front"),
        ("recovered", Fault.PROCESS_RESTARTED, "guest front"),
    ]


def test_a_quarantined_camera_is_told_until_it_is_looked_at_again(watch, health) -> None:
    watch.looker(looker(quarantined=(FRONT,)))
    watch.looker(looker(quarantined=(FRONT,)))
    watch.restarted(Restarted(role=Role.LOOKER, name="", reason="was ended by SIGSEGV"))
    assert (Fault.CAMERA_QUARANTINED, "front") in health.open
    watch.looker(looker(front=0))
    assert health.open == {}


def test_pictures_damaged_again_and_again_are_told_and_a_whole_half_minute_ends_it(watch, health) -> None:
    for errors in (0, 2, 4, 6):
        watch.looker(looker(front=errors))
    assert list(health.open) == [(Fault.CAMERA_DAMAGED, "front")]
    for _ in range(29):
        watch.looker(looker(front=6))
        assert (Fault.CAMERA_DAMAGED, "front") in health.open
    for _ in range(2):
        watch.looker(looker(front=6))
    assert health.open == {}


def test_a_stream_that_always_breaks_the_rules_is_one_outage_over_all_its_connections(watch, health) -> None:
    (eye,) = looker(front=5).eyes
    lenient = msgspec.structs.replace(looker(), eyes=(msgspec.structs.replace(eye, lenient=True),))
    for errors in range(5):
        watch.looker(looker(front=errors))
    assert health.open == {}
    for _ in range(2):
        for _ in range(100):
            watch.looker(lenient)
        for _ in range(20):
            watch.looker(looker(front=5))
    assert health.log == [("failed", Fault.CAMERA_DAMAGED, "front")]
    for _ in range(31):
        watch.looker(looker(front=5))
    assert health.open == {}


def test_a_damaged_picture_now_and_then_is_not_told(watch, health) -> None:
    for second in range(300):
        watch.looker(looker(front=second // 6))
    assert health.log == []


def test_a_looker_that_counts_from_nought_again_is_no_damage_and_no_recovery(watch, health) -> None:
    for errors in (0, 8, 0, 0):
        watch.looker(looker(front=errors))
    assert list(health.open) == [(Fault.CAMERA_DAMAGED, "front")]


TROUBLES = [None, *Trouble]


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(TROUBLES), st.sampled_from(["", "No space left", "broken"]))))
def test_whatever_is_reported_each_camera_and_disk_has_one_fault_at_most(reports) -> None:
    health = Health()
    watch = StateWatch(health, FakeClock())  # type: ignore[arg-type]
    for connected, trouble, disk in reports:
        watch.recorder(recorder(disk, front=pump(connected=connected, trouble=trouble, error="x")), ENABLED)
        assert len([fault for fault, subject in health.open if subject == "front"]) <= 1
        assert ((Fault.DISK_FULL, "footage") in health.open) == (disk == "No space left")
    watch.recorder(recorder("", front=pump()), ENABLED)
    assert health.open == {}


def eye(sight: Sight | None) -> LookerState:
    state = looker(front=0)
    return msgspec.structs.replace(state, eyes=(msgspec.structs.replace(state.eyes[0], sight=sight),))


def test_each_way_to_lose_sight_is_a_fault_of_its_own_until_the_view_is_back(watch, health) -> None:
    watch.looker(eye(None))
    watch.looker(eye(Sight.CLEAR))
    assert health.log == []
    for sight in Sight:
        if sight is not Sight.CLEAR:
            watch.looker(eye(sight))
            watch.looker(eye(sight))
            assert [fault.value for fault, _ in health.open] == [f"camera-{sight.value}"]
    watch.looker(eye(None))
    assert len(health.open) == 1
    watch.looker(eye(Sight.CLEAR))
    assert health.open == {}


def test_the_box_is_well_while_its_recorder_reports_and_its_disk_takes_what_it_writes(health) -> None:
    clock = FakeClock()
    watch = StateWatch(health, clock)
    assert not watch.is_well()
    watch.recorder(recorder(front=pump()), ENABLED)
    assert watch.is_well()
    clock.advance(20)
    assert not watch.is_well()
    watch.recorder(recorder("no space left", front=pump()), ENABLED)
    assert not watch.is_well()
