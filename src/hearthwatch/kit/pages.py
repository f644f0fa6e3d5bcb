"""The pages of a SQLite file read without SQLite, which gives up at the first damaged one."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise
from mmap import mmap

INNER, LEAF = 0x05, 0x0D
"""The kinds of page a table is made of; those of an index are others."""
_MAGIC = b"SQLite format 3\0"
_HEAD_BYTES = 100
_UTF8 = 1
_INTEGER_BYTES = (0, 1, 2, 3, 4, 6, 8)
_FLOAT, _ZERO, _ONE = 7, 8, 9
_FIRST_BLOB = 12
_LONGEST_VARINT = 9
_INNER_HEAD_BYTES, _LEAF_HEAD_BYTES = 12, 8
_FEWEST_BYTES = 512

Value = None | int | float | str | bytes


class Unsound(ValueError):
    """A page, a row or the whole file does not hold what SQLite would have written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One row of a leaf: `here` is what lies in the page itself, the rest of `size_bytes` begins in page `more`."""

    rowid: int
    size_bytes: int
    here: bytes
    more: int


class Pages:
    """A SQLite file whose log is written back."""

    def __init__(self, data: bytes | mmap) -> None:
        """Raises Unsound where the first bytes are none of a SQLite file with UTF-8 text."""
        head = bytes(data[:_HEAD_BYTES])
        if len(head) < _HEAD_BYTES or not head.startswith(_MAGIC) or _u32(head, 56) != _UTF8:
            raise Unsound("no database")
        self._data = data
        size = int.from_bytes(head[16:18], "big")
        self._page_bytes = 65536 if size == 1 else size
        self._usable = self._page_bytes - head[20]
        if self._page_bytes < _FEWEST_BYTES or self._page_bytes & (self._page_bytes - 1) or self._usable < _FEWEST_BYTES - 32:
            raise Unsound("no page size")
        self.count = len(data) // self._page_bytes
        if (said := _u32(head, 28)) and head[24:28] == head[92:96]:
            self.count = min(self.count, said)  # what lies behind is no part of the database
        self._free = (_u32(head, 32), _u32(head, 36))

    def kind(self, number: int) -> int:
        """Return the kind of a page, by its first byte; 0 where there is no such page."""
        if not 1 <= number <= self.count:
            return 0
        return self._data[(number - 1) * self._page_bytes + (_HEAD_BYTES if number == 1 else 0)]

    def free(self) -> frozenset[int]:
        """Return the pages that hold nothing now. Raises Unsound where not all of them are known."""
        trunk, said = self._free
        found: set[int] = set()
        while trunk:
            if trunk in found or not 1 < trunk <= self.count:
                raise Unsound("the list of free pages is broken")
            found.add(trunk)
            page = self._page(trunk)
            many = _u32(page, 4)
            if 8 + 4 * many > self._usable:
                raise Unsound("the list of free pages is broken")
            found.update(_u32(page, 8 + 4 * at) for at in range(many))
            trunk = _u32(page, 0)
        if len(found) != said:
            raise Unsound("the list of free pages is broken")
        return frozenset(found)

    def children(self, number: int) -> list[tuple[int, int | None]]:
        """Return the pages below an inner page, each with its highest rowid; the last one has none. Raises Unsound."""
        page, at = self._page(number), _HEAD_BYTES if number == 1 else 0
        if self.kind(number) != INNER:
            raise Unsound(f"page {number} is no inner page")
        found: list[tuple[int, int | None]] = []
        before: int | None = None
        for start in self._starts(page, at, _INNER_HEAD_BYTES):
            key, _end = _varint(page, start + 4)
            if before is not None and key <= before:
                raise Unsound(f"page {number} is out of order")
            found.append((_u32(page, start), before := key))
        found.append((_u32(page, at + 8), None))
        if any(not 1 < child <= self.count for child, _key in found):
            raise Unsound(f"page {number} leads out of the file")
        return found

    def cells(self, number: int) -> list[Cell]:
        """Return the rows of a leaf, in order; bytes of the page that no row owns are left alone. Raises Unsound."""
        page, at = self._page(number), _HEAD_BYTES if number == 1 else 0
        if self.kind(number) != LEAF:
            raise Unsound(f"page {number} is no leaf")
        found: list[Cell] = []
        spans = []
        for start in self._starts(page, at, _LEAF_HEAD_BYTES):
            size_bytes, then = _varint(page, start)
            rowid, then = _varint(page, then)
            here = self._here(size_bytes)
            end = then + here + (4 if here < size_bytes else 0)
            fits = 0 <= size_bytes <= len(self._data) and end <= self._usable
            if not fits or (found and rowid <= found[-1].rowid):
                raise Unsound(f"page {number} holds no rows")
            more = _u32(page, then + here) if here < size_bytes else 0
            found.append(Cell(rowid=rowid, size_bytes=size_bytes, here=page[then : then + here], more=more))
            spans.append((start, end))
        spans.sort()
        if any(end > start for (_start, end), (start, _end) in pairwise(spans)):
            raise Unsound(f"rows of page {number} lie across each other")
        return found

    def values(self, cell: Cell) -> tuple[Value, ...]:
        """Return what a row holds. Raises Unsound where that is no row, or where a page it goes on in is damaged."""
        parts, got, more = [cell.here], len(cell.here), cell.more
        while got < cell.size_bytes:
            if not 1 < more <= self.count:
                raise Unsound("a long row ends too soon")
            page = self._page(more)
            if not any(page):
                raise Unsound("a page of a long row was wiped")
            part = page[4 : 4 + cell.size_bytes - got]
            parts.append(part)
            got += len(part)
            more = _u32(page, 0)
        if more:
            raise Unsound("a long row goes on behind its end")
        return _record(b"".join(parts))

    def _page(self, number: int) -> bytes:
        start = (number - 1) * self._page_bytes
        return bytes(self._data[start : start + self._usable])

    def _starts(self, page: bytes, at: int, head_bytes: int) -> list[int]:
        """Return where the cells of a page begin."""
        many = int.from_bytes(page[at + 3 : at + 5], "big")
        first = at + head_bytes + 2 * many
        if first > self._usable:
            raise Unsound("a page of too many cells")
        starts = list(struct.unpack_from(f">{many}H", page, at + head_bytes))
        if any(not first <= start < self._usable - 3 for start in starts):
            raise Unsound("a cell lies out of its page")
        return starts

    def _here(self, size_bytes: int) -> int:
        """Return how much of a row of so many bytes lies in its leaf."""
        most = self._usable - 35
        if size_bytes <= most:
            return size_bytes
        least = (self._usable - 12) * 32 // 255 - 23
        here = least + (size_bytes - least) % (self._usable - 4)
        return here if here <= most else least


def _u32(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "big")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the number at `at`, and where it ends."""
    value = 0
    for turn, byte in enumerate(data[at : at + _LONGEST_VARINT], 1):
        if turn == _LONGEST_VARINT:
            value = value << 8 | byte
            return (value - (1 << 64) if value >> 63 else value), at + turn
        value = value << 7 | byte & 0x7F
        if byte < 0x80:  # its highest bit says that more follows
            return value, at + turn
    raise Unsound("a number goes on behind the end")


def _record(data: bytes) -> tuple[Value, ...]:
    head, at = _varint(data, 0)
    body = head
    found: list[Value] = []
    while at < head:
        kind, at = _varint(data, at)
        value, body = _value(data, kind, body)
        found.append(value)
    if at != head or body != len(data):
        raise Unsound("no row")
    return tuple(found)


def _value(data: bytes, kind: int, at: int) -> tuple[Value, int]:
    """Return a value of a row, and where the next begins."""
    if kind in (_ZERO, _ONE):
        return kind - _ZERO, at
    if 0 <= kind <= _FLOAT:
        size = 8 if kind == _FLOAT else _INTEGER_BYTES[kind]
    elif kind >= _FIRST_BLOB:
        size = (kind - _FIRST_BLOB) // 2
    else:
        raise Unsound("no kind of value")
    part, end = data[at : at + size], at + size
    if end > len(data):
        raise Unsound("a value goes on behind the end")
    if kind >= _FIRST_BLOB:
        try:
            return (part.decode() if kind % 2 else part), end
        except UnicodeDecodeError as error:
            raise Unsound("no text") from error
    if kind == _FLOAT:
        return struct.unpack(">d", part)[0], end
    return (int.from_bytes(part, "big", signed=True) if kind else None), end
