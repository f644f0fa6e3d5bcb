"""How the page is reached: by which way this very request came, what is open, and with which certificate."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from pathlib import Path

from fastapi import APIRouter, Request, Response

from hearthwatch.web.auth import Permission
from hearthwatch.web.gate import is_loopback, needs
from hearthwatch.web.person import Denied
from hearthwatch.web.replies import Reply
from hearthwatch.web.site import SiteDep
from hearthwatch.web.way import way_of

AUTHORITY_TYPE = "application/x-x509-ca-cert"
"""The type by which phones know what to do with it."""

router = APIRouter(prefix="/api/v1")


class From(StrEnum):
    """Where the asker is: at this machine, in one of the home networks, or anywhere else; `unknown` behind a proxy that is not
    trusted."""

    MACHINE = "machine"
    HOME = "home"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


class CertificateReply(Reply):
    """`authority` is the fingerprint of the house's own authority, empty when it did not sign the one shown."""

    fingerprint: str
    authority: str
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
        where = From.HOME if site.auth.is_near(came.client) else From.OUTSIDE
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
            fingerprint=shown.fingerprint,
            authority=shown.authority,
            names=list(shown.names),
            ends_us=shown.ends_us,
            is_made_here=shown.is_made_here,
        )
        if shown
        else None,
        trouble=reach.trouble,
    )


@router.get("/way/authority.crt", response_class=Response, responses={200: {"content": {AUTHORITY_TYPE: {}}}})
@needs(Permission.LOOK)
async def authority(site: SiteDep) -> Response:
    """The certificate of the house's own authority, for devices that shall trust this page; it holds no secret."""
    path = site.reach.authority
    data = await asyncio.to_thread(_read, path) if path else None
    if data is None:
        raise Denied(
            404,
            "There is no authority of the house's own to trust.",
            "The page shows a certificate of yours, or a reverse proxy's: devices trust whoever signed that.",
        )
    return Response(data, media_type=AUTHORITY_TYPE, headers={"Content-Disposition": 'attachment; filename="hearthwatch.crt"'})


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
