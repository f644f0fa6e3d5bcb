"""Telegram as a remote: the owner's commands and buttons; strangers get no answer and no effect."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Protocol

from sqlalchemy import Connection

from hearthwatch.alerts import ledger
from hearthwatch.alerts.alert import Alert, AlertId
from hearthwatch.alerts.enrolment import Enrolments
from hearthwatch.alerts.snooze import Snoozes
from hearthwatch.alerts.telegram import Button, Incoming, TelegramBot
from hearthwatch.alerts.telegram_arming import AGREE, DISARM, DO, REJECT, Answer, ArmingCommands
from hearthwatch.alerts.telegram_remedies import NO, OFFER, YES, Remedies, RemedyButtons
from hearthwatch.alerts.wording import clock_time, span
from hearthwatch.arming.arming import ArmingDoor
from hearthwatch.health.outage import Fault, HealthSink
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import HearthwatchError, Refused, StorageFailed
from hearthwatch.kit.retry import Backoff, keep_running_async
from hearthwatch.kit.units import NS_PER_S, US_PER_S, MonoNs, WallUs

log = logging.getLogger(__name__)

STALE_S = 60
_POLL_S = 50
_BUTTON_LIFE_US = 24 * 3600 * US_PER_S
_SNOOZE_US = 3600 * US_PER_S
_KEY = "telegram.button_key"
_QUIET, _CLIP = "q", "c"


class House(Protocol):
    """What the remote may ask of the running house."""

    async def status(self) -> str:
        """Return in a few lines how things stand."""
        ...

    async def want_clip(self, alert: Alert, channel: str) -> str:
        """Have the clip of the alert's event sent by `channel`; return what to say meanwhile."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What an enrolled person may type; `answer` takes their user and chat id and returns the reply."""

    help: str
    answer: Callable[[int, int], Awaitable[Answer]]


