"""Sending to a syslog server over UDP and TCP: every line once, also when the server was away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.logins.test_syslog import kept, read
from tests.run.quiet_db import QuietDb

from hearthwatch.kit.errors import Unreachable
from hearthwatch.logins import ledger
from hearthwatch.logins.login import SyslogOptions, SyslogTransport
from hearthwatch.run.syslog_sender import SyslogSender

pytestmark = pytest.mark.wired


class Sink(asyncio.DatagramProtocol):
    """A server that keeps what comes."""

    def __init__(self) -> None:
        self.came: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.came.put_nowait(data)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while length := (await reader.readuntil(b" ")).strip():
                self.came.put_nowait(await reader.readexactly(int(length)))
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    async def texts(self, count: int) -> list[str]:
        async with asyncio.timeout(60):
            return [read(await self.came.get())["text"].decode("utf-8-sig") for _ in range(count)]


@asynccontextmanager
async def serving(sink: Sink, transport: SyslogTransport) -> AsyncIterator[int]:
    if transport is SyslogTransport.UDP:
        loop = asyncio.get_running_loop()
        udp, _protocol = await loop.create_datagram_endpoint(lambda: sink, local_addr=("127.0.0.1", 0))
        try:
            yield udp.get_extra_info("sockname")[1]
        finally:
            udp.close()
    else:
        server = await asyncio.start_server(sink.serve, "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]


async def add(db: QuietDb, *texts: str) -> None:
    await db.run(lambda connection: ledger.add_lines(connection, [kept(code="", user="", text=text) for text in texts]))


@pytest.mark.parametrize("transport", SyslogTransport)
async def test_what_is_new_is_sent_once(tmp_path: Path, transport: SyslogTransport) -> None:
    db, sink = QuietDb(tmp_path), Sink()
    await add(db, "of before there was a server")
    async with serving(sink, transport) as port:
        for number in range(2):  # the second is a restart
            sender = SyslogSender(db)
            sender.renew(SyslogOptions(host="127.0.0.1", port=port, transport=transport))
            await sender.send_waiting()
            await add(db, *(f"line {number}.{one}" for one in range(250)))
            await sender.send_waiting()
            await sender.send_waiting()
        assert await sink.texts(500) == [f"line {number}.{one}" for number in range(2) for one in range(250)]
        assert sink.came.empty()
    db.close()


async def test_a_tcp_server_that_was_away_gets_everything_when_it_is_back(tmp_path: Path) -> None:
    db, sink = QuietDb(tmp_path), Sink()
    sender = SyslogSender(db)
    async with serving(Sink(), SyslogTransport.TCP) as port:
        sender.renew(SyslogOptions(host="127.0.0.1", port=port, transport=SyslogTransport.TCP))
        await sender.send_waiting()
    await add(db, "a", "b")
    with pytest.raises(Unreachable, match="does not take the log"):
        await sender.send_waiting()
    async with serving(sink, SyslogTransport.TCP) as port:
        sender.renew(SyslogOptions(host="127.0.0.1", port=port, transport=SyslogTransport.TCP))
        await sender.send_waiting()
        assert await sink.texts(2) == ["a", "b"]
    db.close()


async def test_without_a_server_nothing_is_remembered_to_be_sent(tmp_path: Path) -> None:
    db, sink = QuietDb(tmp_path), Sink()
    sender = SyslogSender(db)
    async with serving(sink, SyslogTransport.TCP) as port:
        options = SyslogOptions(host="127.0.0.1", port=port, transport=SyslogTransport.TCP)
        sender.renew(options)
        await sender.send_waiting()
        sender.renew(SyslogOptions())
        await sender.send_waiting()
        await add(db, "while it was off")
        sender.renew(options)
        await sender.send_waiting()
        await add(db, "on again")
        await sender.send_waiting()
        assert await sink.texts(1) == ["on again"]
    db.close()
