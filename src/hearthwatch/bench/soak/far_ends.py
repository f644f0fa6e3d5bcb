"""Where the house's alerts go in a soak: a stand-in of the Telegram Bot API that notes when it took what."""

from __future__ import annotations

import asyncio
import itertools
import json
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from aiohttp import web

from hearthwatch.kit.clock import SystemClock

TOKEN = "123456:SOAK-abcdefghijklmnopqrstuvwxyz0123456"  # noqa: S105 of nobody
OWNER = 1000
_MOST_BYTES = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One message the owner would see; `at_ns` is monotonic."""

    method: str
    text: str
    at_ns: int


@dataclass(slots=True)
class BotApi:
    """`failing` answers everything that is to be sent with 503, as a real one does on a bad day."""

    taken: list[Taken] = field(default_factory=list)
    failing: bool = False
    base: str = ""
    _updates: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _clock: SystemClock = field(default_factory=SystemClock)
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=_MOST_BYTES)
        app.router.add_route("*", "/bot{token}/{method}", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def say(self, text: str) -> None:
        """The owner writes to the bot."""
        self._updates.put_nowait(text)

    async def _serve(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        at_ns = self._clock.mono_ns()
        fields = {**request.query, **{key: value for key, value in (await request.post()).items() if isinstance(value, str)}}
        if method == "getMe":
            return _ok({"id": 123456, "is_bot": True, "first_name": "House", "username": "house_bot"})
        if method == "getUpdates":
            return await self._polled(float(fields.get("timeout", "0")))
        if not method.startswith(("send", "edit")) or method == "sendChatAction":
            return _ok(True)
        if self.failing:
            return web.json_response({"ok": False, "error_code": 503, "description": "Service Unavailable"}, status=503)
        text = fields.get("text") or fields.get("caption", "")
        self.taken.append(Taken(method=method, text=text, at_ns=at_ns))
        sent = {"message_id": next(self._ids), "date": self._clock.wall_us() // 1_000_000, "chat": _CHAT, "text": text}
        if method == "sendMediaGroup":
            return _ok([sent] * len(json.loads(fields.get("media", "[]"))))
        return _ok(sent)

    async def _polled(self, wait_s: float) -> web.Response:
        try:
            async with asyncio.timeout(min(wait_s, 50.0)):
                text = await self._updates.get()
        except TimeoutError:
            return _ok([])
        now_s = self._clock.wall_us() // 1_000_000
        owner = {"id": OWNER, "is_bot": False, "first_name": "Owner"}
        message = {"message_id": next(self._ids), "date": now_s, "chat": _CHAT, "from": owner, "text": text}
        return _ok([{"update_id": next(self._ids), "message": message}])


_CHAT = {"id": OWNER, "type": "private"}


def _ok(result: object) -> web.Response:
    return web.json_response({"ok": True, "result": result})
