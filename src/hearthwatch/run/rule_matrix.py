"""Which camera tells of which label in which mode, as a table; and what one changed cell means in the configuration. Pure."""

from __future__ import annotations

from typing import Any

from hearthwatch.arming.arming import Mode, Telling
from hearthwatch.feeds.sensor import NO_PIN
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import CameraId
from hearthwatch.run.config import CameraOptions, Config
from hearthwatch.web.house_page_doors import RuleRow

KeyPath = tuple[str, ...]

EDITABLE = (Mode.AWAY, Mode.HOME, Mode.DISARMED)
"""In `disabled` nothing is ever told."""


def rows(config: Config) -> tuple[RuleRow, ...]:
    """Return a row a camera, in the order of the configuration."""
    return tuple(
        RuleRow(
            camera=name,
            name=camera.name or name,
            enabled=camera.alerts.enabled,
            send_picture=camera.alerts.send_picture,
            send_clip=camera.alerts.send_clip,
            labels=labels_of(camera),
            told={mode: told_in(camera, mode) for mode in Mode},
            zones={mode: camera.modes.of(mode).zones for mode in Mode},
            private=frozenset(mode for mode in Mode if camera.modes.of(mode).private),
            times=camera.alerts.times,
            label_times=camera.alerts.label_times,
            remind_s=camera.alerts.remind_s,
        )
        for name, camera in config.cameras.items()
    )


def labels_of(camera: CameraOptions) -> tuple[str, ...]:
    """Return what the camera could tell of: what is looked for, what is told anyhow, and what its sensor is called."""
    found = dict.fromkeys((*camera.labels, *camera.alerts.labels))
    for mode in EDITABLE:
        found |= dict.fromkeys(camera.modes.of(mode).labels)
    if camera.events.motion:
        found["motion"] = None
    if _has_sensor(camera):
        found[camera.trigger.label] = None
    return tuple(found)


def told_in(camera: CameraOptions, mode: Mode) -> frozenset[str]:
    """Return the labels that are told in `mode`; see alerts.policy."""
    if not camera.modes.tells(mode):
        return frozenset()
    chosen = camera.modes.of(mode).labels
    if chosen:
        return frozenset(chosen)
    return frozenset(camera.alerts.labels) | ({camera.trigger.label} if _has_sensor(camera) else frozenset())


def changed(config: Config, name: CameraId, mode: Mode, label: str, *, told: bool) -> dict[KeyPath, Any]:
    """Return what must be written so that `label` is told in `mode`, or is not, and all else stays as it is.

    Raises Unsupported for a camera, a mode or a label that there is not."""
    camera = config.cameras.get(name)
    if camera is None:
        raise Unsupported(f"There is no camera {name}.")
    if mode not in EDITABLE:
        raise Unsupported("While the house is disabled no visitor is told of, whatever the rules say.")
    if label not in labels_of(camera):
        raise Unsupported(f"{camera.name or name} does not look for {label}: add it under `labels` first.")
    before = told_in(camera, mode)
    after = before | {label} if told else before - {label}
    if after == before:
        return {}
    base = ("camera", str(name), "modes", mode.value)
    if not after:
        return {(*base, "alerts"): Telling.NONE.value, (*base, "labels"): None}
    wanted = Telling.USUAL if mode is Mode.AWAY else Telling.ALL
    found: dict[KeyPath, Any] = {(*base, "labels"): [one for one in labels_of(camera) if one in after]}
    if camera.modes.of(mode).alerts is not wanted:
        found[*base, "alerts"] = wanted.value
    return found


def _has_sensor(camera: CameraOptions) -> bool:
    trigger = camera.trigger
    return trigger.pin != NO_PIN or trigger.webhook or trigger.mqtt
