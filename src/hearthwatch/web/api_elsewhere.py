"""The API of footage that is no longer on this machine: where it lies, and the command that brings it back."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Query

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.offsite.elsewhere import WayBack
from hearthwatch.web.auth import Denied, Permission
from hearthwatch.web.gate import needs
from hearthwatch.web.replies import ElsewhereReply, Reply
from hearthwatch.web.site import CameraDep, SiteDep

router = APIRouter(prefix="/api/v1")

_MAX_RANGE_US = 24 * 3600 * US_PER_S
_MAX_FILES = 100

Moment = Annotated[int, Query(ge=0, le=2**53)]


class WayBackReply(Reply):
    """One place it lies at. `command` restores it; where it is not `sealed`, `files` are its names there, the oldest hundred.
    `needs_reader`: the key this house has there may be one that cannot read."""

    target: str
    kind: str
    sealed: bool
    start_us: int
    end_us: int
    command: str
    files: list[str]
    needs_reader: bool

    @classmethod
    def of(cls, way: WayBack) -> Self:
        return cls(
            target=way.place.target,
            kind=way.kind,
            sealed=way.place.sealed,
            start_us=way.start_us,
            end_us=way.end_us,
            command=way.command,
            files=list(way.files[:_MAX_FILES]),
            needs_reader=way.needs_reader,
        )


class WhereaboutsReply(Reply):
    """What of a range is not here but elsewhere, oldest first, and one way back for each place."""

    spans: list[ElsewhereReply]
    ways: list[WayBackReply]


@router.get("/cameras/{camera}/elsewhere")
@needs(Permission.LOOK)
def whereabouts(
    site: SiteDep, camera: CameraDep, start_us: Moment, end_us: Moment, stream: Stream = Stream.MAIN
) -> WhereaboutsReply:
    """Where footage of at most a day lies that is no longer on this machine, and how to get it back."""
    if not start_us < end_us <= start_us + _MAX_RANGE_US:
        raise Denied(422, "The range must be longer than nothing and at most a day.")
    found = site.doors.elsewhere.whereabouts(camera.id, stream, WallUs(start_us), WallUs(end_us))
    return WhereaboutsReply(
        spans=[ElsewhereReply.of(span) for span in found.spans], ways=[WayBackReply.of(way) for way in found.ways]
    )
