"""The buttons under an alert that change a camera: owners only, asked once more, each yes counts once."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from hearthwatch.alerts.alert import Alert
from hearthwatch.alerts.enrolment import Enrolments
from hearthwatch.alerts.remote import Role
from hearthwatch.alerts.telegram import Button, TelegramBot
from hearthwatch.alerts.telegram_asking import Action, Asker, Signer
from hearthwatch.alerts.wording import many_lines, one_line
from hearthwatch.audit.remedy import Remedy, label
from hearthwatch.audit.trail import Entry, RepairState
from hearthwatch.kit.errors import HearthwatchError, Unsupported

log = logging.getLogger(__name__)

_MAX_OFFERS = 10
_LABEL_CHARS = 48


class Remedies(Protocol):
    """What the house does about a camera; see audit.desk.RepairDesk."""

    async def ask(self, remedy: Remedy, who: str) -> Entry: ...

    async def confirm(self, entry: str, who: str) -> Entry: ...

    async def decline(self, entry: str, who: str) -> bool: ...


class RemedyButtons:
    """What takes long is answered by a message of its own."""

    def __init__(self, bot: TelegramBot, remedies: Remedies, enrolments: Enrolments, signer: Signer) -> None:
        self._bot = bot
        self._remedies = remedies
        self._enrolments = enrolments
        self._signer = signer
        self._tasks: set[asyncio.Task[None]] = set()

    def under(self, alert: Alert, chat_id: int) -> tuple[Button, ...]:
        """Return the offers of the alert, none in a chat without an owner."""
        people = self._enrolments.people
        if not any(person.chat_id == chat_id and person.role is Role.OWNER for person in people):
            return ()
        return tuple(
            Button(
                label=one_line(label(offer), _LABEL_CHARS), data=self._signer.data(f"{Action.OFFER}{index}", alert.id, chat_id)
            )
            for index, offer in enumerate(alert.offers[:_MAX_OFFERS])
        )

    async def offered(self, alert: Alert, action: str, asker: Asker) -> str:
        """Take the press of an offer: ask once more. Returns what is shown at once. Raises kit errors."""
        index = int(action[1:]) if action[1:].isdecimal() else _MAX_OFFERS
        if index >= len(alert.offers):
            return "This button is too old."
        if not self._enrolments.may(asker.user_id, Role.OWNER):
            log.warning("Telegram user %d is no owner and pressed a button that changes a camera", asker.user_id)
            return "Only an owner may change a camera."
        entry = await self._remedies.ask(alert.offers[index], _who(asker.user_id))
        if entry.state is RepairState.IMPOSSIBLE:
            await self._bot.send_text(asker.chat_id, many_lines(entry.text))
            return "There is no way to do that from here."
        buttons = (
            Button(label="Yes, do it", data=self._signer.data(Action.YES, entry.id, asker.chat_id)),
            Button(label="No", data=self._signer.data(Action.NO, entry.id, asker.chat_id)),
        )
        await self._bot.send_text(asker.chat_id, many_lines(entry.text), buttons=buttons)
        return "Please confirm below."

    async def answered(self, entry: str, asker: Asker, *, yes: bool) -> str:
        """Take a yes or a no. Returns what is shown at once. Raises kit errors."""
        if not self._enrolments.may(asker.user_id, Role.OWNER):
            return "Only an owner may change a camera."
        if not yes:
            left = await self._remedies.decline(entry, _who(asker.user_id))
            return "Nothing was done." if left else "This question was answered already."
        task = asyncio.create_task(self._do(entry, _who(asker.user_id), asker.chat_id), name="remedy by Telegram")
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
