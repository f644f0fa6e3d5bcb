"""What stands at the broker about the house at a moment. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hearthwatch.alerts.mqtt_topics import Topics
from hearthwatch.alerts.wording import one_line
from hearthwatch.arming.arming import ArmState, Mode
from hearthwatch.health.outage import Fault, Outage
from hearthwatch.kit.units import CameraId, WallUs, iso

_PANEL = {
    Mode.DISARMED: "disarmed",
    Mode.HOME: "armed_home",
    Mode.AWAY: "armed_away",
    Mode.DISABLED: "disarmed",
}
"""Home Assistant's panel knows no `disabled`: nothing alarms then, which is what its `disarmed` says. The mode beside it and
the switch tell the two apart."""
_ALARM = "triggered"
_TAMPERED = frozenset(
    {
        Fault.CAMERA_COVERED,
        Fault.CAMERA_BLURRED,
        Fault.CAMERA_TURNED,
        Fault.CAMERA_FROZEN,
        Fault.CAMERA_TAMPERED,
        Fault.CAMERA_VIDEO_LOST,
        Fault.CAMERA_STRANGER,
    }
)
_MAX_TOLD = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraFacts:
    """`labels` are those whose sensors are shown, `seen` what is there now; `state` is in words."""

    id: CameraId
    live: bool
    state: str
    motion: bool
    labels: tuple[str, ...]
    seen: frozenset[str]
    tampered: bool
    quiet_until_us: WallUs


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseFacts:
    """`alarmed`: a visitor was told of just now, or is still there. `people` are ids and whether each is home, None where that
    is not known. `private` leaves out by whom and on what
    evidence the house was armed: both tell who is home. `said` is what came of the last command."""

    arm: ArmState
    alarmed: bool
    cameras: tuple[CameraFacts, ...]
    people: tuple[tuple[str, bool | None], ...]
    outages: tuple[Outage, ...]
    private: bool
    said: str
    ignored: int


def states(facts: HouseFacts, topics: Topics) -> Mapping[str, bytes]:
    """Return topic and payload of everything that the broker keeps of the house, pictures and its status apart."""
    return {topic: text.encode() for topic, text in _states(facts, topics)}


def _states(facts: HouseFacts, topics: Topics) -> Iterator[tuple[str, str]]:
    arm = facts.arm
    yield topics.panel, _ALARM if facts.alarmed and arm.mode is Mode.AWAY else _PANEL[arm.mode]
    yield topics.mode, arm.mode.value
    yield topics.telling, _on(arm.mode is not Mode.DISABLED)
    own = [outage for outage in facts.outages if outage.camera is None]
    yield topics.trouble, _on(bool(own))
    about = {
        "mode": arm.mode.value,
        "since": iso(arm.since_us),
        "until": iso(arm.until_us) if arm.until_us is not None else None,
        "asks": arm.question is not None,
        "trouble": _told(own),
        "last_command": facts.said,
        "ignored_messages": facts.ignored,
    }
    if not facts.private:
        evidence = [one_line(line) for line in arm.evidence[:_MAX_TOLD]]
        about |= {"cause": arm.cause.value, "by": one_line(arm.who, 60), "via": one_line(arm.via, 30), "evidence": evidence}
    yield topics.about, json.dumps(about)
    for person, home in facts.people:
        yield topics.person(person), "None" if home is None else _on(home)
    for camera in facts.cameras:
        yield from _camera(camera, [outage for outage in facts.outages if outage.camera == camera.id], topics)


def _camera(camera: CameraFacts, outages: Sequence[Outage], topics: Topics) -> Iterator[tuple[str, str]]:
    tampered = camera.tampered or any(outage.fault in _TAMPERED for outage in outages)
    yield topics.camera(camera.id, "motion"), _on(camera.motion)
    yield topics.camera(camera.id, "tamper"), _on(tampered)
    yield topics.camera(camera.id, "online"), _on(camera.live)
    yield topics.camera(camera.id, "trouble"), _on(bool(outages))
    yield topics.camera(camera.id, "quiet"), _on(camera.quiet_until_us > 0)
    for label in camera.labels:
        yield topics.label(camera.id, label), _on(label in camera.seen)
    about = {
        "state": one_line(camera.state),
        "trouble": _told(outages),
        "quiet_until": iso(camera.quiet_until_us) if camera.quiet_until_us else None,
    }
    yield topics.camera(camera.id, "about"), json.dumps(about)


def _told(outages: Sequence[Outage]) -> list[str]:
    return [one_line(f"{outage.subject}: {outage.detail or outage.fault.value}") for outage in outages[:_MAX_TOLD]]


def _on(state: bool) -> str:
    return "ON" if state else "OFF"
