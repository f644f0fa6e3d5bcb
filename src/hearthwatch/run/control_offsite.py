"""What is asked and answered at the control door about copies elsewhere."""

from __future__ import annotations

import msgspec

from hearthwatch.kit.errors import Unsupported
from hearthwatch.web.offsite_doors import OffsiteDoor, OffsiteNow


class _Line(msgspec.Struct, frozen=True, kw_only=True, tag=True, forbid_unknown_fields=True):
    """Base of all: the class name travels as the tag."""


class AskFlush(_Line, frozen=True):
    """Bring the last minutes of every camera to safety before all else. Answered by Flushed."""

    cause: str
    who: str


class Flushed(_Line, frozen=True):
    """`fresh` is False when that was just done for the same reason."""

    fresh: bool
    now: OffsiteNow


OffsiteAsk = AskFlush
OffsiteReply = Flushed


class OffsiteClerk:
    """Answers by the desk of a running house."""

    def __init__(self, door: OffsiteDoor | None = None) -> None:
        self._door = door

    async def answer(self, ask: OffsiteAsk) -> OffsiteReply:
        """Raises Unsupported where no house runs, and as the door raises."""
        if self._door is None:
            raise Unsupported("Hearthwatch is not running, so nothing can be sent: start it with `hearthwatch run`")
        fresh = await self._door.flush(ask.cause, ask.who)
        return Flushed(fresh=fresh, now=self._door.now())
