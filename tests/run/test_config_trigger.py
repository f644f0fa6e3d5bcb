"""What the configuration says of sensors, Pi cameras and cameras without a stream, and what becomes of its mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearthwatch.feeds.sensor import Active
from hearthwatch.kit.errors import ConfigFault
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.run.compile import compile_plan
from hearthwatch.run.config import Config, parse
from hearthwatch.run.follower import moved_values
from hearthwatch.run.plan import Plan

HALL = CameraId("hall")
STILL = '[camera.hall]\nsnapshot = "http://192.168.1.9/snap.jpg"\n'


def mistakes(text: str) -> list[str]:
    try:
        parse(text, "h.toml")
    except ConfigFault as fault:
        return [line.partition(" ")[2] for line in str(fault).splitlines()]
    return []


def plan_of(folder: Path, config: Config) -> Plan:
    return compile_plan(
        config,
        Secrets(folder),
        config_path=folder / "h.toml",
        data_folder=folder,
        port=None,
        debug=False,
        started_us=WallUs(0),
    )


def test_a_camera_without_a_stream_is_one_that_has_pictures_and_a_trigger(tmp_path: Path) -> None:
    config = parse(STILL + "trigger.webhook = true\n")
    plan = plan_of(tmp_path, config)
    assert (plan.recorder.sources, dict(plan.looker.eyes), dict(plan.guests)) == ((), {}, {})
    assert mistakes('[camera.hall]\ndoor.host = "192.168.1.9"\n') == [], "its own alarms trigger it"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (STILL, "camera.hall.trigger: is missing: a camera without a stream needs one, such as camera.hall.trigger.pin = 17"),
        (
            STILL + "trigger.led_pin = 4",
            "camera.hall.trigger: is missing: a camera without a stream needs one, such as camera.hall.trigger.pin = 17",
        ),
        (
            STILL + 'trigger.mqtt = true\nsub = "rtsp://192.168.1.9/x"',
            "camera.hall.sub: makes no sense without `main`: give that address as `main`",
        ),
        (
            '[camera.hall]\nsnapshot = "rtsp://192.168.1.9/x"\ntrigger.pin = 4',
            "camera.hall.snapshot: must begin with one of http://, https://, picamera://",
        ),
        (STILL + "trigger.pin = 28", "camera.hall.trigger.pin: must be at most 27, is 28"),
        (
            STILL + "trigger.pin = 1",
            "camera.hall.trigger.pin: GPIO 1 is for the identification of add-on boards: use another, such as 17",
        ),
        (
            STILL + "trigger.pin = 4\ntrigger.led_pin = 4",
            "camera.hall.trigger.led_pin: is the sensor's pin, too: GPIO 4 can only be one of the two",
        ),
        (
            STILL + "trigger.pin = 4\ntrigger.label = 'PIR 1'",
            "camera.hall.trigger.label: must be 1 to 32 of a-z, 0-9 and '-', such as \"pir\"",
        ),
        (
            '[camera.hall]\nmain = "picamera://0?rotation=90"',
            "camera.hall.main: rotation must be 0 or 180: the camera cannot turn its picture otherwise",
        ),
    ],
)
def test_a_mistake_says_what_would_be_right(text: str, expected: str) -> None:
    assert mistakes(text) == [expected]


def test_a_sensors_label_may_be_told() -> None:
    assert mistakes(STILL + "trigger.pin = 4\ntrigger.label = 'pir'\nalerts.labels = ['person', 'pir']") == []
    assert mistakes(STILL + "trigger.pin = 4\nalerts.labels = ['pir']") != []


def test_a_guest_owns_the_pins_also_of_a_camera_it_does_not_read(tmp_path: Path) -> None:
    text = '[camera.hall]\nmain = "rtsp://192.168.1.9/x"\n[camera.hall.trigger]\npin = 17\nactive = "low"\nlabel = "door"\n'
    plan = plan_of(tmp_path, parse(text)).guests[HALL]
    assert plan.trigger is not None
    assert (plan.sources, plan.trigger.pin, plan.trigger.active) == ((), 17, Active.LOW)
    assert plan == plan_of(tmp_path, parse(text + "hold_off_s = 1\npictures = 2\n")).guests[HALL], "that may change live"
    assert plan != plan_of(tmp_path, parse(text + "debounce_s = 1\n")).guests[HALL]


def test_a_pi_camera_streams_or_gives_stills(tmp_path: Path) -> None:
    streams = plan_of(tmp_path, parse('[camera.hall]\nmain = "picamera://0?fps=10"\n')).guests[HALL]
    assert ([source.url for source in streams.sources], streams.still_url) == (["picamera://0?fps=10"], "")
    stills = plan_of(tmp_path, parse('[camera.hall]\nsnapshot = "picamera://0"\ntrigger.pin = 4\n')).guests[HALL]
    assert (stills.sources, stills.still_url) == ((), "picamera://0")


def test_a_snapshots_address_follows_the_camera() -> None:
    camera = parse(STILL + "trigger.pin = 4\n").cameras[HALL]
    assert moved_values(HALL, camera, "192.168.1.9", "192.168.1.77") == {
        ("camera", "hall", "snapshot"): "http://192.168.1.77/snap.jpg"
    }
