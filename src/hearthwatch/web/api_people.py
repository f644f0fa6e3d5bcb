"""Who is home, and the signed address a phone's automation calls. No address of a device is ever answered."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from fastapi import APIRouter, Path, Query

from hearthwatch.presence.presence import DevicePresence, Evidence, PersonId, Presence, device_id
from hearthwatch.web.auth import Denied, Permission
from hearthwatch.web.gate import needs
from hearthwatch.web.replies import Reply
from hearthwatch.web.site import SiteDep

router = APIRouter(prefix="/api/v1")

_Name = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]


class EvidenceReply(Reply):
    """`means` is `neighbour`, `arp` or `ping` for an answer, and `wifi`, `arp-heard`, `lease` or `ble` for what was only
    overheard or written down."""

    device: str
    means: str
    is_answer: bool
    at_us: int

    @classmethod
    def of(cls, evidence: Evidence) -> Self:
        return cls(device=evidence.device, means=evidence.means, is_answer=evidence.means.is_answer, at_us=evidence.at_us)


class PersonDeviceReply(Reply):
    device: str
    home: bool
    since_us: int
    seen_us: int | None
    means: str | None
    answered_us: int | None

    @classmethod
    def of(cls, device: DevicePresence) -> Self:
        return cls(
            device=device.device,
            home=device.home,
            since_us=device.since_us,
            seen_us=device.seen_us,
            means=device.means,
            answered_us=device.answered_us,
        )


class PersonReply(Reply):
    """`seen` is the latest sign; `answered` the latest answer on the home network of this stay, null for somebody who is away
    or was only overheard. `known` is false until a device of theirs was noticed, or looked for in vain."""

    person: str
    name: str
    home: bool
    known: bool
    since_us: int
    seen: EvidenceReply | None
    answered: EvidenceReply | None
    devices: list[PersonDeviceReply]

    @classmethod
    def of(cls, one: Presence) -> Self:
        return cls(
            person=one.person,
            name=one.name,
            home=one.home,
            known=one.known,
            since_us=one.since_us,
            seen=EvidenceReply.of(one.seen) if one.seen else None,
            answered=EvidenceReply.of(one.answered) if one.answered else None,
            devices=[PersonDeviceReply.of(device) for device in one.devices],
        )


class PingReply(Reply):
    """It was taken."""

    taken: bool = True


@router.get("/people")
@needs(Permission.LOOK)
async def people(site: SiteDep) -> list[PersonReply]:
    """Who is home, since when, and by what that is known."""
    return [PersonReply.of(one) for one in site.doors.people.people()]


@router.post("/ping/{person}/{device}/{word}")
@needs(Permission.PUBLIC, body_bytes=4096, from_page=False)
async def ping(
    site: SiteDep, person: _Name, device: _Name, word: Literal["home", "away"], token: Annotated[str, Query(max_length=128)]
) -> PingReply:
    """For a phone's automation: say that it came home or leaves, at the address `hearthwatch people device ping` shows. The
    body is not read; POST, so that nothing which merely opens links can say it."""
    if not site.doors.people.pinged(device_id(PersonId(person), device), word, token):
        raise Denied(403, "This address is not valid.", "`hearthwatch people device ping` shows the right one.")
    return PingReply()
