"""Sensors elsewhere that trigger a camera by calling a secret address: a burst of pictures and an event."""

from __future__ import annotations

from fastapi import APIRouter

from hearthwatch.feeds.sensor import NO_PIN
from hearthwatch.kit.units import CameraId
from hearthwatch.web.auth import Denied, Permission
from hearthwatch.web.gate import needs
from hearthwatch.web.replies import Reply
from hearthwatch.web.site import CameraDep, SiteDep

router = APIRouter(prefix="/api/v1")

_BODY_BYTES = 65_536


class TriggerReply(Reply):
    """`path` is what a sensor calls behind the address of this machine, empty where that is not switched on; `pin` the GPIO
    number of a sensor at this machine, None for none."""

    label: str
    pin: int | None
    path: str
    mqtt: bool
    pictures: int
    every_s: float


@router.get("/cameras/{camera}/trigger")
@needs(Permission.MANAGE)
async def trigger(site: SiteDep, camera: CameraDep) -> TriggerReply:
    """What triggers this camera, and the address for sensors elsewhere."""
    options = site.doors.triggers.options(camera.id)
    if options is None:
        raise Denied(404, "This camera has no trigger.", f"Set one, such as camera.{camera.id}.trigger.pin.")
    word = await site.doors.triggers.word(camera.id) if options.webhook else ""
    return TriggerReply(
        label=options.label,
        pin=options.pin if options.pin != NO_PIN else None,
        path=f"/api/v1/triggers/{camera.id}/{word}" if word else "",
        mqtt=options.mqtt,
        pictures=options.pictures,
        every_s=options.every_s,
    )


async def _call(site: SiteDep, camera: str, word: str) -> None:
    if not await site.doors.triggers.call(CameraId(camera), word):
        raise Denied(404, "There is nothing at this address.")


@router.get("/triggers/{camera}/{word}", status_code=204)
@needs(Permission.PUBLIC)
async def called(site: SiteDep, camera: str, word: str) -> None:
    """A sensor that can only ask for an address triggers the camera."""
    await _call(site, camera, word)


@router.post("/triggers/{camera}/{word}", status_code=204)
@needs(Permission.PUBLIC, body_bytes=_BODY_BYTES, from_page=False)
async def posted(site: SiteDep, camera: str, word: str) -> None:
    """The same; what is posted is not read."""
    await _call(site, camera, word)
