"""What the page shows of the relay: the addresses to copy, the camera's own page, and passwords for other software."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import Self

from fastapi import APIRouter, Request

from hearthwatch.web.auth import Auth
from hearthwatch.web.gate import is_private_way, needs, split_host
from hearthwatch.web.person import Denied, Permission, Session
from hearthwatch.web.relay.doors import RelayDoor, RelayNow
from hearthwatch.web.relay.own_page import ENTRY
from hearthwatch.web.replies import Reply
from hearthwatch.web.site import CameraDep, PersonDep, SiteDep

router = APIRouter(prefix="/api/v1")

_watching: set[asyncio.Task[None]] = set()


class RelayReply(Reply):
    """Where other software finds this camera. `open_port` 0: there is none; `restream_port` 0: `restream_why` says why not.

    `user` and `restream_user` are names to log in with; their passwords are shown once, when they are made."""

    enabled: bool
    user: str
    has_password: bool
    open_port: int
    restream_port: int
    restream_user: str
    restream_has_password: bool
    restream_why: str
    has_page: bool
    has_sub: bool
    cgi: list[str]

    @classmethod
    def of(cls, now: RelayNow) -> Self:
        return cls(
            enabled=now.enabled,
            user=now.user,
            has_password=now.has_password,
            open_port=now.open_port,
            restream_port=now.restream_port,
            restream_user=now.restream_user,
            restream_has_password=now.restream_has_password,
            restream_why=now.restream_why,
            has_page=now.has_page,
            has_sub=now.has_sub,
            cgi=list(now.cgi),
        )


class OwnPageReply(Reply):
    """`url` opens the camera's own page, once, within a minute."""

    url: str


class PasswordFor(StrEnum):
    PROXY = "proxy"
    RESTREAM = "restream"


class NewPasswordReply(Reply):
    """Shown this once."""

    user: str
    password: str


@router.get("/cameras/{camera}/relay")
@needs(Permission.DECIDE)
async def relay(site: SiteDep, camera: CameraDep) -> RelayReply:
    """Where other software finds this camera."""
    return RelayReply.of(site.doors.relay.now(camera.id))


@router.post("/cameras/{camera}/own-page")
@needs(Permission.MANAGE, fresh=True)
async def own_page(site: SiteDep, camera: CameraDep, person: PersonDep, request: Request) -> OwnPageReply:
    """Open the camera's own page, on a port of its own, for this person alone. A stay at another camera's ends."""
    https = request.scope["scheme"] == "https"
    port = await site.doors.relay.open_page(camera.id, https=https)
    ticket = site.doors.relay.ticket(camera.id, person.id)
    watching = asyncio.create_task(_until_gone(site.auth, site.doors.relay, person))
    _watching.add(watching)
    watching.add_done_callback(_watching.discard)
    name = split_host(request.headers.get("host", "").lower())
    host = f"[{name}]" if ":" in name else name
    return OwnPageReply(url=f"{'https' if https else 'http'}://{host}:{port}{ENTRY}{ticket}")


async def _until_gone(auth: Auth, door: RelayDoor, person: Session) -> None:
    """Who logs out or is put out stays no longer."""
    await auth.ended(person)
    await door.end_stays(person.id)


@router.post("/relay/passwords/{name}")
@needs(Permission.MANAGE, fresh=True)
async def new_password(site: SiteDep, name: PasswordFor, request: Request) -> NewPasswordReply:
    """Make a password for other software: the one before opens nothing any more."""
    if not is_private_way(request.scope):
        raise Denied(403, "A password does not travel in plain text.", "Use the https:// address.")
    password = await site.doors.relay.new_password(name)
    key = site.doors.relay.key()
    user = key.user if name is PasswordFor.PROXY and key is not None else ""
    return NewPasswordReply(user=user, password=password)
