"""Who the cameras are, as they were last seen, and the owner's word that a new device is one of them."""

from __future__ import annotations

from typing import Self

from fastapi import APIRouter

from hearthwatch.kit.logs import redact
from hearthwatch.vendors.known import DoorState
from hearthwatch.web.auth import Permission
from hearthwatch.web.gate import needs
from hearthwatch.web.replies import Reply
from hearthwatch.web.sight_doors import no_camera
from hearthwatch.web.site import CameraDep, SiteDep

router = APIRouter(prefix="/api/v1")


class KnownReply(Reply):
    """`reach` is `open`, `gone`, `refused`, `stranger` (another device answers in the camera's place), `unknown-family`,
    `failed`, `not-watched` or `not-yet`; `why` says in words why it is not open. The rest is what the camera said of itself
    between `first_us` and `last_us`, empty and null where it never did: show it as text only."""

    camera: str
    reach: str
    why: str
    vendor: str
    host: str
    port: int
    tls: bool
    maker: str
    model: str
    firmware: str
    mac: str
    serial: str
    first_us: int | None
    last_us: int | None

    @classmethod
    def of(cls, state: DoorState) -> Self:
        known = state.known
        return cls(
            camera=state.camera,
            reach=state.reach,
            why=redact(state.why),
            vendor=state.vendor,
            host=state.host,
            port=state.port,
            tls=state.tls,
            maker=redact(known.maker) if known else "",
            model=redact(known.model) if known else "",
            firmware=redact(known.firmware) if known else "",
            mac=(known.mac or known.link_mac) if known else "",
            serial=redact(known.serial) if known else "",
            first_us=known.first_us if known else None,
            last_us=known.last_us if known else None,
        )


@router.get("/doors")
@needs(Permission.MANAGE)
async def doors(site: SiteDep) -> list[KnownReply]:
    """Who each camera is, and how its own door is; from memory, no camera is asked."""
    return [KnownReply.of(state) for state in site.doors.known.states()]


@router.post("/cameras/{camera}/door/accept")
@needs(Permission.MANAGE, fresh=True)
async def accept(site: SiteDep, camera: CameraDep) -> KnownReply:
    """Take the device that now answers in this camera's place for it: it was replaced, or got a new network card."""
    await site.doors.known.accept(camera.id)
    for state in site.doors.known.states():
        if state.camera == camera.id:
            return KnownReply.of(state)
    raise no_camera()
