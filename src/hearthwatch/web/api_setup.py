"""Finding, trying, adding, renaming and removing cameras, for the owner. A password goes in, never out."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, Iterator
from typing import Annotated, Self

from fastapi import APIRouter, Path, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt

from hearthwatch.kit.errors import ConfigFault
from hearthwatch.kit.logs import redact
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import CameraId
from hearthwatch.vendors.device import Vendor
from hearthwatch.web.auth import Denied, Permission, Session
from hearthwatch.web.camera_setup_doors import AddWish, Candidate, SearchNow, StreamTried, Trial, TrialFailed, TryWish
from hearthwatch.web.gate import needs
from hearthwatch.web.replies import Reply
from hearthwatch.web.site import PersonDep, Site, SiteDep

router = APIRouter(prefix="/api/v1/setup")

_FILE = re.compile(r"(?m)^[^\n]*?\.toml(?::\d+)?: ")
"""Where in the file a mistake stands says nothing to a person at the page."""
_HOST = r"^[A-Za-z0-9_.:%\[\]-]{1,253}$"
_URL = Annotated[str, Field(max_length=2048)]
_CameraId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
_TrialId = Annotated[str, Path(pattern=r"^[A-Za-z0-9]{1,64}$")]


class CandidateReply(Reply):
    """A device as it shows itself to anybody. `vendor` is empty for no known family, `why` then says what there is; `camera`
    names the camera of ours that it is."""

    host: str
    port: int
    tls: bool
    vendor: str
    name: str
    model: str
    firmware: str
    mac: str
    serial: str
    why: str
    camera: str

    @classmethod
    def of(cls, one: Candidate) -> Self:
        return cls(
            host=one.host,
            port=one.port,
            tls=one.tls,
            vendor=one.vendor,
            name=redact(one.name),
            model=redact(one.model),
            firmware=redact(one.firmware),
            mac=one.mac,
            serial=one.serial,
            why=redact(one.why),
            camera=one.camera,
        )


class SearchReply(Reply):
    running: bool
    networks: list[str]
    too_large: list[str]
    addresses: int
    living: int
    looked: int
    ignored: int
    found: list[CandidateReply]
    trouble: str

    @classmethod
    def of(cls, now: SearchNow) -> Self:
        return cls(
            running=now.running,
            networks=list(now.networks),
            too_large=list(now.too_large),
            addresses=now.addresses,
            living=now.living,
            looked=now.looked,
            ignored=now.ignored,
            found=[CandidateReply.of(one) for one in now.found],
            trouble=redact(now.trouble),
        )


class LookAsk(BaseModel):
    """One address; `port` 0 means the usual ones. `allow_loopback` is for a restreamer on this very machine."""

    model_config = ConfigDict(extra="forbid")

    host: Annotated[str, Field(pattern=_HOST)]
    port: Annotated[StrictInt, Field(ge=0, le=65_535)] = 0
    allow_loopback: StrictBool = False


class TryAsk(BaseModel):
    """The device at `host`, or the addresses `main`, `sub` and `snapshot` just as they are."""

    model_config = ConfigDict(extra="forbid")

    host: Annotated[str, Field(pattern=_HOST)] | None = None
    port: Annotated[StrictInt, Field(ge=0, le=65_535)] = 0
    tls: StrictBool = False
    vendor: Vendor = Vendor.AUTO
    channel: Annotated[StrictInt, Field(ge=1, le=64)] = 1
    main: _URL = ""
    sub: _URL = ""
    snapshot: _URL = ""
    poll_s: Annotated[StrictFloat, Field(ge=0, le=3600)] = 0.0
    user: Annotated[str, Field(max_length=64)] = ""
    password: Annotated[str, Field(max_length=128)] = ""
    allow_loopback: StrictBool = False


class StreamReply(Reply):
    """`fps` and `bytes_per_day` are 0 where the stream was not watched; `words` says it all for a person."""

    name: str
    url: str
    codec: str
    width_px: int
    height_px: int
    fps: float
    kbit_per_s: float
    bytes_per_day: int
    words: str
    trouble: str

    @classmethod
    def of(cls, one: StreamTried) -> Self:
        return cls(
            name=one.name,
            url=redact(one.url),
            codec=one.codec,
            width_px=one.width_px,
            height_px=one.height_px,
            fps=one.fps,
            kbit_per_s=one.kbit_per_s,
            bytes_per_day=one.bytes_per_day,
            words=one.words,
            trouble=redact(one.trouble),
        )


class CameraTrialReply(Reply):
    """A camera that answered; `main` and `sub` are proposed among the addresses of `streams`."""

    id: str
    host: str
    vendor: str
    maker: str
    model: str
    firmware: str
    mac: str
    serial: str
    streams: list[StreamReply]
    main: str
    sub: str
    snapshot: str
    name: str
    has_picture: bool
    remarks: list[str]
    camera: str

    @classmethod
    def of(cls, one: Trial) -> Self:
        return cls(
            id=one.id,
            host=one.host,
            vendor=one.vendor,
            maker=redact(one.maker),
            model=redact(one.model),
            firmware=redact(one.firmware),
            mac=one.mac,
            serial=one.serial,
            streams=[StreamReply.of(stream) for stream in one.streams],
            main=redact(one.main),
            sub=redact(one.sub),
            snapshot=redact(one.snapshot),
            name=redact(one.name),
            has_picture=one.has_picture,
            remarks=[redact(text) for text in one.remarks],
            camera=one.camera,
        )


class AddAsk(BaseModel):
    model_config = ConfigDict(extra="forbid")

    trial: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,64}$")]
    name: Annotated[str, Field(min_length=1, max_length=60)]
    main: _URL = ""
    sub: _URL = ""
    watch_door: StrictBool = True


class AddedReply(Reply):
    camera: str


class RenameAsk(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=60)]


class RemovedReply(Reply):
    """`text` says what stays."""

    camera: str
    name: str
    text: str


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Failures of a trial, and of the configuration's check, in words for the page."""
    try:
        yield
    except TrialFailed as failed:
        raise Denied(422, redact(failed.text), redact(failed.hint)) from failed
    except ConfigFault as fault:
        raise Denied(422, "This does not fit into the configuration.", redact(_FILE.sub("", str(fault)))) from fault


