"""What the remote says back: Telegram's wish to wait is heeded, and nobody who listens waits for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from hearthwatch.alerts.alert import Part, RetryAfter
from hearthwatch.alerts.telegram import TelegramBot
from hearthwatch.alerts.telegram_asking import Answer
from hearthwatch.kit.errors import HearthwatchError

log = logging.getLogger(__name__)

_MAX_LATER = 16
_LONGEST_S = 120.0


class Replies:
    """Nothing here raises for the network: a reply that cannot be given is a line in the log."""

    def __init__(self, bot: TelegramBot) -> None:
        self._bot = bot
        self._later: set[asyncio.Task[None]] = set()

    async def text(self, chat_id: int, answer: Answer) -> None:
        """Send a text with its buttons."""
        if answer.text:
            await self._say(lambda: self._bot.send_text(chat_id, answer.text, buttons=answer.buttons))

    async def toast(self, callback_id: str, text: str) -> None:
        """Show a text to whoever pressed a button; one that is too old to be answered is left."""
        try:
            await self._bot.answer(callback_id, text)
        except HearthwatchError as error:
            log.info("answering a button on Telegram: %s", error)

    async def media(self, chat_id: int, part: Part, data: bytes, caption: str, *, reply_to: int | None) -> None:
        """Send a JPEG or an MP4."""
        await self._say(lambda: self._bot.send_media(chat_id, part, data, caption, reply_to=reply_to))

    async def album(self, chat_id: int, pictures: Sequence[tuple[bytes, str]], *, reply_to: int | None) -> None:
        """Send two to ten JPEGs with their captions."""
        await self._say(lambda: self._bot.send_album(chat_id, pictures, reply_to=reply_to))

    async def doing(self, chat_id: int, *, video: bool) -> None:
        """Show that something is on its way."""
        try:
            await self._bot.show_doing(chat_id, video=video)
        except HearthwatchError as error:
            log.debug("showing on Telegram that we are at it: %s", error)

    async def _say(self, send: Callable[[], Awaitable[object]]) -> None:
        try:
            await send()
        except RetryAfter as error:
            if len(self._later) < _MAX_LATER and error.seconds <= _LONGEST_S:
                self.begin(self._after(error.seconds, send))
            else:
                log.warning("answering on Telegram: %s", error)
        except HearthwatchError as error:
            log.warning("answering on Telegram: %s", error)

    async def _after(self, seconds: float, send: Callable[[], Awaitable[object]]) -> None:
        await asyncio.sleep(seconds)
        try:
            await send()
        except HearthwatchError as error:
            log.warning("answering on Telegram: %s", error)

    def begin(self, work: Awaitable[None]) -> None:
        """Have something go on beside the listening."""

        async def go_on() -> None:
            await work

        task = asyncio.create_task(go_on(), name="reply by Telegram")
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def close(self) -> None:
        """Say nothing more."""
        for task in tuple(self._later):
            task.cancel()
        await asyncio.gather(*self._later, return_exceptions=True)
