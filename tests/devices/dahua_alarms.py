"""The alarm stream of the emulated Dahua: `eventManager.cgi?action=attach`, its parts in the three framings that are recorded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tests.devices.dahua_tree import styled


class Framing(StrEnum):
    """A: CRLF also within the data, length without the last one, one line end between parts. B: LF within, a trailing LF
    counted, a blank line between, `Content-Length:41`. C (Intelbras; no bytes recorded, from notes): LF and tabs, no trailing
    LF, a blank line between."""

    A = "a"
    B = "b"
    C = "c"


def event(code: str, action: str, index: int, data: Any | None, framing: Framing) -> bytes:
    """Return `Code=…;action=…;index=…[;data={…}]` as the framing has it, without what stands around it."""
    text = f"Code={code};action={action};index={index}"
    if data is not None:
        text += f";data={styled(data, chr(9) if framing is Framing.C else '   ')}"
    if framing is Framing.A:
        return text.replace("\n", "\r\n").encode()
    return (text + "\n" if framing is Framing.B and data is not None else text).encode()


def part(content: bytes, framing: Framing, boundary: str = "myboundary") -> bytes:
    blank = "" if framing is Framing.B else " "
    head = f"--{boundary}\r\nContent-Type: text/plain\r\nContent-Length:{blank}{len(content)}\r\n\r\n"
    return head.encode() + content + (b"\r\n" if framing is Framing.A else b"\r\n\r\n")


@dataclass(kw_only=True, eq=False)
class Listener:
    """One attached client: what waits for it. `codes` None means all."""

    codes: frozenset[str] | None
    heartbeat_s: float | None
    framing: Framing
    silent: bool = False
    waiting: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)

    def tell(self, code: str, action: str, index: int, data: Any | None) -> None:
        if not self.silent and (self.codes is None or code in self.codes):
            self.waiting.put_nowait(part(event(code, action, index, data, self.framing), self.framing))

    async def parts(self) -> AsyncIterator[bytes]:
        """Yield parts for ever; a heartbeat whenever nothing happened for so long."""
        while True:
            if self.silent:
                await asyncio.Event().wait()
            try:
                yield await asyncio.wait_for(self.waiting.get(), self.heartbeat_s)
            except TimeoutError:
                yield part(b"Heartbeat", self.framing)
