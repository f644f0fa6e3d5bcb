"""One password for all cameras: given once, and each camera's own wins."""

from __future__ import annotations

from hearthwatch.kit.secrets import Secret
from hearthwatch.run.camera_doors import door_of
from hearthwatch.run.config import parse
from hearthwatch.run.house_secrets import HouseSecrets
from hearthwatch.run.sources import sources

CONFIG = """
[camera_defaults]
user = "watch"
[camera.front]
main = "rtsp://192.168.1.20/main"
[camera.yard]
main = "rtsp://192.168.1.21/main"
"""


def test_the_password_given_for_all_is_that_of_each_camera_without_one_of_its_own(tmp_path) -> None:
    secrets = HouseSecrets.open(tmp_path, {})
    config = parse(CONFIG)
    assert {source.camera: source.password for source in sources(config, secrets)} == {"front": "", "yard": ""}
    secrets.set("camera_defaults.password", "for-all-of-them-7")
    secrets.set("camera.yard.password", "only-the-yard-9")
    wanted = {"front": "for-all-of-them-7", "yard": "only-the-yard-9"}
    assert {source.camera: source.password for source in sources(config, secrets)} == wanted
    for name, camera in config.cameras.items():
        door = door_of(name, camera, secrets)
        assert door is not None
        assert door.access.password == Secret(wanted[name])
    assert secrets.get("camera.front.door.password") is None
    assert secrets.get("camera.front.porch.password") is None
    assert secrets.names() == ("camera.yard.password", "camera_defaults.password")
