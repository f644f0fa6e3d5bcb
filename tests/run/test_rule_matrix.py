"""The table of alert rules: what it shows is what the policy does, and one changed cell changes nothing else."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.alerts.house import an_event

from hearthwatch.arming.arming import Mode
from hearthwatch.events.event import Change, ChangeKind
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import CameraId, MonoNs, WallUs
from hearthwatch.run import rule_matrix
from hearthwatch.run.config import Config, parse
from hearthwatch.run.config_file import set_values
from hearthwatch.run.house_policy import policy_of

FRONT = CameraId("front")
CONFIG = """
[camera_defaults]
main = "rtsp://192.168.1.9/main"
[camera.front]
name = "Front"   # the owner's remark
alerts.labels = ["person", "dog"]
[camera.front.modes.home]
alerts = "all"
labels = ["person"]
[camera.yard]
"""


def tells(config: Config, mode: Mode, label: str) -> bool:
    """Ask the real policy."""
    numbers = count(1)
    policy = policy_of(config, ZoneInfo("UTC"), lambda: str(next(numbers)))
    change = Change(kind=ChangeKind.OPENED, event=an_event(label=label, camera=FRONT), tell=True)
    alert = policy.on_event(change, mode, snoozed_until_us=WallUs(0), now_us=WallUs(10**15), decided_ns=MonoNs(0))
    return alert is not None


def cells(config: Config) -> dict[tuple[Mode, str], bool]:
    row = next(row for row in rule_matrix.rows(config) if row.camera == FRONT)
    return {(mode, label): label in row.told[mode] for mode in Mode for label in row.labels}


def test_the_table_is_what_the_policy_does():
    config = parse(CONFIG)
    shown = cells(config)
    assert shown == {cell: tells(config, *cell) for cell in shown}
    assert {cell for cell, told in shown.items() if told} == {(Mode.AWAY, "person"), (Mode.AWAY, "dog"), (Mode.HOME, "person")}


PRESSES = st.lists(
    st.tuples(st.sampled_from(rule_matrix.EDITABLE), st.sampled_from(["person", "car", "dog", "cat"])), min_size=1, max_size=5
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(presses=PRESSES)
def test_each_press_changes_one_cell_in_the_file_and_in_the_policy(tmp_path: Path, presses):
    path = tmp_path / "hearthwatch.toml"
    path.write_text(CONFIG)
    config = parse(CONFIG)
    for mode, label in presses:
        before = cells(config)
        values = rule_matrix.changed(config, FRONT, mode, label, told=not before[mode, label])
        config = set_values(path, values)
        after = cells(config)
        assert {cell for cell in after if after[cell] != before[cell]} == {(mode, label)}
        assert after[mode, label] is tells(config, mode, label)
    assert "# the owner's remark" in path.read_text()


def test_what_cannot_be_pressed():
    config = parse(CONFIG)
    for camera, mode, label in (
        (FRONT, Mode.DISABLED, "person"),
        (FRONT, Mode.AWAY, "giraffe"),
        (CameraId("attic"), Mode.AWAY, "person"),
    ):
        with pytest.raises(Unsupported):
            rule_matrix.changed(config, camera, mode, label, told=True)
    assert rule_matrix.changed(config, FRONT, Mode.AWAY, "person", told=True) == {}
