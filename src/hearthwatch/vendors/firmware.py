"""A vendor's firmware file on its way to a camera: looked at first, then sent as a form while it is read."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from hearthwatch.kit.errors import StorageFailed, StorageFault, Unsupported

MIN_BYTES = 64 * 1024
MAX_BYTES = 256 << 20
_CHUNK_BYTES = 65_536
_TEXT = re.compile(rb"\s*(?:<!doctype|<html|<\?xml|\{)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Firmware:
    """A file that may be firmware: of a firmware's size, with the ending the vendor uses, and no web page saved by mistake."""

    path: Path
    size_bytes: int

    @property
    def name(self) -> str:
        """The file's name in characters that need no quoting."""
        return re.sub(r"[^A-Za-z0-9._-]", "_", self.path.name)[-100:]


def look_at(path: Path, endings: tuple[str, ...]) -> Firmware:
    """Return the file if it may be firmware. Raises Unsupported in words for the owner, and StorageFailed."""
    if path.suffix.lower() not in endings:
        raise Unsupported(f"{path.name[:80]!r} is no firmware of this vendor: its files end in {' or '.join(endings)}")
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(64)
    except OSError as error:
        raise StorageFailed(StorageFault.MISSING, f"the firmware file cannot be read ({error.strerror})") from error
    if not MIN_BYTES <= size <= MAX_BYTES:
        raise Unsupported(f"{path.name[:80]!r} is no firmware: {size} bytes are too {'few' if size < MIN_BYTES else 'many'}")
    if _TEXT.match(head):
        raise Unsupported(f"{path.name[:80]!r} is no firmware but a page or a text: download it again from the vendor")
    return Firmware(path=path, size_bytes=size)


def pieces(firmware: Firmware, size_bytes: int) -> AsyncIterator[bytes]:
    """Yield the file in pieces of `size_bytes`, the last one shorter. Reads beside the event loop."""
    return _pieces(firmware.path, size_bytes)


async def _pieces(path: Path, size_bytes: int) -> AsyncIterator[bytes]:
    try:
        file = await asyncio.to_thread(path.open, "rb")
        try:
            while data := await asyncio.to_thread(file.read, size_bytes):
                yield data
        finally:
            file.close()
    except OSError as error:
        raise StorageFailed(StorageFault.BROKEN, f"the firmware file cannot be read ({error.strerror})") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a form (multipart/form-data, RFC 7578) wraps one file."""

    field: str
    name: str
    boundary: str

    @staticmethod
    def of(firmware: Firmware, field: str, rng: random.Random) -> Form:
        return Form(field=field, name=firmware.name, boundary=f"----hearthwatch{rng.getrandbits(96):024x}")

    @property
    def content_type(self) -> str:
        return f"multipart/form-data; boundary={self.boundary}"

    @property
    def head(self) -> bytes:
        disposition = f'Content-Disposition: form-data; name="{self.field}"; filename="{self.name}"'
        return f"--{self.boundary}\r\n{disposition}\r\nContent-Type: application/octet-stream\r\n\r\n".encode()

    @property
    def tail(self) -> bytes:
        return f"\r\n--{self.boundary}--\r\n".encode()

    def around(self, data: bytes) -> bytes:
        return self.head + data + self.tail


@dataclass(frozen=True, slots=True, kw_only=True)
class FormUpload:
    """The whole file as one form (an `http.Upload`)."""

    firmware: Firmware
    form: Form

    @property
    def content_type(self) -> str:
        return self.form.content_type

    @property
    def length_bytes(self) -> int:
        return len(self.form.head) + self.firmware.size_bytes + len(self.form.tail)

    async def body(self) -> AsyncIterator[bytes]:
        yield self.form.head
        async for data in pieces(self.firmware, _CHUNK_BYTES):
            yield data
        yield self.form.tail
