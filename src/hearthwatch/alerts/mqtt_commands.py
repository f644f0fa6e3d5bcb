"""What may be asked for by MQTT, read from a topic and a payload that anybody at the broker may have written. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass

from hearthwatch.alerts.mqtt_topics import Topics
from hearthwatch.arming.arming import Mode
from hearthwatch.kit.units import CameraId

MAX_COMMAND_BYTES = 512
_MODES = {"DISARM": Mode.DISARMED, "ARM_HOME": Mode.HOME, "ARM_AWAY": Mode.AWAY}
"""Home Assistant's words, see its alarm_control_panel.mqtt."""


@dataclass(frozen=True, slots=True)
class SetMode:
    mode: Mode
    code: str


@dataclass(frozen=True, slots=True)
class SetTelling:
    """Off disables intrusion alerts, on hands the house back."""

    on: bool


@dataclass(frozen=True, slots=True)
class Quiet:
    """No alerts about visitors of that camera for an hour, or again."""

    camera: CameraId
    on: bool


@dataclass(frozen=True, slots=True)
class TakePicture:
    camera: CameraId


@dataclass(frozen=True, slots=True)
class Trigger:
    """A sensor elsewhere saw something that this camera shall take a burst of."""

    camera: CameraId


Command = SetMode | SetTelling | Quiet | TakePicture | Trigger

_TRIGGERS = frozenset({"on", "press", "1", "true"})


def parse(topic: str, payload: bytes, topics: Topics, cameras: Collection[CameraId]) -> Command | None:
    """Return what is asked for; None for what is no command of ours. Raises nothing, whatever comes in."""
    if len(payload) > MAX_COMMAND_BYTES:
        return None
    text = payload.decode(errors="replace")
    if topic == topics.set_mode:
        return _mode(text)
    on = {"ON": True, "OFF": False}.get(text)
    known: dict[str, Command | None] = {topics.set_telling: None if on is None else SetTelling(on)}
    for camera in cameras:
        known[topics.set_camera(camera, "quiet")] = None if on is None else Quiet(camera, on)
        known[topics.trigger(camera)] = Trigger(camera) if text.lower() in _TRIGGERS else None
        known[topics.set_camera(camera, "picture")] = TakePicture(camera) if text == "PRESS" else None
    return known.get(topic)


def _mode(text: str) -> SetMode | None:
    """Plain words, or with a code as JSON: see mqtt_discovery's command template."""
    if text in _MODES:
        return SetMode(_MODES[text], "")
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    action, code = fields.get("action"), fields.get("code")
    if not isinstance(action, str) or action not in _MODES or not isinstance(code, str | None):
        return None
    return SetMode(_MODES[action], code or "")
