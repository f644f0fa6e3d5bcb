"""One direction of a line inside a process: messages wait for a slow reader up to a window, then whoever sends waits."""

from __future__ import annotations

import asyncio
from collections import deque

from hearthwatch.kit.errors import Unreachable

MAX_MESSAGE_BYTES = 512 * 1024
WINDOW_BYTES = 2 * MAX_MESSAGE_BYTES


class Way:
    """For one reader and any number of senders, on one loop."""

    def __init__(self) -> None:
        self._messages: deque[bytes] = deque()
        self._unread_bytes = 0
        self._ended = False
        self._arrived = asyncio.Event()
        self._read = asyncio.Event()

    @property
    def is_ended(self) -> bool:
        return self._ended

    @property
    def unread_bytes(self) -> int:
        return self._unread_bytes

    async def put(self, message: bytes) -> None:
        """Let the message wait for its reader once there is room. Raises Unreachable when the line ends before,
        ValueError for a message that is too long."""
        if len(message) > MAX_MESSAGE_BYTES:
            raise ValueError(f"a message has {MAX_MESSAGE_BYTES} bytes at most")
        while not self._ended and self._unread_bytes + len(message) > WINDOW_BYTES:
            self._read.clear()
            await self._read.wait()
        if self._ended:
            raise Unreachable("the line is broken")
        self.put_now(message)

    def put_now(self, message: bytes) -> None:
        """Let the message wait, whatever room there is; one that comes after the end is dropped."""
        if not self._ended:
            self._messages.append(message)
            self._unread_bytes += len(message)
            self._arrived.set()

    async def get(self) -> bytes | None:
        """Return the next message; what was sent before the end still comes. None for the end."""
        while not self._messages:
            if self._ended:
                return None
            self._arrived.clear()
            await self._arrived.wait()
        message = self._messages.popleft()
        self._unread_bytes -= len(message)
        self._read.set()
        return message

    def end(self) -> None:
        """Nothing more is sent."""
        self._ended = True
        self._arrived.set()
        self._read.set()
