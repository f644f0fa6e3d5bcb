"""The Incident: one visitor on several cameras, told once. Pure: alerts come in as the policy made them, and go out new or as
what an alert that was told says from now on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from hearthwatch.alerts.alert import Alert, Severity
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs

_LONGEST = 10
"""An incident lasts at most so many windows: a garden party must not keep a thief quiet."""
_MOST_LINES = 8
_ORDER = tuple(Severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """`alert` is the one that was told, as it reads now, by `ways`; `names` are the cameras' in the order in which
    they saw somebody."""

    alert: Alert
    what: str
    names: tuple[str, ...]
    cameras: frozenset[CameraId | None]
    ways: frozenset[str]
    first_us: WallUs
    last_us: WallUs
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """`is_new`: `alert` is to be told. Else it is what an alert that was told already says from now on."""

    alert: Alert
    is_new: bool


class Incidents:
    """Those that may still go on, one for each kind of visitor."""

    def __init__(self) -> None:
        self._open: dict[str, Incident] = {}

    def take(self, alert: Alert, *, what: str, name: str, window_s: float, ways: frozenset[str] = frozenset()) -> Telling:
        """Take an alert about `what` (a label) that the camera called `name` saw; see `alerts.incident_s` for the window.

        The same camera again is told again, after its own cooldown, as long as it is alone; and so is all that comes after
        a way to tell was added to `ways`: whoever reads there has heard of nothing yet."""
        self._forget(alert.at_us, window_s)
        before = self._open.get(what)
        if before is None or not _joins(before, alert) or not ways <= before.ways:
            self._begin(alert, what, name, window_s, ways)
            return Telling(alert=alert, is_new=True)
        joined = _joined(before, alert, name)
        self._open[what] = joined
        return Telling(alert=joined.alert, is_new=False)

    def keep(self, cameras: Collection[CameraId]) -> None:
        """Let go of those that a camera is part of which is not one of the house's any more."""
        self._open = {what: one for what, one in self._open.items() if one.cameras <= {None, *cameras}}

    def _begin(self, alert: Alert, what: str, name: str, window_s: float, ways: frozenset[str]) -> None:
        if window_s <= 0:
            self._open.pop(what, None)
            return
        self._open[what] = Incident(
            alert=alert,
            what=what,
            names=(name,),
            cameras=frozenset({alert.camera}),
            ways=ways,
            first_us=alert.at_us,
            last_us=alert.at_us,
        )

    def _forget(self, now_us: WallUs, window_s: float) -> None:
        """Also what is of the future: the clock was set back."""
        window_us = round(window_s * US_PER_S)
        self._open = {
            what: one
            for what, one in self._open.items()
            if abs(now_us - one.last_us) < window_us and abs(now_us - one.first_us) < window_us * _LONGEST
        }


def _joins(incident: Incident, alert: Alert) -> bool:
    return len(incident.cameras) > 1 or alert.camera not in incident.cameras


def _joined(incident: Incident, alert: Alert, name: str) -> Incident:
    names = incident.names if name in incident.names else (*incident.names, name)
    told = incident.alert
    lines = told.text.split("\n")
    more = incident.more
    if len(lines) >= _MOST_LINES:
        more += 1
        lines = [*lines[:_MOST_LINES], f"and {more} more"]
    else:
        lines.append(f"{name}: {alert.text.splitlines()[0] if alert.text else ''}".rstrip(": "))
    severity = max(told.severity, alert.severity, key=_ORDER.index)
    merged = replace(told, title=f"{', '.join(names)}: {incident.what}", text="\n".join(lines), severity=severity)
    return replace(
        incident,
        alert=merged,
        names=names,
        cameras=incident.cameras | {alert.camera},
        last_us=alert.at_us,
        more=more,
    )
