"""What is asked and answered at the control door about who may talk to the house by Telegram."""

from __future__ import annotations

import msgspec

from hearthwatch.alerts.enrolment import Enrolments
from hearthwatch.alerts.remote import Person, Role
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import WallUs
from hearthwatch.web.telegram_doors import TelegramDoor


class _Line(msgspec.Struct, frozen=True, kw_only=True, tag=True, forbid_unknown_fields=True):
    """Base of all: the class name travels as the tag."""


class AskPhones(_Line, frozen=True):
    """Answered by Phones."""


class AskInvite(_Line, frozen=True):
    """Answered by Invited."""

    role: Role | None


class AskPhoneRole(_Line, frozen=True):
    """Answered by Phones, as they are then."""

    user_id: int
    role: Role


class AskRemovePhone(_Line, frozen=True):
    """Answered by Phones, as they are then."""

    user_id: int


class Phones(_Line, frozen=True):
    people: tuple[Person, ...]


class Invited(_Line, frozen=True):
    """See web.telegram_doors.Enrolment."""

    code: str
    bot: str
    expires_us: WallUs


TelegramAsk = AskPhones | AskInvite | AskPhoneRole | AskRemovePhone
TelegramReply = Phones | Invited


class TelegramClerk:
    """Answers by the desk of a running house, or from the database of a closed one."""

    def __init__(self, db: Db, clock: Clock, desk: TelegramDoor | None = None) -> None:
        self._db = db
        self._clock = clock
        self._desk = desk

    async def answer(self, ask: TelegramAsk) -> TelegramReply:
        """Raises Unsupported for what cannot be done, StorageFailed."""
        if isinstance(ask, AskInvite):
            if self._desk is None:
                raise Unsupported("Hearthwatch is not running, so no code would be heard: start it with `hearthwatch run`")
            made = await self._desk.enrol(ask.role)
            return Invited(code=made.code, bot=made.bot, expires_us=made.expires_us)
        desk: TelegramDoor | Enrolments | None = self._desk
        if desk is None:
            desk = Enrolments(self._db, self._clock, lambda: None)
            await desk.load()
        if isinstance(ask, AskPhoneRole):
            await desk.set_role(ask.user_id, ask.role)
        elif isinstance(ask, AskRemovePhone):
            await desk.remove(ask.user_id)
        return Phones(people=tuple(desk.people if isinstance(desk, Enrolments) else desk.people()))
