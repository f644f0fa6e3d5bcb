"""Sends the lines of the cameras' logs to the syslog server that the configuration names."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Self

from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import Unreachable
from hearthwatch.kit.traffic import TRAFFIC
from hearthwatch.kit.units import CameraId
from hearthwatch.logins import ledger
from hearthwatch.logins.login import KeptLine, SyslogOptions, SyslogTransport
from hearthwatch.logins.syslog import framed, message

_CONNECT_S = 10.0
_BATCH = 200
_HOUSE = CameraId("-")
_BOOK = "syslog"


class SyslogSender:
    """Used on one event loop; `run` is kept running. What a TCP server did not take is sent when it is back."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._options = SyslogOptions()
        self._wake = asyncio.Event()

    def renew(self, options: SyslogOptions) -> None:
        """Send there from now on."""
        self._options = options
        self._wake.set()

    def news(self) -> None:
        """There are new lines; returns at once."""
        self._wake.set()

    async def run(self) -> None:
        """Send until cancelled. Raises Unreachable when the server does not take it, StorageFailed."""
        while True:
            self._wake.clear()
            await self.send_waiting()
            await self._wake.wait()

    async def send_waiting(self) -> None:
        """Send what is not sent yet. What was there before a server was named stays here."""
        options = self._options
        said = await self._db.run(lambda connection: ledger.state(connection, _HOUSE, _BOOK))
        if not options.host:
            if said:
                await self._note("")
            return
        if not said:
            last = await self._db.run(ledger.last_line_id)
            await self._note(str(last))
        else:
            last = int(said)
        lines = await self._after(last)
        if not lines:
            return
        try:
            async with asyncio.timeout(_CONNECT_S):
                way = await (_Udp.open(options) if options.transport is SyslogTransport.UDP else _Tcp.open(options))
            try:
                while lines:
                    messages = [message(line) for line in lines]
                    TRAFFIC.sent("syslog", sum(len(one) for one in messages))
                    async with asyncio.timeout(_CONNECT_S):
                        await way.send(messages)
                    last = lines[-1].id
                    await self._note(str(last))
                    lines = await self._after(last)
            finally:
                way.close()
        except OSError as error:  # TimeoutError is one
            why = error.strerror or "no answer"
            raise Unreachable(f"the syslog server {options.host}:{options.port} does not take the log: {why}") from error

    async def _after(self, last: int) -> tuple[KeptLine, ...]:
        return await self._db.run(lambda connection: ledger.lines_after(connection, last, _BATCH))

    async def _note(self, said: str) -> None:
        await self._db.run(lambda connection: ledger.set_state(connection, _HOUSE, _BOOK, said))


class _Udp:
    """One datagram a message; nobody knows whether they arrive."""

    def __init__(self, transport: asyncio.DatagramTransport) -> None:
        self._transport = transport

    @classmethod
    async def open(cls, options: SyslogOptions) -> Self:
        loop = asyncio.get_running_loop()
        transport, _protocol = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=(options.host, options.port)
        )
        return cls(transport)

    async def send(self, messages: Sequence[bytes]) -> None:
        for one in messages:
            self._transport.sendto(one)
            await asyncio.sleep(0)

    def close(self) -> None:
        self._transport.close()


class _Tcp:
    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    @classmethod
    async def open(cls, options: SyslogOptions) -> Self:
        _reader, writer = await asyncio.open_connection(options.host, options.port)
        return cls(writer)

    async def send(self, messages: Sequence[bytes]) -> None:
        self._writer.write(b"".join(framed(one) for one in messages))
        await self._writer.drain()

    def close(self) -> None:
        self._writer.close()
