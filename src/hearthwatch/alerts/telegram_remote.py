"""Telegram as a remote: what enrolled people ask and press; strangers get no answer and no effect."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from datetime import tzinfo

from sqlalchemy import Connection

from hearthwatch.alerts import ledger
from hearthwatch.alerts.alert import Alert, AlertId, RetryAfter
from hearthwatch.alerts.enrolment import Enrolments
from hearthwatch.alerts.remote import HouseActions
from hearthwatch.alerts.telegram import UPDATES, Button, Contested, TelegramBot
from hearthwatch.alerts.telegram_asking import Asker, Signer
from hearthwatch.alerts.telegram_buttons import Buttons
from hearthwatch.alerts.telegram_commands import Commands
from hearthwatch.alerts.telegram_late import Late
from hearthwatch.alerts.telegram_remedies import Remedies, RemedyButtons
from hearthwatch.alerts.telegram_replies import Replies
from hearthwatch.alerts.telegram_strangers import Strangers
from hearthwatch.alerts.telegram_update import MESSAGE, PRESS, Incoming
from hearthwatch.health.outage import Fault, HealthSink
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import HearthwatchError, Refused, StorageFailed
from hearthwatch.kit.retry import Backoff, keep_running_async
from hearthwatch.kit.units import NS_PER_S, US_PER_S, MonoNs

log = logging.getLogger(__name__)

STALE_S = 60
_POLL_S = 50
_STEADY_S = 90
"""Two programs that poll with one token push each other out in turn: only after so long without it is it over."""
_LONGEST_HOLD_S = 600.0
_KEY = "telegram.button_key"
_SUBJECT = "telegram"


class Remote:
    """`load` first, then `run`. Every update is checked for user and chat before anything else is done with it."""

    def __init__(
        self,
        bot: TelegramBot,
        *,
        enrolments: Enrolments,
        house: HouseActions,
        remedies: Remedies,
        tell: Callable[[Alert], Awaitable[None]],
        find: Callable[[AlertId], Awaitable[Alert | None]],
        ids: Callable[[], str],
        db: Db,
        clock: Clock,
        health: HealthSink,
        zone: tzinfo,
    ) -> None:
        """`tell` and `find` are the outbox's."""
        self._bot = bot
        self._enrolments = enrolments
        self._db = db
        self._clock = clock
        self._health = health
        self._signer = Signer()
        self._replies = Replies(bot)
        self._strangers = Strangers(tell, ids, clock, bot.id)
        self._late = Late(self._replies)
        self.commands = Commands(enrolments, house, self._replies, signer=self._signer, clock=clock, zone=zone)
        self._remedies = RemedyButtons(bot, remedies, enrolments, self._signer)
        self._buttons = Buttons(
            self._remedies, self.commands, enrolments, replies=self._replies, signer=self._signer, find=find, clock=clock
        )
        self._last_id = 0
        self._listened_ns: MonoNs | None = None
        self._contested_ns: MonoNs | None = None

    @property
    def _id_key(self) -> str:
        return f"telegram.update_id.{self._bot.id}"

    async def load(self) -> None:
        """Take up the last update seen and the key of the buttons. Raises StorageFailed."""

        def read(connection: Connection) -> tuple[str, str]:
            key = ledger.state(connection, _KEY)
            if not key:
                key = secrets.token_hex(32)
                ledger.set_state(connection, _KEY, key)
            return key, ledger.state(connection, self._id_key)

        key, last_id = await self._db.run(read)
        self._signer.key = bytes.fromhex(key)
        self._last_id = int(last_id or 0)

    async def run(self) -> None:
        """Listen until cancelled."""
        backoff = Backoff(first_s=1.0, cap_s=60.0, refused_s=30.0)
        try:
            await keep_running_async("Telegram remote", self._listen, clock=self._clock, backoff=backoff)
        finally:
            await self._remedies.close()
            await self._replies.close()

    async def _listen(self) -> None:
        while True:
            try:
                await self.poll_once()
            except RetryAfter as error:
                await asyncio.sleep(min(error.seconds, _LONGEST_HOLD_S))
            await self.commands.offer_menu(self._bot)

    async def poll_once(self) -> None:
        """Wait for updates once and act on them; after a time without listening, first take what waited. Raises kit errors."""
        now_ns = self._clock.mono_ns()
        deaf = self._listened_ns is None or now_ns - self._listened_ns > (STALE_S + 10) * NS_PER_S
        try:
            found = await self._bot.updates(self._last_id, wait_s=0 if deaf else _POLL_S)
        except Refused as error:
            if isinstance(error, Contested):
                self._contested_ns = self._clock.mono_ns()
            self._health.failed(Fault.CHANNEL_DEAD, _SUBJECT, str(error))
            raise
        self._heard_again()
        is_all = len(found) < UPDATES
        if is_all:  # else there may be more from before
            self._listened_ns = self._clock.mono_ns()
        fresh = sorted((one for one in found if one.update_id > self._last_id), key=lambda one: one.update_id)
        if fresh:
            await self._keep_id(fresh[-1].update_id)
        for update in fresh:
            try:
                await self._take(update, deaf=deaf)
            except HearthwatchError as error:
                log.warning("answering on Telegram: %s", error)
        if is_all:
            await self._late.tell()

    def _heard_again(self) -> None:
        now_ns = self._clock.mono_ns()
        if self._contested_ns is None or now_ns - self._contested_ns >= _STEADY_S * NS_PER_S:
            self._contested_ns = None
            self._health.recovered(Fault.CHANNEL_DEAD, _SUBJECT)

    async def _keep_id(self, update_id: int) -> None:
        """Remember before acting: a command is done once at most, even when we die on the way."""
        self._last_id = update_id

        def save(connection: Connection) -> None:
            ledger.set_state(connection, self._id_key, str(update_id))

        try:
            await self._db.run(save)
        except StorageFailed as error:
            log.warning("the last Telegram update cannot be kept: %s", error)

    async def _take(self, update: Incoming, *, deaf: bool) -> None:
        user, chat = update.user_id, update.chat_id
        if not (user and chat and self._enrolments.allowed(user, chat)):
            await self._stranger(update)
            return
        if not update.first_hand:
            return
        asker = Asker(user_id=user, chat_id=chat, name=self._enrolments.name(user), message_id=update.message_id)
        if update.kind == PRESS and update.callback_id:
            if deaf:
                await self._late.press(update)
            else:
                await self._replies.toast(update.callback_id, await self._buttons.pressed(update.data, asker))
        elif update.kind == MESSAGE and update.command and self._is_for_us(update):
            age_s = (self._clock.wall_us() - update.sent_us) / US_PER_S if update.sent_us is not None else float(STALE_S + 1)
            if abs(age_s) > STALE_S:
                self._late.message(chat, age_s)
            else:
                await self._replies.text(chat, await self.commands.asked(update.command, asker, update.words))

    def _is_for_us(self, update: Incoming) -> bool:
        """Tell whether a command is meant for this bot; its name is not known until Telegram was asked once."""
        return not update.addressee or update.addressee == (self._bot.username.lower() or update.addressee)

    async def _stranger(self, update: Incoming) -> None:
        words = update.words
        if update.first_hand and update.command == "/start" and len(words) == 1 and update.user_id and update.chat_id:
            done = await self._enrolments.redeem(words[0], update.user_id, update.chat_id, update.name)
            if done:
                log.info("Telegram: %s is enrolled", update.name)
                await self._replies.text(update.chat_id, self.commands.welcome(update.user_id))
                return
        people = self._enrolments
        await self._strangers.knock(
            update, known_person=people.role(update.user_id) is not None, known_chat=update.chat_id in people.chats
        )

    def buttons(self, alert: Alert, chat_id: int) -> tuple[Button, ...]:
        """Return the buttons under an alert in that chat; nobody can make one up."""
        return self._buttons.under(alert, chat_id)
