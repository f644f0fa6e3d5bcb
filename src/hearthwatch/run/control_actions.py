"""What is asked and answered at the control door about actions."""

from __future__ import annotations

import msgspec

from hearthwatch.actions.action import ActionDoor, ActionNow, Deed
from hearthwatch.kit.errors import Unsupported

VIA = "terminal"


class _Line(msgspec.Struct, frozen=True, kw_only=True, tag=True, forbid_unknown_fields=True):
    """Base of all: the class name travels as the tag."""


class AskActions(_Line, frozen=True):
    """Answered by Actions; `trail` lines of what was done."""

    trail: int = 0


class AskActionTest(_Line, frozen=True):
    """Answered by Actions, with how it went as the one line of the trail."""

    name: str
    who: str


class AskActionOff(_Line, frozen=True):
    """The same."""

    name: str
    who: str


class Actions(_Line, frozen=True):
    actions: tuple[ActionNow, ...]
    trail: tuple[Deed, ...]


ActionsAsk = AskActions | AskActionTest | AskActionOff
ActionsReply = Actions


class ActionsClerk:
    """Answers by the desk of a running house."""

    def __init__(self, door: ActionDoor | None = None) -> None:
        self._door = door

    async def answer(self, ask: ActionsAsk) -> ActionsReply:
        """Raises Unsupported where no house runs, and as the door raises."""
        door = self._door
        if door is None:
            raise Unsupported("Hearthwatch is not running, so nothing can be switched: start it with `hearthwatch run`")
        match ask:
            case AskActionTest():
                trail: tuple[Deed, ...] = (await door.test(ask.name, who=ask.who, via=VIA),)
            case AskActionOff():
                trail = (await door.switch_off(ask.name, who=ask.who, via=VIA),)
            case AskActions():
                trail = door.trail(ask.trail) if ask.trail else ()
        return Actions(actions=door.actions(), trail=trail)
