"""From the hub: somebody there looks at this house, over the line that this house opened.

They have exactly the rights that the hub's owner gave them at this site, and none to what makes this house its own: who may log
in here and how, its secret words, and the hub it belongs to. Their line in the trail says that they came by the hub.
"""

from __future__ import annotations

from hearthwatch.fleet.asker import Asker
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.web.accounts import Role, User
from hearthwatch.web.person import Denied, Permission, Session

_ROOT = "/api/v1/"
_ASKABLE = frozenset({Permission.LOOK, Permission.DECIDE, Permission.EXPORT, Permission.MANAGE})

CLOSED = (
    "/api/v1/access/",
    "/api/v1/cameras/{camera}/hook",
    "/api/v1/cameras/{camera}/own-page",
    "/api/v1/cameras/{camera}/relay",
    "/api/v1/cameras/{camera}/trigger",
    "/api/v1/config/secrets/",
    "/api/v1/fleet",
    "/api/v1/hooks/",
    "/api/v1/push/",
    "/api/v1/relay/",
    "/api/v1/shares",
    "/api/v1/telegram/",
    "/api/v1/way",
    "/api/v1/welcome",
)
"""Accounts and tokens, addresses with a secret word in them, secrets, phones that hear from this house, what is handed out by
this house's own address, and its place in the fleet: for who stands in this house, or at least logs in at its own page."""

OPEN = frozenset({"/api/v1/access/trail", "/api/v1/access/trail/check"})
"""Who did what here is for its owner wherever they sit; nothing of it opens anything."""


def check(path: str, permission: Permission | None) -> None:
    """Raises Denied for a route that is closed to who comes by the hub."""
    is_closed = path not in OPEN and any(path.startswith(each) for each in CLOSED)
    if permission not in _ASKABLE or not path.startswith(_ROOT) or is_closed:
        raise Denied(403, "This is only done at the house itself.", "Open its own page there, and log in.")


def session_of(asker: Asker, clock: Clock) -> Session:
    """Return what the person may do here. Raises Denied for a role that this version does not know."""
    try:
        role = Role(asker.role)
    except ValueError:
        raise Denied(403, "The hub gives a role that is not known here.", "Bring both to the same version.") from None
    proved_us = 0 if asker.proved_s is None else clock.wall_us() - round(max(0.0, asker.proved_s) * US_PER_S)
    cameras = None if asker.cameras is None or role is Role.OWNER else frozenset(CameraId(each) for each in asker.cameras)
    user = User(id=0, name=asker.name[:64], role=role, cameras=cameras)
    return Session(id="hub", user=user, token="", proved_us=WallUs(proved_us), strong=True, cameras=cameras, at_hub=True)
