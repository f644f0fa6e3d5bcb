"""Which lines of a camera's log are new: whole lines are counted, never dates compared. Pure.

A line is known as often as it was there before. That survives equal lines in one second, a clock that jumps or stands in 1970,
and reading the same lines again after a restart. What the ring of the log has dropped is forgotten, so that the same line
written anew later is new.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hearthwatch.vendors.device import LocalUs

NEVER_SET_UNTIL = LocalUs(1_009_843_200_000_000)
"""2002: before that lies what a clock that was not set writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """How often a line is in the log as far as we know; `undated` ones come with every reading, however short."""

    count: int
    undated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """What one reading brought. `new` are indexes of lines; `changes` what to remember, None to forget; `broken`: none of
    the lines we knew is there any more, so that others may have come and gone in between."""

    new: tuple[int, ...]
    changes: Mapping[bytes, Known | None] = field(repr=False)
    broken: bool

    def apply(self, known: dict[bytes, Known]) -> None:
        """Bring `known` up to date, once it was stored."""
        for key, entry in self.changes.items():
            if entry is None:
                known.pop(key, None)
            else:
                known[key] = entry


def key_of(raw: str) -> bytes:
    """Return what stands for a line."""
    return hashlib.blake2b(raw.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def is_undated(local_us: LocalUs | None) -> bool:
    return local_us is None or local_us < NEVER_SET_UNTIL


def fresh(known: Mapping[bytes, Known], lines: Sequence[tuple[bytes, bool]], *, whole: bool) -> Fresh:
    """Return what is new among `lines`, key and whether undated, in the camera's order. `whole`: this is all the log has.

    Of equal lines the last are the new ones.
    """
    counts = Counter(key for key, _undated in lines)
    undated = dict(lines)
    left = {key: known[key].count if key in known else 0 for key in counts}
    new: list[int] = []
    for index, (key, _undated) in enumerate(lines):
        if left[key]:
            left[key] -= 1
        else:
            new.append(index)
    changes: dict[bytes, Known | None] = {}
    for key, count in counts.items():
        before = known.get(key)
        # a short reading may begin in the middle of equal lines
        least = before.count if before is not None and not whole and not undated[key] else 0
        entry = Known(count=max(count, least), undated=undated[key])
        if before != entry:
            changes[key] = entry
    for key, entry in known.items():
        if key not in counts and (whole or entry.undated):
            changes[key] = None
    return Fresh(new=tuple(new), changes=changes, broken=bool(known) and known.keys().isdisjoint(counts))
