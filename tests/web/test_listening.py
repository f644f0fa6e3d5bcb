"""How many connections the page holds, and who goes for one more."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import pytest

from hearthwatch.web.listening import Crowd, Listening


@contextlib.contextmanager
def listening(most: int):
    with Listening(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.crowd = Crowd(lambda: most)
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        sock.setblocking(False)
        yield sock


def from_address(address: str, port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), 5, (address, 0))


@pytest.mark.wired
async def test_a_crowd_of_one_address_keeps_nobody_else_out() -> None:
    came = gone = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal came, gone
        came += 1
        with contextlib.suppress(OSError):
            while line := await reader.readline():
                writer.write(line)
        writer.close()
        gone += 1

    with listening(6) as sock:
        server = await asyncio.start_server(answer, sock=sock)
        port = sock.getsockname()[1]
        neighbour = await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.3", 0))
        neighbour[1].write(b"before\n")
        assert await neighbour[0].readline() == b"before\n"
        crowd = [await asyncio.to_thread(from_address, "127.0.0.9", port) for _ in range(40)]
        visitor = await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.2", 0))
        for reader, writer in (visitor, neighbour):
            writer.write(b"hello\n")
            assert await reader.readline() == b"hello\n"
            writer.close()
        for one in crowd:
            one.close()
        while not came == gone == 42:  # noqa: ASYNC110 the server's own tasks
            await asyncio.sleep(0.01)
        server.close()
        await server.wait_closed()


def test_who_holds_most_loses_the_oldest_and_what_has_ended_counts_no_more() -> None:
    crowd = Crowd(lambda: 3)
    pairs = [socket.socketpair() for _ in range(6)]
    ours = [one for one, _ in pairs]
    for at, address in enumerate(("a", "b", "b")):
        crowd.take(ours[at], address)
    crowd.take(ours[3], "c")
    assert pairs[1][1].recv(1) == b"", "the oldest of b"
    ours[2].close()
    crowd.take(ours[4], "d")
    crowd.take(ours[5], "e")
    assert pairs[0][1].recv(1) == b"", "of equals the oldest"
    for one in (end for pair in pairs for end in pair):
        one.close()
