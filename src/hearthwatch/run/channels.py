"""The ways alerts take, built anew whenever the configuration, a secret or the enrolled people change."""

from __future__ import annotations

import asyncio
import functools
import itertools
import logging
from collections.abc import Callable, Sequence
from datetime import tzinfo

from hearthwatch.alerts.alert import Channel, Personal
from hearthwatch.alerts.dispatch import Dispatcher
from hearthwatch.alerts.enrolment import Enrolments
from hearthwatch.alerts.options import AlertsOptions
from hearthwatch.alerts.outbox import Outbox
from hearthwatch.alerts.remote import HouseActions
from hearthwatch.alerts.routing import Routing
from hearthwatch.alerts.telegram import OF_THE_BOT, TelegramBot, TelegramChat, open_bot
from hearthwatch.alerts.telegram_remedies import Remedies
from hearthwatch.alerts.telegram_remote import Remote
from hearthwatch.health.board import Board
from hearthwatch.health.outage import Fault, Outage
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.secrets import Secrets

log = logging.getLogger(__name__)


class Channels:
    """Used on the house's loop. `renew` may be called as often as one likes: what did not change is not disturbed."""

    def __init__(
        self,
        secrets: Secrets,
        *,
        outbox: Outbox,
        db: Db,
        clock: Clock,
        health: Board,
        zone: tzinfo,
        house: HouseActions,
        ids: Callable[[], str],
        remedies: Remedies,
    ) -> None:
        self._secrets = secrets
        self._outbox = outbox
        self._tell = functools.partial(outbox.record, None)
        self._ids = ids
        self._db = db
        self._clock = clock
        self._health = health
        self._zone = zone
        self._house = house
        self._remedies = remedies
        self._dispatcher = Dispatcher(outbox, clock=clock, health=health, zone=zone)
        self.enrolments = Enrolments(db, clock, self._people_changed)
        self._people = asyncio.Event()
        self._lock = asyncio.Lock()
        self._options = AlertsOptions()
        self._bot: TelegramBot | None = None
        self._bot_key = ("", "")
        self._remote: Remote | None = None
        self._remote_task: asyncio.Task[None] | None = None
        self._warm_task: asyncio.Task[None] | None = None
        self._fixed: dict[str, tuple[object, Channel]] = {}
        self._chats: dict[int, TelegramChat] = {}
        self._others: dict[str, tuple[Channel, ...]] = {}
        self._people_now: dict[str, str] = {}

    @property
    def names(self) -> tuple[str, ...]:
        return self._dispatcher.channels

    @property
    def bot(self) -> TelegramBot | None:
        return self._bot

    async def load(self) -> None:
        """Take up who is enrolled. Raises StorageFailed."""
        await self.enrolments.load()

    def _people_changed(self) -> None:
        self._people.set()

    async def run(self) -> None:
        """Follow people who come and go, until cancelled."""
        while True:
            await self._people.wait()
            self._people.clear()
            await self.renew(self._options, self._zone)

    async def offer(self, whose: str, others: tuple[Channel, ...]) -> None:
        """Use these of `whose` beside the others: channels whose connection somebody else keeps. Another object is a channel
        anew."""
        self._others[whose] = others
        await self.renew(self._options, self._zone)

    async def renew(self, options: AlertsOptions, zone: tzinfo) -> None:
        """Use exactly the channels `options` and the secrets describe."""
        async with self._lock:
            self._options, self._zone = options, zone
            await self._renew_telegram()
            channels: list[Channel] = [*self._chats.values(), *itertools.chain(*self._others.values())]
            for name, key, build in (self._email(), self._apprise(), self._webhook()):
                channel = await self._same_or_new(name, key, build)
                if channel is not None:
                    channels.append(channel)
            self._people_now = self._people_of(channels)
            self._outbox.routes.choose(Routing(options.to, zone, self.person).takes)
            await self._dispatcher.set_channels(channels, zone)

    def _people_of(self, channels: Sequence[Channel]) -> dict[str, str]:
        names = {f"telegram:{person.chat_id}": person.name for person in reversed(self.enrolments.people)}
        return names | {channel.name: channel.person for channel in channels if isinstance(channel, Personal)}

    def person(self, channel: str) -> str:
        """Return who reads a channel, "" where nobody knows."""
        return self._people_now.get(channel, "")

    def is_quiet(self, outage: Outage) -> bool:
        """Tell whether an outage is one of a chat that is the bot's as a whole: who listens tells that once, for all chats."""
        return outage.fault is Fault.CHANNEL_DEAD and outage.subject.startswith("telegram:") and outage.detail in OF_THE_BOT

    def hurry(self) -> None:
        """The network is back: send what waits now."""
        self._dispatcher.hurry()

    async def close(self) -> None:
        """End everything."""
        await self._dispatcher.close()
        await self._end_telegram()

    def _secret(self, name: str) -> str:
        found = self._secrets.get(name)
        return found.reveal() if found else ""

    async def _same_or_new(self, name: str, key: object, build: Callable[[], Channel] | None) -> Channel | None:
        if build is None:
            self._fixed.pop(name, None)
            self._forget(name)
            return None
        old = self._fixed.get(name)
        if old is not None and old[0] == key:
            return old[1]
        try:
            channel = await asyncio.to_thread(build)
        except HearthwatchError as error:
            self._health.failed(Fault.CHANNEL_DEAD, name, str(error))
            self._fixed.pop(name, None)
            return None
        self._health.recovered(Fault.CHANNEL_DEAD, name)
        self._fixed[name] = (key, channel)
        return channel

    def _forget(self, name: str) -> None:
        """`telegram` stands for its chats, too."""
        self._health.forget(
            lambda outage: (
                outage.fault is Fault.CHANNEL_DEAD and (outage.subject == name or outage.subject.startswith(f"{name}:"))
            )
        )

    def _email(self) -> tuple[str, object, Callable[[], Channel] | None]:
        options, password = self._options.email, self._secret("alerts.email.password")

        def build() -> Channel:
            from hearthwatch.alerts.mail import EmailChannel

            return EmailChannel(options, password)

        return "email", (options, password), build if options.to and options.host else None

    def _apprise(self) -> tuple[str, object, Callable[[], Channel] | None]:
        options, urls = self._options.apprise, self._secret("alerts.apprise.urls")

        def build() -> Channel:
            from hearthwatch.alerts.apprise import AppriseChannel

            return AppriseChannel(urls)

        return "apprise", urls, build if options.enabled and urls.strip() else None

    def _webhook(self) -> tuple[str, object, Callable[[], Channel] | None]:
        options, secret = self._options.webhook, self._secret("alerts.webhook.secret")

        def build() -> Channel:
            from hearthwatch.alerts.webhook import WebhookChannel

            return WebhookChannel(options, secret)

        return "webhook", (options, secret), build if options.url else None

    async def _renew_telegram(self) -> None:
        options, token = self._options.telegram, self._secret("alerts.telegram.token")
        key = (token if options.enabled else "", options.api_base)
        if key != self._bot_key:
            await self._end_telegram()
            self._bot_key = key
            if key[0]:
                await self._start_telegram(*key)
            else:
                self._forget("telegram")
        if self._bot is None or self._remote is None:
            self._chats = {}
            return
        bot, remote = self._bot, self._remote
        for chat in self._chats.keys() - set(self.enrolments.chats):
            self._forget(self._chats[chat].name)
        self._chats = {chat: self._chats.get(chat) or TelegramChat(bot, chat, remote.buttons) for chat in self.enrolments.chats}

    async def _start_telegram(self, token: str, api_base: str) -> None:
        try:
            bot = await open_bot(token, api_base)
            remote = Remote(
                bot,
                enrolments=self.enrolments,
                house=self._house,
                remedies=self._remedies,
                tell=self._tell,
                find=self._outbox.find,
                ids=self._ids,
                db=self._db,
                clock=self._clock,
                health=self._health,
                zone=self._zone,
            )
            await remote.load()
        except HearthwatchError as error:
            self._health.failed(Fault.CHANNEL_DEAD, "telegram", str(error))
            self._bot_key = ("", "")
            return
        self._bot, self._remote = bot, remote
        self._remote_task = asyncio.create_task(remote.run(), name="telegram remote")
        self._warm_task = asyncio.create_task(bot.keep_warm(), name="telegram warm")

    async def _end_telegram(self) -> None:
        for task in (self._remote_task, self._warm_task):
            if task is not None:
                task.cancel()
                await asyncio.wait({task})
        self._remote_task = self._warm_task = None
        bot, self._bot, self._remote, self._chats = self._bot, None, None, {}
        if bot is not None:
            await bot.close()
