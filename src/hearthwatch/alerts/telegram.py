"""Telegram, outbound: the one boundary to python-telegram-bot, and the channel of one chat.

Bot API facts (core.telegram.org/bots/api): text up to 4096 characters, captions up to 1024, photos up to 10 MB, other
uploads up to 50 MB, `parameters.retry_after` with 429, 403 when the person blocked the bot, 409 while another program
polls with the same token. Texts are sent as plain text with entities, so no name can break the mark-up.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from hearthwatch.alerts.alert import Alert, AlertId, MaybeSent, Part, RetryAfter, Severity
from hearthwatch.alerts.telegram_update import KINDS, Incoming, incoming
from hearthwatch.alerts.wording import many_lines, notes, one_line
from hearthwatch.events.album import unpacked
from hearthwatch.kit.errors import HearthwatchError, Refused, Unreachable, Unsupported
from hearthwatch.kit.logs import hide, redact
from hearthwatch.kit.traffic import TRAFFIC, request_bytes

if TYPE_CHECKING:
    import httpx
    import telegram

log = logging.getLogger(__name__)

UPDATES = 100
"""The most updates that come at once."""
_MAX_TEXT = 4000
_MAX_CAPTION = 1000
_MAX_PHOTO_BYTES = 10 * 1024 * 1024
_MAX_VIDEO_BYTES = 50 * 1024 * 1024
_SHORT_LABEL = 18
_KEEP_WARM_S = 20.0
_KEPT_MESSAGES = 256
_REFUSALS = {
    "InvalidToken": "Telegram does not know our bot any more: make a new token with @BotFather and set it",
    "Conflict": "another program uses our bot's token: revoke it with @BotFather and set the new one",
    "Webhook": "somebody set a webhook for our bot, so it hears nothing: revoke its token with @BotFather and set the new one",
    "ChatMigrated": "Telegram does not know this chat any more (a group may have moved): enrol it again",
}


class Contested(Refused):
    """Another program listens with our bot's token, or a webhook takes what it would hear."""


