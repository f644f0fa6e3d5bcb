"""The Site: what every route works with, carried in the application's state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, cast

from fastapi import Depends, Path
from starlette.requests import HTTPConnection

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.units import CameraId
from hearthwatch.web import sight
from hearthwatch.web.auth import Auth, Denied, Session
from hearthwatch.web.changes import Changes
from hearthwatch.web.clips import ClipShelf
from hearthwatch.web.doors import CameraNow, Doors
from hearthwatch.web.page import Page
from hearthwatch.web.reach import Reach
from hearthwatch.web.sight import SeenChanges
from hearthwatch.web.sight_doors import no_camera


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    doors: Doors
    auth: Auth
    clock: Clock
    changes: Changes
    clips: ClipShelf
    page: Page
    reach: Reach


def _site(connection: HTTPConnection) -> Site:
    """Return the site as whoever asks sees it: cameras they may not see are nowhere in it."""
    whole = cast("Site", connection.app.state.site)
    session = _session(connection)
    if session is None or session.cameras is None:
        return whole
    narrowed = connection.scope.get("hearthwatch.site")
    if narrowed is None:
        changes = SeenChanges(whole.changes, session.cameras)
        narrowed = replace(whole, doors=sight.of(whole.doors, session.cameras), changes=changes)
        connection.scope["hearthwatch.site"] = narrowed
    return cast("Site", narrowed)


def _session(connection: HTTPConnection) -> Session | None:
    return cast("Session | None", connection.scope["hearthwatch.session"])


def _person(connection: HTTPConnection) -> Session:
    session = _session(connection)
    if session is None:
        raise Denied(401, "Nobody is logged in.", "Log in and try again.")
    return session


def _camera(connection: HTTPConnection, camera: Annotated[str, Path(description="A camera's id.", max_length=64)]) -> CameraNow:
    for each in _site(connection).doors.cameras.all():
        if each.id == camera:
            return each
    raise no_camera()


SiteDep = Annotated[Site, Depends(_site)]
SessionDep = Annotated[Session | None, Depends(_session)]
PersonDep = Annotated[Session, Depends(_person)]
CameraDep = Annotated[CameraNow, Depends(_camera)]

__all__ = ["CameraDep", "CameraId", "PersonDep", "SessionDep", "Site", "SiteDep"]
