"""The body of an HTTP answer as a reader of bytes: chunked, of known length, or until the connection ends."""

from __future__ import annotations

import re

from hearthwatch.feeds.http_stream import HttpCamera, Reply
from hearthwatch.kit.errors import BadReply, Unreachable

_MAX_CHUNK_BYTES = 64 * 1024 * 1024


class Body:
    """Reads one answer's body; bounded by its caller through `limit`."""

    def __init__(self, camera: HttpCamera, reply: Reply) -> None:
        """Raises BadReply for a length that is no number."""
        self.name = camera.name
        self._camera = camera
        self._buffer = bytearray()
        self._chunked = "chunked" in reply.header("transfer-encoding").lower()
        self._chunk_open = False
        length = reply.header("content-length")
        if length and not self._chunked and not re.fullmatch("[0-9]{1,15}", length):
            raise BadReply(f"{self.name}: the camera's answer has a wrong length")
        self._left: int | None = int(length) if length and not self._chunked else None
        self._ended = self._left == 0
        self.keeps_connection = (self._chunked or self._left is not None) and reply.header("connection").lower() != "close"

    def more(self) -> bool:
        """Read on; False at the end of the body."""
        if self._ended:
            return False
        if self._chunked and not self._left and not self._next_chunk():
            return False
        data = self._camera.some()
        if not data:
            self._ended = True
            if self._left:
                raise Unreachable(f"{self.name}: the camera ended the stream in the middle of its answer")
            return False
        if self._left is not None:
            data, rest = data[: self._left], data[self._left :]
            self._left -= len(data)
            self._camera.unread(rest)
            self._ended = not self._left and not self._chunked
        self._buffer += data
        return True

    def _next_chunk(self) -> bool:
        """Read the size of the next chunk; False after the last."""
        if self._chunk_open:
            self._camera.until(b"\n", limit=16, what="chunk end")
        line = self._camera.until(b"\n", limit=256, what="chunk size").partition(b";")[0].strip()
        try:
            size = int(line, 16)
        except ValueError as error:
            raise BadReply(f"{self.name}: the camera's chunks are damaged", line) from error
        if not 0 <= size <= _MAX_CHUNK_BYTES:
            raise BadReply(f"{self.name}: a chunk of {size} bytes is refused", line)
        self._left, self._chunk_open = size, True
        if not size:
            self._ended = True
            self._camera.until(b"\n", limit=1024, what="trailer")
        return size > 0

    def line(self, limit: int) -> bytes | None:
        """Return the next line without its end, None at the end of the body. Raises BadReply for a longer one."""
        while (at := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > limit:
                break
            if not self.more():
                return None
        if at < 0 or at > limit:
            raise BadReply(f"{self.name}: a line of more than {limit} bytes", bytes(self._buffer[:512]))
        line = bytes(self._buffer[:at]).rstrip(b"\r")
        del self._buffer[: at + 1]
        return line

    def exactly(self, count: int) -> bytes:
        while len(self._buffer) < count:
            if not self.more():
                raise Unreachable(f"{self.name}: the camera ended the stream in the middle of a picture")
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        return data

    def until(self, end: bytes, limit: int) -> bytes:
        """Return everything before `end`, which stays. Raises BadReply when that is more than `limit`."""
        searched = 0
        while (at := self._buffer.find(end, max(0, searched - len(end)))) < 0:
            searched = len(self._buffer)
            if searched > limit:
                raise BadReply(f"{self.name}: a picture of more than {limit} bytes", bytes(self._buffer[:512]))
            if not self.more():
                raise Unreachable(f"{self.name}: the camera ended the stream in the middle of a picture")
        data = bytes(self._buffer[:at])
        del self._buffer[:at]
        return data

    def starts_with(self, count: int) -> bytes:
        """Return up to `count` first bytes and leave them there."""
        while len(self._buffer) < count and self.more():
            pass
        return bytes(self._buffer[:count])

    def at_hand(self, count: int) -> bytes:
        """Return up to `count` bytes that have come already, at least one unless the body has ended; they stay."""
        self.starts_with(1)
        return bytes(self._buffer[:count])

    def whole(self, limit: int) -> bytes:
        """Return all that is left. Raises BadReply when that is more than `limit`."""
        while True:
            if len(self._buffer) > limit or (self._left or 0) > limit:
                raise BadReply(f"{self.name}: an answer of more than {limit} bytes", bytes(self._buffer[:512]))
            if not self.more():
                break
        data, self._buffer = bytes(self._buffer), bytearray()
        return data
