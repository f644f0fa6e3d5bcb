"""One request among the many of a line: what waits to be taken, and what may be sent. The same at both ends."""

from __future__ import annotations

import asyncio

from hearthwatch.fleet import line_frames as frames
from hearthwatch.fleet.bus import Line
from hearthwatch.fleet.line_frames import Allowance, Body, Credit, End, Frame, Head, Said, Waiting
from hearthwatch.kit.errors import Unreachable


class Wire:
    """A line that many streams send over in turns."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._turn = asyncio.Lock()

    async def send(self, frame: Frame) -> None:
        """Raises Unreachable once the line is broken."""
        async with self._turn:
            await self._line.send(frames.encode(frame))


class Stream:
    """`get` and `put` may be called at once, each by one task; the task that reads the line never waits for either."""

    def __init__(self, number: int, wire: Wire) -> None:
        self.number = number
        self._wire = wire
        self._waiting = Waiting()
        self._allowance = Allowance()
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self.ended: End | None = None
        """What the other end said when it was done."""

        self.is_broken = False

    def arrived(self, frame: Head | Body | Said | Credit | End) -> None:
        """Take what came over the line. Raises BadReply for more than the window holds."""
        if isinstance(frame, Credit):
            self._allowance.give(frame)
            self._room.set()
            return
        if isinstance(frame, End):
            self.ended = frame
            self._room.set()
        self._waiting.put(frame)
        self._news.set()

    def broke(self) -> None:
        """The line is gone, and what it carried."""
        self.is_broken = True
        self._news.set()
        self._room.set()

    async def get(self) -> Head | Body | Said | End:
        """Return what came next. Raises Unreachable when the line broke before it did."""
        while True:
            frame, credit = self._waiting.take()
            if credit and self.ended is None:
                await self._wire.send(Credit(self.number, credit))
            if frame is not None:
                return frame
            if self.is_broken:
                raise Unreachable("the line broke")
            self._news.clear()
            await self._news.wait()

    async def put(self, frame: Head | Body | Said | End) -> None:
        """Send, once there is room in the other end's window. Raises Unreachable when it is done with the stream, or the line
        broke."""
        if isinstance(frame, Body | Said):
            while not self._allowance.is_open and self.ended is None and not self.is_broken:
                self._room.clear()
                await self._room.wait()
            self._allowance.spend(frame)
        if self.is_broken or self.ended is not None:
            raise Unreachable("nobody listens any more")
        await self._wire.send(frame)
