"""Notifications of browsers and phones: whoever is logged in has their own devices notified; the owner sees them all."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Self

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from hearthwatch.web.auth import Denied, Permission
from hearthwatch.web.gate import needs
from hearthwatch.web.push_doors import NAME_CHARS, PushDeviceNow
from hearthwatch.web.replies import Reply
from hearthwatch.web.site import PersonDep, SiteDep

router = APIRouter(prefix="/api/v1/push")

_POINT_BYTES = 65
_AUTH_BYTES = 16


class PushAsk(BaseModel):
    """A subscription as the browser gives it (Push API), and what the person calls the device."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=NAME_CHARS)]
    endpoint: Annotated[str, Field(pattern="^https?://", max_length=1024)]
    p256dh: Annotated[str, Field(max_length=128)]
    auth: Annotated[str, Field(max_length=64)]


class PushKeyReply(Reply):
    """What a browser subscribes with: the house's public key (base64url)."""

    key: str


class PushDeviceReply(Reply):
    """`mark` is the start of the SHA-256 of its address, in hex, by which a browser knows itself. `mine`: it is the asker's."""

    id: str
    user: str
    name: str
    mark: str
    mine: bool
    added_us: int
    sent_us: int | None

    @classmethod
    def of(cls, device: PushDeviceNow, user_id: int) -> Self:
        return cls(
            id=device.id,
            user=device.user,
            name=device.name,
            mark=device.mark,
            mine=device.user_id == user_id,
            added_us=device.added_us,
            sent_us=device.sent_us,
        )


DeviceId = Annotated[str, Path(max_length=32, pattern="^[0-9A-Z]+$")]


@router.get("/key")
@needs(Permission.LOOK)
async def key(site: SiteDep) -> PushKeyReply:
    """What a browser needs to subscribe."""
    return PushKeyReply(key=await site.doors.push.key())


@router.get("/devices")
@needs(Permission.LOOK)
async def devices(site: SiteDep, person: PersonDep) -> list[PushDeviceReply]:
    """The asker's devices; an owner gets everybody's."""
    found = await site.doors.push.devices()
    return [PushDeviceReply.of(each, person.user.id) for each in found if _may_touch(each, person)]


@router.post("/devices")
@needs(Permission.LOOK, fresh=True)
async def add_push_device(ask: PushAsk, site: SiteDep, person: PersonDep) -> PushDeviceReply:
    """Have this browser notified of what the asker may see."""
    return await _add(ask, site, person)


@router.put("/devices/{device}")
@needs(Permission.LOOK)
async def move_push_device(device: DeviceId, ask: PushAsk, site: SiteDep, person: PersonDep) -> PushDeviceReply:
    """The browser of a device of the asker's got another address: that takes the place of the old one."""
    old = await _find(device, site, person)
    if old.user_id != person.user.id:
        raise Denied(403, "This device is somebody else's.")
    made = await _add(ask, site, person)
    if made.id != device:
        await site.doors.push.remove(device)
    return made


async def _add(ask: PushAsk, site: SiteDep, person: PersonDep) -> PushDeviceReply:
    name = " ".join(ask.name.split())
    if not name or not name.isprintable():
        raise Denied(422, f"The name of a device has 1 to {NAME_CHARS} visible characters.")
    p256dh, auth = _decoded(ask.p256dh), _decoded(ask.auth)
    if len(p256dh) != _POINT_BYTES or p256dh[0] != 4 or len(auth) != _AUTH_BYTES:
        raise Denied(422, "The browser gave keys that are none.", "Reload the page and try again.")
    return PushDeviceReply.of(await site.doors.push.add(person.user, name, ask.endpoint, p256dh, auth), person.user.id)


@router.delete("/devices/{device}")
@needs(Permission.LOOK)
async def remove_push_device(device: DeviceId, site: SiteDep, person: PersonDep) -> list[PushDeviceReply]:
    """Notify that device no more; answers which are left."""
    await _find(device, site, person)
    await site.doors.push.remove(device)
    return await devices(site, person)


@router.post("/devices/{device}/test")
@needs(Permission.LOOK)
async def test_push_device(device: DeviceId, site: SiteDep, person: PersonDep) -> PushDeviceReply:
    """Send that device a notification now."""
    await _find(device, site, person)
    await site.doors.push.test(device)
    return PushDeviceReply.of(await _find(device, site, person), person.user.id)


async def _find(device: str, site: SiteDep, person: PersonDep) -> PushDeviceNow:
    for each in await site.doors.push.devices():
        if each.id == device and _may_touch(each, person):
            return each
    raise Denied(404, "There is no such device.", "It may have been removed: reload the page.")


def _may_touch(device: PushDeviceNow, person: PersonDep) -> bool:
    return device.user_id == person.user.id or person.may(Permission.MANAGE)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
