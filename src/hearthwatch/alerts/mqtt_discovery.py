"""What Home Assistant is told there is: one discovery message for each entity. Pure.

The topics and keys are those of Home Assistant's MQTT discovery (its documentation, *MQTT*, and of each component *… .mqtt*);
tests/alerts/home_assistant.py holds them as a table.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hearthwatch.alerts.alert import Severity
from hearthwatch.alerts.mqtt_topics import Topics, part
from hearthwatch.alerts.wording import one_line
from hearthwatch.arming.arming import Mode

BIRTH = "status"
"""Below the discovery prefix: where Home Assistant says `online` when it has started."""

_COMMAND = '{{ {"action": action, "code": code} | tojson }}'
_LABEL_CLASSES = {"crossing": "motion", "person": "occupancy", "dog": "occupancy", "cat": "occupancy"}


class Code(StrEnum):
    """What is typed to arm and disarm; the values are Home Assistant's for a code that is checked here, not there."""

    NONE = ""
    DIGITS = "REMOTE_CODE"
    TEXT = "REMOTE_CODE_TEXT"

    @classmethod
    def of(cls, secret: str) -> Code:
        if not secret:
            return cls.NONE
        return cls.DIGITS if secret.isascii() and secret.isdigit() else cls.TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCamera:
    """`labels` get a sensor each."""

    id: str
    name: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What of the house is shown. `people` are ids and names; `obeys` commands; `code` is asked for to arm and disarm."""

    name: str
    version: str
    cameras: tuple[ShownCamera, ...]
    people: tuple[tuple[str, str], ...]
    pictures: bool
    alerts: bool
    obeys: bool
    code: Code


def announcements(shown: Shown, topics: Topics, prefix: str) -> Mapping[str, bytes]:
    """Return discovery topic and payload of every entity, the house's own first: the cameras hang on it."""
    entities = [*_house(shown, topics)]
    for camera in shown.cameras:
        entities += _camera(shown, camera, topics)
    common = {
        "availability_topic": topics.status,
        "payload_available": "online",
        "payload_not_available": "offline",
        "qos": 1,
        "origin": {"name": "Hearthwatch", "sw_version": shown.version},
    }
    return {
        f"{prefix}/{component}/{topics.node}/{id_}/config": json.dumps(
            {"unique_id": f"{topics.node}_{id_}", **fields, **common}
        ).encode()
        for component, id_, fields in entities
    }


_Entity = tuple[str, str, dict[str, Any]]


def _house(shown: Shown, topics: Topics) -> Iterator[_Entity]:
    node = topics.node
    device = {
        "identifiers": [node],
        "name": f"Hearthwatch {one_line(shown.name, 60)}",
        "manufacturer": "Hearthwatch",
        "model": "House",
        "sw_version": shown.version,
    }
    about = {"device": device, "json_attributes_topic": topics.about}
    has_code = shown.code is not Code.NONE
    yield (
        "alarm_control_panel",
        "alarm",
        about
        | {
            "name": None,
            "state_topic": topics.panel,
            "command_topic": topics.set_mode,
            "supported_features": ["arm_home", "arm_away"] if shown.obeys else [],
            "code_arm_required": has_code,
            "code_disarm_required": has_code,
        }
        | ({"code": shown.code.value, "command_template": _COMMAND} if has_code else {}),
    )
    yield (
        "sensor",
        "mode",
        {
            "device": device,
            "name": "Mode",
            "state_topic": topics.mode,
            "device_class": "enum",
            "options": [mode.value for mode in Mode],
            "icon": "mdi:shield-home",
        },
    )
    if shown.obeys and not has_code:  # a switch cannot ask for a code
        telling = {"name": "Intrusion alerts", "state_topic": topics.telling, "command_topic": topics.set_telling}
        yield "switch", "telling", {"device": device, "icon": "mdi:bell", **telling}
    trouble = {"name": "Trouble", "state_topic": topics.trouble, "device_class": "problem", "entity_category": "diagnostic"}
    yield "binary_sensor", "trouble", about | trouble
    if shown.alerts:
        kinds = [severity.value for severity in Severity]
        yield "event", "alert", {"device": device, "name": "Alert", "state_topic": topics.alert, "event_types": kinds}
    for id_, name in shown.people:
        yield (
            "binary_sensor",
            f"person_{part(id_)}",
            {"device": device, "name": one_line(name, 60), "state_topic": topics.person(id_), "device_class": "presence"},
        )


def _camera(shown: Shown, camera: ShownCamera, topics: Topics) -> Iterator[_Entity]:
    id_ = f"camera_{part(camera.id)}"
    device = {
        "identifiers": [f"{topics.node}_{id_}"],
        "name": one_line(camera.name, 60),
        "manufacturer": "Hearthwatch",
        "model": "Camera",
        "via_device": topics.node,
    }

    def sensor(what: str, name: str, kind: str | None, **more: Any) -> _Entity:
        state = {"device": device, "name": name, "state_topic": topics.camera(camera.id, what)}
        return "binary_sensor", f"{id_}_{what}", state | ({"device_class": kind} if kind else {}) | more

    diagnostic = {"entity_category": "diagnostic", "json_attributes_topic": topics.camera(camera.id, "about")}
    yield sensor("motion", "Motion", "motion")
    yield sensor("tamper", "Tamper", "tamper")
    yield sensor("online", "Online", "connectivity", **diagnostic)
    yield sensor("trouble", "Trouble", "problem", **diagnostic)
    for label in camera.labels:
        yield (
            "binary_sensor",
            f"{id_}_label_{part(label)}",
            {"device": device, "name": one_line(label, 40).capitalize(), "state_topic": topics.label(camera.id, label)}
            | ({"device_class": _LABEL_CLASSES[label]} if label in _LABEL_CLASSES else {}),
        )
    if shown.pictures:
        yield "camera", id_, {"device": device, "name": None, "topic": topics.camera(camera.id, "picture")}
        event = {"image_topic": topics.camera(camera.id, "event"), "content_type": "image/jpeg"}
        yield "image", f"{id_}_event", {"device": device, "name": "Last event", **event}
    if shown.obeys and shown.code is Code.NONE:
        quiet = {"state_topic": topics.camera(camera.id, "quiet"), "command_topic": topics.set_camera(camera.id, "quiet")}
        yield "switch", f"{id_}_quiet", {"device": device, "name": "Quiet for an hour", "icon": "mdi:bell-sleep", **quiet}
    if shown.obeys and shown.pictures:
        press = {"command_topic": topics.set_camera(camera.id, "picture"), "icon": "mdi:camera"}
        yield "button", f"{id_}_picture", {"device": device, "name": "Take a picture", **press}
