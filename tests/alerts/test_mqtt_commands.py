"""What may be asked for by MQTT: Home Assistant's words, and nothing that anybody else makes up."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.alerts import home_assistant

from hearthwatch.alerts.mqtt_commands import Quiet, SetMode, SetTelling, TakePicture, parse
from hearthwatch.alerts.mqtt_topics import Topics
from hearthwatch.arming.arming import Mode
from hearthwatch.kit.units import CameraId

TOPICS = Topics("hearthwatch")
FRONT = CameraId("front")
QUIET, PICTURE = TOPICS.set_camera(FRONT, "quiet"), TOPICS.set_camera(FRONT, "picture")
ALL = [TOPICS.set_mode, TOPICS.set_telling, QUIET, PICTURE]


def read(topic: str, payload: bytes) -> object:
    return parse(topic, payload, TOPICS, [FRONT])


def test_what_the_panel_says() -> None:
    said = [read(TOPICS.set_mode, word.encode()) for word in home_assistant.PANEL_COMMANDS]
    assert said == [SetMode(Mode.DISARMED, ""), SetMode(Mode.HOME, ""), SetMode(Mode.AWAY, "")]


@pytest.mark.parametrize(("code", "meant"), [("1234", "1234"), ("", ""), (None, ""), ("\"'}", "\"'}")])
def test_what_the_panel_says_with_a_code(code: str | None, meant: str) -> None:
    assert read(TOPICS.set_mode, json.dumps({"action": "DISARM", "code": code}).encode()) == SetMode(Mode.DISARMED, meant)


def test_what_switches_and_buttons_say() -> None:
    assert [read(TOPICS.set_telling, word) for word in (b"ON", b"OFF")] == [SetTelling(True), SetTelling(False)]
    assert [read(QUIET, word) for word in (b"ON", b"OFF")] == [Quiet(FRONT, True), Quiet(FRONT, False)]
    assert read(PICTURE, b"PRESS") == TakePicture(FRONT)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"disarm",
        b"DISARM ",
        b"DISARM\0",
        b"TRIGGER",
        b"ARM_NIGHT",
        b"on",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"[" * 500,
        b'{"action": ["DISARM"]}',
        b'{"action": "DISARM", "code": 1234}',
        b'{"action": {"a": 1}}',
        b'{"action": "DISARM", "code": "' + b"1" * 600 + b'"}',
        b"DISARM" * 100_000,
    ],
)
@pytest.mark.parametrize("topic", ALL)
def test_anything_else_asks_for_nothing(topic: str, payload: bytes) -> None:
    assert read(topic, payload) is None


@pytest.mark.parametrize(
    "topic", ["hearthwatch/set", "hearthwatch/set/camera/back/quiet", "hearthwatch/mode", "set/mode", "+", ""]
)
def test_no_other_topic_is_a_command(topic: str) -> None:
    assert [read(topic, word) for word in (b"DISARM", b"ON", b"PRESS")] == [None, None, None]


@given(st.sampled_from(ALL), st.binary(max_size=40))
@settings(max_examples=100)
def test_no_bytes_raise(topic: str, payload: bytes) -> None:
    found = read(topic, payload)
    assert found is None or payload in {b"DISARM", b"ARM_HOME", b"ARM_AWAY", b"ON", b"OFF", b"PRESS"}
