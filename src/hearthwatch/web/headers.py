"""What the gate does to answers: the security headers all of them carry, and a call once what was asked is done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Scope, Send

CSP = (
    "default-src 'none'; "
    "script-src 'self'; "
    "style-src 'self'; "
    "img-src 'self'; "
    "media-src 'self' blob:; "
    "connect-src 'self'; "
    "font-src 'self'; "
    "manifest-src 'self'; "
    "base-uri 'none'; "
    "form-action 'self'; "
    "frame-ancestors 'none'; "
    "worker-src 'self'; "
    "require-trusted-types-for 'script'; "
    "trusted-types hearthwatch-worker"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
}


def with_headers(scope: Scope, send: Send) -> Send:
    """Return a `send` that adds them; media and answers are stored nowhere unless they say so themselves."""

    async def add(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "no-store")
            if scope["scheme"] == "https":
                headers["Strict-Transport-Security"] = "max-age=31536000"
        await send(message)

    return add


def once_done(send: Send, call: Callable[[], Awaitable[None]]) -> Send:
    """Return a `send` that calls `call` when what was asked is done: answered with 2xx, or a WebSocket accepted."""

    async def told(message: Message) -> None:
        if message["type"] == "websocket.accept" or (
            message["type"] == "http.response.start" and 200 <= message["status"] < 300
        ):
            await call()
        await send(message)

    return told
