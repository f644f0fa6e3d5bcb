"""The relay's own ports: an application served at one of them until cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import uvicorn
from starlette.types import ASGIApp

from hearthwatch.web.serve import Server, listen, listen_everywhere

if TYPE_CHECKING:
    import socket
    import ssl

__all__ = ["listen", "listen_everywhere", "serve_at"]


async def serve_at(app: ASGIApp, listening: Sequence[socket.socket], context: ssl.SSLContext | None = None) -> None:
    """Serve `app` until cancelled; by HTTPS with `context`."""
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=True,
        lifespan="off",
        proxy_headers=False,
        ws="none",
        timeout_keep_alive=20,
        timeout_graceful_shutdown=1,
        limit_concurrency=64,
        h11_max_incomplete_event_size=16 * 1024,
        ssl_context_factory=(lambda _config, _default: context) if context else None,
    )
    server = Server(config)
    serving = asyncio.create_task(server.serve(sockets=list(listening)))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await serving
        raise
    finally:
        for each in listening:
            each.close()
