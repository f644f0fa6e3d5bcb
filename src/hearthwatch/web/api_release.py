"""The house page's card of the version: what runs, and what was heard of a newer one."""

from __future__ import annotations

from typing import Self

from fastapi import APIRouter

from hearthwatch.web.auth import Permission
from hearthwatch.web.gate import needs
from hearthwatch.web.release_doors import Heard, ReleaseNow
from hearthwatch.web.replies import Reply
from hearthwatch.web.site import SiteDep

router = APIRouter(prefix="/api/v1")


class HeardReply(Reply):
    """See Heard."""

    at_us: int
    fault: str
    version: str
    date: str
    newer: bool
    stale: bool
    security: bool
    notes: list[str]
    page: str
    refused: list[str]
    changes: list[str]

    @classmethod
    def of(cls, heard: Heard) -> Self:
        return cls(
            at_us=heard.at_us,
            fault=heard.fault,
            version=heard.version,
            date=heard.date,
            newer=heard.is_newer,
            stale=heard.is_stale,
            security=heard.security,
            notes=list(heard.notes),
            page=heard.page,
            refused=list(heard.refused),
            changes=list(heard.changes),
        )


class ReleaseReply(Reply):
    """The version that runs; `schemas` are those of its databases. `heard` is null as long as nobody was asked."""

    version: str
    date: str
    schemas: dict[str, str]
    asks: bool
    may_ask: bool
    heard: HeardReply | None

    @classmethod
    def of(cls, now: ReleaseNow) -> Self:
        return cls(
            version=now.version,
            date=now.date,
            schemas=dict(now.schemas),
            asks=now.asks,
            may_ask=now.may_ask,
            heard=HeardReply.of(now.heard) if now.heard else None,
        )


@router.get("/house/release")
@needs(Permission.MANAGE)
def release(site: SiteDep) -> ReleaseReply:
    """The version of this house, and what was heard of a newer one; asks nobody."""
    return ReleaseReply.of(site.doors.house_page.release())


@router.post("/house/release/ask")
@needs(Permission.MANAGE)
async def ask(site: SiteDep) -> ReleaseReply:
    """Ask the address in `[updates]` once whether there is a newer release; nothing is fetched beside that file."""
    return ReleaseReply.of(await site.doors.house_page.ask_release())
