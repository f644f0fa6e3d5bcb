"""The buttons under an alert that change a camera: owners only, asked once more, each yes counts once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from hearthwatch.alerts.alert import Alert
from hearthwatch.alerts.enrolment import Enrolments, Role
from hearthwatch.alerts.telegram import Button, TelegramBot
from hearthwatch.alerts.wording import many_lines, one_line
from hearthwatch.audit.remedy import Remedy, label
from hearthwatch.audit.trail import Entry, RepairState
from hearthwatch.kit.errors import HearthwatchError, Unsupported

log = logging.getLogger(__name__)

OFFER, YES, NO = "r", "y", "n"
_MAX_OFFERS = 10
_LABEL_CHARS = 48


class Remedies(Protocol):
    """What the house does about a camera; see audit.desk.RepairDesk."""

    async def ask(self, remedy: Remedy, who: str) -> Entry: ...

    async def confirm(self, entry: str, who: str) -> Entry: ...

    async def decline(self, entry: str, who: str) -> bool: ...


class RemedyButtons:
    """`data` signs what a button carries for one chat. What takes long is answered by a message of its own."""

    def __init__(
        self, bot: TelegramBot, remedies: Remedies, enrolments: Enrolments, data: Callable[[str, str, int], str]
    ) -> None:
        self._bot = bot
        self._remedies = remedies
        self._enrolments = enrolments
        self._data = data
        self._tasks: set[asyncio.Task[None]] = set()

    def under(self, alert: Alert, chat_id: int) -> tuple[Button, ...]:
        """Return the offers of the alert, none in a chat without an owner."""
        people = self._enrolments.people
        if not any(person.chat_id == chat_id and person.role is Role.OWNER for person in people):
            return ()
        return tuple(
            Button(label=one_line(label(offer), _LABEL_CHARS), data=self._data(f"{OFFER}{index}", alert.id, chat_id))
            for index, offer in enumerate(alert.offers[:_MAX_OFFERS])
        )

    async def offered(self, alert: Alert, action: str, user_id: int, chat_id: int) -> str:
        """Take the press of an offer: ask once more. Returns what is shown at once. Raises kit errors."""
        index = int(action[1:]) if action[1:].isdigit() else _MAX_OFFERS
        if index >= len(alert.offers):
            return "This button is too old."
        if not self._enrolments.may(user_id, Role.OWNER):
            log.warning("Telegram user %d is no owner and pressed a button that changes a camera", user_id)
            return "Only an owner may change a camera."
        entry = await self._remedies.ask(alert.offers[index], _who(user_id))
        if entry.state is RepairState.IMPOSSIBLE:
            await self._bot.send_text(chat_id, many_lines(entry.text))
            return "There is no way to do that from here."
        buttons = (
            Button(label="Yes, do it", data=self._data(YES, entry.id, chat_id)),
            Button(label="No", data=self._data(NO, entry.id, chat_id)),
        )
        await self._bot.send_text(chat_id, many_lines(entry.text), buttons=buttons)
        return "Please confirm below."

    async def answered(self, entry: str, action: str, user_id: int, chat_id: int) -> str:
        """Take a yes or a no. Returns what is shown at once. Raises kit errors."""
        if not self._enrolments.may(user_id, Role.OWNER):
            return "Only an owner may change a camera."
        if action == NO:
            left = await self._remedies.decline(entry, _who(user_id))
            return "Nothing was done." if left else "This question was answered already."
        task = asyncio.create_task(self._do(entry, _who(user_id), chat_id), name="remedy by Telegram")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return "I am on it, and tell you how it went."

    async def _do(self, entry: str, who: str, chat_id: int) -> None:
        try:
            try:
                text = (await self._remedies.confirm(entry, who)).text
            except Unsupported as error:
                text = one_line(str(error)).capitalize()
            await self._bot.send_text(chat_id, many_lines(text))
        except HearthwatchError as error:
            log.warning("answering on Telegram: %s", error)

    async def close(self) -> None:
        """Wait for no outcome any more; what is being done goes on."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _who(user_id: int) -> str:
    return f"telegram {user_id}"
