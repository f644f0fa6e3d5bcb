"""What a mode means for recording and looking, and what is known of it before a house runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.alerts.house import opened
from tests.run.test_compile import compiled

from hearthwatch.arming import ledger
from hearthwatch.arming.arming import ArmState, Cause, Mode
from hearthwatch.feeds.packet import GapReason
from hearthwatch.kit.errors import ConfigFault
from hearthwatch.kit.units import WallUs
from hearthwatch.run.config import Record, parse
from hearthwatch.run.mode_meaning import Meaning, held, is_fixed, meaning, mode_left_in

CONFIG = """
[camera_defaults]
main = "rtsp://192.168.1.9/main"
[camera.hall]
modes.home.private = true
modes.disabled.record = "events"
[camera.yard]
modes.home.record = "never"
[camera.shed]
record = "events"
modes.away.record = "always"
[camera.attic]
record = "never"
"""


def test_what_each_mode_means_for_each_camera() -> None:
    config = parse(CONFIG)
    found = {
        mode: [(meaning(camera, mode).record.value, meaning(camera, mode).private) for camera in config.cameras.values()]
        for mode in Mode
    }
    assert found == {
        Mode.AWAY: [("always", False), ("always", False), ("always", False), ("never", False)],
        Mode.HOME: [("never", True), ("never", False), ("events", False), ("never", False)],
        Mode.DISARMED: [("always", False), ("always", False), ("events", False), ("never", False)],
        Mode.DISABLED: [("events", False), ("always", False), ("events", False), ("never", False)],
    }
    assert not is_fixed(config)
    assert is_fixed(parse(CONFIG.replace("modes.", "#")))


def test_a_gap_has_the_cause_the_owner_gave() -> None:
    config = parse(CONFIG)
    assert held(config, Mode.AWAY) == {}
    assert held(config, Mode.HOME) == {"hall": GapReason.PRIVATE, "yard": GapReason.MODE}


def test_while_nobody_knows_the_mode_whoever_may_be_private_is() -> None:
    config = parse(CONFIG)
    assert held(config, None) == {"hall": GapReason.PRIVATE}
    assert meaning(config.cameras["hall"], None) == Meaning(record=Record.NEVER, private=True)
    assert meaning(config.cameras["shed"], None) == Meaning(record=Record.EVENTS)


def test_the_plan_tells_the_recorder_before_it_opens_a_camera(tmp_path: Path) -> None:
    plan = compiled(tmp_path, CONFIG, mode=Mode.HOME).recorder
    assert (plan.recorded, plan.brief) == ({"shed"}, {"shed"})
    assert plan.held == {"hall": GapReason.PRIVATE, "yard": GapReason.MODE}
    plan = compiled(tmp_path, CONFIG).recorder
    assert (plan.recorded, plan.held, plan.brief) == ({"hall", "yard", "shed"}, {}, frozenset())


def state(mode: Mode) -> ArmState:
    return ArmState(number=1, mode=mode, since_us=WallUs(5), at_us=WallUs(5), cause=Cause.PERSON, planned_us=WallUs(5))


def test_the_mode_a_house_left_is_known_before_the_next_one_runs(tmp_path: Path) -> None:
    assert mode_left_in(tmp_path) is Mode.AWAY, "a new house is away"
    engine = opened(tmp_path)
    assert mode_left_in(tmp_path) is Mode.AWAY
    with engine.begin() as connection:
        ledger.save(connection, state(Mode.HOME))
    assert mode_left_in(tmp_path) is Mode.HOME, "the writer was not closed: as after kill -9"
    engine.dispose()
    assert mode_left_in(tmp_path) is Mode.HOME


@pytest.mark.parametrize("content", [b"this is no database" * 100, b""])
def test_a_database_that_cannot_be_read_is_no_mode(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "house.db").write_bytes(content)
    assert mode_left_in(tmp_path) is None


def test_private_and_recorded_contradict_each_other() -> None:
    with pytest.raises(ConfigFault, match=r"modes\.home\.record.*private"):
        parse(CONFIG + '\n[camera.den]\nmodes.home = {private = true, record = "events"}\n')
