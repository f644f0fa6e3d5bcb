"""The machine this house runs on, by the API: how it is, and starting it anew."""

from __future__ import annotations

import asyncio
from typing import Self

from fastapi import APIRouter, Request

from hearthwatch.web.auth import Permission
from hearthwatch.web.fleet_doors import Machine
from hearthwatch.web.fleet_replies import MachineReply
from hearthwatch.web.gate import needs
from hearthwatch.web.place import place_of
from hearthwatch.web.replies import Reply
from hearthwatch.web.site import PersonDep, SiteDep

router = APIRouter(prefix="/api/v1/machine")


class MachineNowReply(Reply):
    """`why_no_reboot` says why this page does not start the machine anew, empty where it may."""

    machine: MachineReply
    why_no_reboot: str

    @classmethod
    def of(cls, machine: Machine, why_not: str) -> Self:
        return cls(machine=MachineReply.of(machine), why_no_reboot=why_not)


@router.get("")
@needs(Permission.MANAGE)
async def machine(site: SiteDep) -> MachineNowReply:
    """Temperature, power, Wi-Fi, load and disk, as the kernel tells them now."""
    door = site.doors.machine
    return MachineNowReply.of(await asyncio.to_thread(door.now), door.why_not())


@router.post("/reboot", status_code=202)
@needs(Permission.MANAGE, fresh=True, noted=False)
async def reboot(request: Request, site: SiteDep, person: PersonDep) -> None:
    """Start the machine anew, where `[node] allow_reboot` says that this page may; nothing else can ask for it."""
    await site.doors.machine.reboot()
    await site.auth.trail.note("restarted-machine", who=person.who, address=place_of(request.scope).address)
