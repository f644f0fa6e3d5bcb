"""Updates as Telegram sends them, parsed at the edge: whoever writes to the bot is hostile until they are known.

Wire facts (core.telegram.org/bots/api#update): an update has an `update_id` and one more field, named for its kind. `from` is
absent in channels; an anonymous administrator writes as the bot GroupAnonymousBot with the group as `sender_chat`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hearthwatch.alerts.wording import one_line
from hearthwatch.kit.units import US_PER_S, WallUs

MESSAGE, PRESS = "message", "callback_query"
KINDS = (MESSAGE, PRESS, "edited_message", "channel_post", "edited_channel_post", "my_chat_member")
"""What we ask for. All but the first two only show who is there."""
_SECOND_HAND = (
    "forward_origin",
    "forward_date",
    "forward_from",
    "forward_from_chat",
    "forward_sender_name",
    "is_automatic_forward",
    "via_bot",
    "sender_chat",
    "sender_business_bot",
    "business_connection_id",
)
_MAX_ID = 2**53
_MAX_TEXT = 500
_MAX_DATA = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One update. `text` is a message's, `data` a button's; both "" where there is none. Ids are 0 where there are none, and
    for a bot. `name` is the person's, `chat_name` a group's, both as harmless as one line can be.

    `first_hand`: typed or pressed by that person, here, just so; no forward, no edit, nothing by another bot or for a channel.
    `sent_us` is None for a button: Telegram does not say when it was pressed."""

    update_id: int
    kind: str
    user_id: int
    chat_id: int
    name: str
    chat_name: str
    text: str
    data: str
    callback_id: str
    message_id: int
    sent_us: WallUs | None
    first_hand: bool

    @property
    def command(self) -> str:
        """Return `/status` of `/Status@house_bot now`, "" of what is no command."""
        word = self.text.split(maxsplit=1)[0] if self.text.strip() else ""
        return word.split("@")[0].lower() if word.startswith("/") else ""

    @property
    def addressee(self) -> str:
        """Return the bot's name a command was meant for, "" for any."""
        word = self.text.split(maxsplit=1)[0] if self.text.strip() else ""
        return word.partition("@")[2].lower()

    @property
    def words(self) -> tuple[str, ...]:
        """Return what stands behind the command."""
        return tuple(self.text.split()[1:])


def incoming(raw: object) -> Incoming | None:
    """Return what `raw` says, None for what is no update at all. Never raises."""
    if not isinstance(raw, Mapping):
        return None
    update_id = _id(raw.get("update_id"))
    if not update_id:
        return None
    kind = next((str(key) for key, value in raw.items() if key != "update_id" and isinstance(value, Mapping)), "")
    body = _map(raw.get(kind)) if kind else {}
    message = _map(body.get("message")) if kind == PRESS else body
    user, chat = _map(body.get("from") or body.get("user")), _map(message.get("chat") or body.get("sender_chat"))
    seconds = body.get("date") if kind == MESSAGE else None
    return Incoming(
        update_id=update_id,
        kind=kind,
        user_id=0 if user.get("is_bot") is not False else _id(user.get("id")),
        chat_id=_id(chat.get("id")),
        name=one_line(f"{_text(user.get('first_name'), 64)} {_text(user.get('last_name'), 64)}".strip(), 60),
        chat_name=one_line(_text(chat.get("title"), 128), 60),
        text=_text(body.get("text"), _MAX_TEXT) if kind == MESSAGE else "",
        data=_text(body.get("data"), _MAX_DATA) if kind == PRESS else "",
        callback_id=_text(body.get("id"), 64) if kind == PRESS else "",
        message_id=_id(message.get("message_id")),
        sent_us=WallUs(seconds * US_PER_S) if isinstance(seconds, int) and 0 <= seconds < _MAX_ID // US_PER_S else None,
        first_hand=kind == PRESS or (kind == MESSAGE and not any(body.get(key) for key in _SECOND_HAND)),
    )


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _id(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MAX_ID else 0


def _text(value: object, limit: int) -> str:
    return value[:limit] if isinstance(value, str) else ""
