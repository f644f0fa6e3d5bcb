"""Arming by Telegram: at once where that lessens nothing; the rest is asked once more, by a button that works once.

Members arm and disarm, only an owner disables."""

from __future__ import annotations

from datetime import tzinfo

from hearthwatch.alerts.alert import Alert
from hearthwatch.alerts.arming_alerts import ARMED, ASKS, reply, standing
from hearthwatch.alerts.remote import Role
from hearthwatch.alerts.remote_words import until
from hearthwatch.alerts.telegram import Button
from hearthwatch.alerts.telegram_asking import Action, Answer, Asker, Questions, Signer
from hearthwatch.alerts.wording import clock_time
from hearthwatch.arming.arming import ArmingDoor, Mode
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import WallUs

_VIA = "Telegram"


class ArmingCommands:
    """/arm, /disarm, /disable, /enable and their buttons."""

    def __init__(self, arming: ArmingDoor, questions: Questions, signer: Signer, clock: Clock, zone: tzinfo) -> None:
        self._arming = arming
        self._questions = questions
        self._signer = signer
        self._clock = clock
        self._zone = zone

    def standing(self) -> str:
        """Return in one line how the house is armed."""
        return standing(self._arming.state, self._zone, self._clock.wall_us())

    async def arm(self, asker: Asker, words: tuple[str, ...]) -> Answer:
        """Do as /arm says, for good or for a time."""
        return Answer(await self._do(Mode.AWAY, asker, self._until(words)))

    async def disarm(self, asker: Asker, words: tuple[str, ...]) -> Answer:
        """Ask once more."""
        return self._ask(Mode.DISARMED, "Disarm the house", asker, Role.MEMBER, self._until(words))

    async def disable(self, asker: Asker, words: tuple[str, ...]) -> Answer:
        """Ask once more."""
        until_us = self._until(words)
        what = "Tell no visitor any more" + ("" if until_us else ", until somebody enables it again")
        return self._ask(Mode.DISABLED, what, asker, Role.OWNER, until_us)

    async def enable(self, asker: Asker, _words: tuple[str, ...]) -> Answer:
        """Do as /enable says. A house that is armed by hand may be disarmed by it: then it is asked once more."""
        if self._arming.state.mode is Mode.AWAY:
            return self._ask(None, "It may disarm itself then. Hand the house back", asker, Role.MEMBER, None)
        return Answer(await self._do(None, asker, None))

    def under(self, alert: Alert, chat_id: int) -> tuple[Button, ...]:
        """Return the buttons under the house's question, and the one under an event or an announcement."""
        if alert.dedupe_key.startswith(ASKS):
            number = alert.dedupe_key.removeprefix(ASKS)
            return (
                Button(label="It was us: disarm", data=self._signer.data(Action.AGREE, number, chat_id)),
                Button(label="Not us: stay armed", data=self._signer.data(Action.REJECT, number, chat_id)),
            )
        if not alert.event and not alert.dedupe_key.startswith(ARMED):
            return ()
        if self._arming.state.mode is Mode.AWAY:
            return (Button(label="Disarm", data=self._signer.data(Action.DISARM, alert.id, chat_id)),)
        return (Button(label="Arm", data=self._signer.data(Action.ARM, alert.id, chat_id)),)

    async def answered(self, number: str, asker: Asker, *, yes: bool) -> str:
        """Take an answer to the house's question. Raises kit errors."""
        try:
            done = await self._arming.answer(int(number), yes=yes, who=asker.name, via=_VIA)
        except Unsupported as error:
            return str(error)
        return reply(done, self._zone, self._clock.wall_us())

    def _until(self, words: tuple[str, ...]) -> WallUs | None:
        return until(words, self._clock.wall_us(), self._zone)

    def _ask(self, mode: Mode | None, question: str, asker: Asker, role: Role, until_us: WallUs | None) -> Answer:
        end = f" until {clock_time(until_us, self._zone, self._clock.wall_us())}" if until_us else ""
        return self._questions.ask(f"{self.standing()}\n{question}{end}?", asker, role, lambda: self._do(mode, asker, until_us))

    async def _do(self, mode: Mode | None, asker: Asker, until_us: WallUs | None) -> str:
        try:
            if mode is None:
                done = await self._arming.enable(who=asker.name, via=_VIA)
            else:
                done = await self._arming.wish(mode, who=asker.name, via=_VIA, until_us=until_us)
        except Unsupported as error:
            return f"{error} /enable does that." if self._arming.state.mode is Mode.DISABLED else str(error)
        return reply(done, self._zone, self._clock.wall_us())
