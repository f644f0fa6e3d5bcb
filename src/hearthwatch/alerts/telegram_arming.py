"""Arming by Telegram: at once where that lessens nothing; the rest is asked once more, by a button that works once.

Every enrolled person may arm and disarm, only an owner disables."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from typing import NamedTuple

from hearthwatch.alerts.alert import Alert
from hearthwatch.alerts.arming_alerts import ASKS, reply, standing
from hearthwatch.alerts.enrolment import Enrolments, Role
from hearthwatch.alerts.telegram import Button
from hearthwatch.arming.arming import ArmingDoor, Mode
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import NS_PER_S, MonoNs

DO, AGREE, REJECT, DISARM = "a", "h", "k", "d"
"""Actions of buttons: do what was asked for, answer the house's question, ask for disarming."""
_VIA = "Telegram"
_LIFE_S = 60
_MAX_ASKED = 32
_ONLY_OWNERS = "Only an owner may disable the alerts."


class Answer(NamedTuple):
    """A reply and the buttons under it."""

    text: str
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    mode: Mode | None
    user_id: int
    chat_id: int
    at_ns: MonoNs


class ArmingCommands:
    """`data` signs what a button carries for one chat."""

    def __init__(
        self, arming: ArmingDoor, enrolments: Enrolments, data: Callable[[str, str, int], str], clock: Clock, zone: tzinfo
    ) -> None:
        self._arming = arming
        self._enrolments = enrolments
        self._data = data
        self._clock = clock
        self._zone = zone
        self._asked: OrderedDict[str, _Asked] = OrderedDict()

    def standing(self) -> str:
        """Return in one line how the house is armed."""
        return standing(self._arming.state, self._zone, self._clock.wall_us())

    async def arm(self, user_id: int, chat_id: int) -> Answer:
        """Do as /arm says."""
        return Answer(await self._do(Mode.AWAY, user_id, chat_id))

    async def enable(self, user_id: int, chat_id: int) -> Answer:
        """Do as /enable says. A house that is armed by hand may be disarmed by it: then it is asked once more."""
        if self._arming.state.mode is Mode.AWAY:
            return self._ask(None, "Hand the house back? It may disarm itself then.", user_id, chat_id)
        return Answer(await self._do(None, user_id, chat_id))

    async def disarm(self, user_id: int, chat_id: int) -> Answer:
        """Ask once more."""
        return self._ask(Mode.DISARMED, "Disarm the house?", user_id, chat_id)

    async def disable(self, user_id: int, chat_id: int) -> Answer:
        """Ask once more, an owner."""
        if not self._enrolments.may(user_id, Role.OWNER):
            return Answer(_ONLY_OWNERS)
        return self._ask(Mode.DISABLED, "Tell no visitor any more, until somebody enables it again?", user_id, chat_id)

    def under(self, alert: Alert, chat_id: int) -> tuple[Button, ...]:
        """Return the buttons under the house's question, and the one under an event."""
        if alert.dedupe_key.startswith(ASKS):
            number = alert.dedupe_key.removeprefix(ASKS)
            return (
                Button(label="It was us: disarm", data=self._data(AGREE, number, chat_id)),
                Button(label="Not us: stay armed", data=self._data(REJECT, number, chat_id)),
            )
        return (Button(label="Disarm", data=self._data(DISARM, alert.id, chat_id)),) if alert.event else ()

    async def pressed(self, action: str, about: str, user_id: int, chat_id: int) -> str:
        """Take the press of a button whose signature is right; return what is shown. Raises kit errors."""
        if action == DO:
            asked = self._asked.pop(about, None)
            if asked is None or self._clock.mono_ns() - asked.at_ns > _LIFE_S * NS_PER_S:
                return "This button is too old: please send the command again."
            if (asked.user_id, asked.chat_id) != (user_id, chat_id):
                return "Only who asked may press this."
            return await self._do(asked.mode, user_id, chat_id)
        try:
            done = await self._arming.answer(int(about), yes=action == AGREE, who=self._name(user_id, chat_id), via=_VIA)
        except Unsupported as error:
            return str(error)
        return reply(done, self._zone, self._clock.wall_us())

    def _ask(self, mode: Mode | None, question: str, user_id: int, chat_id: int) -> Answer:
        nonce = secrets.token_urlsafe(9)
        self._asked[nonce] = _Asked(mode=mode, user_id=user_id, chat_id=chat_id, at_ns=self._clock.mono_ns())
        while len(self._asked) > _MAX_ASKED:
            self._asked.popitem(last=False)
        text = f"{self.standing()}\n{question}"
        return Answer(text, (Button(label="Yes", data=self._data(DO, nonce, chat_id)),))

    async def _do(self, mode: Mode | None, user_id: int, chat_id: int) -> str:
        if mode is Mode.DISABLED and not self._enrolments.may(user_id, Role.OWNER):
            return _ONLY_OWNERS
        who = self._name(user_id, chat_id)
        try:
            if mode is None:
                done = await self._arming.enable(who=who, via=_VIA)
            else:
                done = await self._arming.wish(mode, who=who, via=_VIA)
        except Unsupported as error:
            return f"{error} /enable does that." if mode is not None else str(error)
        return reply(done, self._zone, self._clock.wall_us())

    def _name(self, user_id: int, chat_id: int) -> str:
        people = self._enrolments.people
        return next((one.name for one in people if (one.user_id, one.chat_id) == (user_id, chat_id)), f"user {user_id}")
