"""The bus between houses and their hub: letters one way, lines on demand both ways.

Three engines implement it: inside one process (a hub's own house), HTTPS with a certificate of each node (the hub at home), and
NATS JetStream (many sites). One contract holds for all and is tested for all.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Protocol

from hearthwatch.fleet.letter import Letter, Received
from hearthwatch.fleet.node import NodeId


class Postbox(Protocol):
    """A node's end."""

    async def post(self, letters: Sequence[Letter]) -> None:
        """Return when the letters are safe on a disk beyond this process; posting them again does no harm.

        Raises Unreachable when that takes longer than the engine's patience, and Refused when the node is no longer wanted.
        """
        ...

    async def close(self) -> None: ...


Keep = Callable[[Sequence[Received]], Awaitable[None]]
"""Writes letters into the hub's ledger; what it returned from is kept. Called again with the same ones after a failure."""


class Mailroom(Protocol):
    """The hub's end."""

    async def run(self, keep: Keep) -> None:
        """Hand letters of all nodes to `keep` until cancelled; one is acknowledged to its sender only after `keep` returned.

        Those of one node come in any order, and may come twice.
        """
        ...


class Line(Protocol):
    """A two-way line between a node and its hub, for live pictures, pages and orders; messages of bytes, in order, none twice.

    A line that breaks is gone with all it carried: who speaks over it begins anew.
    """

    async def send(self, message: bytes) -> None:
        """Send at most 512 KiB; waits while the other end is slow. Raises Unreachable once the line is broken."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield messages until the line ends, however it ends."""
        ...

    async def close(self) -> None: ...


Dial = Callable[[], Awaitable[Line]]
"""How a node opens its line; a line it had open before ends. Raises Unreachable when the hub does not answer, and Refused when
the node is no longer wanted."""


class Switchboard(Protocol):
    """The hub's end of all lines."""

    async def run(self, answer: Callable[[NodeId, Line], Awaitable[None]]) -> None:
        """Call `answer` for each line a node opens, at once; the line ends when it returns. A node has one at a time: a new one
        ends the old."""
        ...
