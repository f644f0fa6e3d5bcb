"""What came too late to be acted upon: refused politely, one reply for a whole backlog in a chat."""

from __future__ import annotations

from hearthwatch.alerts.remote_words import late_words
from hearthwatch.alerts.telegram_asking import Answer
from hearthwatch.alerts.telegram_replies import Replies
from hearthwatch.alerts.telegram_update import Incoming

_OLD_PRESS = "I could not listen for a while and cannot tell how old this is: please press again."


class Late:
    """Collects while a backlog is worked off; `tell` ends it."""

    def __init__(self, replies: Replies) -> None:
        self._replies = replies
        self._ages_s: dict[int, list[float]] = {}
        self._pressed: set[int] = set()

    def message(self, chat_id: int, age_s: float) -> None:
        """A command of that age was not done; a negative one is from ahead of our clock."""
        self._ages_s.setdefault(chat_id, []).append(age_s)

    async def press(self, update: Incoming) -> None:
        """A button was pressed nobody knows when."""
        first = update.chat_id not in self._pressed
        self._pressed.add(update.chat_id)
        await self._replies.toast(update.callback_id, _OLD_PRESS if first else "")

    async def tell(self) -> None:
        """Say it once in every chat."""
        late, self._ages_s = self._ages_s, {}
        self._pressed.clear()
        for chat_id, ages_s in late.items():
            oldest_s = max(ages_s) if max(ages_s) > 0 else min(ages_s)
            await self._replies.text(chat_id, Answer(late_words(len(ages_s), oldest_s)))
