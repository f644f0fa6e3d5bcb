from __future__ import annotations

from pathlib import Path

import pytest

from hearthwatch.run.config import parse
from hearthwatch.run.config_reference import page
from hearthwatch.run.config_reload import diff

ROOT = Path(__file__).resolve().parents[2]
FRONT = '[camera.front]\nmain = "rtsp://192.168.1.20/main"\n'
BACK = '[camera.back]\nmain = "rtsp://192.168.1.21/main"\n'


def test_nothing_changed() -> None:
    assert diff(parse(FRONT), parse("# a comment\n" + FRONT)).is_empty


@pytest.mark.parametrize(
    ("change", "list_name", "key"),
    [
        ("motion.sensitivity_frac = 0.1", "live", "camera.front.motion.sensitivity_frac"),
        ("labels.bus = true", "live", "camera.front.labels.bus.min_area_frac"),
        ("zones.a.points = [[0, 0], [1, 0], [1, 1]]", "live", "camera.front.zones.a.points"),
        ("[home]\nname = 'x'", "live", "home.name"),
        ("[storage]\nkeep_event_days = 1", "live", "storage.keep_event_days"),
        ("[detect]\nmodel = 'x'", "looker", "detect.model"),
        ("[storage]\nfolder = '/x'", "restart", "storage.folder"),
        ("[web]\nport = 1", "restart", "web.port"),
    ],
)
def test_each_cost(change: str, list_name: str, key: str) -> None:
    reload = diff(parse(FRONT), parse(FRONT + change))
    assert key in getattr(reload, list_name)
    others = {"live", "looker", "restart"} - {list_name}
    assert not any(getattr(reload, name) for name in others)
    assert not reload.cameras
    assert not reload.is_empty


def test_a_new_address_restarts_that_camera_alone() -> None:
    reload = diff(parse(FRONT + BACK), parse(FRONT + BACK + "transport = 'udp'"))
    assert reload.cameras == {"back": ("camera.back.transport",)}
    assert not reload.live + reload.looker + reload.restart


def test_cameras_come_and_go() -> None:
    reload = diff(parse(FRONT), parse(BACK))
    assert (reload.added, reload.removed) == ({"back"}, {"front"})
    assert not reload.live + reload.looker + reload.restart
    assert not reload.cameras


def test_the_reference_page_is_current() -> None:
    written = (ROOT / "docs" / "reference" / "config.md").read_text()
    assert written == page(), "run `make docs`"
