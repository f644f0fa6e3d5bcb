"""What the page is told of each camera, from what recorder and looker last said."""

from __future__ import annotations

import dataclasses

import pytest
from tests.run.states import looker, lost, pump, recorder

from hearthwatch.arming.arming import Mode
from hearthwatch.feeds.packet import Codec, Stream
from hearthwatch.feeds.pump import Trouble
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.mailbox import BoxCount
from hearthwatch.kit.units import US_PER_S, CameraId, MonoNs, WallUs
from hearthwatch.run.cameras_now import CamerasNow
from hearthwatch.run.config import parse
from hearthwatch.run.footage_now import CameraFootage, FootageNow
from hearthwatch.run.house_doors import Footage
from hearthwatch.web.doors import CameraNow, CameraState

CONFIG = """
[camera.front]
name = "Front door"
main = "rtsp://192.168.1.9/main"
sub = "rtsp://192.168.1.9/sub"
[camera.yard]
main = "rtsp://192.168.1.10/main"
record = "never"
"""
FRONT = CameraId("front")


class Desk:
    def __init__(self, folder) -> None:
        self.clock = FakeClock()
        self.footage = FootageNow(Footage(folder / "index.db", folder), self.clock)
        self.mode = Mode.AWAY
        self.now = CamerasNow(parse(CONFIG), self.footage, self.clock, lambda: self.mode)

    def hear(self, **cameras) -> CameraNow:
        self.now.hear_recorder(recorder(**cameras))
        return self.front

    @property
    def front(self) -> CameraNow:
        return self.now.all()[0]


@pytest.fixture
def desk(tmp_path) -> Desk:
    return Desk(tmp_path)


def test_cameras_come_in_the_order_of_the_configuration_with_their_names(desk) -> None:
    assert [(camera.id, camera.name, camera.recorded) for camera in desk.now.all()] == [
        ("front", "Front door", True),
        ("yard", "yard", False),
    ]
    assert [len(camera.streams) for camera in desk.now.all()] == [2, 1]


def test_before_the_recorder_has_spoken_all_are_connecting(desk) -> None:
    assert {(camera.state, camera.cause) for camera in desk.now.all()} == {(CameraState.CONNECTING, "the recorder is starting")}


@pytest.mark.parametrize(
    ("state", "shown", "cause"),
    [
        (pump(), CameraState.LIVE, ""),
        (pump(connected=False), CameraState.CONNECTING, "connecting"),
        (lost(error="no route"), CameraState.LOST, "no route"),
        (lost(Trouble.REFUSED, "wrong password"), CameraState.REFUSED, "wrong password"),
        (lost(Trouble.UNSUPPORTED, "no video stream"), CameraState.UNSUPPORTED, "no video stream"),
    ],
)
def test_the_main_stream_stands_for_the_camera(desk, state, shown, cause) -> None:
    front = desk.hear(front=state, front_sub=pump())
    assert (front.state, front.cause) == (shown, cause)
    assert front.streams[1].state is CameraState.LIVE


def test_a_stream_is_described_as_it_comes(desk) -> None:
    desk.clock.advance(100)
    last_ns = MonoNs(desk.clock.mono_ns() - 2_000_000_000)
    main = desk.hear(front=pump(audio=Codec.AAC, last_packet_ns=last_ns)).streams[0]
    assert (main.stream, main.codec, main.width_px, main.height_px) == (Stream.MAIN, Codec.H264, 1280, 720)
    assert (main.fps, main.kbit_per_s, main.has_audio) == (10.0, 900.0, True)
    assert main.last_us == desk.clock.wall_us() - 2 * US_PER_S


def test_a_recorder_that_fell_silent_means_nothing_any_more(desk) -> None:
    desk.hear(front=pump())
    desk.clock.advance(4.9)
    assert desk.front.state is CameraState.LIVE
    desk.clock.advance(0.2)
    assert desk.now.recorder is None
    assert (desk.front.state, desk.front.cause) == (CameraState.CONNECTING, "the recorder is starting")


def test_mailboxes_stand_with_the_stream_they_serve(desk) -> None:
    def box(name: str) -> BoxCount:
        return BoxCount(name=name, put=9, dropped=1, waiting=0)

    desk.now.hear_recorder(
        recorder(front=pump(), boxes=(box("house/front/main"), box("looker/front/sub"), box("house/yard/main"), box("disk")))
    )
    desk.now.hear_looker(looker(boxes=(box("looker/front"), box("looker/yard"))))
    main, sub = desk.front.streams
    assert [each.name for each in main.boxes] == ["house/front/main", "looker/front"]
    assert [each.name for each in sub.boxes] == ["looker/front/sub", "looker/front"]


def test_looking_and_footage_are_part_of_the_answer(desk) -> None:
    desk.now.hear_looker(looker(front=0))
    desk.footage.cameras = {FRONT: CameraFootage(oldest_us=WallUs(3), size_bytes=4, bytes_per_day=5)}
    front = desk.front
    assert (front.motion_frac, front.looked_per_s, front.kept_from_us, front.bytes_per_day) == (0.02, 9.5, 3, 5)


def test_a_quarantined_camera_says_so(desk) -> None:
    desk.now.hear_looker(looker(quarantined=(FRONT,)))
    front = desk.hear(front=pump())
    assert front.state is CameraState.QUARANTINED
    assert "crashed the decoder" in front.cause
    assert desk.now.all()[1].state is CameraState.CONNECTING
    desk.now.hear_looker(looker(front=0))
    assert desk.front.state is CameraState.LIVE


def test_a_camera_switched_off_names_the_setting(desk) -> None:
    desk.now.renew(parse(CONFIG.replace("[camera.yard]", "enabled = false\n[camera.yard]")))
    assert "camera.front.enabled" in desk.front.cause


def test_a_changed_configuration_counts_at_once(desk) -> None:
    config = parse(CONFIG)
    front = dataclasses.replace(config.cameras[FRONT], name="Gate", sub="")
    desk.now.renew(dataclasses.replace(config, cameras={FRONT: front}))
    (camera,) = desk.now.all()
    assert (camera.name, len(camera.streams)) == ("Gate", 1)


def test_a_private_camera_says_so_and_nothing_of_what_moves_before_it(tmp_path) -> None:
    desk = Desk(tmp_path)
    desk.now.renew(parse(CONFIG + "[camera.hall]\nmain = 'rtsp://192.168.1.11/x'\nmodes.home.private = true\n"))
    desk.now.hear_recorder(recorder(hall=pump()))
    desk.now.hear_looker(looker(hall=0))
    assert desk.now.all()[2].state is CameraState.LIVE
    desk.mode = Mode.HOME
    hall = desk.now.all()[2]
    assert (hall.state, hall.recorded, hall.motion_frac) == (CameraState.PRIVATE, False, 0.0)
    assert hall.cause == "private in mode home: not recorded, not looked at"
    assert desk.now.is_private(CameraId("hall"))
    desk.now.hear_recorder(recorder(hall=lost(error="no route")))
    assert desk.now.all()[2].cause.endswith("(no route)"), "that it is away is told all the same"
