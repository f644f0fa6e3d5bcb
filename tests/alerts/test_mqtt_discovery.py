"""What Home Assistant is told there is: against its documented schema, with every hostile name, and nothing that is not obeyed."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.alerts import home_assistant

from hearthwatch.alerts.mqtt_discovery import Code, Shown, ShownCamera, announcements
from hearthwatch.alerts.mqtt_topics import Topics, part

TOPICS = Topics("hearthwatch")


def shown(*, obeys: bool = True, pictures: bool = True, code: Code = Code.NONE, name: str = "Front door") -> Shown:
    return Shown(
        name="Home",
        version="1.0",
        cameras=(
            ShownCamera(id="front", name=name, labels=("person", "dog", "doorbell", "traffic light")),
            ShownCamera(id="yard", name="Yard", labels=("person",)),
        ),
        people=(("anna", "Anna"), ("bo", "Bo")),
        pictures=pictures,
        alerts=True,
        obeys=obeys,
        code=code,
    )


def entities(what: Shown) -> dict[str, tuple[str, dict]]:
    found = {}
    for topic, payload in announcements(what, TOPICS, "homeassistant").items():
        component, fields = home_assistant.check("homeassistant", topic, payload)
        assert fields["unique_id"] not in found
        found[fields["unique_id"]] = component, fields
    return found


@pytest.mark.parametrize("obeys", [False, True])
@pytest.mark.parametrize("pictures", [False, True])
@pytest.mark.parametrize("code", list(Code))
def test_every_announcement_is_what_home_assistant_takes(obeys: bool, pictures: bool, code: Code) -> None:
    found = entities(shown(obeys=obeys, pictures=pictures, code=code))
    components = [component for component, _ in found.values()]
    assert components.count("alarm_control_panel") == 1
    assert components.count("camera") == components.count("image") == (2 if pictures else 0)
    assert components.count("button") == (2 if obeys and pictures else 0)
    assert components.count("switch") == (3 if obeys and code is Code.NONE else 0)
    assert components.count("event") == 1
    assert components.count("binary_sensor") == 1 + 2 + 2 * 4 + 5


def test_everything_is_unavailable_once_we_are_gone() -> None:
    for _, fields in entities(shown()).values():
        assert (fields["availability_topic"], fields["payload_not_available"]) == ("hearthwatch/status", "offline")
        assert fields["qos"] == 1


def test_cameras_hang_on_the_house() -> None:
    found = entities(shown())
    assert found["hearthwatch_camera_front_motion"][1]["device"]["via_device"] == "hearthwatch"
    assert found["hearthwatch_alarm"][1]["device"]["identifiers"] == ["hearthwatch"]
    assert next(iter(announcements(shown(), TOPICS, "ha"))) == "ha/alarm_control_panel/hearthwatch/alarm/config"


def test_sec_09_who_may_not_command_is_offered_nothing_to_press() -> None:
    found = entities(shown(obeys=False))
    assert found["hearthwatch_alarm"][1]["supported_features"] == []
    assert [key for key, (_, fields) in found.items() if "command_topic" in fields] == ["hearthwatch_alarm"]


@pytest.mark.parametrize(("secret", "code"), [("", Code.NONE), ("1234", Code.DIGITS), ("12x4", Code.TEXT), ("١٢٣", Code.TEXT)])
def test_the_code_is_asked_for_there_and_checked_here(secret: str, code: Code) -> None:
    assert Code.of(secret) is code
    alarm = entities(shown(code=code))["hearthwatch_alarm"][1]
    assert ("code" in alarm) == alarm["code_disarm_required"] == alarm["code_arm_required"] == bool(secret)
    if secret:
        assert alarm["code"] in home_assistant.REMOTE_CODES
        assert secret not in json.dumps(alarm)


@given(st.text(max_size=80))
@example("a/b")
@example("+#")
@example("\0")
@example("")
@example("\ud800")
@settings(max_examples=60)
@pytest.mark.long
def test_sec_14_no_name_leaves_its_level_of_a_topic(name: str) -> None:
    assert home_assistant.TOPIC.fullmatch(f"x/{part(name)}/config")
    assert len(part(name)) <= 64


@given(st.text(max_size=80), st.text(max_size=80))
@example("a b", "a_20b")
@example("x" * 80, "x" * 79)
@settings(max_examples=60)
def test_two_names_never_share_a_topic(one: str, other: str) -> None:
    assert (part(one) == part(other)) == (one == other)


@pytest.mark.parametrize("name", ["{{ states }}", "a\nb", "\u202eevil", "<script>", "x" * 300, "#+/", "'\"\\"])
def test_sec_14_a_hostile_name_is_a_name_and_nothing_else(name: str) -> None:
    honest, hostile = announcements(shown(), TOPICS, "ha"), announcements(shown(name=name), TOPICS, "ha")
    assert honest.keys() == hostile.keys()
    for topic, payload in hostile.items():
        home_assistant.check("ha", topic, payload)
        told = json.loads(payload)["device"]["name"]
        assert "\n" not in told
        assert len(told) <= 80
