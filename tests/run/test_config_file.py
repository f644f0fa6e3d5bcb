from __future__ import annotations

import stat
from pathlib import Path

import pytest

from hearthwatch.kit.errors import ConfigFault
from hearthwatch.run.config import load
from hearthwatch.run.config_file import Value, set_value

BEFORE = """# my house
[home]
name = "Lodge" # the old one

# at the gate
[camera.front]
main = "rtsp://192.168.1.20/main"
motion = { enabled = true, sensitivity_frac = 0.05 } # windy
labels.car = false
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "hearthwatch.toml"
    path.write_text(BEFORE)
    return path


def test_comments_order_and_everything_else_stay(path: Path) -> None:
    config = set_value(path, ("home", "name"), "Villa")
    assert path.read_text() == BEFORE.replace('"Lodge"', '"Villa"')
    assert config.home.name == "Villa"
    assert config == load(path)


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        (("camera", "front", "motion", "sensitivity_frac"), 0.1, "sensitivity_frac = 0.1 } # windy"),
        (("camera", "front", "motion", "masks"), [[[0, 0], [1, 0], [1, 1]]], "masks = [[[0, 0], [1, 0], [1, 1]]]"),
        (("camera", "front", "zones", "drive", "points"), [[0, 0], [1, 0], [1, 1]], "points = [[0, 0], [1, 0], [1, 1]]"),
        (("camera", "back", "main"), "rtsp://192.168.1.21/x", '[camera.back]\nmain = "rtsp://192.168.1.21/x"'),
        (("storage", "keep_event_days"), 60, "[storage]\nkeep_event_days = 60"),
        (("camera_defaults", "record"), "never", '[camera_defaults]\nrecord = "never"'),
    ],
)
def test_a_value_anywhere_can_be_set(path: Path, key: tuple[str, ...], value: Value, wanted: str) -> None:
    config = set_value(path, key, value)
    text = path.read_text()
    assert wanted in text
    assert "# my house" in text
    assert "# windy" in text
    assert "[camera]\n" not in text
    assert config == load(path)


def test_none_takes_a_key_out(path: Path) -> None:
    assert "car" in set_value(path, ("camera", "front", "labels", "car"), None).cameras["front"].labels
    assert list(set_value(path, ("camera", "front"), None).cameras) == ["demo"]
    before = path.read_text()
    set_value(path, ("camera", "none", "main"), None)
    assert path.read_text() == before


def test_a_file_that_is_not_there_is_made_and_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / "hearthwatch.toml"
    set_value(path, ("camera", "front", "main"), "rtsp://192.168.1.20/x")
    assert path.read_text() == '[camera.front]\nmain = "rtsp://192.168.1.20/x"\n'
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [
        (("camera", "front", "main"), "rtsp://admin:canary@192.168.1.20/", "hearthwatch secrets set camera.front.password"),
        (("camera", "front", "poll_s"), -1, "at least 0"),
        (("camera", "front", "password"), "canary", "secrets do not belong"),
        (("camera", "front", "main", "x"), 1, "is a value, not a section"),
    ],
)
def test_nothing_wrong_is_written(path: Path, key: tuple[str, ...], value: Value, fault: str) -> None:
    with pytest.raises(ConfigFault, match=fault) as caught:
        set_value(path, key, value)
    assert "canary" not in str(caught.value)
    assert path.read_text() == BEFORE
    assert [entry.name for entry in path.parent.iterdir()] == ["hearthwatch.toml"]


def test_a_file_that_is_wrong_already_is_left_alone(path: Path) -> None:
    path.write_text("[home]\nname = 5\n")
    with pytest.raises(ConfigFault, match="in quotes"):
        set_value(path, ("home", "name"), "Villa")
    assert path.read_text() == "[home]\nname = 5\n"


def test_a_link_to_the_file_stays_a_link(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(path)
    set_value(link, ("home", "name"), "Villa")
    assert link.is_symlink()
    assert '"Villa"' in path.read_text()
