"""The buttons under messages: which there are under an alert, who may press them, and what a press does."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping

from hearthwatch.alerts.alert import Alert, AlertId
from hearthwatch.alerts.enrolment import Enrolments
from hearthwatch.alerts.remote import Role
from hearthwatch.alerts.telegram import Button
from hearthwatch.alerts.telegram_asking import Action, Answer, Asker, Signer
from hearthwatch.alerts.telegram_commands import REFUSALS, Commands
from hearthwatch.alerts.telegram_remedies import RemedyButtons
from hearthwatch.alerts.telegram_replies import Replies
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import US_PER_S

_LIFE_US = 24 * 3600 * US_PER_S
_TOO_OLD = "This button is too old."
_TAKES: Mapping[str, Role] = {
    Action.DO: Role.VIEWER,  # the question knows whom it was put to, and what it takes
    Action.SHORTER_CLIP: Role.VIEWER,
    Action.CLIP: Role.VIEWER,
    Action.PICTURE: Role.VIEWER,
    Action.YES: Role.OWNER,
    Action.NO: Role.OWNER,
}


class Buttons:
    """`under` makes them, `pressed` takes them."""

    def __init__(
        self,
        remedies: RemedyButtons,
        commands: Commands,
        enrolments: Enrolments,
        *,
        replies: Replies,
        signer: Signer,
        find: Callable[[AlertId], Awaitable[Alert | None]],
        clock: Clock,
    ) -> None:
        self._commands = commands
        self._enrolments = enrolments
        self._remedies = remedies
        self._replies = replies
        self._signer = signer
        self._find = find
        self._clock = clock
        self._others: Mapping[str, Callable[[str, Asker], Awaitable[str]]] = {
            Action.DO: commands.questions.pressed,
            Action.AGREE: functools.partial(commands.arming.answered, yes=True),
            Action.REJECT: functools.partial(commands.arming.answered, yes=False),
            Action.YES: functools.partial(remedies.answered, yes=True),
            Action.NO: functools.partial(remedies.answered, yes=False),
            Action.SHORTER_CLIP: commands.media.shorter,
            Action.ALERT_AGAIN: commands.quiet.undo,
            Action.NO_FALSE_ALARM: commands.quiet.no_false_alarm,
            Action.LET_GO: commands.keeping.let_go,
        }
        self._under_alert: Mapping[str, Callable[[Alert, Asker], Awaitable[str]]] = {
            Action.ARM: self._arm,
            Action.DISARM: self._disarm,
            Action.PICTURE: commands.media.photo_of,
            Action.CLIP: commands.media.clip_of,
            Action.FALSE_ALARM: self._false_alarm,
            Action.QUIET: self._quiet,
            Action.KEEP: self._keep,
        }

    def under(self, alert: Alert, chat_id: int) -> tuple[Button, ...]:
        """Return the buttons under an alert in that chat: those that somebody there may press."""
        looks: tuple[Button, ...] = ()
        if alert.event and alert.camera is not None:
            looks = (
                self._button("Clip", Action.CLIP, alert, chat_id),
                self._button("Live picture", Action.PICTURE, alert, chat_id),
            )
        if not self._enrolments.most(chat_id).covers(Role.MEMBER):
            return looks
        quiet: tuple[Button, ...] = ()
        if looks:
            quiet = (
                self._button("Quiet for 1 h", Action.QUIET, alert, chat_id),
                self._button("False alarm", Action.FALSE_ALARM, alert, chat_id),
                self._button("Keep", Action.KEEP, alert, chat_id),
            )
        offers = self._remedies.under(alert, chat_id) if alert.camera is not None else ()
        return (*looks, *quiet, *self._commands.arming.under(alert, chat_id), *offers)

    def _button(self, label: str, action: Action, alert: Alert, chat_id: int) -> Button:
        return Button(label=label, data=self._signer.data(action, alert.id, chat_id))

    async def pressed(self, data: str, asker: Asker) -> str:
        """Take a press; return what is shown at once. Raises kit errors."""
        read = self._signer.read(data, asker.chat_id)
        if read is None:
            return "This button is not one of mine."
        action, about = read
        takes = _TAKES.get(action, Role.OWNER if action.startswith(Action.OFFER) else Role.MEMBER)
        if not self._enrolments.may(asker.user_id, takes):
            return "Only an owner may change a camera." if takes is Role.OWNER else REFUSALS[takes]
        try:
            if action in self._others:
                return await self._others[action](about, asker)
            return await self._pressed_under(action, AlertId(about), asker)
        except Unsupported as error:
            return str(error)

    async def _pressed_under(self, action: str, about: AlertId, asker: Asker) -> str:
        alert = await self._find(about)
        if alert is None or self._clock.wall_us() - alert.at_us > _LIFE_US:
            return _TOO_OLD
        if action in self._under_alert:
            return await self._under_alert[action](alert, asker)
        return await self._remedies.offered(alert, action, asker)

    async def _arm(self, _alert: Alert, asker: Asker) -> str:
        return (await self._commands.arming.arm(asker, ())).text

    async def _disarm(self, _alert: Alert, asker: Asker) -> str:
        return await self._say(await self._commands.arming.disarm(asker, ()), asker, "Please confirm below.")

    async def _false_alarm(self, alert: Alert, asker: Asker) -> str:
        return await self._say(await self._commands.quiet.false_alarm(alert, asker), asker, "Noted.")

    async def _keep(self, alert: Alert, asker: Asker) -> str:
        return await self._say(await self._commands.keeping.keep_button(alert, asker), asker, "Kept for good.")

    async def _quiet(self, alert: Alert, asker: Asker) -> str:
        return await self._say(await self._commands.quiet.quiet_button(alert, asker), asker, "Quiet for 1 h.")

    async def _say(self, answer: Answer, asker: Asker, toast: str) -> str:
        """Everybody in the chat reads it; return what the one who pressed sees."""
        await self._replies.text(asker.chat_id, answer)
        return toast
