"""What is asked and answered at the control door about arming."""

from __future__ import annotations

import msgspec

from hearthwatch.arming.arming import Acknowledged, ArmingDoor, ArmState, Mode
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import WallUs

VIA = "command line"


class _Line(msgspec.Struct, frozen=True, kw_only=True, tag=True, forbid_unknown_fields=True):
    """Base of all: the class name travels as the tag."""


class AskArm(_Line, frozen=True):
    """Answered by Armed."""

    mode: Mode
    until_us: WallUs | None
    who: str


class AskEnable(_Line, frozen=True):
    """Hand the house back to presence and schedule. Answered by Armed."""

    who: str


class Armed(_Line, frozen=True):
    """The state after it; see arming.Acknowledged."""

    state: ArmState
    stored: bool


ArmingAsk = AskArm | AskEnable
ArmingReply = Armed


class ArmingClerk:
    """Answers by the keeper of a running house."""

    def __init__(self, door: ArmingDoor | None = None) -> None:
        self._door = door

    async def answer(self, ask: ArmingAsk) -> ArmingReply:
        """Raises Unsupported where no house runs, and as the door raises."""
        done = await self._do(ask)
        return Armed(state=done.state, stored=done.stored)

    async def _do(self, ask: ArmingAsk) -> Acknowledged:
        if self._door is None:
            raise Unsupported("Hearthwatch is not running, so there is nothing to arm: start it with `hearthwatch run`")
        match ask:
            case AskArm():
                return await self._door.wish(ask.mode, who=ask.who, via=VIA, until_us=ask.until_us)
            case AskEnable():
                return await self._door.enable(who=ask.who, via=VIA)
