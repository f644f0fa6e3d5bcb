"""What types cannot say of `[action]`: names, exactly one thing to switch, cameras, zones and labels there are."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from typing import Any

from hearthwatch.detect.model import COCO_LABELS
from hearthwatch.events.alarms import OwnAlarm
from hearthwatch.events.report import MAIL_ALARM
from hearthwatch.kit.units import CAMERA_ID_PATTERN
from hearthwatch.run.config_checks import service_fault
from hearthwatch.run.config_faults import Faults
from hearthwatch.run.toml_lines import KeyPath

_NAME = re.compile(CAMERA_ID_PATTERN)
_TOPIC = re.compile(r"[^#+\x00-\x1f\x7f]{1,200}")
_WAYS = {"webhook": "url", "mqtt": "topic", "camera": "camera", "gpio": "pin"}
_MAX_TEXT = 4000


def action_faults(faults: Faults, document: Mapping[str, Any]) -> None:
    """Tell what is wrong with `[action]` beyond its types."""
    actions, cameras = document.get("action"), document.get("camera")
    cameras = cameras if isinstance(cameras, Mapping) else {}
    for name, options in actions.items() if isinstance(actions, Mapping) else ():
        path: KeyPath = ("action", name)
        if not _NAME.fullmatch(name):
            faults.add(path, "is no name for an action: use 1 to 32 of a-z, 0-9 and '-'")
        if isinstance(options, Mapping):
            _way_faults(faults, path, options, [camera for camera in cameras if _NAME.fullmatch(camera)])
            _when_faults(faults, path, options.get("when"), cameras)


def _way_faults(faults: Faults, path: KeyPath, options: Mapping[str, Any], cameras: Collection[str]) -> None:
    tables = {way: table for way in _WAYS if isinstance(table := options.get(way), Mapping)}
    given = [way for way, table in tables.items() if table.get(_WAYS[way], "") not in {"", -1}]
    if len(given) != 1:
        what = "nothing to switch" if not given else f"more than one thing to switch ({', '.join(given)})"
        faults.add(path, f"has {what}: give it one of webhook.url, mqtt.topic, camera.camera, gpio.pin")
    for key in ("url", "off_url"):
        url = tables.get("webhook", {}).get(key)
        fault = service_fault(url) if isinstance(url, str) and url else None
        if fault:
            faults.add((*path, "webhook", key), fault)
    for way, key in (("webhook", "body"), ("webhook", "off_body"), ("mqtt", "payload"), ("mqtt", "off_payload")):
        text = tables.get(way, {}).get(key)
        if isinstance(text, str) and len(text) > _MAX_TEXT:
            faults.add((*path, way, key), f"is longer than {_MAX_TEXT} characters")
    topic = tables.get("mqtt", {}).get("topic")
    if isinstance(topic, str) and topic and not _TOPIC.fullmatch(topic):
        faults.add((*path, "mqtt", "topic"), "is no topic to send to: no '+' or '#', at most 200 characters")
    camera = tables.get("camera", {}).get("camera")
    if isinstance(camera, str) and camera:
        _unknown(faults, (*path, "camera", "camera"), camera, cameras)


def _when_faults(faults: Faults, path: KeyPath, when: Any, cameras: Mapping[str, Any]) -> None:
    if not isinstance(when, Mapping):
        return
    zones = {zone for camera in cameras.values() if isinstance(camera, Mapping) for zone in camera.get("zones") or ()}
    known = {"labels": (*COCO_LABELS, *OwnAlarm, MAIL_ALARM, "motion"), "cameras": tuple(cameras), "zones": tuple(zones)}
    for key, names in known.items():
        wanted = when.get(key)
        for place, name in enumerate(wanted if isinstance(wanted, list) else ()):
            if isinstance(name, str):
                _unknown(faults, (*path, "when", key, place), name, names)
    for key in ("cameras", "zones"):
        if when.get(key) and not when.get("labels"):
            faults.add((*path, "when", key), "means nothing without `labels`: say which events switch it on")


def _unknown(faults: Faults, path: KeyPath, name: str, known: Collection[str]) -> None:
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        faults.add(path, f"there is none of that name{hint}")
