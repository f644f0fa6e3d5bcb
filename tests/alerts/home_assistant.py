"""What Home Assistant's MQTT discovery takes, as a table, and a check of a message against it.

Facts from its documentation (www.home-assistant.io/integrations/: mqtt, alarm_control_panel.mqtt, binary_sensor.mqtt,
button.mqtt, camera.mqtt, event.mqtt, image.mqtt, sensor.mqtt, switch.mqtt; binary_sensor for the device classes) and, where
that is silent, from the schemas of home-assistant/core (homeassistant/components/mqtt: schemas.py, config.py, each component's
DISCOVERY_SCHEMA, and discovery.py for the topic), as they were in 2026. Home Assistant drops keys it does not know without a
word, so a key that is not here is a mistake.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

TOPIC = re.compile(r"(?P<component>\w+)/(?:(?P<node>[a-zA-Z0-9_-]+)/)?(?P<object>[a-zA-Z0-9_-]+)/config")

Rule = Callable[[Any], bool]


def text(value: Any) -> bool:
    return isinstance(value, str)


def flag(value: Any) -> bool:
    return isinstance(value, bool)


def topic(value: Any) -> bool:
    """MQTT 3.1.1 §4.7, and no wildcard: we name one topic each."""
    return isinstance(value, str) and 0 < len(value.encode()) <= 65535 and not set(value) & set("+#\0")


def one_of(*values: Any) -> Rule:
    return lambda value: value in values


def texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, str) for one in value)


def nothing_or(rule: Rule) -> Rule:
    return lambda value: value is None or rule(value)


def listed(*values: str) -> Rule:
    return lambda value: isinstance(value, list) and set(value) <= set(values)


BINARY_SENSOR_CLASSES = [
    "battery",
    "battery_charging",
    "carbon_monoxide",
    "cold",
    "connectivity",
    "door",
    "garage_door",
    "gas",
    "heat",
    "light",
    "lock",
    "moisture",
    "motion",
    "moving",
    "occupancy",
    "opening",
    "plug",
    "power",
    "presence",
    "problem",
    "running",
    "safety",
    "smoke",
    "sound",
    "tamper",
    "update",
    "vibration",
    "window",
]

DEVICE: Mapping[str, Rule] = {
    "identifiers": texts,
    "connections": lambda value: all(len(one) == 2 for one in value),
    "name": text,
    "manufacturer": text,
    "model": text,
    "model_id": text,
    "hw_version": text,
    "sw_version": text,
    "serial_number": text,
    "suggested_area": text,
    "via_device": text,
    "configuration_url": text,
}
ORIGIN: Mapping[str, Rule] = {"name": text, "sw_version": text, "support_url": text}


def _is_device(value: Any) -> bool:
    known = all(key in DEVICE and DEVICE[key](one) for key, one in value.items())
    return known and bool(value.get("identifiers") or value.get("connections"))


COMMON: Mapping[str, Rule] = {
    "availability_topic": topic,
    "payload_available": text,
    "payload_not_available": text,
    "device": _is_device,
    "origin": lambda value: "name" in value and all(key in ORIGIN and ORIGIN[key](one) for key, one in value.items()),
    "enabled_by_default": flag,
    "entity_category": one_of("config", "diagnostic"),
    "icon": lambda value: bool(re.fullmatch(r"mdi:[a-z0-9-]+", value)),
    "json_attributes_topic": topic,
    "default_entity_id": text,
    "name": nothing_or(text),
    "unique_id": text,
    "qos": one_of(0, 1, 2),
    "encoding": text,
}


@dataclass(frozen=True)
class Component:
    required: frozenset[str]
    keys: Mapping[str, Rule] = field(default_factory=dict)


def component(required: str, **keys: Rule) -> Component:
    return Component(frozenset(required.split()), {**COMMON, **keys})


COMPONENTS: Mapping[str, Component] = {
    "alarm_control_panel": component(
        "state_topic command_topic",
        state_topic=topic,
        command_topic=topic,
        command_template=text,
        code=text,
        code_arm_required=flag,
        code_disarm_required=flag,
        code_trigger_required=flag,
        payload_arm_away=text,
        payload_arm_home=text,
        payload_disarm=text,
        retain=flag,
        supported_features=listed("arm_home", "arm_away", "arm_night", "arm_vacation", "arm_custom_bypass", "trigger"),
        value_template=text,
    ),
    "binary_sensor": component(
        "state_topic",
        state_topic=topic,
        device_class=one_of(*BINARY_SENSOR_CLASSES),
        expire_after=lambda value: isinstance(value, int) and value > 0,
        force_update=flag,
        off_delay=lambda value: isinstance(value, int) and value > 0,
        payload_on=text,
        payload_off=text,
        value_template=text,
    ),
    "button": component(
        "command_topic",
        command_topic=topic,
        command_template=text,
        payload_press=text,
        device_class=one_of("identify", "restart", "update"),
        retain=flag,
    ),
    "camera": component("topic", topic=topic, image_encoding=one_of("b64")),
    "event": component(
        "state_topic event_types",
        state_topic=topic,
        event_types=texts,
        device_class=one_of("button", "doorbell", "motion"),
        value_template=text,
    ),
    "image": component(
        "image_topic",  # or url_topic, which we do not use
        image_topic=topic,
        content_type=text,
        image_encoding=one_of("b64"),
    ),
    "sensor": component(
        "state_topic",
        state_topic=topic,
        device_class=one_of("enum", "timestamp"),
        options=texts,
        value_template=text,
        force_update=flag,
    ),
    "switch": component(
        "command_topic",
        command_topic=topic,
        state_topic=topic,
        payload_on=text,
        payload_off=text,
        state_on=text,
        state_off=text,
        optimistic=flag,
        retain=flag,
        device_class=one_of("outlet", "switch"),
        value_template=text,
    ),
}

PANEL_STATES = frozenset(
    [
        "disarmed",
        "armed_home",
        "armed_away",
        "armed_night",
        "armed_vacation",
        "armed_custom_bypass",
        "pending",
        "triggered",
        "arming",
        "disarming",
        "None",
    ]
)
PANEL_COMMANDS = ("DISARM", "ARM_HOME", "ARM_AWAY")
REMOTE_CODES = ("REMOTE_CODE", "REMOTE_CODE_TEXT")


def check(prefix: str, at: str, payload: bytes) -> tuple[str, dict[str, Any]]:
    """Return component and fields of a discovery message; fails on whatever Home Assistant would refuse or drop."""
    assert at.startswith(f"{prefix}/")
    found = TOPIC.fullmatch(at.removeprefix(f"{prefix}/"))
    assert found is not None, at
    name, fields = found["component"], json.loads(payload)
    assert name in COMPONENTS, name
    schema = COMPONENTS[name]
    assert schema.required <= fields.keys(), f"{at} lacks {schema.required - fields.keys()}"
    assert fields.keys() <= schema.keys.keys(), f"{at} has {fields.keys() - schema.keys.keys()}"
    wrong = {key: value for key, value in fields.items() if not schema.keys[key](value)}
    assert not wrong, f"{at}: {wrong}"
    assert {"unique_id", "device"} <= fields.keys(), f"{at}: a device shows only entities that have a unique id"
    if name == "sensor" and fields.get("device_class") == "enum":
        assert fields["options"]
    if name == "alarm_control_panel" and not fields.get("code"):
        assert fields["code_arm_required"] is False, "without a code Home Assistant would refuse to arm"
    return name, fields
