"""Who may talk to the house by Telegram: what the page and the command line ask of the enrolments."""

from __future__ import annotations

from collections.abc import Sequence

from hearthwatch.alerts.remote import Person, Role
from hearthwatch.kit.errors import HearthwatchError, Unsupported
from hearthwatch.run.channels import Channels
from hearthwatch.web.telegram_doors import Enrolment


class TelegramDesk:
    """Implements TelegramDoor."""

    def __init__(self, channels: Channels) -> None:
        self._channels = channels

    def people(self) -> Sequence[Person]:
        """See TelegramDoor."""
        return self._channels.enrolments.people

    async def enrol(self, role: Role | None) -> Enrolment:
        """See TelegramDoor."""
        bot = self._channels.bot
        if bot is None:
            raise Unsupported(
                "no Telegram bot is set up: make one with @BotFather, then run `hearthwatch secrets set alerts.telegram.token`"
            )
        if not bot.username:
            try:
                await bot.get_me()
            except HearthwatchError as error:
                raise Unsupported(f"Telegram cannot be asked for the bot's name just now: {error}") from error
        code, expires_us = self._channels.enrolments.new_code(role)
        return Enrolment(code=code, bot=bot.username, expires_us=expires_us)

    async def set_role(self, user_id: int, role: Role) -> None:
        """See TelegramDoor."""
        await self._channels.enrolments.set_role(user_id, role)

    async def remove(self, user_id: int) -> None:
        """See TelegramDoor."""
        await self._channels.enrolments.remove(user_id)