class Remote:
    """`load` first, then `run`. Every update is checked for user and chat before anything else is done with it."""

    def __init__(
        self,
        bot: TelegramBot,
        *,
        enrolments: Enrolments,
        snoozes: Snoozes,
        house: House,
        remedies: Remedies,
        arming: ArmingDoor,
        camera_name: Callable[[str], str],
        db: Db,
        clock: Clock,
        health: HealthSink,
        zone: tzinfo,
    ) -> None:
        self._bot = bot
        self._enrolments = enrolments
        self._snoozes = snoozes
        self._house = house
        self._remedies = RemedyButtons(bot, remedies, enrolments, self._data)
        self._arming = ArmingCommands(arming, enrolments, self._data, clock, zone)
        self._camera_name = camera_name
        self._db = db
        self._clock = clock
        self._health = health
        self._zone = zone
        self._last_id = 0
        self._listened_ns: MonoNs | None = None
        self._button_key = b""
        self.commands: Mapping[str, Command] = {
            "/status": Command(help="how the cameras and the house are", answer=self._status),
            "/arm": Command(help="tell every visitor", answer=self._arming.arm),
            "/disarm": Command(help="we are home: tell no visitor", answer=self._arming.disarm),
            "/disable": Command(help="tell no visitor until /enable, whoever comes and goes", answer=self._arming.disable),
            "/enable": Command(help="end what was set by hand", answer=self._arming.enable),
            "/resume": Command(help="end all quiet times", answer=self._resume),
            "/help": Command(help="this list", answer=self._help),
        }

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
        self._button_key = bytes.fromhex(key)
        self._last_id = int(last_id or 0)

    async def run(self) -> None:
        """Listen until cancelled."""
        backoff = Backoff(first_s=1.0, cap_s=60.0, refused_s=30.0)
        try:
            await keep_running_async("Telegram remote", self._listen, clock=self._clock, backoff=backoff)
        finally:
            await self._remedies.close()

    async def _listen(self) -> None:
        while True:
            await self.poll_once()

    async def poll_once(self) -> None:
        """Wait for updates once and act on them; after a time without listening, first take what waited. Raises kit errors."""
        now_ns = self._clock.mono_ns()
        deaf = self._listened_ns is None or now_ns - self._listened_ns > (STALE_S + 10) * NS_PER_S
        try:
            found = await self._bot.updates(self._last_id, wait_s=0 if deaf else _POLL_S)
        except Refused as error:
            self._health.failed(Fault.CHANNEL_DEAD, "telegram", str(error))
            raise
        self._health.recovered(Fault.CHANNEL_DEAD, "telegram")
        self._listened_ns = self._clock.mono_ns()
        fresh = sorted((one for one in found if one.update_id > self._last_id), key=lambda one: one.update_id)
        if not fresh:
            return
        await self._keep_id(fresh[-1].update_id)
        for incoming in fresh:
            try:
                await self._take(incoming, deaf=deaf)
            except HearthwatchError as error:
                log.warning("answering on Telegram: %s", error)

    async def _keep_id(self, update_id: int) -> None:
        """Remember before acting: a command is done once at most, even when we die on the way."""
        self._last_id = update_id

        def save(connection: Connection) -> None:
            ledger.set_state(connection, self._id_key, str(update_id))

        try:
            await self._db.run(save)
        except StorageFailed as error:
            log.warning("the last Telegram update cannot be kept: %s", error)

    async def _take(self, incoming: Incoming, *, deaf: bool) -> None:
        user, chat = incoming.user_id, incoming.chat_id
        if not user or not chat:
            return
        words = incoming.text.split()
        command = words[0].split("@")[0].lower() if words else ""
        if not self._enrolments.allowed(user, chat):
            if command == "/start" and len(words) == 2:
                await self._enrol(incoming, words[1])
            return
        if incoming.callback_id:
            await self._bot.answer(incoming.callback_id, await self._pressed(incoming, deaf=deaf))
        elif command.startswith("/"):
            answer = await self._asked(command, incoming)
            await self._bot.send_text(chat, answer.text, buttons=answer.buttons)

    async def _enrol(self, incoming: Incoming, code: str) -> None:
        if not await self._enrolments.redeem(code, incoming.user_id, incoming.chat_id, incoming.name):
            return
        log.info("Telegram: %s is enrolled", incoming.name)
        text = f"Hello {incoming.name}. This chat now gets the alerts of your cameras. /help lists what you can ask."
        await self._bot.send_text(incoming.chat_id, text)

    async def _asked(self, command: str, incoming: Incoming) -> Answer:
        age_s = abs(self._clock.wall_us() - incoming.sent_us) / US_PER_S if incoming.sent_us is not None else 0.0
        if age_s > STALE_S:
            return Answer(f"I got this {span(age_s)} late and did nothing: please send it again if you still mean it.")
        known = self.commands.get("/help" if command == "/start" else command)
        if known is None:
            return Answer("I do not know that. /help lists what you can ask.")
        return await known.answer(incoming.user_id, incoming.chat_id)

    async def _pressed(self, incoming: Incoming, *, deaf: bool) -> str:
        if deaf:
            return "I could not listen for a while and cannot tell how old this is: please press again."
        action, _, rest = incoming.data.partition(":")
        about, _, nonce = rest.partition(":")
        expected = self._nonce(action, about, incoming.chat_id)
        if not hmac.compare_digest(nonce.encode(), expected.encode()):
            return "This button is not one of mine."
        if action in {DO, AGREE, REJECT}:
            return await self._arming.pressed(action, about, incoming.user_id, incoming.chat_id)
        if action in {YES, NO}:
            return await self._remedies.answered(about, action, incoming.user_id, incoming.chat_id)
        return await self._pressed_under(incoming, action, AlertId(about))

    async def _pressed_under(self, incoming: Incoming, action: str, about: AlertId) -> str:
        alert = await self._db.run(lambda connection: ledger.find_alert(connection, about))
        now_us = self._clock.wall_us()
        if alert is None or alert.camera is None or now_us - alert.at_us > _BUTTON_LIFE_US:
            return "This button is too old."
        if action.startswith(OFFER):
            return await self._remedies.offered(alert, action, incoming.user_id, incoming.chat_id)
        if action == DISARM:
            asked = await self._arming.disarm(incoming.user_id, incoming.chat_id)
            await self._bot.send_text(incoming.chat_id, asked.text, buttons=asked.buttons)
            return "Please confirm below."
        if action == _CLIP:
            return await self._house.want_clip(alert, f"telegram:{incoming.chat_id}")
        until_us = WallUs(now_us + _SNOOZE_US)
        await self._snoozes.set(alert.camera, until_us)
        name = self._camera_name(alert.camera)
        return f"{name}: no alerts until {clock_time(until_us, self._zone, now_us)}. /resume ends it."

    def buttons(self, alert: Alert, chat_id: int) -> tuple[Button, ...]:
        """Return the buttons under an alert in that chat; nobody can make one up."""
        offers = (*self._arming.under(alert, chat_id), *self._remedies.under(alert, chat_id))
        if not alert.event:
            return offers
        return (
            Button(label="Not now: quiet for 1 h", data=self._data(_QUIET, alert.id, chat_id)),
            Button(label="Clip", data=self._data(_CLIP, alert.id, chat_id)),
            *offers,
        )

    def _data(self, action: str, about: str, chat_id: int) -> str:
        return f"{action}:{about}:{self._nonce(action, about, chat_id)}"

    def _nonce(self, action: str, about: str, chat_id: int) -> str:
        digest = hmac.new(self._button_key, f"{action}:{about}:{chat_id}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest[:15]).decode()

    async def _status(self, _user_id: int, _chat_id: int) -> Answer:
        return Answer(f"{self._arming.standing()}\n{await self._house.status()}")

    async def _resume(self, _user_id: int, _chat_id: int) -> Answer:
        await self._snoozes.clear()
        return Answer("All cameras alert again.")

    async def _help(self, _user_id: int, _chat_id: int) -> Answer:
        return Answer("\n".join(f"{name}: {command.help}" for name, command in self.commands.items()))
