"""Which secrets and addresses belong to one device, and what is written when it changes."""

from __future__ import annotations

import pytest

from hearthwatch.run.config import parse
from hearthwatch.run.config_file import set_values
from hearthwatch.run.config_follow import moved_device, password_names, renamed_user
from hearthwatch.vendors.device import Access
from hearthwatch.vendors.network import NetworkChange

TEXT = """
# the gate
[camera.front]
main = "rtsp://192.168.1.20:8554/cam" # by the street
sub = "rtsp://192.168.1.20:8554/sub"
user = "admin"

[camera.side]   # the same recorder
main = "rtsp://192.168.1.20:8554/cam2"
user = "admin"

[camera.yard]   # another port of that address: another camera behind a router
main = "rtsp://192.168.1.20:9554/cam"
user = "admin"

[camera.roof]
main = "http://192.168.1.20/video.cgi"
user = "viewer"
[camera.roof.door]
user = "admin"
host = "192.168.1.20"
port = 81

[camera.shed]   # its picture comes from a restreamer
main = "rtsp://192.168.1.5:8554/shed"
user = "admin"
[camera.shed.door]
host = "192.168.1.30"
"""
CONFIG = parse(TEXT)


@pytest.mark.parametrize(
    ("camera", "user", "has", "names"),
    [
        ("front", "admin", (), ("camera.front.password", "camera.side.password")),
        (
            "front",
            "admin",
            ("camera.front.door.password",),
            ("camera.front.door.password", "camera.front.password", "camera.side.password"),
        ),
        ("front", "guest", (), ()),
        ("front", "", (), ()),
        ("nowhere", "admin", (), ()),
        ("yard", "admin", (), ("camera.yard.password",)),
        ("roof", "admin", ("camera.roof.door.password",), ("camera.roof.door.password",)),
        ("roof", "viewer", ("camera.roof.door.password",), ("camera.roof.password",)),
        ("shed", "admin", ("camera.shed.door.password",), ("camera.shed.door.password",)),
    ],
)
def test_every_secret_that_holds_a_password_is_known(camera, user, has, names):
    assert password_names(CONFIG, frozenset(has), camera, user) == names


@pytest.mark.parametrize(
    ("camera", "user", "values"),
    [
        ("front", "admin", {("camera", "front", "user"): "keeper", ("camera", "side", "user"): "keeper"}),
        ("yard", "admin", {("camera", "yard", "user"): "keeper"}),
        ("roof", "admin", {("camera", "roof", "door", "user"): "keeper"}),
        ("roof", "viewer", {("camera", "roof", "user"): "keeper"}),
        ("shed", "admin", {("camera", "shed", "door", "user"): "keeper"}),
        ("front", "guest", {}),
    ],
)
def test_a_renamed_account_is_written_wherever_we_log_in_with_it(camera, user, values):
    assert renamed_user(CONFIG, camera, user, "keeper") == values


def moved(camera, change, *, host="192.168.1.20", port=80):
    access = Access(camera=camera, host=host, port=port)
    return moved_device(CONFIG, camera, access, change.follow(access), change)


@pytest.mark.parametrize(
    ("camera", "change", "values"),
    [
        (
            "front",
            NetworkChange(address="192.168.1.40"),
            {
                ("camera", "front", "main"): "rtsp://192.168.1.40:8554/cam",
                ("camera", "front", "sub"): "rtsp://192.168.1.40:8554/sub",
                ("camera", "side", "main"): "rtsp://192.168.1.40:8554/cam2",
            },
        ),
        (
            "front",
            NetworkChange(rtsp_port=554),
            {
                ("camera", "front", "main"): "rtsp://192.168.1.20/cam",
                ("camera", "front", "sub"): "rtsp://192.168.1.20/sub",
                ("camera", "side", "main"): "rtsp://192.168.1.20/cam2",
            },
        ),
        ("yard", NetworkChange(http_port=8080), {("camera", "yard", "door", "port"): 8080}),
        (
            "roof",
            NetworkChange(address="192.168.1.41", http_port=8080),
            {
                ("camera", "roof", "main"): "http://192.168.1.41:8080/video.cgi",
                ("camera", "roof", "door", "host"): "192.168.1.41",
                ("camera", "roof", "door", "port"): 8080,
            },
        ),
        ("roof", NetworkChange(dns=("1.1.1.1",)), {}),
    ],
)
def test_every_address_follows_the_camera(camera, change, values):
    assert moved(camera, change, port=81 if camera == "roof" else 80) == values


def test_the_door_of_a_camera_seen_through_a_restreamer_moves_alone():
    change = NetworkChange(address="192.168.1.42")
    assert moved("shed", change, host="192.168.1.30") == {("camera", "shed", "door", "host"): "192.168.1.42"}


def test_what_is_written_keeps_the_comments_and_is_a_right_configuration(tmp_path):
    path = tmp_path / "hearthwatch.toml"
    path.write_text(TEXT)
    values = moved("front", NetworkChange(address="192.168.1.40", rtsp_port=554))
    config = set_values(path, {**values, **renamed_user(CONFIG, "front", "admin", "keeper")})
    assert config.cameras["front"].main == "rtsp://192.168.1.40/cam"
    assert (config.cameras["front"].user, config.cameras["yard"].user) == ("keeper", "admin")
    assert '"rtsp://192.168.1.40/cam" # by the street' in path.read_text()
