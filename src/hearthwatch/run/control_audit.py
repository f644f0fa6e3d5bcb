"""What is asked and answered at the control door about the audit of the cameras."""

from __future__ import annotations

import asyncio

import msgspec

from hearthwatch.audit.finding import Mended, Report
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import CameraId
from hearthwatch.web.audit_doors import AuditDoor

_WHO = "the command line"


class _Line(msgspec.Struct, frozen=True, kw_only=True, tag=True, forbid_unknown_fields=True):
    """Base of all: the class name travels as the tag."""


class AskAudit(_Line, frozen=True):
    """Look at these cameras now; with `apply` put right what can be. Answered by Audited."""

    cameras: tuple[CameraId, ...]
    apply: bool


class AskFence(_Line, frozen=True):
    """Answered by Fence."""

    kind: str


class Audited(_Line, frozen=True):
    reports: tuple[Report, ...]
    mended: tuple[Mended, ...]


class Fence(_Line, frozen=True):
    text: str


AuditAsk = AskAudit | AskFence
AuditReply = Audited | Fence


class AuditClerk:
    """Answers by the auditor of a running house."""

    def __init__(self, door: AuditDoor | None = None) -> None:
        self._door = door

    async def answer(self, ask: AuditAsk) -> AuditReply:
        """Raises Unsupported where no house runs, and as the door raises."""
        door = self._door
        if door is None:
            raise Unsupported("Hearthwatch is not running, so no camera can be asked: start it with `hearthwatch run`")
        match ask:
            case AskAudit(apply=False):
                reports = await asyncio.gather(*(door.audit(camera) for camera in ask.cameras))
                return Audited(reports=tuple(reports), mended=())
            case AskAudit():
                applied = await asyncio.gather(*(door.apply(camera, _WHO) for camera in ask.cameras))
                mended = tuple(one for done, _ in applied for one in done)
                return Audited(reports=tuple(report for _, report in applied), mended=mended)
            case AskFence():
                return Fence(text=await door.fence(ask.kind))
