"""Trying, adding and removing emulated cameras through their real protocols: what is asked of them, and what is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.devices import dahua, foscam_hd, foscam_mjpeg, onvif_camera, reolink
from tests.devices.camera_state import LogKind
from tests.devices.camera_video import CameraVideo
from tests.devices.camera_web import EmulatedCamera
from tests.devices.http_camera import HttpCamera

from hearthwatch.bench.rtsp_server import Mount
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import ConfigFault, Unsupported
from hearthwatch.kit.secrets import Secret, Secrets
from hearthwatch.kit.units import CameraId
from hearthwatch.run.camera_setup import CameraSetup
from hearthwatch.run.closed_setup import closed_camera_setup
from hearthwatch.run.config import load
from hearthwatch.web.camera_setup_doors import AddWish, TrialFailed, TrialFault, TryWish

pytestmark = [pytest.mark.wired, pytest.mark.waits]

HERE = "127.0.0.1"
LARGE = Mount(path="/", length_s=10, width_px=1280, height_px=720, fps=10, gop_s=1.0)
SMALL = Mount(path="/sub", length_s=10, width_px=320, height_px=180, fps=10, gop_s=1.0)


@pytest.fixture
def setup(tmp_path: Path) -> CameraSetup:
    (tmp_path / "hearthwatch.toml").write_text("# the house on the hill\n[home]\nname = 'Hill' # here\n")
    return closed_camera_setup(tmp_path / "hearthwatch.toml", tmp_path, SystemClock())


def wish(camera: EmulatedCamera, password: str = "watch-Pass-1", **more: object) -> TryWish:
    return TryWish(host=HERE, port=camera.port, user="watch", password=Secret(password), allow_loopback=True, **more)


async def test_onvif_with_two_streams_is_tried_added_renamed_and_removed(setup: CameraSetup, tmp_path: Path) -> None:
    camera = onvif_camera.camera(sub_path="/sub")
    async with camera.running(), CameraVideo(camera=camera, user="watch", mounts=[LARGE, SMALL]).running():
        found = await setup.look_at(HERE, camera.port, allow_loopback=True)
        assert (found.vendor, found.camera) == ("onvif", "")
        trial = await setup.try_camera(wish(camera))
        assert (trial.maker, trial.model, trial.mac) == ("REOLINK", "E1 Zoom", camera.mac)
        large, small = trial.streams[:2]
        assert (large.codec, large.width_px, small.width_px) == ("h264", 1280, 320)
        assert large.fps == pytest.approx(10, abs=1.5)
        assert large.bytes_per_day > 0
        assert " a day" in large.words
        assert (trial.main, trial.sub) == (large.url, small.url)
        jpeg = setup.picture(trial.id)
        assert jpeg is not None
        assert jpeg.startswith(b"\xff\xd8\xff")
        id_ = await setup.add(AddWish(trial=trial.id, name="Front Döör", main=trial.main, sub=trial.sub))
        assert id_ == "front-door"
        text = (tmp_path / "hearthwatch.toml").read_text()
        assert text.startswith("# the house on the hill\n[home]\nname = 'Hill' # here\n")
        assert "watch-Pass-1" not in text
        options = load(tmp_path / "hearthwatch.toml").cameras[id_]
        assert (options.name, options.user, options.main, options.sub) == ("Front Döör", "watch", trial.main, trial.sub)
        assert (options.door.vendor, options.door.port) == ("onvif", camera.port)
        assert Secrets(tmp_path).get("camera.front-door.password") == Secret("watch-Pass-1")
        with pytest.raises(Unsupported, match="once more"):
            await setup.add(AddWish(trial=trial.id, name="Again"))
        await setup.rename(id_, "Back")
        with pytest.raises(ConfigFault, match="ordinary characters"):
            await setup.rename(id_, "x" * 80)
        assert load(tmp_path / "hearthwatch.toml").cameras[id_].name == "Back"
        gone = await setup.remove(id_)
        assert (gone.name, "footage" in gone.text, "demo camera" in gone.text) == ("Back", True, True)
        assert Secrets(tmp_path).names() == ()
        assert (tmp_path / "hearthwatch.toml").read_text().strip().endswith("name = 'Hill' # here")
        with pytest.raises(Unsupported, match="no camera"):
            await setup.remove(id_)
        with pytest.raises(Unsupported, match="built in"):
            await setup.remove(CameraId("demo"))


FAMILIES: dict[str, Callable[..., EmulatedCamera]] = {
    "dahua": dahua.camera, "foscam-hd": foscam_hd.camera, "foscam-mjpeg": foscam_mjpeg.camera, "reolink": reolink.camera,
    "onvif": onvif_camera.camera,
}  # fmt: skip


@pytest.mark.parametrize("family", FAMILIES)
async def test_a_wrong_password_is_tried_once_and_the_same_one_not_again(setup: CameraSetup, family: str) -> None:
    camera = FAMILIES[family]()
    async with camera.running():
        for _ in range(3):
            with pytest.raises(TrialFailed) as failed:
                await setup.try_camera(wish(camera, "wrong-Pass-9"))
            assert failed.value.fault is TrialFault.PASSWORD
            assert "wrong-Pass-9" not in str(failed.value) + failed.value.hint
        assert [line.user for line in camera.ledger if line.kind is LogKind.DENIED] == ["watch"]


async def test_a_camera_whose_stream_is_gone_is_told_with_its_snapshot(setup: CameraSetup) -> None:
    camera = dahua.camera()
    async with camera.running():
        trial = await setup.try_camera(wish(camera))
        assert (trial.vendor, trial.model, trial.serial) == ("dahua", "IP2M-841B", "AMC00056_24AAF8")
        assert all(one.trouble for one in trial.streams[:2])
        assert any("gave no picture" in text for text in trial.remarks)
        assert trial.has_picture, "the camera's own snapshot stands in"


async def test_addresses_by_hand_are_checked_as_in_the_file_and_tried_as_they_are(setup: CameraSetup, tmp_path: Path) -> None:
    camera = HttpCamera(pictures_per_stream=200)
    try:
        trial = await setup.try_camera(TryWish(main=camera.url("/mjpeg/plain"), allow_loopback=True))
        assert (trial.streams[0].codec, trial.has_picture, trial.vendor) == ("mjpeg", True, "")
        id_ = await setup.add(AddWish(trial=trial.id, name="Bird box"))
        assert load(tmp_path / "hearthwatch.toml").cameras[id_].allow_loopback
        still = await setup.try_camera(TryWish(snapshot=camera.url("/jpeg"), allow_loopback=True))
        assert still.has_picture
        polled = await setup.try_camera(TryWish(main=camera.url("/jpeg"), poll_s=1.0, allow_loopback=True))
        assert polled.streams[0].codec == "mjpeg"
        with pytest.raises(TrialFailed) as failed:
            await setup.try_camera(TryWish(main=camera.url("/html"), allow_loopback=True))
        assert failed.value.fault is TrialFault.NO_PICTURE
        with pytest.raises(TrialFailed) as failed:
            await setup.try_camera(
                TryWish(main=camera.url("/digest/mjpeg/plain"), user="admin", password=Secret("no"), allow_loopback=True)
            )
        assert failed.value.fault is TrialFault.PASSWORD
    finally:
        camera.close()
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"")
    assert not (await setup.try_camera(TryWish(main=f"file://{clip}"))).has_picture


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("rtsp://me:secret-7@192.168.1.20/x", "password or user name"),
        ("rtsp://127.0.0.1/x", "this very machine"),
        ("gopher://192.168.1.20/", "must begin with one of"),
        ("rtsp://192.168.1.20/a b", "has a space"),
        ("file:///nowhere/clip.mp4", "there is no file"),
        ("v4l2:///dev/video99", "there is no video device"),
    ],
)
async def test_what_is_no_address_is_said_with_the_words_of_the_check(setup: CameraSetup, address: str, words: str) -> None:
    with pytest.raises(TrialFailed) as failed:
        await setup.try_camera(TryWish(main=address))
    assert words in failed.value.text + failed.value.hint
    assert "secret-7" not in failed.value.text + failed.value.hint


async def test_nothing_there_is_said_plainly(setup: CameraSetup) -> None:
    with pytest.raises(TrialFailed) as failed:
        await setup.try_camera(TryWish(host=HERE, port=9, user="me", password=Secret("x-Pass-1"), allow_loopback=True))
    assert (failed.value.fault, failed.value.text) == (TrialFault.UNREACHABLE, "Nothing answers at 127.0.0.1.")
    with pytest.raises(TrialFailed):
        await setup.look_at(HERE, 9, allow_loopback=True)
    with pytest.raises(TrialFailed) as failed:
        await setup.try_camera(TryWish(host=HERE, port=9, user="me"))
    assert "this machine" in failed.value.text
