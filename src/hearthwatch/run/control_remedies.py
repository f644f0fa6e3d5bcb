"""What is asked and answered at the control door about what can be done to a camera."""

from __future__ import annotations

from typing import Protocol

import msgspec

from hearthwatch.audit.remedy import Remedy, RemedyKind
from hearthwatch.audit.trail import Entry, RepairState
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import CameraId
from hearthwatch.web.remedy_doors import DoorNow

_WHO = "terminal"


class _Line(msgspec.Struct, frozen=True, kw_only=True, tag=True, forbid_unknown_fields=True):
    """Base of all: the class name travels as the tag."""


class AskPossible(_Line, frozen=True):
    """Answered by Possibilities."""

    camera: CameraId


class AskRemedy(_Line, frozen=True):
    """Nothing is done yet. Answered by Said: ASKED with the question, IMPOSSIBLE with why not."""

    remedy: Remedy


class AskDone(_Line, frozen=True):
    """The answer to the question of `entry`. Answered by Said with the outcome, or DECLINED."""

    entry: str
    yes: bool


class Possibilities(_Line, frozen=True):
    """`why` says why the camera cannot be asked; `why_not` has every kind, empty for what can be tried."""

    why: str
    why_not: dict[RemedyKind, str]
    services: tuple[str, ...]
    accounts: tuple[str, ...]
    sessions: tuple[tuple[str, str, str], ...]
    """Id, user and address of each."""


class Said(_Line, frozen=True):
    entry: str
    state: RepairState
    verified: bool
    text: str


RemedyAsk = AskPossible | AskRemedy | AskDone
RemedyReply = Possibilities | Said


class RemedyDesk(Protocol):
    """Who does remedies in a running house."""

    async def door(self, camera: CameraId) -> DoorNow: ...

    async def ask(self, remedy: Remedy, who: str) -> Entry: ...

    async def confirm(self, entry: str, who: str) -> Entry: ...

    async def decline(self, entry: str, who: str) -> bool: ...


class RemedyClerk:
    """Answers by the desk of a running house; None where none runs."""

    def __init__(self, desk: RemedyDesk | None = None) -> None:
        self._desk = desk

    async def answer(self, ask: RemedyAsk) -> RemedyReply:
        """Raises Unsupported where no house runs, and as the desk raises."""
        desk = self._desk
        if desk is None:
            raise Unsupported("Hearthwatch is not running, so nothing can be done to a camera: start it with `hearthwatch run`")
        match ask:
            case AskPossible():
                return _possibilities(await desk.door(ask.camera))
            case AskRemedy():
                return _said(await desk.ask(ask.remedy, _WHO))
            case AskDone(yes=True):
                return _said(await desk.confirm(ask.entry, _WHO))
            case AskDone():
                await desk.decline(ask.entry, _WHO)
                return Said(entry=ask.entry, state=RepairState.DECLINED, verified=False, text="Nothing was done.")


def _possibilities(now: DoorNow) -> Possibilities:
    return Possibilities(
        why=now.why,
        why_not=dict(now.why_not),
        services=tuple(sorted(now.services)),
        accounts=tuple(account.name for account in now.accounts or ()),
        sessions=tuple((one.id, one.user, one.address or one.origin) for one in now.sessions or ()),
    )


def _said(entry: Entry) -> Said:
    return Said(entry=entry.id, state=entry.state, verified=entry.verified, text=entry.text)