OF_THE_BOT = frozenset(words for name, words in _REFUSALS.items() if name != "ChatMigrated")
"""What is wrong with the bot as a whole, in whichever chat it shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    label: str
    data: str


@contextlib.contextmanager
def _without_httpx_command_line() -> Iterator[None]:
    """Have httpx find no rich: its command line, which nobody uses here, would stay in memory with rich, pygments and click."""
    rich = sys.modules.get("rich")
    if rich is None:
        sys.modules["rich"] = None  # type: ignore[assignment]  # the documented way to say that a module is not to be had
    try:
        yield
    finally:
        if rich is None:
            del sys.modules["rich"]


class TelegramBot:
    """The bot behind one token, with connections kept warm. Build it by `open_bot`: the library takes a second to load."""

    def __init__(self, token: str, api_base: str) -> None:
        os.environ.setdefault("PTB_TIMEDELTA", "true")
        with _without_httpx_command_line():
            import httpx
        import telegram
        from telegram.request import HTTPXRequest

        hide(token)
        self._telegram = telegram
        self._httpx = httpx
        self._token = token
        self._base = base = api_base.rstrip("/")
        limits = httpx.Limits(max_connections=8, keepalive_expiry=90.0)
        shared = {"limits": limits, "event_hooks": {"request": [_counted]}, "verify": httpx.create_ssl_context()}
        sending = HTTPXRequest(
            connect_timeout=8.0,
            read_timeout=15.0,
            write_timeout=10.0,
            pool_timeout=5.0,
            media_write_timeout=60.0,
            httpx_kwargs=shared,
        )
        polling = HTTPXRequest(
            connection_pool_size=1,
            connect_timeout=8.0,
            read_timeout=15.0,
            httpx_kwargs=shared,
        )
        self._bot = telegram.Bot(
            token, base_url=f"{base}/bot", base_file_url=f"{base}/file/bot", request=sending, get_updates_request=polling
        )
        self._sending = sending
        self._polling = polling
        self.id = token.split(":", 1)[0]
        self.username = ""

    async def get_me(self) -> str:
        """Return the bot's user name."""
        with_me = await self._call(self._bot.get_me)
        self.username = with_me.username or ""
        return self.username

    async def keep_warm(self) -> None:
        """Ask something small now and then, so that an alert finds an open connection; ends by cancellation."""
        while True:
            try:
                await self.get_me()
            except HearthwatchError as error:
                log.debug("keeping the connection to Telegram: %s", error)
            await asyncio.sleep(_KEEP_WARM_S)

    async def send_text(
        self,
        chat_id: int,
        text: str,
        *,
        bold: int = 0,
        buttons: tuple[Button, ...] = (),
        silent: bool = False,
        instead_of: int | None = None,
    ) -> int:
        """Send `text`, its first `bold` characters in bold; short buttons stand side by side. Returns the message's id.

        `instead_of` is a message that is changed into this, if it still can be; that disturbs nobody."""
        library = self._telegram
        text = text[:_MAX_TEXT]
        length = len(text[:bold].encode("utf-16-le")) // 2
        entities = [library.MessageEntity(library.MessageEntity.BOLD, 0, length)] if length else None
        keys = [library.InlineKeyboardButton(button.label, callback_data=button.data) for button in buttons]
        rest: dict[str, Any] = {
            "reply_markup": library.InlineKeyboardMarkup(_rows(keys)) if keys else None,
            "disable_notification": silent,
            "link_preview_options": library.LinkPreviewOptions(is_disabled=True),
        }
        if instead_of is not None and await self._change(chat_id, instead_of, text, entities, rest):
            return instead_of
        try:
            sent = await self._call(self._bot.send_message, chat_id, text, entities=entities, **rest)
        except Unsupported as error:
            log.warning("Telegram refused a text (%s); sending it plain", error)
            sent = await self._call(self._bot.send_message, chat_id, text)
        return int(sent.message_id)

    async def _change(self, chat_id: int, message: int, text: str, entities: Any, rest: dict[str, Any]) -> bool:
        kept = {name: value for name, value in rest.items() if name != "disable_notification"}
        try:
            await self._call(self._bot.edit_message_text, text, chat_id, message, entities=entities, **kept)
        except Unsupported as error:
            return "not modified" in str(error)
        return True

    async def send_media(self, chat_id: int, part: Part, data: bytes, caption: str, *, reply_to: int | None) -> None:
        """Send a JPEG or an MP4. Raises Unsupported for one Telegram would not take."""
        library = self._telegram
        is_photo = part is Part.PICTURE
        if len(data) > (_MAX_PHOTO_BYTES if is_photo else _MAX_VIDEO_BYTES):
            raise Unsupported(f"the {part.value} is too large for Telegram ({len(data) / 1e6:.0f} MB)")
        file = library.InputFile(data, filename="picture.jpg" if is_photo else "clip.mp4")
        reply = None
        if reply_to is not None:
            reply = library.ReplyParameters(reply_to, allow_sending_without_reply=True)
        rest: dict[str, Any] = {
            "caption": caption[:_MAX_CAPTION],
            "disable_notification": True,
            "reply_parameters": reply,
        }
        if is_photo:
            await self._call(self._bot.send_photo, chat_id, file, **rest)
        else:
            await self._call(self._bot.send_video, chat_id, file, supports_streaming=True, **rest)

    async def send_album(self, chat_id: int, pictures: Sequence[tuple[bytes, str]], *, reply_to: int | None) -> None:
        """Send two to ten JPEGs with their captions as one album."""
        library = self._telegram
        media = [
            library.InputMediaPhoto(data, caption=caption[:_MAX_CAPTION], filename=f"picture{index}.jpg")
            for index, (data, caption) in enumerate(pictures)
        ]
        reply = library.ReplyParameters(reply_to, allow_sending_without_reply=True) if reply_to is not None else None
        await self._call(self._bot.send_media_group, chat_id, media, reply_parameters=reply)

    async def show_doing(self, chat_id: int, *, video: bool) -> None:
        """Show for some seconds that a picture, or a video, is on its way."""
        await self._call(self._bot.send_chat_action, chat_id, "upload_video" if video else "upload_photo")

    async def answer(self, callback_id: str, text: str) -> None:
        """Show `text` to whoever pressed a button."""
        await self._call(self._bot.answer_callback_query, callback_id, text[:190])

    async def set_menu(self, chat_id: int, commands: Sequence[tuple[str, str]]) -> None:
        """Have the app offer these commands, with their help, in that chat alone; none takes the menu away."""
        scope = self._telegram.BotCommandScopeChat(chat_id)
        if commands:
            await self._call(self._bot.set_my_commands, commands, scope=scope)
        else:
            await self._call(self._bot.delete_my_commands, scope=scope)

    async def updates(self, after_id: int, *, wait_s: int) -> tuple[Incoming, ...]:
        """Wait for updates with a greater id than `after_id`, `UPDATES` at most; what is none is left out.
        Raises Refused when another program polls, too.

        The library's own parser gives up on all of them when one is malformed: they are parsed here."""
        asked = {"timeout": wait_s, "limit": UPDATES, "allowed_updates": json.dumps(KINDS)}
        if after_id:
            asked["offset"] = after_id + 1
        url = f"{self._base}/bot{self._token}/getUpdates?{urlencode(asked)}"
        found = await self._call(self._polling.post, url, read_timeout=wait_s + 15.0)
        return tuple(one for raw in found if (one := incoming(raw)) is not None) if isinstance(found, list) else ()

    async def close(self) -> None:
        """Close all connections."""
        await self._sending.shutdown()
        await self._polling.shutdown()

    async def _call(self, method: Callable[..., Any], *args: Any, **named: Any) -> Any:
        async with self._translated():
            return await method(*args, **named)

    @contextlib.asynccontextmanager
    async def _translated(self) -> AsyncIterator[None]:
        error_types = self._telegram.error
        try:
            yield
        except error_types.TelegramError as error:
            raise self._our_error(error) from error

    def _our_error(self, error: telegram.error.TelegramError) -> HearthwatchError:  # noqa: PLR0911 a return for each kind
        types, text = self._telegram.error, redact(str(error))
        match error:
            case types.RetryAfter():
                wait = error.retry_after
                seconds = float(wait) if isinstance(wait, int) else wait.total_seconds()
                return RetryAfter(f"Telegram asks us to wait {seconds:.0f} s", seconds)
            case types.Forbidden():
                return Refused(f"Telegram may not write to this chat ({text}): was the bot blocked or removed?")
            case types.Conflict():
                return Contested(_REFUSALS["Webhook" if "webhook" in text.lower() else "Conflict"])
            case types.InvalidToken() | types.ChatMigrated():
                return Refused(_REFUSALS[type(error).__name__])
            case types.BadRequest() if "chat not found" in text.lower():
                return Refused(_REFUSALS["ChatMigrated"])
            case types.NetworkError() if isinstance(error, types.BadRequest) or "too large" in text.lower():
                return Unsupported(f"Telegram does not take this message: {text}")
            case _:
                return self._network_error(error, text)

    def _network_error(self, error: BaseException, text: str) -> HearthwatchError:
        """Tell apart what cannot have arrived from what may have."""
        cause = error.__cause__
        library = self._httpx
        if isinstance(cause, library.ReadTimeout | library.ReadError | library.RemoteProtocolError | library.CloseError):
            return MaybeSent("the connection to Telegram broke before it answered")
        if isinstance(cause, library.HTTPError):
            return Unreachable(f"Telegram cannot be reached ({type(cause).__name__})")
        return Unreachable(f"Telegram has a fault of its own: {text}")


