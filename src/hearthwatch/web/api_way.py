"""How the page is reached: by which way this very request came, what is open, and with which certificate."""

from __future__ import annotations

from enum import StrEnum

from fastapi import APIRouter, Request

from hearthwatch.web.auth import Permission
from hearthwatch.web.gate import is_loopback, needs
from hearthwatch.web.replies import Reply
from hearthwatch.web.site import SiteDep
from hearthwatch.web.way import way_of

router = APIRouter(prefix="/api/v1")


class From(StrEnum):
    """Where the asker is: at this machine, in one of the home networks, or anywhere else; `unknown` behind a proxy that is not
    trusted."""

    MACHINE = "machine"
    HOME = "home"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


class CertificateReply(Reply):
    fingerprint: str
    names: list[str]
    ends_us: int
    is_made_here: bool


class OpenReply(Reply):
    """`address` is empty for every address of the machine."""

    scheme: str
    address: str
    port: int


class WayReply(Reply):
    """`proxy` is the address of the reverse proxy this request came through, empty when there was none; `is_hidden` when
    something forwarded it that is not trusted, so that nobody can say from where it came."""

    client: str
    proxy: str
    is_hidden: bool
    scheme: str
    host: str
    where: From
    open: list[OpenReply]
    certificate: CertificateReply | None
    trouble: str


@router.get("/way")
@needs(Permission.LOOK)
async def way(request: Request, site: SiteDep) -> WayReply:
    """How this request reached the house, and how others can."""
    came, reach = way_of(request.scope), site.reach
    if came.is_hidden:
        where = From.UNKNOWN
    elif is_loopback(came.client):
        where = From.MACHINE
    else:
        where = From.HOME if site.doors.logins.is_home(came.client) else From.OUTSIDE
    open_ = dict.fromkeys(
        (scheme, "" if address in {"0.0.0.0", "::"} else address, port)  # noqa: S104 a comparison
        for scheme, places in (("http", reach.plain), ("https", reach.https))
        for address, port in places
    )
    shown = reach.certificate
    return WayReply(
        client=came.client,
        proxy=came.peer if came.is_proxied else "",
        is_hidden=came.is_hidden,
        scheme=request.url.scheme,
        host=request.headers.get("host", ""),
        where=where,
        open=[OpenReply(scheme=scheme, address=address, port=port) for scheme, address, port in open_],
        certificate=CertificateReply(
            fingerprint=shown.fingerprint, names=list(shown.names), ends_us=shown.ends_us, is_made_here=shown.is_made_here
        )
        if shown
        else None,
        trouble=reach.trouble,
    )
