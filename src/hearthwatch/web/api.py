"""The JSON API under /api/v1: nouns out, the few commands in."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from hearthwatch.events.event import Event, EventId
from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.units import CAMERA_ID_PATTERN, US_PER_S, WallUs
from hearthwatch.web import alert_replies, replies
from hearthwatch.web.auth import Denied, Permission
from hearthwatch.web.gate import needs
from hearthwatch.web.site import CameraDep, Site, SiteDep

router = APIRouter(prefix="/api/v1")

MAX_TIMELINE_US = 8 * 24 * 3600 * US_PER_S

CameraQuery = Annotated[str | None, Query(pattern=CAMERA_ID_PATTERN)]
MomentQuery = Annotated[int | None, Query(ge=0, le=2**53)]
Moment = Annotated[int, Query(ge=0, le=2**53)]


class _Ask(BaseModel):
    model_config = ConfigDict(extra="forbid")


class KeepAsk(_Ask):
    kept: bool


@router.get("/house")
@needs(Permission.LOOK)
def house(site: SiteDep) -> replies.HouseReply:
    """The house as a whole: storage, channels, detector."""
    return replies.HouseReply.of(site.doors.house.now(), site.doors.detector.now(), site.clock.wall_us())


@router.get("/settings")
@needs(Permission.MANAGE)
def settings(site: SiteDep) -> replies.SettingsReply:
    """The configuration in force without its secrets, and what leaves this house."""
    return replies.SettingsReply.of(site.doors.house.now())


@router.get("/cameras")
@needs(Permission.LOOK)
async def cameras(site: SiteDep) -> list[replies.CameraReply]:
    """Every camera with its streams, counters and state."""
    return [replies.CameraReply.of(camera) for camera in site.doors.cameras.all()]


@router.get("/cameras/{camera}/timeline")
@needs(Permission.LOOK)
def timeline(
    site: SiteDep, camera: CameraDep, start_us: Moment, end_us: Moment, stream: Stream = Stream.MAIN
) -> replies.TimelineReply:
    """Footage here and elsewhere, gaps with their cause, and events of at most eight days."""
    if not start_us < end_us <= start_us + MAX_TIMELINE_US:
        raise Denied(422, "The range must be longer than nothing and at most eight days.")
    start, end = WallUs(start_us), WallUs(end_us)
    house = site.doors.house.now()
    now_us = site.clock.wall_us()
    found = site.doors.events.events(camera=camera.id, label=None, start_us=start, end_us=end, limit=500)
    return replies.TimelineReply(
        stream=stream,
        spans=[replies.Span.of(segment, now_us) for segment in site.doors.footage.segments(camera.id, stream, start, end)],
        elsewhere=[replies.ElsewhereReply.of(span) for span in site.doors.elsewhere.spans(camera.id, stream, start, end)],
        gaps=[replies.GapReply.of(gap) for gap in site.doors.footage.gaps(camera.id, stream, start, end)],
        events=[replies.EventReply.of(event, house) for event in reversed(found)],
    )


@router.get("/events/{event}")
@needs(Permission.LOOK)
def event_detail(event: str, site: SiteDep) -> replies.EventDetailReply:
    """One event, and whether its footage can be played and is kept."""
    found = find_event(site, event)
    reply = replies.EventReply.of(found, site.doors.house.now())
    start, end = clip_range(site, found)
    segments = site.doors.footage.segments(found.camera, Stream.MAIN, start, end)
    return replies.EventDetailReply(
        event=reply, has_footage=bool(segments), kept=bool(segments) and all(segment.pinned for segment in segments)
    )


@router.post("/events/{event}/keep")
@needs(Permission.DECIDE)
async def keep(event: str, ask: KeepAsk, site: SiteDep) -> replies.KeptReply:
    """Pin the event's footage, so that it outlives every limit, or release it."""
    found = await asyncio.to_thread(find_event, site, event)
    start, end = await asyncio.to_thread(clip_range, site, found)
    return replies.KeptReply(segments=await site.doors.keeper.keep(found.camera, start, end, pinned=ask.kept))


@router.post("/events/{event}/reviewed", status_code=204)
@needs(Permission.DECIDE)
def reviewed(event: str, site: SiteDep) -> None:
    """Note that a person has seen this event."""
    site.doors.events.set_reviewed(find_event(site, event).id)


@router.get("/alerts")
@needs(Permission.LOOK)
def alerts(
    site: SiteDep, before_us: MomentQuery = None, limit: Annotated[int, Query(ge=1, le=200)] = 60
) -> alert_replies.AlertsReply:
    """Alerts with the way each took through each channel, newest first."""
    found = site.doors.alerts.alerts(before_us=WallUs(before_us) if before_us is not None else None, limit=limit + 1)
    return alert_replies.AlertsReply(
        alerts=[alert_replies.AlertReply.of(alert) for alert in found[:limit]], more=len(found) > limit
    )


@router.get("/outages")
@needs(Permission.LOOK)
def outages(site: SiteDep, start_us: Moment = 0, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> list[replies.OutageReply]:
    """What does not work, or did not work since `start_us`, newest first."""
    return [replies.OutageReply.of(outage) for outage in site.doors.health.outages(start_us=WallUs(start_us), limit=limit)]


@router.post("/detector/fetch", status_code=202)
@needs(Permission.MANAGE)
async def fetch_model(site: SiteDep) -> replies.DetectorReply:
    """Start getting the pinned detection model from its source; its hash is checked."""
    await site.doors.detector.fetch()
    return replies.DetectorReply.of(site.doors.detector.now())


def find_event(site: Site, event: str) -> Event:
    """Return the event or raise Denied."""
    found = site.doors.events.event(EventId(event)) if len(event) <= 64 else None
    if found is None:
        raise Denied(404, "There is no such event.", "It may be older than what is kept.")
    return found


def clip_range(site: Site, event: Event) -> tuple[WallUs, WallUs]:
    """Return the footage that belongs to an event, up to now while it lasts."""
    house = site.doors.house.now()
    end_us = event.end_us + house.post_roll_us if event.end_us is not None else site.clock.wall_us()
    return WallUs(event.start_us - house.pre_roll_us), WallUs(end_us)
