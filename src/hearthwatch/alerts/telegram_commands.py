"""The commands of the remote: what each does, who may use it, and the menu the app offers."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo

from hearthwatch.alerts.enrolment import Enrolments
from hearthwatch.alerts.remote import HouseActions, Role
from hearthwatch.alerts.remote_words import camera_lines, login_lines, status_lines
from hearthwatch.alerts.telegram import TelegramBot
from hearthwatch.alerts.telegram_arming import ArmingCommands
from hearthwatch.alerts.telegram_asking import Answer, Asker, Questions, Signer
from hearthwatch.alerts.telegram_keep import KeepCommands
from hearthwatch.alerts.telegram_media import MediaCommands
from hearthwatch.alerts.telegram_quiet import QuietCommands
from hearthwatch.alerts.telegram_replies import Replies
from hearthwatch.alerts.wording import one_line
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import HearthwatchError, Unsupported
from hearthwatch.kit.units import CameraId

log = logging.getLogger(__name__)

_LOGINS = 12
REFUSALS: Mapping[Role, str] = {
    Role.MEMBER: "You may look here, but not change anything: ask an owner.",
    Role.OWNER: "Only an owner may do that.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`help` is for /help and the menu, `usage` what stands behind the name; `role` is what using it takes."""

    help: str
    usage: str = ""
    role: Role = Role.VIEWER
    answer: Callable[[Asker, tuple[str, ...]], Awaitable[Answer]]


class Commands:
    """Used on the house's loop."""

    def __init__(
        self,
        enrolments: Enrolments,
        house: HouseActions,
        replies: Replies,
        *,
        signer: Signer,
        clock: Clock,
        zone: tzinfo,
    ) -> None:
        self._enrolments = enrolments
        self._house = house
        self._clock = clock
        self._zone = zone
        self.questions = Questions(enrolments, signer, clock)
        self.arming = ArmingCommands(house.arming, self.questions, signer, clock, zone)
        self.media = MediaCommands(replies, house, signer, clock, zone)
        self.quiet = QuietCommands(house, self.questions, signer, clock, zone)
        self.keeping = KeepCommands(house, signer, clock, zone)
        self._offered: dict[int, Role] = {}
        member, owner = Role.MEMBER, Role.OWNER
        self.table: Mapping[str, Command] = {
            "/status": Command(help="how the house and the cameras are", answer=self._status),
            "/photo": Command(help="a picture of now, of one camera or all", usage="[CAMERA]", answer=self.media.photo),
            "/clip": Command(help="the last seconds, or the last event", usage="CAMERA [20|event]", answer=self.media.clip),
            "/cameras": Command(help="the cameras and what is wrong with them", answer=self._cameras),
            "/logins": Command(help="who logged in to the cameras", answer=self._logins),
            "/arm": Command(help="tell every visitor", usage="[2h]", role=member, answer=self.arming.arm),
            "/disarm": Command(help="we are home: tell no visitor", usage="[2h]", role=member, answer=self.arming.disarm),
            "/snooze": Command(help="quiet for a while", usage="[CAMERA] [1h]", role=member, answer=self.quiet.snooze),
            "/resume": Command(help="end all quiet times", usage="[CAMERA]", role=member, answer=self.quiet.resume),
            "/keep": Command(
                help="footage no limit deletes", usage="CAMERA [14:00-14:30|last 30 min]", role=member, answer=self.keeping.keep
            ),
            "/disable": Command(
                help="tell no visitor until /enable, whoever comes and goes",
                usage="[2d]",
                role=owner,
                answer=self.arming.disable,
            ),
            "/enable": Command(help="end what was set by hand", role=member, answer=self.arming.enable),
            "/help": Command(help="this list", answer=self._help),
        }

    async def asked(self, command: str, asker: Asker, words: tuple[str, ...]) -> Answer:
        """Do what a person typed; a thing that cannot be done is answered with why."""
        known = self.table.get("/help" if command == "/start" else command)
        if known is None:
            return Answer("I do not know that. /help lists what you can ask.")
        if not self._enrolments.may(asker.user_id, known.role):
            return Answer(REFUSALS[known.role])
        try:
            return await known.answer(asker, words)
        except Unsupported as error:
            return Answer(str(error))
        except HearthwatchError as error:
            log.warning("%s by Telegram: %s", command, error)
            return Answer(f"That did not work: {one_line(str(error))}")

    def welcome(self, user_id: int) -> Answer:
        """Return what a person just enrolled reads."""
        role = self._enrolments.role(user_id) or Role.VIEWER
        may = {
            Role.OWNER: "You are an owner: you may do everything here.",
            Role.MEMBER: "You may look, arm and disarm.",
            Role.VIEWER: "You may look.",
        }[role]
        name = self._enrolments.name(user_id)
        return Answer(f"Hello {name}. This chat now gets the alerts of your cameras. {may} /help lists what you can ask.")

    async def offer_menu(self, bot: TelegramBot) -> None:
        """Have each enrolled chat's app offer what may be used there; what cannot be set is tried again after the next poll."""
        wanted = {chat: self._enrolments.most(chat) for chat in self._enrolments.chats}
        if wanted == self._offered:
            return
        for chat in self._offered.keys() - wanted.keys():
            await self._offer(bot, chat, None)
        for chat, role in wanted.items():
            if self._offered.get(chat) is not role:
                await self._offer(bot, chat, role)

    async def _offer(self, bot: TelegramBot, chat: int, role: Role | None) -> None:
        menu = [(name[1:], one.help) for name, one in self.table.items() if role is not None and role.covers(one.role)]
        try:
            await bot.set_menu(chat, menu)
        except HearthwatchError as error:
            log.debug("the menu of a Telegram chat is not set: %s", error)
            if role is not None:
                return
        if role is None:
            self._offered.pop(chat, None)
        else:
            self._offered[chat] = role

    async def _status(self, _asker: Asker, _words: tuple[str, ...]) -> Answer:
        house, now_us = self._house.status(), self._clock.wall_us()
        return Answer(f"{self.arming.standing()}\n{status_lines(house, self._zone, now_us)}")

    async def _cameras(self, _asker: Asker, _words: tuple[str, ...]) -> Answer:
        return Answer(camera_lines(self._house.status(), self._zone, self._clock.wall_us()))

    async def _logins(self, _asker: Asker, _words: tuple[str, ...]) -> Answer:
        names = {each.id: each.name for each in self._house.status().cameras}
        found = await self._house.logins(_LOGINS)
        return Answer(login_lines(found, lambda camera: names.get(CameraId(camera), camera), self._zone, self._clock.wall_us()))

    async def _help(self, asker: Asker, _words: tuple[str, ...]) -> Answer:
        lines = [
            f"{name} {one.usage}: {one.help}" if one.usage else f"{name}: {one.help}"
            for name, one in self.table.items()
            if self._enrolments.may(asker.user_id, one.role)
        ]
        return Answer("\n".join(lines))
