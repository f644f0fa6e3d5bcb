"""Who may talk to the house by Telegram: the owner invites people by a one-time code, and says what each may do."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict

from hearthwatch.alerts.remote import Person, Role
from hearthwatch.web.auth import Permission
from hearthwatch.web.gate import needs
from hearthwatch.web.replies import Reply
from hearthwatch.web.site import SiteDep
from hearthwatch.web.telegram_doors import Enrolment

router = APIRouter(prefix="/api/v1/telegram")


class RoleWanted(StrEnum):
    """A viewer looks; a member also arms, disarms and quiets; an owner also disables, and changes cameras."""

    OWNER = "owner"
    MEMBER = "member"
    VIEWER = "viewer"


class RoleAsk(BaseModel):
    model_config = ConfigDict(extra="forbid")

    role: RoleWanted


class EnrolmentReply(Reply):
    code: str
    bot: str
    expires_us: int

    @classmethod
    def of(cls, made: Enrolment) -> Self:
        return cls(code=made.code, bot=made.bot, expires_us=made.expires_us)


class TelegramPersonReply(Reply):
    """Somebody in one chat, which is their own or (a negative id) a group; `role` is the same in all their chats."""

    user_id: int
    chat_id: int
    name: str
    role: str
    enrolled_us: int

    @classmethod
    def of(cls, person: Person) -> Self:
        return cls(
            user_id=person.user_id,
            chat_id=person.chat_id,
            name=person.name,
            role=person.role,
            enrolled_us=person.enrolled_us,
        )


UserId = Annotated[int, Path(ge=1, le=2**53)]


@router.post("/enrol")
@needs(Permission.MANAGE, fresh=True)
async def enrol_telegram(site: SiteDep, role: RoleWanted | None = None) -> EnrolmentReply:
    """Make a one-time code: whoever sends it to the bot gets the alerts and may do what `role` says. Without one, the first on
    Telegram is an owner and the others are members."""
    return EnrolmentReply.of(await site.doors.telegram.enrol(Role(role.value) if role else None))


@router.get("/people")
@needs(Permission.MANAGE)
async def people(site: SiteDep) -> list[TelegramPersonReply]:
    """Who is enrolled."""
    return [TelegramPersonReply.of(person) for person in site.doors.telegram.people()]


@router.post("/people/{user_id}/role")
@needs(Permission.MANAGE, fresh=True)
async def set_role(user_id: UserId, ask: RoleAsk, site: SiteDep) -> list[TelegramPersonReply]:
    """Let a person do more or less from now on; answers who is enrolled then."""
    await site.doors.telegram.set_role(user_id, Role(ask.role.value))
    return await people(site)


@router.delete("/people/{user_id}")
@needs(Permission.MANAGE, fresh=True)
async def remove(user_id: UserId, site: SiteDep) -> list[TelegramPersonReply]:
    """Let a person in no more, and send their chat no more alerts; answers who is enrolled then."""
    await site.doors.telegram.remove(user_id)
    return await people(site)
