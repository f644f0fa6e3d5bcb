"""The Site: what every route works with, carried in the application's state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.units import CameraId
from hearthwatch.web.auth import Auth, Denied, Session
from hearthwatch.web.changes import Changes
from hearthwatch.web.clips import ClipShelf
from hearthwatch.web.doors import CameraNow, Doors
from hearthwatch.web.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    doors: Doors
    auth: Auth
    clock: Clock
    changes: Changes
    clips: ClipShelf
    page: Page


def _site(connection: HTTPConnection) -> Site:
    return cast("Site", connection.app.state.site)


def _session(connection: HTTPConnection) -> Session | None:
    return cast("Session | None", connection.scope["hearthwatch.session"])


def _person(connection: HTTPConnection) -> Session:
    session = _session(connection)
    if session is None:
        raise Denied(401, "Nobody is logged in.", "Log in and try again.")
    return session


def _camera(connection: HTTPConnection) -> CameraNow:
    wanted = connection.path_params["camera"]
    for camera in _site(connection).doors.cameras.all():
        if camera.id == wanted:
            return camera
    raise Denied(404, "There is no such camera.", "It may have been renamed in the configuration.")


SiteDep = Annotated[Site, Depends(_site)]
SessionDep = Annotated[Session | None, Depends(_session)]
PersonDep = Annotated[Session, Depends(_person)]
CameraDep = Annotated[CameraNow, Depends(_camera)]

__all__ = ["CameraDep", "CameraId", "PersonDep", "SessionDep", "Site", "SiteDep"]
