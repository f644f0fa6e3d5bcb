"""The SMTP server of the porch: takes mails of accounts only, relays nothing, forgets recipients."""

from __future__ import annotations

import asyncio
import functools
import logging
import socket
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from hearthwatch.ingest.doorkeeping import Doorkeeping
from hearthwatch.ingest.drop import MAX_MAIL_BYTES, MAX_NAME_CHARS, Via
from hearthwatch.ingest.letter import MAX_LINES, read_letter
from hearthwatch.ingest.seats import Seat, Seats
from hearthwatch.kit.errors import BadReply, Refused, StorageFailed

log = logging.getLogger(__name__)

_TIMEOUT_S = 60.0
_AT_ONCE = 2
_MAX_RECIPIENTS = 10
_MAX_COMMANDS = {"*": 50}
_CHUNK_BYTES = 1 << 16

# what a camera in the home's network offers is a password in clear, or none at all: aiosmtpd warns of it each time
logging.getLogger("mail.log").setLevel(logging.ERROR)


class _Mails:
    """The hooks of aiosmtpd."""

    def __init__(self, keeping: Doorkeeping) -> None:
        self._keeping = keeping

    def authenticate(self, server: SMTP, session: Session, _envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        if mechanism not in {"LOGIN", "PLAIN"} or not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        try:
            user = self._keeping.log_in(data.login.decode(errors="replace"), data.password, _peer(session))
        except Refused:
            return AuthResult(success=False, handled=False)
        if isinstance(server, _Server) and server.seat is not None:
            server.seat.logged_in()
        return AuthResult(success=True, auth_data=user)

    async def handle_MAIL(  # noqa: N802 a name of aiosmtpd
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address[:MAX_NAME_CHARS]
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 a name of aiosmtpd
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= _MAX_RECIPIENTS:
            return "452 Too many recipients"
        envelope.rcpt_tos.append(address[:MAX_NAME_CHARS])
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 a name of aiosmtpd
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        sender = str(envelope.mail_from or "").strip("<>")
        try:
            await asyncio.to_thread(self._take, str(session.auth_data), _peer(session), sender, content)
        except BadReply as error:
            return f"554 {error}"
        except Refused as error:
            return f"452 {error}"
        except StorageFailed:
            return "452 No room for it now"
        return "250 OK"

    def _take(self, user: str, address: str, sender: str, content: bytes) -> None:
        letter = read_letter(content)
        arrival = self._keeping.begin(user, Via.MAIL, letter.picture_name, address)
        for at in range(0, len(letter.picture), _CHUNK_BYTES):
            arrival.write(letter.picture[at : at + _CHUNK_BYTES])
        arrival.keep(sender=sender, subject=letter.subject, text=letter.text)


class _TooMuch(Exception):
    """More than a mail may have came, and there is no end of it yet."""


class _Bounded:
    """A reader of one mail's lines. aiosmtpd alone waits for the end of what is too much, and keeps a line that has none."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._lines = self._bytes = 0

    async def readuntil(self, separator: bytes) -> bytes:
        return self._counted(await self._reader.readuntil(separator))

    async def read(self, count: int) -> bytes:
        return self._counted(await self._reader.read(count))

    def _counted(self, data: bytes) -> bytes:
        self._lines += 1
        self._bytes += len(data)
        if self._lines > MAX_LINES or self._bytes > MAX_MAIL_BYTES + _CHUNK_BYTES:
            raise _TooMuch
        return data


class _Server(SMTP):
    """One connection, of a limited number."""

    def __init__(self, mails: _Mails, seats: Seats, loop: asyncio.AbstractEventLoop) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that AUTH comes without TLS: cameras know no other way
            super().__init__(
                mails,
                data_size_limit=MAX_MAIL_BYTES,
                hostname="hearthwatch",
                ident="Hearthwatch",
                timeout=_TIMEOUT_S,
                auth_required=True,
                auth_require_tls=False,
                authenticator=mails.authenticate,
                command_call_limit=_MAX_COMMANDS,
                loop=loop,
            )
        self._seats = seats
        self.seat: Seat | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        address = str((transport.get_extra_info("peername") or ("",))[0])
        self.seat = self._seats.take(address, transport.abort)
        if self.seat is None:
            transport.abort()
            return
        super().connection_made(transport)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 a name of aiosmtpd
        """See SMTP; whoever goes on after too much is hung up on."""
        reader = self._reader
        self._reader = _Bounded(reader)  # type: ignore[assignment]
        try:
            await super().smtp_DATA(arg)
        except _TooMuch:
            await self.push("552 Too much mail data")
            if self.transport is not None:
                self.transport.close()
        finally:
            self._reader = reader

    def connection_lost(self, error: Exception | None) -> None:
        if self.seat is not None:
            self._seats.give_up(self.seat)
            super().connection_lost(error)


def _peer(session: Session) -> str:
    peer: Any = session.peer  # said to be a str, is a tuple
    return str(peer[0]) if isinstance(peer, tuple) else ""


async def serve(sock: socket.socket, keeping: Doorkeeping) -> None:
    """Serve on a bound socket until cancelled."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="mail"))
    mails, seats = _Mails(keeping), Seats(keeping.is_known)
    server = await loop.create_server(functools.partial(_Server, mails, seats, loop), sock=sock)
    async with server:
        await server.serve_forever()
