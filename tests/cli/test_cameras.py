from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest
from tests.alerts.house import opened
from tests.cli.conftest import Home

from hearthwatch.cli.camera_setup import candidate_lines
from hearthwatch.cli.cameras import state_lines
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.run.config import parse
from hearthwatch.run.find_cameras import Ours, candidate
from hearthwatch.vendors import known_ledger
from hearthwatch.vendors.detection import Detected
from hearthwatch.vendors.device import DeviceIdentity, Vendor
from hearthwatch.vendors.fingerprint import Fingerprint
from hearthwatch.vendors.known import DoorState, KnownCamera, Reach
from hearthwatch.vendors.onvif_discovery import FoundCamera
from hearthwatch.vendors.survey import Sighting

PORCH = CameraId("porch")
KNOWN = KnownCamera(
    camera=PORCH, vendor=Vendor.DAHUA, maker="Amcrest", model="IP2M-841B", mac="9c:8e:cd:00:11:22", serial="AMC1",
    firmware="2.520", link_mac="", mark="", host="192.168.1.20", port=80, tls=False, ip="192.168.1.20",
    first_us=WallUs(1), last_us=WallUs(1_700_000_000 * US_PER_S),
)  # fmt: skip
OPEN = DoorState(camera=PORCH, vendor=Vendor.DAHUA, host="192.168.1.20", port=80, tls=False, reach=Reach.OPEN, known=KNOWN)
CONFIG = '[camera.porch]\nname = "Front porch"\nmain = "rtsp://192.168.1.20/main"\n[camera.yard]\nmain = "rtsp://192.168.1.21/main"\n'
OURS = Ours(parse(CONFIG), (KNOWN,))


def odd_one() -> Detected:
    return Detected(host="192.168.1.32", open_ports=(554,), why="no camera of a family that we know (ports 554 are open)")


@pytest.fixture
def known_home(empty_home: Home) -> Home:
    (empty_home.data / "hearthwatch.toml").write_text(CONFIG)
    (empty_home.data / "house.db").unlink()
    engine = opened(empty_home.data)
    with engine.begin() as connection:
        known_ledger.save(connection, KNOWN)
    engine.dispose()
    return empty_home


def test_a_closed_house_tells_what_it_knew_last(known_home: Home) -> None:
    said = known_home.run("cameras").out.splitlines()
    assert said[0] == "porch (Front porch): not yet, dahua at 192.168.1.20 port 80"
    assert said[1] == "    Hearthwatch is not running"
    assert said[2].startswith(
        "    Amcrest IP2M-841B; firmware 2.520; MAC 9c:8e:cd:00:11:22; serial number AMC1; seen 2023-11-1"
    )
    assert said[3].startswith("yard: not yet")


def test_json_is_for_programs(known_home: Home) -> None:
    porch, yard = json.loads(known_home.run("cameras", "--json").out)
    assert (porch["vendor"], porch["mac"], porch["serial"], porch["firmware"]) == ("dahua", KNOWN.mac, "AMC1", "2.520")
    assert (yard["camera"], yard["mac"], yard["last_us"]) == ("yard", "", None)


def test_accept_forgets_who_the_camera_was(known_home: Home) -> None:
    assert known_home.run("cameras", "--accept", "porch").code == 0
    porch, _ = json.loads(known_home.run("cameras", "--json").out)
    assert porch["mac"] == ""


@pytest.mark.parametrize("argv", [("--accept", "garage"), ("--accept",)])
def test_what_cannot_be_done_is_refused_and_changes_nothing(known_home: Home, argv: tuple[str, ...]) -> None:
    assert known_home.run("cameras", *argv).code == 2
    assert json.loads(known_home.run("cameras", "--json").out)[0]["mac"] == KNOWN.mac


def test_a_stranger_is_explained() -> None:
    state = replace(OPEN, reach=Reach.STRANGER, why="another device answers", tls=True, port=443)
    lines = list(state_lines((state,), {PORCH: "porch"}, UTC))
    assert lines[0] == "porch: stranger, dahua at 192.168.1.20 port 443 (TLS)"
    assert lines[1] == "    another device answers"


def test_nothing_a_camera_says_moves_the_cursor() -> None:
    evil = replace(KNOWN, model="\x1b[2Jx\u202e", firmware="a\nb")
    said = "\n".join(state_lines((replace(OPEN, known=evil, why="\x1b]0;"),), {}, UTC))
    shown = Fingerprint(
        vendor=Vendor.FOSCAM_MJPEG, shown=DeviceIdentity(vendor="", model="", name="\x07bell", firmware="\x9b1")
    )
    one = Sighting(detected=Detected(host="192.168.1.31", port=80, fingerprint=shown), mac="")
    said += "\n".join(candidate_lines(candidate(one, OURS)))
    assert not any(char in said for char in "\x1b\x07\x9b\u202e")
    assert said.count("\n") == 3


def test_what_was_found_is_told_once() -> None:
    called = FoundCamera(host="192.168.1.31", port=80, tls=False, endpoint="", name="Yard", hardware="DS", scopes=())
    shown = DeviceIdentity(vendor="Dahua", model="", name="Yard", serial="ND0218")
    found = Detected(host="192.168.1.31", port=443, tls=True, fingerprint=Fingerprint(vendor=Vendor.DAHUA, shown=shown))
    assert list(candidate_lines(candidate(Sighting(detected=found, mac=KNOWN.mac, called=called), OURS))) == [
        "192.168.1.31: dahua camera, port 443 (TLS) - configured as porch",  # by its MAC, wherever it is now
        "    MAC 9c:8e:cd:00:11:22; Yard; DS; ND0218",
    ]
    moved = replace(found, fingerprint=Fingerprint(vendor=Vendor.DAHUA, mark="AMC1", shown=replace(shown, serial="AMC1")))
    assert candidate(Sighting(detected=moved, mac=""), OURS).camera == "porch"  # by its serial number
    assert candidate(Sighting(detected=replace(odd_one(), host="192.168.1.21"), mac=""), OURS).camera == "yard"
    [line] = candidate_lines(candidate(Sighting(detected=odd_one(), mac=""), OURS))
    assert line.endswith("(ports 554 are open); it may be a camera all the same")


@pytest.mark.wired
def test_find_looks_at_home_networks_only_and_says_when_there_is_nobody(tmp_path: Path, empty_home: Home) -> None:
    (empty_home.data / "hearthwatch.toml").write_text('[home]\nnetworks = ["198.51.100.0/28"]\n')
    ran = empty_home.run("cameras", "find")
    assert ran.code == 0
    assert "no camera answered" in ran.err
