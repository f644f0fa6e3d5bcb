"""Frigate configurations as people have them: what is taken over, what is named as not taken, and that nothing leaks."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from hearthwatch.kit.errors import ConfigFault
from hearthwatch.kit.secrets import Secrets
from hearthwatch.run.config import load
from hearthwatch.run.frigate_config import read
from hearthwatch.run.taking_over import prepare, report, write_down

HOUSE = """
mqtt:
  host: 192.168.1.5
  password: broker-pass-11
detectors:
  coral: {type: edgetpu, device: usb}
go2rtc:
  streams:
    front_door:
      - rtsp://viewer:p%40ss-word-22@192.168.1.20:554/cam/realmonitor?channel=1&subtype=0#video=copy
    front_door_sub: ["ffmpeg:rtsp://viewer:p%40ss-word-22@192.168.1.20:554/cam/realmonitor?channel=1&subtype=1"]
record:
  enabled: true
  retain: {days: 3, mode: motion}
  alerts: {retain: {days: 21}}
objects:
  track: [person, cat, package]
  filters:
    person: {min_area: 5000, min_score: 0.55, threshold: 0.7}
cameras:
  front_door:
    ffmpeg:
      inputs:
        - path: rtsp://127.0.0.1:8554/front_door
          roles: [record]
        - path: rtsp://127.0.0.1:8554/front_door_sub
          roles: [detect]
    detect: {width: 640, height: 480, fps: 5}
    motion:
      mask:
        - 0,0,320,0,320,48,0,48
        - 0.9,0.9,1,0.9,1,1
    zones:
      Porch_Steps:
        coordinates: 0.1,0.5,0.5,0.5,0.5,1,0.1,1
        objects: [person, dog]
        loitering_time: 5
    onvif: {host: 192.168.1.20, port: 80, user: ptz, password: ptz-pass-33}
  back:
    friendly_name: Back garden
    ffmpeg:
      inputs:
        - path: rtsp://{FRIGATE_RTSP_USER}:{FRIGATE_RTSP_PASSWORD}@192.168.1.21:554/stream1
          roles: [detect, record]
    objects: {track: [person, bird]}
    record: {enabled: true, continuous: {days: 5}, motion: {days: 9}}
    motion:
      mask:
        clock: {friendly_name: Clock, coordinates: "0,0,0.2,0,0.2,0.1,0,0.1"}
  reolink:
    ffmpeg: {inputs: [{path: "http://192.168.1.22/flv?port=1935&app=bcs&stream=channel0_main.bcs&user=admin&password=flv-pass-44", roles: [detect]}]}
  garage:
    enabled: false
    ffmpeg: {inputs: [{path: "http://192.168.1.23/video.cgi", roles: [detect]}]}
    record: {enabled: false}
