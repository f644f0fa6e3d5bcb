"""Quiet times and false alarms by the API: the same actions as by Telegram and MQTT."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from hearthwatch.alerts.remote import CameraBrief
from hearthwatch.events.event import EventId
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.web.auth import Permission
from hearthwatch.web.gate import needs
from hearthwatch.web.replies import EventReply, Reply
from hearthwatch.web.site import CameraDep, PersonDep, Site, SiteDep

router = APIRouter(prefix="/api/v1")

_VIA = "page"
_LONGEST_S = 31 * 86_400


class SnoozeAsk(BaseModel):
    """Seconds from now; 0 ends it."""

    model_config = ConfigDict(extra="forbid")

    for_s: Annotated[StrictInt, Field(ge=0, le=_LONGEST_S)]


class SnoozeReply(Reply):
    """`until_us` is null for a camera whose visitors are told."""

    camera: str
    until_us: int | None


class FalseAlarmAsk(BaseModel):
    model_config = ConfigDict(extra="forbid")

    false_alarm: StrictBool


@router.get("/snoozes")
@needs(Permission.LOOK)
async def snoozes(site: SiteDep) -> list[SnoozeReply]:
    """Which cameras tell of no visitor for now."""
    return [_reply(camera) for camera in site.doors.remote.status().cameras]


@router.post("/snoozes")
@needs(Permission.DECIDE)
async def snooze_all(ask: SnoozeAsk, site: SiteDep, person: PersonDep) -> list[SnoozeReply]:
    """Tell of no visitor on any camera for so long."""
    await site.doors.remote.snooze(None, _until_us(site, ask), who=person.user.name, via=_VIA)
    return await snoozes(site)


@router.post("/cameras/{camera}/snooze")
@needs(Permission.DECIDE)
async def snooze(camera: CameraDep, ask: SnoozeAsk, site: SiteDep, person: PersonDep) -> SnoozeReply:
    """Tell of no visitor on this camera for so long; alerts about the camera itself go on."""
    await site.doors.remote.snooze(camera.id, _until_us(site, ask), who=person.user.name, via=_VIA)
    return next(_reply(each) for each in site.doors.remote.status().cameras if each.id == camera.id)


@router.post("/events/{event}/false-alarm")
@needs(Permission.DECIDE)
async def false_alarm(event: str, ask: FalseAlarmAsk, site: SiteDep, person: PersonDep) -> EventReply:
    """Note that an event was a false alarm, or was none after all."""
    known = EventId(event[:64])
    found = await site.doors.remote.false_alarm(known, is_false=ask.false_alarm, who=person.user.name, via=_VIA)
    return EventReply.of(found, site.doors.house.now())


def _until_us(site: Site, ask: SnoozeAsk) -> WallUs:
    return WallUs(site.clock.wall_us() + ask.for_s * US_PER_S if ask.for_s else 0)


def _reply(camera: CameraBrief) -> SnoozeReply:
    return SnoozeReply(camera=camera.id, until_us=camera.quiet_until_us or None)
