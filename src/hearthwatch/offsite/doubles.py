"""A Target in memory for tests: it does what it is told to, lying included."""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from hearthwatch.kit.units import WallUs
from hearthwatch.offsite.upload import (
    NotProved,
    OnProgress,
    Pace,
    Parcel,
    Progress,
    Proof,
    ProofKind,
    Stored,
    TargetId,
)

_CHUNK_BYTES = 1024


@dataclass
class MemoryTarget:
    """Implements Target. `files` is what it holds, `puts` the names in the order in which they were begun.

    The next put raises the next of `errors` (None: none) after half of it was sent. `stores` says what becomes of a file: a far
    end that answers and keeps nothing returns b"". `gate` holds up every put while it is not set."""

    name: TargetId
    files: dict[str, bytes] = field(default_factory=dict)
    puts: list[str] = field(default_factory=list)
    errors: deque[Exception | None] = field(default_factory=deque)
    stores: Callable[[bytes], bytes] = lambda data: data
    gate: asyncio.Event | None = None
    partial: dict[str, bytes] = field(default_factory=dict)
    sent_bytes: int = 0
    closed: int = 0

    async def put(
        self, parcel: Parcel, pace: Pace, *, resume: Progress | None = None, on_progress: OnProgress | None = None
    ) -> Proof:
        """See Target."""
        self.puts.append(parcel.name)
        error = self.errors.popleft() if self.errors else None
        data = await asyncio.to_thread(parcel.path.read_bytes)
        at = len(self.partial.get(parcel.name, b"")) if resume is not None else 0
        while at < len(data):
            if self.gate is not None:
                await self.gate.wait()
            if error is not None and at >= len(data) // 2:
                raise error
            chunk = data[at : at + _CHUNK_BYTES]
            await pace(len(chunk))
            self.sent_bytes += len(chunk)
            at += len(chunk)
            self.partial[parcel.name] = data[:at]
            if on_progress is not None:
                on_progress(Progress(sent_bytes=at, token="so far"))  # noqa: S106 - no secret
        if error is not None:
            raise error
        self.partial.pop(parcel.name, None)
        self.files[parcel.name] = self.stores(data)
        return await self.prove(parcel.name, parcel.size_bytes, parcel.sha256)

    async def prove(self, name: str, size_bytes: int, sha256: bytes) -> Proof:
        """See Target."""
        held = self.files.get(name, b"")
        if hashlib.sha256(held).digest() != sha256:
            raise NotProved(f"{self.name} does not hold {name}")
        return Proof(how=ProofKind.READ_BACK, name=name, size_bytes=size_bytes, sha256=sha256)

    async def list(self, under: str = "") -> AsyncIterator[Stored]:
        """See Target."""
        for name, data in self.files.items():
            if name.startswith(f"{under}/" if under else ""):
                yield Stored(name=name, size_bytes=len(data), changed_us=WallUs(0))

    async def read(self, name: str, *, limit_bytes: int | None = None) -> AsyncIterator[bytes]:
        """See Target."""
        if name not in self.files:
            raise NotProved(f"{name} is not there")
        yield self.files[name][:limit_bytes]

    async def delete(self, name: str) -> None:
        """See Target."""
        self.files.pop(name, None)

    async def close(self) -> None:
        """See Target."""
        self.closed += 1
