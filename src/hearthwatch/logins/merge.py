"""One log-in, told twice: a session that appears and the line of the log about it become one Login. Pure.

The times of the two need not agree, cameras' clocks being what they are: what is new in one list since we last looked at it is
paired with what was new in the other one since then, same user and same address, one to one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hearthwatch.kit.units import WallUs
from hearthwatch.logins.login import Login, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """`added` are new rows, `changed` rows that are kept already and know more now."""

    added: tuple[Login, ...]
    changed: tuple[Login, ...]


def merge(found: Sequence[Login], recent: Sequence[Login], since_us: WallUs) -> Merged:
    """Join `found` with those of `recent`, kept rows, that were seen from `since_us` on by another way."""
    waiting = [row for row in recent if not row.merged and row.seen_us >= since_us]
    free_for = {source: [row for row in waiting if row.source is not source] for source in {one.source for one in found}}
    added: list[Login] = []
    changed: list[Login] = []
    for one in found:
        free = free_for[one.source]
        place = next((index for index, row in enumerate(free) if _same(one, row)), None)
        if place is None:
            added.append(one)
        else:
            changed.append(_joined(free.pop(place), one))
    return Merged(added=tuple(added), changed=tuple(changed))


def _same(one: Login, row: Login) -> bool:
    if Source.ACCOUNTS in {one.source, row.source}:
        return False  # the log says who did it, the accounts to whom
    nameless = Source.EVENT in {one.source, row.source} and not (one.user and row.user)
    return (
        one.action is row.action
        and (one.user == row.user or nameless)
        and (one.address == row.address or one.address is None or row.address is None)
    )


def _joined(row: Login, one: Login) -> Login:
    """The line of the log says more than a session or an event, and ends the waiting; what was told already stays told."""
    log, other = (one, row) if one.source is Source.LOG else (row, one)
    return replace(
        log,
        id=row.id,
        user=log.user or other.user,
        address=log.address or other.address,
        origin=log.origin or other.origin,
        via=log.via or other.via,
        seen_us=row.seen_us,
        verdict=row.verdict if row.user or not one.user else one.verdict,
        wanted=row.wanted,
        told=row.told,
        merged=log.source is Source.LOG,
    )
