"""What is asked and answered at the control door about who is home; never an address or a key."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

import msgspec

from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import Unsupported
from hearthwatch.presence import ledger
from hearthwatch.presence.presence import Presence


class _Line(msgspec.Struct, frozen=True, kw_only=True, tag=True, forbid_unknown_fields=True):
    """Base of all: the class name travels as the tag."""


class AskPeople(_Line, frozen=True):
    """With `look` every device is asked once more first. Answered by People."""

    look: bool


class People(_Line, frozen=True):
    """`running` is False where this is what a former house knew last."""

    people: tuple[Presence, ...]
    running: bool


PeopleAsk = AskPeople
PeopleReply = People


class PeopleDesk(Protocol):
    """Who watches in a running house."""

    def presences(self) -> tuple[Presence, ...]: ...

    def look(self) -> Awaitable[tuple[Presence, ...]]: ...


class PeopleClerk:
    """Answers by the desk of a running house, or by what a closed one knew."""

    def __init__(self, db: Db, desk: PeopleDesk | None = None) -> None:
        self._db = db
        self._desk = desk

    async def answer(self, ask: PeopleAsk) -> PeopleReply:
        """Raises Unsupported where nobody can be asked, Unreachable while the home network does not work, StorageFailed."""
        if self._desk is not None:
            people = await self._desk.look() if ask.look else self._desk.presences()
            return People(people=people, running=True)
        if ask.look:
            raise Unsupported("Hearthwatch is not running, so nobody is asked: start it with `hearthwatch run`")
        return People(people=await self._db.run(ledger.kept), running=False)
