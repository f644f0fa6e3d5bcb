"""A webhook receiver that keeps what it gets and answers as told."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from aiohttp import web


@dataclass(slots=True)
class WebhookSink:
    """`statuses` are answered first, one each; then 204. -1 closes the connection after taking the request."""

    statuses: deque[int] = field(default_factory=deque)
    headers: dict[str, str] = field(default_factory=dict)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""
    _runner: web.AppRunner | None = None

    async def start(self) -> str:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/hook", self._take)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/hook"
        return self.url

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        self.got.append((dict(request.headers), await request.read()))
        status = self.statuses.popleft() if self.statuses else 204
        if status < 0:
            request.transport.abort()
            raise ConnectionResetError
        return web.Response(status=status, headers=self.headers)