@router.post("/search")
@needs(Permission.MANAGE, noted=False)
async def search(site: SiteDep) -> SearchReply:
    """Look for cameras on the home networks; no log-in is tried. One that goes on already goes on."""
    with _told():
        return SearchReply.of(await site.doors.camera_setup.search())


@router.get("/search")
@needs(Permission.MANAGE)
async def search_now(site: SiteDep) -> SearchReply:
    """How far the search is, or what the last one found."""
    return SearchReply.of(site.doors.camera_setup.search_now())


@router.delete("/search")
@needs(Permission.MANAGE, noted=False)
async def stop_search(site: SiteDep) -> SearchReply:
    """Stop looking; what was found stays."""
    return SearchReply.of(await site.doors.camera_setup.stop_search())


@router.get("/search/stream", response_class=StreamingResponse)
@needs(Permission.MANAGE)
async def follow_search(site: SiteDep, person: PersonDep) -> StreamingResponse:
    """Server-Sent Events: `search` whenever something changed, `over` at the end."""
    return StreamingResponse(_follow(site, person), media_type="text/event-stream")


async def _follow(site: Site, person: Session) -> AsyncGenerator[bytes]:
    ended = asyncio.create_task(site.auth.ended(person))
    told = ""
    try:
        async with contextlib.aclosing(site.doors.camera_setup.follow_search()) as steps:
            async for step in steps:
                if ended.done():
                    return
                text = SearchReply.of(step).model_dump_json()
                if text != told:
                    yield f"event: search\ndata: {text}\n\n".encode()
                    told = text
        yield b"event: over\ndata: {}\n\n"
    finally:
        ended.cancel()


@router.post("/look")
@needs(Permission.MANAGE, noted=False)
async def look(site: SiteDep, ask: LookAsk) -> CandidateReply:
    """Look at one address without a log-in, for a camera that the search does not find."""
    with _told():
        return CandidateReply.of(await site.doors.camera_setup.look_at(ask.host, ask.port, allow_loopback=ask.allow_loopback))


@router.post("/try")
@needs(Permission.MANAGE)
async def try_camera(site: SiteDep, ask: TryAsk) -> CameraTrialReply:
    """Log in once, read who it is and what streams it has, watch these for some seconds and take a picture. The same wrong
    password is not tried again for ten minutes: cameras lock accounts."""
    if not (ask.host or ask.main or ask.snapshot):
        raise Denied(422, "Say which camera: its address, or the address of its stream.")
    wish = TryWish(
        host=ask.host or "",
        port=ask.port,
        tls=ask.tls,
        vendor=ask.vendor,
        channel=ask.channel,
        main=ask.main,
        sub=ask.sub,
        snapshot=ask.snapshot,
        poll_s=ask.poll_s,
        user=ask.user,
        password=Secret(ask.password),
        allow_loopback=ask.allow_loopback,
    )
    with _told():
        return CameraTrialReply.of(await site.doors.camera_setup.try_camera(wish))


@router.get("/tries/{trial}/picture.jpg", response_class=Response)
@needs(Permission.MANAGE)
async def picture(site: SiteDep, trial: _TrialId) -> Response:
    """The picture taken when the camera was tried."""
    jpeg = site.doors.camera_setup.picture(trial)
    if jpeg is None:
        raise Denied(404, "There is no picture of this camera.", "Try it once more.")
    return Response(jpeg, media_type="image/jpeg")


@router.post("/cameras")
@needs(Permission.MANAGE)
async def add(site: SiteDep, ask: AddAsk) -> AddedReply:
    """Take a camera in that was tried: into the configuration, its password into the secrets; it is live at once."""
    wish = AddWish(trial=ask.trial, name=ask.name, main=ask.main, sub=ask.sub, watch_door=ask.watch_door)
    with _told():
        return AddedReply(camera=await site.doors.camera_setup.add(wish))


@router.post("/cameras/{camera}/rename")
@needs(Permission.MANAGE)
async def rename(site: SiteDep, camera: _CameraId, ask: RenameAsk) -> AddedReply:
    """Call a camera otherwise; its footage and history stay with it."""
    with _told():
        await site.doors.camera_setup.rename(CameraId(camera), ask.name)
    return AddedReply(camera=camera)


@router.delete("/cameras/{camera}")
@needs(Permission.MANAGE, fresh=True)
async def remove(site: SiteDep, camera: _CameraId) -> RemovedReply:
    """Watch a camera no more; its footage stays."""
    with _told():
        gone = await site.doors.camera_setup.remove(CameraId(camera))
    return RemovedReply(camera=gone.camera, name=gone.name, text=gone.text)
