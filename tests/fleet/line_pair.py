"""Two ends of a line in one process, with little room between them, as a real one has."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from hearthwatch.kit.errors import Unreachable

ROOM = 4


class _Cut:
    def __init__(self) -> None:
        self.event = asyncio.Event()


class HeldLine:
    """One end; `sent` are the messages it took, for a test to look at."""

    def __init__(self, mine: asyncio.Queue[bytes], theirs: asyncio.Queue[bytes], cut: _Cut) -> None:
        self._mine = mine
        self._theirs = theirs
        self._cut = cut
        self.sent = 0
        self.sent_bytes = 0

    async def send(self, message: bytes) -> None:
        assert len(message) <= 512 * 1024
        if self._cut.event.is_set():
            raise Unreachable("the line is cut")
        await _either(self._theirs.put(message), self._cut.event)
        if self._cut.event.is_set():
            raise Unreachable("the line is cut")
        self.sent += 1
        self.sent_bytes += len(message)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while not self._cut.event.is_set():
            got = await _either(self._mine.get(), self._cut.event)
            if got is not None:
                yield got

    async def close(self) -> None:
        self._cut.event.set()


def line_pair() -> tuple[HeldLine, HeldLine]:
    one: asyncio.Queue[bytes] = asyncio.Queue(ROOM)
    other: asyncio.Queue[bytes] = asyncio.Queue(ROOM)
    cut = _Cut()
    return HeldLine(one, other, cut), HeldLine(other, one, cut)


async def _either(wanted, ended: asyncio.Event):
    task = asyncio.ensure_future(wanted)
    ending = asyncio.ensure_future(ended.wait())
    try:
        await asyncio.wait({task, ending}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        task.cancel()
        ending.cancel()
