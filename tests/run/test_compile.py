"""From configuration and secrets to the plan: what each process is told, and what it is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from hearthwatch.feeds.packet import Stream
from hearthwatch.feeds.source import SourceKind
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import WallUs
from hearthwatch.run.compile import compile_plan
from hearthwatch.run.config import parse
from hearthwatch.run.plan import Plan

CONFIG = """
[camera.front]
main = "rtsp://192.168.1.9/main"
sub = "rtsp://192.168.1.9/sub"
user = "admin"
[camera.yard]
main = "http://192.168.1.10/video.cgi"
record = "never"
[camera.attic]
main = "rtsp://192.168.1.11/main"
enabled = false
"""


def compiled(folder: Path, text: str = CONFIG, **given: Any) -> Plan:
    named = {"config_path": folder / "c.toml", "data_folder": folder, "port": None, "debug": False, "started_us": WallUs(7)}
    return compile_plan(parse(text), Secrets(folder), **(named | given))


def test_streams_of_enabled_cameras_are_read_main_before_sub(tmp_path: Path) -> None:
    Secrets(tmp_path).set("camera.front.password", "plum kettle")
    plan = compiled(tmp_path)
    assert [(each.camera, each.stream, each.kind, each.password) for each in plan.recorder.sources] == [
        ("front", Stream.MAIN, SourceKind.RTSP, "plum kettle"),
        ("front", Stream.SUB, SourceKind.RTSP, "plum kettle"),
        ("yard", Stream.MAIN, SourceKind.MJPEG, ""),
    ]
    assert plan.recorder.recorded == {"front"}
    assert set(plan.looker.eyes) == {"front", "yard"}


def test_only_the_recorder_is_told_passwords(tmp_path: Path) -> None:
    Secrets(tmp_path).set("camera.front.password", "plum kettle")
    plan = compiled(tmp_path)
    assert b"plum kettle" in msgspec.msgpack.encode(plan.recorder)
    for other in (plan.looker, plan.house):
        assert b"plum kettle" not in msgspec.msgpack.encode(other)
    assert "plum kettle" not in repr(plan)


def test_a_plan_survives_its_way_between_processes(tmp_path: Path) -> None:
    plan = compiled(tmp_path)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(plan), type=Plan) == plan


@pytest.mark.parametrize(("port", "used"), [(None, 8090), (8123, 8123), (0, 0)])
def test_the_port_of_the_command_line_wins(tmp_path: Path, port: int | None, used: int) -> None:
    assert compiled(tmp_path, CONFIG + "[web]\nport = 8090\n", port=port).house.port == used


def test_footage_lies_in_the_data_folder_or_where_the_owner_says(tmp_path: Path) -> None:
    assert compiled(tmp_path).recorder.footage_folder == str(tmp_path / "footage")
    other = compiled(tmp_path, CONFIG + '[storage]\nfolder = "/mnt/footage"\n')
    assert (other.recorder.footage_folder, other.house.index_path) == ("/mnt/footage", "/mnt/footage/index.db")


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        ('main = "v4l2:///dev/video0"', SourceKind.V4L2),
        ('main = "file:///clip.mp4"', SourceKind.FILE),
        ('main = "demo://street?seed=1"', SourceKind.DEMO),
        ('main = "rtsp://192.168.1.9/x"\ntransport = "udp"', SourceKind.RTSP),
        ('main = "rtsp://192.168.1.9/x"\nreader = "libav"', SourceKind.LIBAV),
        ('main = "http://192.168.1.9/x"\npoll_s = 2', SourceKind.JPEG),
    ],
)
def test_odd_cameras_are_read_by_a_guest_and_ordinary_ones_are_not(tmp_path: Path, lines: str, kind: SourceKind) -> None:
    plan = compiled(tmp_path, f"[camera.odd]\n{lines}\n")
    assert plan.recorder.sources[0].kind is kind
    assert set(plan.guests) == ({"odd"} if kind.in_guest else set())
