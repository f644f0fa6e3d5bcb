"""Motion's configuration and its masks, as people have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearthwatch.kit.errors import ConfigFault
from hearthwatch.kit.secrets import Secrets
from hearthwatch.run.config import load
from hearthwatch.run.mask_picture import polygons
from hearthwatch.run.motion_config import read
from hearthwatch.run.taking_over import prepare, report, write_down


def pgm(rows: list[str], comment: bytes = b"# made by gimp\n") -> bytes:
    """`#` is black."""
    body = bytes(0 if cell == "#" else 255 for row in rows for cell in row)
    return b"P5\n" + comment + f"{len(rows[0])} {len(rows)}\n255\n".encode() + body


def inside(x: float, y: float, points: tuple[tuple[float, float], ...]) -> bool:
    hit = False
    for (x0, y0), (x1, y1) in zip(points, (*points[1:], points[0]), strict=True):
        if (y0 > y) != (y1 > y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0:
            hit = not hit
    return hit


def covered(rows: list[str], shapes: tuple[tuple[tuple[float, float], ...], ...]) -> list[str]:
    return [
        "".join("#" if any(inside((x + 0.5) / len(row), (y + 0.5) / len(rows), one) for one in shapes) else "." for x in range(len(row)))
        for y, row in enumerate(rows)
    ]  # fmt: skip


BLOCK = ["#" * 20 + "." * 60] * 12 + ["." * 80] * 48
ELL = ["#" * 80] * 10 + ["#" * 15 + "." * 65] * 50
RING = (
    ["." * 80] * 10
    + ["." * 10 + "#" * 60 + "." * 10] * 10
    + [("." * 10 + "#" * 20 + "." * 20 + "#" * 20 + "." * 10)] * 20
    + ["." * 10 + "#" * 60 + "." * 10] * 10
    + ["." * 80] * 10
)
TWO = ["#" * 10 + "." * 60 + "#" * 10] * 60


@pytest.mark.parametrize("rows", [BLOCK, ELL, RING, TWO, ["#" * 80] * 60], ids=["block", "ell", "ring", "two", "all"])
def test_a_mask_covers_the_same_as_polygons(rows: list[str]) -> None:
    assert covered(rows, polygons(pgm(rows))) == rows


def test_a_slope_keeps_its_shape_with_few_corners() -> None:
    rows = ["#" * (60 - y) + "." * (100 - 60 + y) for y in range(60)]
    [shape] = polygons(pgm(rows))
    assert len(shape) < 12
    wrong = sum(
        a != b for one, other in zip(covered(rows, (shape,)), rows, strict=True) for a, b in zip(one, other, strict=True)
    )
    assert wrong < 0.02 * 6000


def test_plain_text_and_large_pictures_are_read() -> None:
    text = b"P2\n4 4\n15\n" + b"0 0 15 15 0 0 15 15 15 15 15 15 15 15 15 15\n"
    [shape] = polygons(text)
    assert {(0, 0), (0.5, 0), (0.5, 0.5), (0, 0.5)} == set(shape)
    large = b"P5 1280 720 255\n" + bytes(1280 * 100) + b"\xff" * (1280 * 620)
    [shape] = polygons(large)
    assert max(y for _, y in shape) == pytest.approx(100 / 720, abs=0.01)
    deep = b"P5 2 1 65535\n" + b"\x00\x00\xff\xff"
    assert len(polygons(deep)) == 1


@pytest.mark.parametrize(
    "data",
    [b"", b"P6\n1 1\n255\n\0\0\0", b"P5\n0 4\n255\n", b"P5\n99999 99999\n255\n", b"P5\n4 4\n255\nxx", b"P5 4 4 0\n" + bytes(16), b"\xff\xd8\xff", b"P2 2 2 9 a b c d"],
)  # fmt: skip
def test_what_is_no_mask_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(ConfigFault):
        polygons(data)


def test_a_blank_mask_masks_nothing() -> None:
    assert polygons(pgm(["." * 20] * 20)) == ()


MAIN = """# motion.conf
daemon on
width 1280
height 720
threshold 4608
on_event_start /usr/local/bin/tell.sh %v
stream_port 8081
camera /etc/motion/camera-1.conf
camera /etc/motion/camera-2.conf
camera /etc/motion/camera-3.conf
camera /etc/motion/gone.conf
; camera /etc/motion/off.conf
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "motion.conf").write_text(MAIN)
    (tmp_path / "camera-1.conf").write_text(
        "camera_name Front door\nnetcam_url rtsp://192.168.1.20:554/sub\nnetcam_high_url rtsp://192.168.1.20:554/main\n"
        "netcam_userpass viewer:motion-pass-66\nmask_file /etc/motion/front.pgm\nmask_privacy /etc/motion/p.pgm\n"
    )
    (tmp_path / "front.pgm").write_bytes(pgm(BLOCK))
    (tmp_path / "camera-2.conf").write_text("camera_id 2\nvideo_device /dev/video0\nmask_file /etc/motion/none.pgm\n")
    (tmp_path / "camera-3.conf").write_text(
        'camera_name = "Old one"\nnetcam_url = mjpg://admin:cam-pass-77@192.168.1.23:8080/videostream.cgi\nwidth 640\nheight 480\nthreshold 1\n'
    )
    return tmp_path


def test_a_house_of_motion_is_taken_over(folder: Path) -> None:
    config_path = folder / "hearthwatch.toml"
    found = read(folder / "motion.conf")
    prepared = prepare(config_path, found)
    told = "\n".join((*report(found, prepared), *prepared.draft.lines))
    assert "motion-pass-66" not in told
    assert "cam-pass-77" not in told
    store = Secrets(folder)
    write_down(config_path, prepared, store)
    config = load(config_path)
    assert set(config.cameras) == {"front-door", "camera-2", "old-one"}
    front = config.cameras["front-door"]
    assert (front.main, front.sub) == ("rtsp://192.168.1.20:554/main", "rtsp://192.168.1.20:554/sub")
    assert (front.user, store.get("camera.front-door.password").reveal()) == ("viewer", "motion-pass-66")
    assert front.motion.sensitivity_frac == 0.005
    [mask] = front.motion.masks
    assert set(mask) == {(0.0, 0.0), (0.25, 0.0), (0.25, 0.2), (0.0, 0.2)}
    assert config.cameras["camera-2"].main == "v4l2:///dev/video0"
    old = config.cameras["old-one"]
    assert (old.main, old.user) == ("http://192.168.1.23:8080/videostream.cgi", "admin")
    assert store.get("camera.old-one.password").reveal() == "cam-pass-77"
    left = "\n".join(found.left)
    for words in ("gone.conf", "mask_privacy", "on_event_start", "none.pgm", "threshold 1:", "stream_port"):
        assert words in left


def test_one_file_alone_is_one_camera(tmp_path: Path) -> None:
    (tmp_path / "motion.conf").write_text("netcam_url http://192.168.1.5/video.mjpg\ncamera_name Shed\n")
    prepared = prepare(tmp_path / "hearthwatch.toml", read(tmp_path / "motion.conf"))
    assert prepared.draft.config.cameras["shed"].main == "http://192.168.1.5/video.mjpg"


@pytest.mark.parametrize("text", ["", "%%%%", "<html>", "daemon"])
def test_what_is_no_motion_configuration_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "motion.conf").write_text(text)
    with pytest.raises(ConfigFault):
        read(tmp_path / "motion.conf")
    with pytest.raises(ConfigFault):
        read(tmp_path / "nothing.conf")
