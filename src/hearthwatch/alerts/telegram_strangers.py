"""Unknown chats: they get no answer; the owner gets one notice of each, and not more than a few a day."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable

from hearthwatch.alerts.alert import Alert, AlertId, Severity
from hearthwatch.alerts.telegram_update import MESSAGE, Incoming
from hearthwatch.alerts.wording import one_line
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.units import NS_PER_S, MonoNs, WallUs

_A_DAY = 5
_DAY_NS = 86_400 * NS_PER_S
_KNOWN = 1000


class Strangers:
    """`tell` is the outbox's; its memory of dedupe keys makes one notice a chat outlive a restart."""

    def __init__(self, tell: Callable[[Alert], Awaitable[None]], ids: Callable[[], str], clock: Clock, bot_id: str) -> None:
        self._tell = tell
        self._ids = ids
        self._clock = clock
        self._bot_id = bot_id
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._told_ns: list[MonoNs] = []

    async def knock(self, update: Incoming, *, known_person: bool, known_chat: bool) -> None:
        """Somebody who is not enrolled, or from a chat that is not, has come."""
        if known_chat and update.kind == MESSAGE and not update.command:
            return  # people in a group of yours talk to each other
        key = update.user_id if known_chat else update.chat_id or update.user_id
        if not key or key in self._seen:
            return
        self._seen[key] = None
        while len(self._seen) > _KNOWN:
            self._seen.popitem(last=False)
        now_ns = self._clock.mono_ns()
        self._told_ns = [at_ns for at_ns in self._told_ns if now_ns - at_ns < _DAY_NS]
        if len(self._told_ns) >= _A_DAY:
            return
        self._told_ns.append(now_ns)
        is_last = len(self._told_ns) == _A_DAY
        dedupe_key, now_us = f"telegram-stranger/{self._bot_id}/{key}", self._clock.wall_us()
        alert = notice(self._ids(), dedupe_key, update, now_us, known_person=known_person, is_last=is_last)
        await self._tell(alert)


def notice(id_: str, dedupe_key: str, update: Incoming, now_us: WallUs, *, known_person: bool, is_last: bool) -> Alert:
    """Return what the owner is told; nothing of what the stranger wrote is in it, and no link can be made of their name."""
    who = f"{plain_name(update.name) or 'Somebody'} (Telegram id {update.user_id})" if update.user_id else "A channel"
    where = ""
    if update.chat_id and update.chat_id != update.user_id:
        where = f" in the chat {plain_name(update.chat_name)!r} ({update.chat_id})".replace("'' ", "")
    hint = (
        "To let this chat in, make a code on the page (Settings, Add a phone) and send it there."
        if known_person
        else "If it was one of yours: make a code for them on the page (Settings, Add a phone). If not, do nothing."
    )
    last = "\nNo more of this kind are told today." if is_last else ""
    return Alert(
        id=AlertId(id_),
        event="",
        camera=None,
        severity=Severity.INFO,
        title="Somebody unknown wrote to your bot"
        if not known_person
        else "Your bot was addressed from a chat it does not know",
        text=f"{who}{where} wrote to it by Telegram and got no answer. {hint}{last}",
        at_us=now_us,
        dedupe_key=dedupe_key,
    )


def plain_name(name: str) -> str:
    """Return a name no app makes a link, a mention or a command of."""
    return one_line("".join(c if c.isalnum() or c in " -'" else " " for c in name), 40)
