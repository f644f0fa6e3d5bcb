"""The API of the porch: what cameras left by mail and FTP, what was turned away, and how full their quotas are."""

from __future__ import annotations

import asyncio
from typing import Self

from fastapi import APIRouter

from hearthwatch.kit.logs import redact
from hearthwatch.web.auth import Permission
from hearthwatch.web.gate import needs
from hearthwatch.web.porch_doors import PorchAccountNow, PorchNow
from hearthwatch.web.replies import Reply
from hearthwatch.web.site import SiteDep

router = APIRouter(prefix="/api/v1")


class PorchAccountReply(Reply):
    """One camera's account; without a password it cannot log in. Counts are since the porch was opened. `turned` counts
    what was turned away by reason (login, address, too-many, too-big, full, not-media), `last_turned` says why in words;
    `trouble` is why something that waits is not taken up. Times are 0 where there is none."""

    camera: str
    user: str
    has_password: bool
    networks: list[str]
    taken: int
    taken_bytes: int
    last_us: int
    turned: dict[str, int]
    last_turned: str
    last_turned_us: int
    waiting: int
    waiting_bytes: int
    kept_bytes: int
    quota_bytes: int
    trouble: str

    @classmethod
    def of(cls, now: PorchAccountNow) -> Self:
        return cls(
            camera=now.camera,
            user=now.user,
            has_password=now.has_password,
            networks=list(now.networks),
            taken=now.taken,
            taken_bytes=now.taken_bytes,
            last_us=now.last_us,
            turned={reason.value: times for reason, times in now.turned.items()},
            last_turned=redact(now.last_turned),
            last_turned_us=now.last_turned_us,
            waiting=now.waiting,
            waiting_bytes=now.waiting_bytes,
            kept_bytes=now.kept_bytes,
            quota_bytes=now.quota_bytes,
            trouble=redact(now.trouble),
        )


class PorchReply(Reply):
    """A port is 0 where nothing listens; `error` says why something does not. `strangers` counts log-ins of no account."""

    enabled: bool
    address: str
    smtp_port: int
    ftp_port: int
    error: str
    strangers: int
    accounts: list[PorchAccountReply]

    @classmethod
    def of(cls, now: PorchNow) -> Self:
        return cls(
            enabled=now.enabled,
            address=now.address,
            smtp_port=now.smtp_port,
            ftp_port=now.ftp_port,
            error=redact(now.error),
            strangers=now.strangers,
            accounts=[PorchAccountReply.of(one) for one in now.accounts],
        )


@router.get("/porch")
@needs(Permission.MANAGE)
async def porch(site: SiteDep) -> PorchReply:
    """What cameras left by mail and FTP, and what was turned away."""
    return PorchReply.of(await asyncio.to_thread(site.doors.porch.now))
