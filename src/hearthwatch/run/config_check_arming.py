"""What types cannot say of `[arming]` and of what a mode means for a camera: times, names, labels and zones there are."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from typing import Any

from hearthwatch.arming.schedule import local_time
from hearthwatch.detect.model import COCO_LABELS
from hearthwatch.kit.units import CAMERA_ID_PATTERN
from hearthwatch.run.config_faults import Faults
from hearthwatch.run.toml_lines import KeyPath

_NAME = re.compile(CAMERA_ID_PATTERN)


def arming_faults(faults: Faults, document: Mapping[str, Any]) -> None:
    """Tell what is wrong with `[arming]` beyond its types."""
    arming = document.get("arming")
    schedule = arming.get("schedule") if isinstance(arming, Mapping) else None
    for name, entry in schedule.items() if isinstance(schedule, Mapping) else ():
        path = ("arming", "schedule", name)
        if not _NAME.fullmatch(name):
            faults.add(path, "is no name for a time of the schedule: use 1 to 32 of a-z, 0-9 and '-'")
        if not isinstance(entry, Mapping):
            continue
        at = entry.get("at")
        if isinstance(at, str) and local_time(at) is None:
            faults.add((*path, "at"), 'is no time of day: write it like "22:30"')
        if entry.get("days") == []:
            faults.add((*path, "days"), "names no day, so that it never comes: leave it out for every day")


def modes_faults(faults: Faults, path: KeyPath, camera: Mapping[str, Any]) -> None:
    """Tell what is wrong with the modes of the camera at `path`."""
    modes = camera.get("modes")
    for mode, meaning in modes.items() if isinstance(modes, Mapping) else ():
        if not isinstance(meaning, Mapping):
            continue
        if mode == "disabled":
            for key in meaning.keys() & {"alerts", "labels", "zones"}:
                faults.add((*path, "modes", mode, key), "`disabled` tells no intrusion whatever stands here: leave it out")
        if meaning.get("private") is True and meaning.get("record", "usual") not in {"usual", "never"}:
            faults.add((*path, "modes", mode, "record"), "`private` records nothing: leave one of the two out")
        zones = camera.get("zones")
        _unknown(faults, (*path, "modes", mode, "zones"), meaning.get("zones"), zones if isinstance(zones, Mapping) else ())
        _unknown(faults, (*path, "modes", mode, "labels"), meaning.get("labels"), (*COCO_LABELS, "motion"))


def _unknown(faults: Faults, path: KeyPath, wanted: Any, known: Collection[str]) -> None:
    for place, name in enumerate(wanted if isinstance(wanted, list) else ()):
        if isinstance(name, str) and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f'; did you mean "{near[0]}"?' if near else ""
            faults.add((*path, place), f"there is none of that name{hint}")
