"""JPEGs one after the other as multipart/x-mixed-replace."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator


class Multipart:
    """One answer. Its boundary cannot be guessed: a camera's picture that holds one would be read as a part of its own."""

    def __init__(self) -> None:
        self._boundary = f"hearthwatch-{secrets.token_hex(12)}"

    @property
    def media_type(self) -> str:
        return f"multipart/x-mixed-replace; boundary={self._boundary}"

    def opening(self) -> bytes:
        return f"--{self._boundary}\r\n".encode()

    def part(self, jpeg: bytes) -> bytes:
        """Return a picture with the boundary behind it: many readers show a picture only once they have seen its end."""
        head = f"Content-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
        return head.encode() + jpeg + f"\r\n--{self._boundary}\r\n".encode()

    async def written(self, pictures: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
        """Yield the answer's body."""
        yield self.opening()
        async for jpeg in pictures:
            yield self.part(jpeg)
