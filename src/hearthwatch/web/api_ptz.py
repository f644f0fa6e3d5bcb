"""Moving a camera by the API: a move goes on while it is asked for and ends by itself when nobody asks any more."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictInt

from hearthwatch.vendors.capability import PtzMove, Reach
from hearthwatch.web.auth import Denied, Permission
from hearthwatch.web.doors import CameraNow, CameraState
from hearthwatch.web.gate import needs
from hearthwatch.web.replies import Reply
from hearthwatch.web.site import CameraDep, SiteDep

router = APIRouter(prefix="/api/v1")

_Hold = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{0,64}$")]


class PresetReply(Reply):
    number: int
    name: str


class ReachReply(Reply):
    """`moves` are those the camera can do (`up`, `down`, `left`, `right`, `zoom-in`, `zoom-out`); none when it stands still."""

    moves: list[PtzMove]
    presets: list[PresetReply]

    @classmethod
    def of(cls, reach: Reach) -> Self:
        return cls(
            moves=sorted(reach.moves),
            presets=[PresetReply(number=one.number, name=one.name) for one in reach.presets],
        )


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class MoveAsked(_Asked):
    """Say it again within a second for as long as it shall go on. `hold` is any word of yours for this one press."""

    move: PtzMove
    speed_frac: Annotated[StrictFloat, Field(gt=0, le=1)] = 0.5
    hold: _Hold = ""


class StopAsked(_Asked):
    hold: _Hold = ""


class PresetAsked(_Asked):
    preset: Annotated[StrictInt, Field(ge=0, le=999_999)]


@router.get("/cameras/{camera}/ptz")
@needs(Permission.DECIDE)
async def reach(site: SiteDep, camera: CameraDep) -> ReachReply:
    """How the camera moves, and its presets."""
    return ReachReply.of(await site.doors.heads.reach(camera.id))


@router.post("/cameras/{camera}/ptz/move", status_code=204)
@needs(Permission.DECIDE)
async def move(site: SiteDep, camera: CameraDep, asked: MoveAsked) -> None:
    """Start to move, or go on; it ends by itself about a second after the last time this was said."""
    _refuse_private(camera)
    await site.doors.heads.move(camera.id, asked.move, asked.speed_frac, asked.hold)


@router.post("/cameras/{camera}/ptz/stop", status_code=204)
@needs(Permission.DECIDE)
async def stop(site: SiteDep, camera: CameraDep, asked: StopAsked) -> None:
    """Stop at once."""
    await site.doors.heads.stop(camera.id, asked.hold)


@router.post("/cameras/{camera}/ptz/preset", status_code=204)
@needs(Permission.DECIDE)
async def preset(site: SiteDep, camera: CameraDep, asked: PresetAsked) -> None:
    """Turn to one of the camera's presets."""
    _refuse_private(camera)
    await site.doors.heads.goto_preset(camera.id, asked.preset)


def _refuse_private(camera: CameraNow) -> None:
    if camera.state is CameraState.PRIVATE:
        raise Denied(409, "The camera is private in the mode the house is in.", "It can be moved when it is not.")
