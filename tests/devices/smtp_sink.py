"""A mail server in the caller's event loop that keeps what it gets and refuses on request (aiosmtpd)."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP


class SmtpSink:
    """`replies` (`450 later`) are answered, one each, instead of taking a message, `at_rcpt` to recipients; `cut` breaks the
    connection off after the data, so many times. `taken_ns` is when each message was taken, by the monotonic clock; `arrived`
    is set whenever one came in."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.taken_ns: list[int] = []
        self.replies: deque[str] = deque()
        self.at_rcpt: deque[str] = deque()
        self.cut = 0
        self.arrived = asyncio.Event()
        self.port = 0
        self._server: asyncio.Server | None = None
        self._transports: list[asyncio.Transport] = []

    async def start(self) -> int:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self.port

    def _protocol(self) -> SMTP:
        return SMTP(self, hostname="sink", enable_SMTPUTF8=True)

    async def stop(self) -> None:
        self._server.close()
        for transport in self._transports:
            transport.abort()
        await asyncio.sleep(0)
        await self._server.wait_closed()

    async def handle_EHLO(self, server, session, envelope, hostname, responses) -> list[str]:
        self._transports.append(server.transport)
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        if self.at_rcpt:
            return self.at_rcpt.popleft()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:
        if self.replies:
            return self.replies.popleft()
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        self.recipients.append(list(envelope.rcpt_tos))
        self.taken_ns.append(time.monotonic_ns())
        self.arrived.set()
        if self.cut:
            self.cut -= 1
            server.transport.abort()
        return "250 taken"
