"""Who is charged with a crash of the looker, and from when on a camera is left out."""

from __future__ import annotations

import mmap

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.units import CameraId
from hearthwatch.run.quarantine import Quarantine, marker

FRONT, BACK = CameraId("front"), CameraId("back")


class Looker:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.quarantine = Quarantine(self.clock)
        self.slots = self.quarantine.slots([FRONT, BACK])
        self.marks = mmap.mmap(self.quarantine.fd, 0)

    def crash(self, camera: CameraId, *, pictures: bool = False, after_s: float = 1.0) -> bool:
        self.clock.advance(after_s)
        self.quarantine.begin()
        marker(self.marks, self.slots[camera], pictures=pictures)(True)
        return self.quarantine.charge()


def test_sec_19_five_crashes_a_minute_leave_that_camera_out_alone() -> None:
    looker = Looker()
    assert [looker.crash(BACK) for _ in range(5)] == [False, False, False, False, True]
    assert looker.quarantine.cameras == {BACK}
    assert looker.crash(FRONT) is False
    assert looker.quarantine.cameras == {BACK}
    looker.quarantine.forgive()
    assert looker.quarantine.cameras == frozenset()


def test_sec_19_a_crash_over_the_main_streams_picture_counts_as_well() -> None:
    looker = Looker()
    assert [looker.crash(BACK, pictures=turn % 2 == 0) for turn in range(5)][-1] is True
    assert looker.quarantine.cameras == {BACK}


def test_a_crash_every_quarter_of_a_minute_is_not_yet_that() -> None:
    looker = Looker()
    assert not any(looker.crash(BACK, after_s=16) for _ in range(20))


def test_a_looker_that_ends_over_nobodys_bytes_is_charged_to_nobody() -> None:
    looker = Looker()
    looker.quarantine.begin()
    for _ in range(10):
        assert looker.quarantine.charge() is False
