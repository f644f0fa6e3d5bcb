"""A stand-in for the Telegram Bot API that keeps a ledger of all it received and fails on request.

By hand: `python -m tests.devices.fake_telegram --port 8081`, then `alerts.telegram.api_base = "http://127.0.0.1:8081"`;
what arrives is printed. Type a line to send it to the bot as user 1000.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import math
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from aiohttp import web

TOKEN = "123456:TEST-abcdefghijklmnopqrstuvwxyz0123456"
OWNER = 1000


class Fault(StrEnum):
    FLOOD = "429"
    SERVER_ERROR = "500"
    BAD_GATEWAY = "502"
    BAD_MARKUP = "400"
    BLOCKED = "403"
    CONFLICT = "409"
    BAD_TOKEN = "401"
    TOO_LARGE = "413"
    CUT_AFTER_BODY = "cut"
    """Take the request, then close the connection without an answer."""
    CUT_BEFORE = "cut-before"
    """Close the connection without taking the request."""
    STALL = "stall"


@dataclass(frozen=True, slots=True)
class Script:
    fault: Fault
    method: str = ""
    """Only for this method; empty for any but getMe and getUpdates."""
    retry_after: int = 1
    takes: bool = False
    """The message counts as taken although the answer is a failure."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One message that the person would see."""

    method: str
    chat_id: int
    text: str
    fields: dict[str, str]
    data: bytes
    at_ns: int
    files: tuple[bytes, ...] = ()
    """Every picture of an album."""
    message: int = 0
    """Its number; `editMessageText` has that of the message it changes."""


