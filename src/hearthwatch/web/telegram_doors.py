"""The door onto who may talk to the house by Telegram."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from hearthwatch.alerts.remote import Person, Role
from hearthwatch.kit.units import WallUs


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A one-time code a person sends to the bot; `bot` is its user name, empty when unknown."""

    code: str
    bot: str
    expires_us: WallUs


class TelegramDoor(Protocol):
    def people(self) -> Sequence[Person]:
        """Return who is enrolled, once for each chat; from memory."""
        ...

    async def enrol(self, role: Role | None) -> Enrolment:
        """Make a new code, which voids the one before. Without a role whoever redeems it is an owner if nobody on Telegram is
        one yet, else a member. Raises Unsupported when no bot token is set, saying how to set one."""
        ...

    async def set_role(self, user_id: int, role: Role) -> None:
        """Let a person do more or less from now on. Raises Unsupported for a stranger, StorageFailed."""
        ...

    async def remove(self, user_id: int) -> None:
        """Let a person in no more, in any chat. Raises Unsupported for a stranger, StorageFailed."""
        ...
