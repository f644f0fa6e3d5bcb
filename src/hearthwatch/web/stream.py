"""The page's live updates: one Server-Sent Events stream with cameras, events, alerts and outages as they change."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from hearthwatch.arming.arming import ArmState
from hearthwatch.events.event import Event
from hearthwatch.health.outage import Outage
from hearthwatch.logins.login import Login
from hearthwatch.presence.presence import Presence
from hearthwatch.web import alert_replies, replies
from hearthwatch.web.api_arming import ArmingReply
from hearthwatch.web.api_logins import LoginReply
from hearthwatch.web.api_people import PersonReply
from hearthwatch.web.auth import Permission, Session
from hearthwatch.web.changes import Change
from hearthwatch.web.gate import needs
from hearthwatch.web.site import PersonDep, Site, SiteDep

router = APIRouter(prefix="/api/v1")

EVERY_S = 1.0
_QUIET_LIMIT = 15


@router.get("/stream", response_class=StreamingResponse)
@needs(Permission.LOOK)
async def stream(site: SiteDep, person: PersonDep, request: Request) -> StreamingResponse:
    """Server-Sent Events: `begun` first (what is read from then on and what follows here leave nothing out), `cameras` (all,
    when one changed), `event`, `alert`, `outage`, `login`, `arming`, `person`, and `resync` after a loss."""
    return StreamingResponse(_follow(site, person), media_type="text/event-stream")


async def _follow(site: Site, person: Session) -> AsyncGenerator[bytes]:
    ended = asyncio.create_task(site.auth.ended(person))
    last_cameras = b""
    opening = b"retry: 2000\n\n" + _line("begun", "{}")
    quiet = 0
    try:
        async with aclosing(site.changes.follow(EVERY_S)) as batches:
            async for batch in batches:
                if ended.done():
                    return
                out = bytearray(opening)
                opening = b""
                if batch.lost:
                    out += _line("resync", "{}")
                for change in batch.changes:
                    out += await asyncio.to_thread(_told, site, change) if isinstance(change, Event) else _told(site, change)
                cameras = _cameras(site)
                if cameras != last_cameras:
                    out += cameras
                    last_cameras = cameras
                quiet = 0 if out else quiet + 1
                if out:
                    yield bytes(out)
                elif quiet >= _QUIET_LIMIT:  # a comment keeps proxies and dead-connection checks happy
                    quiet = 0
                    yield b": \n\n"
    finally:
        ended.cancel()


def _cameras(site: Site) -> bytes:
    all_now = [replies.CameraReply.of(camera).model_dump(mode="json") for camera in site.doors.cameras.all()]
    return _line("cameras", json.dumps(all_now, separators=(",", ":")))


def _told(site: Site, change: Change) -> bytes:
    if isinstance(change, Event):
        return _line("event", replies.EventReply.of(change, site.doors.house.now()).model_dump_json())
    if isinstance(change, Outage):
        return _line("outage", replies.OutageReply.of(change).model_dump_json())
    if isinstance(change, Login):
        return _line("login", LoginReply.of(change, site.doors.logins).model_dump_json())
    if isinstance(change, Presence):
        return _line("person", PersonReply.of(change).model_dump_json())
    if isinstance(change, ArmState):
        return _line("arming", ArmingReply.of(change).model_dump_json())
    return _line("alert", alert_replies.AlertReply.of(change).model_dump_json())


def _line(name: str, data: str) -> bytes:
    return f"event: {name}\ndata: {data}\n\n".encode()
