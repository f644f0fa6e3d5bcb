"""Sight: the house as somebody sees it who is limited to some cameras. Any other camera does not exist for them.

This is the one place where rights for single cameras are kept: every route works with the doors `of` returns, so that lists,
pictures, footage, live streams and the stream of changes need no check of their own. A door that is not named here is closed to
whoever is limited; the owner, and everybody with all cameras, has the doors as they are.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from dataclasses import fields, replace
from typing import Any, cast

from hearthwatch.alerts.of_house import is_alert_of_house, is_outage_of_house
from hearthwatch.arming.arming import ArmState
from hearthwatch.events.event import Event
from hearthwatch.health.outage import Outage
from hearthwatch.kit.units import CameraId
from hearthwatch.logins.login import Login
from hearthwatch.presence.presence import Presence
from hearthwatch.web.changes import Batch, Change, Changes
from hearthwatch.web.doors import AlertNow, Doors
from hearthwatch.web.person import Denied
from hearthwatch.web.sight_doors import (
    SeenActions,
    SeenAlerts,
    SeenCameras,
    SeenCopies,
    SeenEvents,
    SeenHealth,
    SeenHouse,
    SeenLogins,
    SeenOffsite,
    SeenRemote,
    SeenReview,
    no_camera,
)
from hearthwatch.web.sight_more import SeenHousePage, SeenShares, SeenTimeline

BLIND = frozenset({"arming", "people", "hooks", "triggers", "telegram", "detector", "push", "fleet"})
"""These doors tell nothing of a single camera of this house to who may not manage it; calls of cameras and sensors prove
themselves by a secret word, and what somebody sees of other houses is decided by their role at each site."""

BY_CAMERA = frozenset({"live", "footage", "keeper", "pictures", "elsewhere", "cases", "timelapses", "heads", "relay"})
"""Every method of these takes the camera, or the cameras, it is about."""

OWN_VIEW: Mapping[str, Callable[[Any, frozenset[CameraId], Doors], object]] = {
    "cameras": lambda door, seen, _doors: SeenCameras(door, seen),
    "events": lambda door, seen, _doors: SeenEvents(door, seen),
    "review": lambda door, seen, doors: SeenReview(door, seen, doors.events),
    "alerts": lambda door, seen, _doors: SeenAlerts(door, seen),
    "health": lambda door, seen, _doors: SeenHealth(door, seen),
    "logins": lambda door, seen, _doors: SeenLogins(door, seen),
    "copies": lambda door, seen, _doors: SeenCopies(door, seen),
    "offsite": lambda door, seen, _doors: SeenOffsite(door, seen),
    "remote": lambda door, seen, _doors: SeenRemote(door, seen),
    "house": lambda door, seen, _doors: SeenHouse(door, seen),
    "actions": lambda door, _seen, _doors: SeenActions(door),
    "house_page": lambda door, _seen, _doors: SeenHousePage(door),
    "timeline": lambda door, seen, _doors: SeenTimeline(door, seen),
    "shares": lambda door, seen, _doors: SeenShares(door, seen),
}


def of(doors: Doors, seen: frozenset[CameraId] | None) -> Doors:
    """Return the doors as somebody sees them who sees these cameras; None for all."""
    if seen is None:
        return doors
    return replace(doors, **{field.name: _door(field.name, doors, seen) for field in fields(doors)})


def _door(name: str, doors: Doors, seen: frozenset[CameraId]) -> Any:
    door = getattr(doors, name)
    if name in BLIND:
        return door
    if name in BY_CAMERA:
        return _ByCamera(door, seen)
    if name in OWN_VIEW:
        return OWN_VIEW[name](door, seen, doors)
    return _Closed()


class _Closed:
    """A door that is not for somebody who sees only some cameras."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        raise Denied(403, "Your account may not do this.", "It is limited to some cameras. Ask the owner of the house.")


class _ByCamera:
    """A door each method of which takes `camera` or `cameras`: one that is not seen does not exist."""

    def __init__(self, door: object, seen: frozenset[CameraId]) -> None:
        self._door = door
        self._seen = seen

    def __getattr__(self, name: str) -> Callable[..., object]:
        method = getattr(self._door, name)
        if not callable(method):
            return cast("Callable[..., object]", getattr(_Closed(), name))
        signature = inspect.signature(method)

        def checked(*args: object, **named: object) -> object:
            given = signature.bind(*args, **named).arguments
            asked = given.get("camera", given.get("cameras"))
            wanted = (asked,) if isinstance(asked, str) else asked if isinstance(asked, Collection) else ()
            if not wanted:
                return getattr(_Closed(), name)
            if not self._seen.issuperset(cast("Collection[CameraId]", wanted)):
                raise no_camera()
            return method(*args, **named)

        return checked


def sees(seen: frozenset[CameraId] | None, change: object) -> bool:
    """Tell whether somebody who sees these cameras is told of this change; of a kind not named here they are not."""
    if seen is None or isinstance(change, ArmState | Presence):
        return True
    if isinstance(change, Outage):
        return change.camera in seen or is_outage_of_house(change)
    if isinstance(change, Event | Login):
        return change.camera in seen
    return isinstance(change, AlertNow) and (change.alert.camera in seen or is_alert_of_house(change.alert))


class SeenChanges(Changes):
    """What happened, as somebody sees it who sees these cameras."""

    def __init__(self, changes: Changes, seen: frozenset[CameraId]) -> None:
        super().__init__()
        self._changes = changes
        self._seen = seen

    def publish(self, change: Change) -> None:
        """See Changes."""
        self._changes.publish(change)

    async def follow(self, every_s: float) -> AsyncGenerator[Batch]:
        """See Changes."""
        async for batch in self._changes.follow(every_s):
            yield replace(batch, changes=tuple(change for change in batch.changes if sees(self._seen, change)))
