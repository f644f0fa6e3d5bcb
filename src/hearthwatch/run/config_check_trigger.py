"""What types cannot say of a sensor beside a camera, and of a camera without a stream."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from hearthwatch.feeds.picamera import parse_picamera
from hearthwatch.feeds.sensor import NO_PIN, TriggerOptions
from hearthwatch.kit.errors import ConfigFault
from hearthwatch.run.config_faults import Faults
from hearthwatch.run.toml_lines import KeyPath

_LABEL = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_TAKEN = (0, 1)
"""The identification of add-on boards."""
_PICTURES = frozenset({"http", "https", "picamera"})


def trigger_faults(faults: Faults, path: KeyPath, camera: Mapping[str, Any], shown: str) -> None:
    """Tell what is wrong with `[camera.NAME.trigger]`, and with a camera that has no `main`."""
    trigger = camera.get("trigger")
    trigger = trigger if isinstance(trigger, Mapping) else {}
    label = trigger.get("label")
    if isinstance(label, str) and not _LABEL.fullmatch(label):
        faults.add((*path, "trigger", "label"), "must be 1 to 32 of a-z, 0-9 and '-', such as \"pir\"")
    pin, light = trigger.get("pin", NO_PIN), trigger.get("led_pin", NO_PIN)
    if pin == light != NO_PIN:
        faults.add((*path, "trigger", "led_pin"), f"is the sensor's pin, too: GPIO {pin} can only be one of the two")
    for key, number in (("pin", pin), ("led_pin", light)):
        if number in _TAKEN:
            faults.add(
                (*path, "trigger", key), f"GPIO {number} is for the identification of add-on boards: use another, such as 17"
            )
    snapshot = camera.get("snapshot")
    if isinstance(snapshot, str) and snapshot and urlsplit(snapshot).scheme.lower() not in _PICTURES:
        faults.add((*path, "snapshot"), "must begin with one of http://, https://, picamera://")
    if _is_picamera(camera.get("sub")):
        faults.add((*path, "sub"), "cannot be a Pi camera, which gives one stream only: leave `sub` out")
    if camera.get("main", "") == "":
        _without_stream(faults, path, camera, trigger, shown)


def _is_picamera(url: Any) -> bool:
    return isinstance(url, str) and url.startswith("picamera://")


def _without_stream(faults: Faults, path: KeyPath, camera: Mapping[str, Any], trigger: Mapping[str, Any], shown: str) -> None:
    door = camera.get("door")
    has_door = isinstance(door, Mapping) and bool(door.get("host"))
    if not (has_door or camera.get("snapshot")):
        faults.add((*path, "main"), "is missing: say where the camera's stream is, or its `snapshot` and a `trigger`")
    elif not has_door and not (trigger.get("pin", NO_PIN) != NO_PIN or trigger.get("webhook") or trigger.get("mqtt")):
        faults.add(
            (*path, "trigger"), f"is missing: a camera without a stream needs one, such as camera.{shown}.trigger.pin = 17"
        )
    if camera.get("sub"):
        faults.add((*path, "sub"), "makes no sense without `main`: give that address as `main`")


def label_of(camera: Mapping[str, Any]) -> str:
    """Return what the events of the camera's sensor are called."""
    trigger = camera.get("trigger")
    label = trigger.get("label") if isinstance(trigger, Mapping) else None
    return label if isinstance(label, str) else TriggerOptions().label


def picamera_fault(url: str) -> str | None:
    """Return what is wrong with the address of a Pi camera, None when nothing is."""
    try:
        parse_picamera(url)
    except (ConfigFault, ValueError) as error:
        return str(error) if isinstance(error, ConfigFault) else "must look like picamera://0"
    return None