"""
SECRETS = ("p@ss-word-22", "p%40ss-word-22", "ptz-pass-33", "flv-pass-44", "broker-pass-11")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "hearthwatch.toml"
    file.write_text('# my house\n[home]\nname = "Hill"  # where we live\n')
    return file


def test_a_house_is_taken_over_whole_and_checked(path: Path) -> None:
    found = read(HOUSE, environment={})
    prepared = prepare(path, found)
    told = "\n".join((*report(found, prepared), *prepared.draft.lines))
    for secret in SECRETS:
        assert secret not in told
    store = Secrets(path.parent)
    before = path.read_text()
    assert path.read_text() == before
    write_down(path, prepared, store)
    assert path.read_text().startswith('# my house\n[home]\nname = "Hill"  # where we live\n')
    config = load(path)
    assert set(config.cameras) == {"front-door", "back", "garage"}
    front, back, garage = (config.cameras[name] for name in ("front-door", "back", "garage"))
    assert front.main == "rtsp://192.168.1.20:554/cam/realmonitor?channel=1&subtype=0"
    assert front.sub == "rtsp://192.168.1.20:554/cam/realmonitor?channel=1&subtype=1"
    assert (front.name, front.user, front.door.user, front.record) == ("Front door", "viewer", "ptz", "always")
    assert store.get("camera.front-door.password").reveal() == "p@ss-word-22"
    assert store.get("camera.front-door.door.password").reveal() == "ptz-pass-33"
    assert front.motion.masks[0] == ((0, 0), (0.5, 0), (0.5, 0.1), (0, 0.1))
    assert len(front.motion.masks) == 2
    assert front.zones["porch-steps"].labels == ("person",)
    assert front.zones["porch-steps"].points[2] == (0.5, 1)
    assert set(front.labels) == {"person", "cat"}
    assert front.labels["person"].min_score == 0.55
    assert front.labels["person"].min_area_frac == pytest.approx(5000 / (640 * 480), abs=1e-6)
    assert (config.storage.keep_motion_days, config.storage.keep_event_days) == (3, 21)
    assert (back.name, back.user, back.motion.masks[0][1]) == ("Back garden", "", (0.2, 0))
    assert (back.keep.continuous_days, back.keep.motion_days) == (5, 9)
    assert set(back.labels) == {"person", "bird"}
    assert (garage.enabled, garage.record, garage.main) == (False, "never", "http://192.168.1.23/video.cgi")


def test_what_is_not_taken_is_named_with_the_reason() -> None:
    found = read(HOUSE, environment={})
    told = "\n".join(found.left)
    for words in (
        "reolink: FLV cannot be read",
        "label package: no model here knows it",
        "the zone Porch_Steps, label dog: this camera does not look for it",
        "loitering_time",
        "person.threshold",
        "mqtt: set [mqtt] up",
        "detectors:",
    ):
        assert words in told
    assert [text for text in found.todo if "FRIGATE_RTSP_PASSWORD" in text]
    assert [text for text in found.todo if "FRIGATE_RTSP_USER" in text]


def test_placeholders_of_this_environment_are_filled() -> None:
    found = read(HOUSE, environment={"FRIGATE_RTSP_USER": "me", "FRIGATE_RTSP_PASSWORD": "env-pass-55"})
    back = next(one for one in found.cameras if one.name == "back")
    assert (back.values["user",], back.secrets["password"].reveal()) == ("me", "env-pass-55")
    assert not found.todo


def test_pixels_without_a_size_are_not_guessed() -> None:
    text = "cameras: {a: {ffmpeg: {inputs: [{path: 'rtsp://192.168.1.2/s', roles: [detect]}]}, motion: {mask: '0,0,100,0,100,50'}}}"
    found = read(text, environment={})
    assert ("motion", "masks") not in found.cameras[0].values
    assert "detect.width" in "\n".join(found.left)


def test_taken_twice_it_is_there_once(path: Path) -> None:
    found = read(HOUSE, environment={})
    write_down(path, prepare(path, found), Secrets(path.parent))
    again = prepare(path, read(HOUSE, environment={}))
    assert not again.names
    assert tomllib.loads(again.draft.after) == tomllib.loads(again.draft.before)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a\n- b",
        "cameras: 7",
        "cameras: {}",
        "a: [1, 2",
        "cameras: !!python/object/apply:os.system [id]",
        "a: &a [x]\n" + "\n".join(f"b{n}: &b{n} [*{'a' if n == 0 else f'b{n - 1}'}, *{'a' if n == 0 else f'b{n - 1}'}]" for n in range(40)),
        "[" * 5000,
        "\x00",
    ],
)  # fmt: skip
def test_what_is_no_frigate_configuration_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ConfigFault):
        read(text, environment={})


@pytest.mark.parametrize(
    "camera",
    [
        "null", "7", "{ffmpeg: 3}", "{ffmpeg: {inputs: {}}}", "{ffmpeg: {inputs: [7]}}", "{ffmpeg: {inputs: [{path: 5, roles: detect}]}}",
        "{ffmpeg: {inputs: [{path: 'rtmp://192.168.1.2/x', roles: [detect]}]}}", "{ffmpeg: {inputs: [{path: 'rtsp://-x/', roles: [detect]}]}}",
        "{ffmpeg: {inputs: [{path: 'rtsp://127.0.0.1:8554/loop', roles: [detect]}]}}",
        "{ffmpeg: {inputs: [{path: 'rtsp://h:99999/', roles: [detect]}]}}", "{ffmpeg: {inputs: [{path: '\\x1b[2J', roles: [detect]}]}}",
    ],
)  # fmt: skip
def test_a_camera_that_cannot_be_read_is_left_and_said_so(camera: str, path: Path) -> None:
    text = f"go2rtc: {{streams: {{loop: 'rtsp://127.0.0.1:8554/loop'}}}}\ncameras: {{odd: {camera}, good: {{ffmpeg: {{inputs: [{{path: 'rtsp://192.168.1.9/s', roles: [detect]}}]}}}}}}"
    found = read(text, environment={})
    prepared = prepare(path, found)
    assert "good" in prepared.names
    assert "odd" in prepared.names or any(text.startswith("odd") for text in found.left)


def test_odd_zones_masks_and_labels_never_break_the_file(path: Path) -> None:
    text = """
cameras:
  "We!rd Näme / 1":
    ffmpeg: {inputs: [{path: "rtsp://192.168.1.2/s", roles: [detect, audio]}]}
    detect: {width: "x", height: -3}
    motion: {mask: [1, "a,b,c", "0,0,1", "", {}], threshold: 30}
    zones: {"***": {coordinates: "0,0,1,0,1,1"}, two: {coordinates: [0, 0, 1, 0, 1, 1]}, three: null, four: {coordinates: "nan,0,1,0,1,inf"}}
    objects: {track: person, filters: {person: 3}, mask: "0,0,1,1"}
    record: {enabled: yes, retain: {days: -4}}
"""
    found = read(text, environment={})
    prepared = prepare(path, found)
    [(there, here)] = prepared.names.items()
    assert (there, here) == ("We!rd Näme / 1", "we-rd-name-1")
    camera = prepared.draft.config.cameras[here]
    assert list(camera.zones) == ["two"]
    assert camera.record == "events"
