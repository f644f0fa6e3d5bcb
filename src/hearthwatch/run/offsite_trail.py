"""The house's trail on its way elsewhere: who cuts lines off here, or writes them anew, finds them again at every target."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.units import US_PER_S
from hearthwatch.offsite import ledger
from hearthwatch.offsite.ledger import Wanted
from hearthwatch.offsite.upload import TRAIL, Piece, PieceKind, Priority, TargetId, TargetOptions
from hearthwatch.recording.segment import FootageClass
from hearthwatch.web import trail_copy
from hearthwatch.web.trail_copy import MOST_LINES, Span

_GATHER_US = 20 * US_PER_S
"""Lines wait so long for others that go with them."""


class TrailCopies:
    """Puts lines that no target was given yet into its queue; what is there already is known by the queue itself."""

    def __init__(self, targets: Callable[[], Mapping[TargetId, TargetOptions]], *, db: Db, clock: Clock) -> None:
        self._targets = targets
        self._db = db
        self._clock = clock

    async def want(self) -> int:
        """Queue what is due; return how many pieces are new. Raises StorageFailed."""
        targets = tuple(self._targets())
        return await self._db.run(lambda connection: self._want(connection, targets)) if targets else 0

    def _want(self, connection: Connection, targets: tuple[TargetId, ...]) -> int:
        now_us = self._clock.wall_us()
        wanted = [
            Wanted(target=target, piece=_piece(span), priority=Priority.EVENT_FRAGMENT, sequence=span.last)
            for target in targets
            for span in trail_copy.spans_after(connection, ledger.trail_until(connection, target))
            if span.last - span.first + 1 >= MOST_LINES or not span.start_us <= now_us < span.start_us + _GATHER_US
        ]
        ledger.want(connection, wanted, now_us)
        return len(wanted)


def _piece(span: Span) -> Piece:
    return Piece(
        kind=PieceKind.TRAIL,
        camera=TRAIL,
        stream=Stream.MAIN,
        start_us=span.start_us,
        end_us=span.end_us,
        size_bytes=0,
        sha256=b"",
        footage_class=FootageClass.EVENT,
        pinned=True,
        event=f"{span.first}-{span.last}",
    )


def lines_of(piece: Piece) -> tuple[int, int]:
    """Return the first and the last line that a piece holds."""
    first, _, last = piece.event.partition("-")
    return int(first), int(last)
