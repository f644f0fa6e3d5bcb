"""A mail server that keeps what it gets and refuses on request (aiosmtpd)."""

from __future__ import annotations

import threading
from collections import deque
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller


class SmtpSink:
    """`replies` are answered, one each, instead of taking a message (`450 later`); `cut` drops connections after the data."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.replies: deque[str] = deque()
        self.at_rcpt: deque[str] = deque()
        self.cut = 0
        self.arrived = threading.Event()
        self._controller = Controller(self, hostname="127.0.0.1", port=0, decode_data=False, enable_SMTPUTF8=True)

    def start(self) -> int:
        self._controller.start()
        return self._controller.server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        self._controller.stop()

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
        self.arrived.set()
        if self.cut:
            self.cut -= 1
            server.transport.abort()
        return "250 taken"
