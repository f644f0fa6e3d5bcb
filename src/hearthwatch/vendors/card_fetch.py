"""Bringing a recording from a camera's card into a file of ours: bounded, and whole or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path

from hearthwatch.kit.errors import BadReply
from hearthwatch.kit.files import storage_failed
from hearthwatch.vendors.capability import CardFootage
from hearthwatch.vendors.card import CardClip

_WRITE_BYTES = 1 << 20


async def fetch(camera: CardFootage, clip: CardClip, into: Path, *, limit_bytes: int) -> int:
    """Bring `clip` into the new file `into` and return its bytes; on any failure the file is taken away again.

    Raises as `CardFootage.download`, BadReply for more than `limit_bytes` or less than the camera announced, StorageFailed."""
    done = False
    try:
        written = await _write(camera, clip, into, limit_bytes)
        if written < clip.file.size_bytes:
            raise BadReply(f"the camera sent {written} bytes of a recording of {clip.file.size_bytes}")
        done = True
        return written
    finally:
        if not done:
            await asyncio.to_thread(into.unlink, missing_ok=True)


async def _write(camera: CardFootage, clip: CardClip, into: Path, limit_bytes: int) -> int:
    doing = f"writing {into}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    opening = asyncio.ensure_future(asyncio.to_thread(os.open, into, flags, 0o600))
    try:
        fd = await asyncio.shield(opening)
    except OSError as error:
        raise storage_failed(error, doing) from error
    except asyncio.CancelledError:  # the thread goes on: what it opens is to be closed, and to be there when it is taken away
        with contextlib.suppress(OSError):
            os.close(await opening)
        raise
    total, held = 0, bytearray()
    try:
        async with camera.download(clip) as chunks:
            async for chunk in chunks:
                total += len(chunk)
                if total > limit_bytes:
                    raise BadReply(f"the camera sends more than {limit_bytes} bytes for one recording")
                held += chunk
                if len(held) >= _WRITE_BYTES:
                    await asyncio.to_thread(_put, fd, bytes(held), doing)
                    held.clear()
        await asyncio.to_thread(_put, fd, bytes(held), doing, last=True)
    finally:
        await asyncio.to_thread(os.close, fd)
    return total


def _put(fd: int, data: bytes, doing: str, *, last: bool = False) -> None:
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]
        if last:
            os.fsync(fd)
    except OSError as error:
        raise storage_failed(error, doing) from error
