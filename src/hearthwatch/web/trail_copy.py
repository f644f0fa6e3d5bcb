"""Copies of the trail that lie elsewhere: lines as text with their hashes, and what they tell when they come back.

A copy proves itself without the house: each line's hash covers the line before, from the first on. Beside a house it shows what
was changed or cut off there since.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, func, select

from hearthwatch.kit.errors import BadReply
from hearthwatch.kit.units import WallUs
from hearthwatch.web.trail import chained, house_trail

MOST_LINES = 500
"""So many lines are one copy at most."""
_MOST_BYTES = MOST_LINES * 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedLine:
    """One line as it was written here; `sha256` in hexadecimal."""

    number: int
    at_us: int
    who: str
    via: str
    address: str
    deed: str
    camera: str | None
    subject: str
    sha256: str

    def follows(self, before: bytes) -> bool:
        """Tell whether the hash is that of this line behind the hash of the line before it."""
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self) if field.name != "sha256"}
        return chained(before, values).hex() == self.sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Lines `first` to `last`, written from `start_us` to `end_us`."""

    first: int
    last: int
    start_us: WallUs
    end_us: WallUs


def spans_after(connection: Connection, number: int) -> tuple[Span, ...]:
    """Return the lines behind `number` in spans that are one copy each, oldest first."""
    columns = house_trail.c
    page = (columns.number - number - 1) // MOST_LINES
    rows = connection.execute(
        select(
            func.min(columns.number).label("first"),
            func.max(columns.number).label("last"),
            func.min(columns.at_us).label("start_us"),
            func.max(columns.at_us).label("end_us"),
        )
        .where(columns.number > number)
        .group_by(page)
        .order_by("first")
    )
    return tuple(Span(first=row.first, last=row.last, start_us=WallUs(row.start_us), end_us=WallUs(row.end_us)) for row in rows)


def written(connection: Connection, first: int, last: int) -> bytes:
    """Return the lines of a span as they are copied: one JSON object a line."""
    return b"".join(msgspec.json.encode(line) + b"\n" for line in _lines(connection, first, last))


def read(raw: bytes) -> tuple[CopiedLine, ...]:
    """Return the lines of a copy, which may hold anything. Raises BadReply."""
    if len(raw) > _MOST_BYTES:
        raise BadReply("a copy of the trail is too long to be one of ours")
    try:
        return tuple(msgspec.json.decode(each, type=CopiedLine) for each in raw.splitlines())
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadReply("a copy of the trail cannot be read: it is damaged or not ours") from error


def faults(copied: Iterable[CopiedLine]) -> Iterator[str]:
    """Yield what is wrong with the copies by themselves: lines that are missing, that contradict each other, or that are not
    what was written."""
    lines: dict[int, CopiedLine] = {}
    for line in copied:
        if lines.setdefault(line.number, line) != line:
            yield f"line {line.number} of the trail was copied twice, and not the same: one was never written by this house"
    before, expected = b"", 1
    for number in sorted(lines):
        if number != expected:
            yield (
                f"lines {expected} to {number - 1} of the trail are in no copy"
                if number - expected > 1
                else (f"line {expected} of the trail is in no copy")
            )
        elif not lines[number].follows(before):
            yield f"line {number} of the trail is not as it was written: {_said(lines[number])}"
        before, expected = _bytes(lines[number].sha256), number + 1


def differences(copied: Iterable[CopiedLine], connection: Connection) -> Iterator[str]:
    """Yield where this house's own trail is not what the copies say it was."""
    there = {line.number: line for line in copied}
    if not there:
        return
    here = {line.number: line for line in _lines(connection, min(there), max(there))}
    gone = [number for number in sorted(there) if number not in here]
    for number in sorted(there):
        if number in here and here[number] != there[number]:
            yield f"line {number} was changed in this house: it says {_said(here[number])}; the copy: {_said(there[number])}"
    if gone:
        yield f"{len(gone)} lines that were copied are gone from this house, from line {gone[0]} on: {_said(there[gone[0]])}"


def newest(connection: Connection) -> int:
    """Return the number of the last line there is, 0 for none."""
    return int(connection.scalar(select(func.max(house_trail.c.number))) or 0)


def _lines(connection: Connection, first: int, last: int) -> Iterator[CopiedLine]:
    wanted = select(house_trail).where(house_trail.c.number.between(first, last)).order_by(house_trail.c.number)
    for row in connection.execute(wanted):
        yield CopiedLine(
            number=row.number,
            at_us=row.at_us,
            who=row.who,
            via=row.via,
            address=row.address,
            deed=row.deed,
            camera=row.camera,
            subject=row.subject,
            sha256=bytes(row.sha256).hex(),
        )


def _said(line: CopiedLine) -> str:
    said = " ".join(part for part in (line.who or "somebody", line.deed, line.camera or "", line.subject) if part)
    return repr(said[:120])


def _bytes(digest: str) -> bytes:
    try:
        return bytes.fromhex(digest)
    except ValueError:
        return b""