@dataclass(slots=True)
class FakeTelegram:
    token: str = TOKEN
    delay_s: float = 0.0
    calls: list[tuple[str, int]] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    answers: list[tuple[str, str]] = field(default_factory=list)
    scripts: deque[Script] = field(default_factory=deque)
    updates: list[dict] = field(default_factory=list)
    polls_refused: Fault | None = None
    menus: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """The commands offered in each chat."""
    shown: list[tuple[int, str]] = field(default_factory=list)
    """What was shown to be under way, in each chat."""
    left: set[int] = field(default_factory=set)
    """Chats that blocked the bot or put it out."""
    per_minute: int = 0
    """Messages a chat takes within a minute by `now_s`, as groups do; the next is answered 429. 0: any."""
    now_s: Callable[[], float] = time.monotonic
    echo: bool = False
    base: str = ""
    _minutes: dict[int, deque[float]] = field(default_factory=dict)
    _ids: itertools.count = field(default_factory=lambda: itertools.count(1))
    _poll: int = 0
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> str:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/bot{token}/{method}", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]
        self.base = f"http://127.0.0.1:{port}"
        return self.base

    async def stop(self) -> None:
        async with self._changed:
            self._changed.notify_all()
        await self._runner.cleanup()

    def fail(self, fault: Fault, times: int = 1, **named) -> None:
        self.scripts.extend([Script(fault, **named)] * times)

    async def wait_for(self, ready, timeout_s: float = 120.0):
        """Wait until `ready()` of what was received is true. Raises TimeoutError with what was received last."""
        try:
            async with self._changed, asyncio.timeout(timeout_s):
                await self._changed.wait_for(ready)
        except TimeoutError as error:
            texts, methods = [one.text for one in self.taken[-8:]], [method for method, _ in self.calls[-12:]]
            raise TimeoutError(f"not within {timeout_s:.0f} s; {texts=}, answers={self.answers[-4:]}, {methods=}") from error

    async def say(self, text: str, *, user: int = OWNER, chat: int | None = None, age_s: float = 0, name: str = "Anna") -> int:
        """A person writes to the bot."""
        message = {
            "message_id": next(self._ids),
            "date": int(time.time() - age_s),
            "chat": {"id": user if chat is None else chat, "type": "private" if chat is None else "group"},
            "from": {"id": user, "is_bot": False, "first_name": name},
            "text": text,
        }
        return await self.update({"message": message})

    async def press(self, data: str, *, user: int = OWNER, chat: int | None = None) -> int:
        """A person presses a button under a message."""
        where = {"id": user if chat is None else chat, "type": "private"}
        query = {
            "id": str(next(self._ids)),
            "from": {"id": user, "is_bot": False, "first_name": "Anna"},
            "chat_instance": "1",
            "data": data,
            "message": {"message_id": 1, "date": int(time.time()), "chat": where, "text": "x"},
        }
        return await self.update({"callback_query": query})

    async def update(self, fields: dict) -> int:
        number = next(self._ids)
        async with self._changed:
            self.updates.append({"update_id": number, **fields})
            self._changed.notify_all()
        return number

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        at_ns = time.monotonic_ns()
        async with self._changed:
            self.calls.append((method, at_ns))
            self._changed.notify_all()
        if request.match_info["token"] != self.token:
            return _error(401, "Unauthorized")
        if method == "getMe":
            return _ok({"id": 123456, "is_bot": True, "first_name": "House", "username": "house_bot"})
        fields, files = await _fields(request)
        data = files[0] if files else b""
        if method == "getUpdates":
            return await self._get_updates(fields)
        script = None
        if self.scripts and self.scripts[0].method in {"", method}:
            script = self.scripts.popleft()
        if script is not None:
            answer = await self._failed(script, request)
            if answer is not None and script.fault is not Fault.CUT_AFTER_BODY and not script.takes:
                return answer
        else:
            answer = None
        await asyncio.sleep(self.delay_s)
        if method == "answerCallbackQuery":
            async with self._changed:
                self.answers.append((fields["callback_query_id"], fields.get("text", "")))
                self._changed.notify_all()
            return answer or _ok(True)
        if answer is None and (fault := self._fault_of(method, fields, files)) is not None:
            return fault
        if method in {"setMyCommands", "deleteMyCommands", "sendChatAction"}:
            await self._note(method, fields)
            return answer or _ok(True)
        if answer is None and (wait_s := self._crowded_s(int(fields["chat_id"]))) > 0:
            return _error(429, "Too Many Requests", {"retry_after": math.ceil(wait_s)})
        number = int(fields["message_id"]) if method == "editMessageText" else next(self._ids)
        await self._take(method, fields, data, at_ns, tuple(files), number)
        if answer is not None:
            return answer
        if script is not None and script.fault is Fault.CUT_AFTER_BODY:
            request.transport.abort()
            raise ConnectionResetError
        chat = {"id": int(fields["chat_id"]), "type": "private"}
        sent = {"message_id": number, "date": int(time.time()), "chat": chat, "text": fields.get("text", "")}
        return _ok([sent] * len(files) if method == "sendMediaGroup" else sent)

    def _crowded_s(self, chat: int) -> float:
        """How long the chat takes no more."""
        if not self.per_minute:
            return 0.0
        taken, now_s = self._minutes.setdefault(chat, deque(maxlen=self.per_minute)), self.now_s()
        if len(taken) == self.per_minute and now_s - taken[0] < 60:
            return 60 - (now_s - taken[0])
        taken.append(now_s)
        return 0.0

    def _fault_of(self, method: str, fields: dict[str, str], files: list[bytes]) -> web.Response | None:
        """What the real one says of a request that breaks its rules."""
        if int(fields.get("chat_id", 0)) in self.left:
            return _error(403, "Forbidden: bot was blocked by the user")
        keys = [key for row in json.loads(fields.get("reply_markup", "{}")).get("inline_keyboard", []) for key in row]
        if any(not 1 <= len(key["callback_data"].encode()) <= 64 for key in keys):
            return _error(400, "Bad Request: BUTTON_DATA_INVALID")
        if method == "sendMessage" and not 0 < len(fields.get("text", "")) <= 4096:
            return _error(400, "Bad Request: message text is empty or too long")
        if method == "sendMediaGroup" and not 2 <= len(files) <= 10:
            return _error(400, "Bad Request: there must be 2 to 10 media")
        if max(map(len, files), default=0) > (50 << 20 if method == "sendVideo" else 10 << 20):
            return _error(413, "Request Entity Too Large")
        return None

    async def _note(self, method: str, fields: dict[str, str]) -> None:
        async with self._changed:
            if method == "sendChatAction":
                self.shown.append((int(fields["chat_id"]), fields["action"]))
            else:
                chat = json.loads(fields["scope"])["chat_id"]
                self.menus[chat] = tuple(each["command"] for each in json.loads(fields.get("commands", "[]")))
            self._changed.notify_all()

    async def _take(
        self, method: str, fields: dict[str, str], data: bytes, at_ns: int, files: tuple[bytes, ...], number: int
    ) -> None:
        text = fields.get("text") or fields.get("caption", "")
        if method == "sendMediaGroup":
            text = "\n".join(each.get("caption", "") for each in json.loads(fields["media"]))
        async with self._changed:
            self.taken.append(Taken(method, int(fields["chat_id"]), text, fields, data, at_ns, files, number))
            self._changed.notify_all()
        if self.echo:
            print(f"{method} to {fields['chat_id']}: {text!r} {len(data)} bytes", file=sys.stderr)

    async def _failed(self, script: Script, request: web.Request) -> web.Response | None:
        match script.fault:
            case Fault.FLOOD:
                return _error(429, "Too Many Requests", {"retry_after": script.retry_after})
            case Fault.BAD_MARKUP:
                return _error(400, "Bad Request: can't parse entities")
            case Fault.BLOCKED:
                return _error(403, "Forbidden: bot was blocked by the user")
            case Fault.CONFLICT:
                return _error(409, "Conflict: terminated by other getUpdates request")
            case Fault.CUT_BEFORE:
                request.transport.abort()
                raise ConnectionResetError
            case Fault.STALL:
                await asyncio.sleep(60)
                return None
            case Fault.CUT_AFTER_BODY:
                return None
            case _:
                names = {"401": "Unauthorized", "413": "Request Entity Too Large", "500": "Internal", "502": "Bad Gateway"}
                return _error(int(script.fault), names[script.fault])

    async def _get_updates(self, fields: dict[str, str]) -> web.Response:
        if self.polls_refused is Fault.CONFLICT:
            return _error(409, "Conflict: terminated by other getUpdates request; make sure that only one bot is running")
        if self.polls_refused is Fault.BAD_TOKEN:
            return _error(401, "Unauthorized")
        offset = int(fields.get("offset", 0))
        wait_s = min(float(fields.get("timeout", 0)), 50.0)
        async with self._changed:
            self._poll += 1  # who polls pushes out whoever polled before
            poll = self._poll
            self._changed.notify_all()
            self.updates = [update for update in self.updates if update["update_id"] >= offset]
            try:
                async with asyncio.timeout(wait_s):
                    await self._changed.wait_for(lambda: bool(self.updates) or self._poll != poll)
            except TimeoutError:
                pass
            if self._poll != poll:
                return _error(409, "Conflict: terminated by other getUpdates request; make sure that only one bot is running")
            return _ok(self.updates[: int(fields.get("limit", 100))])


async def _fields(request: web.Request) -> tuple[dict[str, str], list[bytes]]:
    """The parameters, of the address or the body, and the files in their order."""
    fields, files = dict(request.query), []
    for key, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            files.append(value.file.read())
        else:
            fields[key] = value
    return fields, files


def _ok(result: object) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def _error(status: int, text: str, parameters: dict | None = None) -> web.Response:
    body = {"ok": False, "error_code": status, "description": text} | ({"parameters": parameters} if parameters else {})
    return web.Response(status=status, text=json.dumps(body), content_type="application/json")


async def _by_hand(port: int) -> None:
    fake = FakeTelegram(echo=True)
    print(f"base {await fake.start(port)} token {fake.token}", file=sys.stderr)
    while line := await asyncio.to_thread(sys.stdin.readline):
        await fake.say(line.strip())
    await fake.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="fake Telegram Bot API")
    parser.add_argument("--port", type=int, default=8081)
    asyncio.run(_by_hand(parser.parse_args().port))