async def _counted(request: httpx.Request) -> None:
    body_bytes = int(request.headers.get("content-length", "0"))
    TRAFFIC.sent("alerts.telegram", request_bytes(request.method, str(request.url), request.headers, body_bytes))


async def open_bot(token: str, api_base: str) -> TelegramBot:
    """Return a bot; nothing is sent yet. Raises Refused for a token that cannot be one."""
    number, _, key = token.partition(":")
    if not (number.isdigit() and len(key) >= 8):
        raise Refused("the Telegram token does not look like one: copy it whole from @BotFather (digits, a colon, letters)")
    return await asyncio.to_thread(TelegramBot, token, api_base)


def _rows(keys: Sequence[Any]) -> list[list[Any]]:
    """Put short buttons side by side, two in a row; a long one has a row of its own."""
    rows: list[list[Any]] = []
    for key in keys:
        pairs = rows and len(rows[-1]) == 1 and max(len(rows[-1][0].text), len(key.text)) <= _SHORT_LABEL
        if pairs:
            rows[-1].append(key)
        else:
            rows.append([key])
    return rows


class TelegramChat:
    """The channel of one chat. `buttons` gives what goes under an alert about a camera."""

    parts = frozenset(Part)
    per_minute = 20
    """What Telegram lets a bot write into a group (core.telegram.org/bots/faq)."""

    def __init__(self, bot: TelegramBot, chat_id: int, buttons: Callable[[Alert, int], tuple[Button, ...]]) -> None:
        self._bot = bot
        self._chat_id = chat_id
        self._buttons = buttons
        self._messages: OrderedDict[AlertId, int] = OrderedDict()

    @property
    def name(self) -> str:
        return f"telegram:{self._chat_id}"

    async def send(self, alert: Alert, part: Part, attachment: bytes | None, *, repeat: bool) -> None:
        """See Channel."""
        title = one_line(alert.title)
        if part is not Part.TEXT:
            assert attachment is not None
            caption = "\n".join([title, *notes(alert, repeat=repeat)])
            reply_to = self._messages.get(alert.id)
            if part is Part.ALBUM:
                await self._send_album(unpacked(attachment), caption, reply_to)
                return
            await self._bot.send_media(self._chat_id, part, attachment, caption, reply_to=reply_to)
            return
        text = "\n".join([title, many_lines(alert.text, 3600), *notes(alert, repeat=repeat)])
        buttons = self._buttons(alert, self._chat_id)
        silent = alert.severity is Severity.INFO
        earlier = self._messages.get(alert.id)
        message = await self._bot.send_text(
            self._chat_id, text, bold=len(title), buttons=buttons, silent=silent, instead_of=earlier
        )
        self._messages[alert.id] = message
        while len(self._messages) > _KEPT_MESSAGES:
            self._messages.popitem(last=False)

    async def _send_album(self, pictures: Sequence[bytes], caption: str, reply_to: int | None) -> None:
        """The caption of the first picture is shown under all of them; one picture alone is no album for Telegram."""
        fit = [jpeg for jpeg in pictures if len(jpeg) <= _MAX_PHOTO_BYTES]
        if len(fit) < 2:
            await self._bot.send_media(self._chat_id, Part.PICTURE, (fit or pictures)[0], caption, reply_to=reply_to)
            return
        captioned = [(jpeg, "" if index else caption) for index, jpeg in enumerate(fit)]
        await self._bot.send_album(self._chat_id, captioned, reply_to=reply_to)

    def can_amend(self, alert: AlertId) -> bool:
        """See Amending."""
        return alert in self._messages

    async def close(self) -> None:
        """The bot is shared and closed by its owner."""
