"""Setting up: how far the owner came, and trying out what was just set. What is made here for the owner alone (keys, a tunnel)
is answered once and kept nowhere."""

from __future__ import annotations

import asyncio
from typing import Annotated, Self

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from hearthwatch.kit.logs import redact
from hearthwatch.kit.units import CAMERA_ID_PATTERN
from hearthwatch.web.auth import Permission
from hearthwatch.web.gate import is_loopback, needs
from hearthwatch.web.replies import Reply
from hearthwatch.web.site import SiteDep
from hearthwatch.web.welcome_doors import (
    Disk,
    DiskKind,
    FromOutside,
    Opening,
    Outside,
    Progress,
    RouterSays,
    SealKeys,
    Step,
    StepState,
    Trial,
    Tunnel,
)

router = APIRouter(prefix="/api/v1/welcome")


class _Ask(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ProgressReply(Reply):
    """`closed`: the owner has seen enough of it; `has_camera`: there is a camera of their own, not only the demo."""

    steps: dict[Step, StepState]
    closed: bool
    has_camera: bool

    @classmethod
    def of(cls, now: Progress) -> Self:
        return cls(steps=dict(now.steps), closed=now.closed, has_camera=now.has_camera)


class ProgressAsk(_Ask):
    steps: dict[Step, StepState] = {}
    closed: StrictBool = False


class TrialReply(Reply):
    works: bool
    text: str
    remark: str
    fingerprint: str

    @classmethod
    def of(cls, trial: Trial) -> Self:
        return cls(works=trial.works, text=redact(trial.text), remark=redact(trial.remark), fingerprint=trial.fingerprint)


class TargetAsk(_Ask):
    """`create` marks a mounted folder as a place for copies, the first time."""

    create: StrictBool = False


class DiskReply(Reply):
    mount: str
    device: str
    kind: DiskKind
    size_bytes: int
    free_bytes: int
    folder: str
    in_use: bool
    writable: bool

    @classmethod
    def of(cls, disk: Disk) -> Self:
        return cls(
            mount=disk.mount,
            device=disk.device,
            kind=disk.kind,
            size_bytes=disk.size_bytes,
            free_bytes=disk.free_bytes,
            folder=disk.folder,
            in_use=disk.in_use,
            writable=disk.writable,
        )


class SealKeysReply(Reply):
    """A new pair, shown this once."""

    recipient: str
    identity: str

    @classmethod
    def of(cls, made: SealKeys) -> Self:
        return cls(recipient=made.recipient, identity=made.identity)


class TunnelAsk(_Ask):
    endpoint: Annotated[str, Field(min_length=1, max_length=253)]
    port: Annotated[StrictInt, Field(ge=1, le=65_535)] = 51_820
    phone: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.-]{0,39}$")] = "phone"


class TunnelReply(Reply):
    """Both halves, shown this once; `qr_path` draws the phone's as an SVG path in a square of `qr_size`, without a margin."""

    server: str
    phone: str
    address: str
    qr_size: int
    qr_path: str

    @classmethod
    def of(cls, made: Tunnel) -> Self:
        return cls(server=made.server, phone=made.phone, address=made.address, qr_size=made.qr_size, qr_path=made.qr_path)


class OutsideReply(Reply):
    home: list[str]
    tailscale: list[str]
    has_wireguard: bool
    https_port: int

    @classmethod
    def of(cls, now: Outside) -> Self:
        return cls(
            home=list(now.home),
            tailscale=list(now.tailscale),
            has_wireguard=now.has_wireguard,
            https_port=now.https_port,
        )


class OpeningReply(Reply):
    protocol: str
    outer_port: int
    inner_port: int
    what: str
    is_page: bool

    @classmethod
    def of(cls, found: Opening) -> Self:
        return cls(
            protocol=found.protocol,
            outer_port=found.outer_port,
            inner_port=found.inner_port,
            what=redact(found.what),
            is_page=found.is_page,
        )


class FromOutsideReply(Reply):
    """What can be seen from within of whether the page is open to the internet; `openings` lead to this machine, `others` count
    those to other devices. `says` is how much the router tells, `opens` that it lets any program at home open ports."""

    public: list[str]
    says: RouterSays
    router: str
    outer: str
    outer_is_private: bool
    opens: bool
    openings: list[OpeningReply]
    others: int
    tailscale: bool
    wireguard: bool

    @classmethod
    def of(cls, found: FromOutside) -> Self:
        return cls(
            public=list(found.public),
            says=found.says,
            router=redact(found.router),
            outer=found.outer,
            outer_is_private=found.outer_is_private,
            opens=found.opens,
            openings=[OpeningReply.of(each) for each in found.openings],
            others=found.others,
            tailscale=found.tailscale,
            wireguard=found.wireguard,
        )


@router.get("")
@needs(Permission.MANAGE)
def progress(site: SiteDep) -> ProgressReply:
    """How far the set-up came."""
    return ProgressReply.of(site.doors.welcome.progress())


@router.post("")
@needs(Permission.MANAGE, noted=False)
def went(ask: ProgressAsk, site: SiteDep) -> ProgressReply:
    """Keep how far the set-up came, so that it goes on there on any device."""
    return ProgressReply.of(site.doors.welcome.went(ask.steps, closed=ask.closed))


@router.post("/mail")
@needs(Permission.MANAGE)
async def sent_test_mail(site: SiteDep) -> TrialReply:
    """Send a test mail by the server that is configured, and say how that went."""
    return TrialReply.of(await site.doors.welcome.mail())


@router.post("/targets/{name}")
@needs(Permission.MANAGE)
async def tried_target(name: Annotated[str, Path(pattern=CAMERA_ID_PATTERN)], ask: TargetAsk, site: SiteDep) -> TrialReply:
    """Send a few bytes to a place for copies and have it prove that it holds them."""
    return TrialReply.of(await site.doors.welcome.target(name, create=ask.create))


@router.get("/disks")
@needs(Permission.MANAGE)
def disks(site: SiteDep) -> list[DiskReply]:
    """The disks footage could live on."""
    return [DiskReply.of(disk) for disk in site.doors.welcome.disks()]


@router.post("/seal-keys")
@needs(Permission.MANAGE)
async def made_seal_keys(site: SiteDep, response: Response) -> SealKeysReply:
    """Make a pair of keys for sealed copies. It is kept nowhere: the owner keeps the identity."""
    response.headers["Cache-Control"] = "no-store"
    return SealKeysReply.of(await asyncio.to_thread(site.doors.welcome.seal_keys))


@router.get("/outside")
@needs(Permission.MANAGE)
def outside(site: SiteDep) -> OutsideReply:
    """By which addresses this house can be reached."""
    return OutsideReply.of(site.doors.welcome.outside())


@router.post("/outside")
@needs(Permission.MANAGE, noted=False)
async def looked_from_outside(site: SiteDep) -> FromOutsideReply:
    """Look, from within, whether this page is open to the internet: own addresses, and what the router tells when it is asked.
    Nothing beyond the router is asked."""
    ports = {port for address, port in (*site.reach.plain, *site.reach.https) if not is_loopback(address)}
    return FromOutsideReply.of(await site.doors.welcome.from_outside(ports))


@router.post("/tunnel")
@needs(Permission.MANAGE)
async def made_tunnel(ask: TunnelAsk, site: SiteDep, response: Response) -> TunnelReply:
    """Make both halves of a WireGuard connection from a phone. They are kept nowhere."""
    response.headers["Cache-Control"] = "no-store"
    return TunnelReply.of(await asyncio.to_thread(site.doors.welcome.tunnel, ask.endpoint, ask.port, ask.phone))
