"""The rows of a damaged SQLite file that SQLite does not reach any more: those beside and below a damaged page.

Rows of a table lie in leaves; a damaged inner page hides every leaf below it, a damaged page of the schema hides whole tables.
In a sound file every leaf is in the tree of a table or on the list of free pages. So a leaf that is neither is one that the
damage hid, and what was deleted is not taken for it. Tables WITHOUT ROWID lie in pages of another kind and are not read here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from itertools import pairwise

from hearthwatch.kit.pages import INNER, LEAF, Cell, Pages, Unsound, Value

_LOWEST, _HIGHEST = -(1 << 63), (1 << 63) - 1
_SCHEMA = 1
_KINDS = frozenset({"table", "index", "view", "trigger"})
_MOST_PAGES = 1 << 24
"""In a file of fewer pages the rest of a long row begins with a zero byte, so it is never taken for a leaf."""
_TEXT_TYPES = ("CHAR", "CLOB", "TEXT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the schema says of a table."""

    root: int
    sql: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The rows of a table that its leaves hold. `whole` when no page of it is damaged."""

    columns: tuple[str, ...]
    rows: list[tuple[Value, ...]]
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    name: str
    is_text: bool
    is_needed: bool
    default: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """The columns of a table; `key` is the one that is the rowid itself and is not written in the row."""

    columns: tuple[_Column, ...]
    key: int | None

    def row(self, rowid: int, values: tuple[Value, ...]) -> tuple[Value, ...]:
        """Return what SQLite would have said of a row. Raises Unsound where it is none of this table."""
        if len(values) > len(self.columns):
            raise Unsound("too many columns")
        row = []
        for at, column in enumerate(self.columns):
            value = values[at] if at < len(values) else column.default  # the column is younger than the row
            if at == self.key:
                if value is not None:
                    raise Unsound("a rowid is written twice")
                value = rowid
            if (value is None and column.is_needed) or (column.is_text and isinstance(value, int | float)):
                raise Unsound(f"no {column.name}")
            row.append(value)
        return tuple(row)


@dataclass(frozen=True, slots=True)
class _Tree:
    """The pages of one table, and the ranges of rowids, each (above, up to), that a damaged page hides."""

    pages: set[int] = field(default_factory=set)
    leaves: list[int] = field(default_factory=list)
    gaps: list[tuple[int, int]] = field(default_factory=list)


class Leaves:
    """All tables of a damaged file."""

    def __init__(self, pages: Pages, sister: Mapping[str, Entry], *, has_head: bool) -> None:
        """`sister` is the schema of a database made the same way; `has_head` is False where the first bytes are not its own,
        and nobody knows which pages are free."""
        self._pages = pages
        self._free: frozenset[int] | None = None
        if has_head and pages.count < _MOST_PAGES:
            try:
                self._free = pages.free()
            except Unsound:
                self._free = None
        schema = self._tree(_SCHEMA, set())
        tables, roots = self._entries(schema)
        self._guessed: frozenset[str] = frozenset()
        if schema.gaps:
            guessed = _lost(tables, roots, sister)
            tables |= guessed
            self._guessed = frozenset(guessed)
        self._layouts: dict[str, _Layout | None] = {}
        self._trees: dict[str, _Tree] = {}
        used = set(schema.pages)
        for name, entry in tables.items():
            layout, has_rowids = _layout(name, entry.sql)
            if has_rowids:
                self._layouts[name] = layout
                self._trees[name] = tree = self._tree(entry.root, used)
                used |= tree.pages
        if self._free is not None and not schema.gaps:
            self._adopt(used)

    def table(self, name: str) -> Found | None:
        """Return what the leaves of a table hold; None where they are not known."""
        tree, layout = self._trees.get(name), self._layouts.get(name)
        if tree is None or layout is None:
            return None
        rows = []
        whole = not tree.gaps and name not in self._guessed
        for leaf in tree.leaves:
            for cell in self._pages.cells(leaf):
                try:
                    rows.append(layout.row(cell.rowid, self._pages.values(cell)))
                except Unsound:
                    whole = False
        return Found(columns=tuple(column.name for column in layout.columns), rows=rows, whole=whole)

    def _tree(self, root: int, used: set[int]) -> _Tree:
        """Walk the tree of a table; a page of another tree is none of this one."""
        tree = _Tree()
        left = [(root, _LOWEST - 1, _HIGHEST)]
        while left:
            page, above, upto = left.pop()
            try:
                if page in used or page in tree.pages or (self._free and page in self._free):
                    raise Unsound(f"page {page} is used twice")
                if self._pages.kind(page) == INNER:
                    children = self._pages.children(page)
                    _within([key for _child, key in children if key is not None], above, upto)
                    for child, key in children:
                        highest = upto if key is None else key
                        left.append((child, above, highest))
                        above = highest
                else:
                    _within([cell.rowid for cell in self._pages.cells(page)], above, upto)
                    tree.leaves.append(page)
                tree.pages.add(page)
            except Unsound:
                tree.gaps.append((above, upto))
        return tree

    def _entries(self, schema: _Tree) -> tuple[dict[str, Entry], set[int]]:
        """Return the tables that the schema still names, and the roots it knows."""
        rows = [row for leaf in schema.leaves for row in self._schema_rows(leaf, strict=False)]
        if schema.gaps:
            for leaf, cells in self._orphans(schema.pages):
                if any(above < cells[0].rowid and cells[-1].rowid <= upto for above, upto in schema.gaps):
                    rows += self._schema_rows(leaf, strict=True)
        tables: dict[str, Entry] = {}
        roots: set[int] = set()
        for kind, name, _table, root, sql in rows:
            if not isinstance(root, int) or root == 0:
                continue
            if root in roots or name in tables:  # a page that was left over: what it says cannot be told from the truth
                return {}, set()
            roots.add(root)
            if kind == "table" and isinstance(name, str) and isinstance(sql, str):
                tables[name] = Entry(root=root, sql=sql)
        return tables, roots

    def _schema_rows(self, leaf: int, *, strict: bool) -> list[tuple[Value, ...]]:
        """Return the rows of a leaf that are some of a schema; where `strict`, all of them or none."""
        rows = []
        for cell in self._pages.cells(leaf):
            try:
                rows.append(_schema_row(self._pages.values(cell)))
            except Unsound:
                if strict:
                    return []
        return rows

    def _orphans(self, used: set[int]) -> Iterator[tuple[int, list[Cell]]]:
        free = self._free or frozenset()
        for page in range(2, self._pages.count + 1):
            if page in used or page in free or self._pages.kind(page) != LEAF:
                continue
            try:
                if cells := self._pages.cells(page):
                    yield page, cells
            except Unsound:
                continue

    def _adopt(self, used: set[int]) -> None:
        """Give each leaf that no tree reaches to the one table that misses it, where there is just one."""
        adopted: dict[str, list[tuple[int, int, int]]] = {}
        for page, cells in self._orphans(used):
            lowest, highest = cells[0].rowid, cells[-1].rowid
            owners = [
                name
                for name, tree in self._trees.items()
                if any(above < lowest and highest <= upto for above, upto in tree.gaps) and self._fits(name, cells)
            ]
            if len(owners) == 1:
                adopted.setdefault(owners[0], []).append((lowest, highest, page))
        for name, found in adopted.items():
            found.sort()
            if all(highest < lowest for (_low, highest, _page), (lowest, _high, _next) in pairwise(found)):
                self._trees[name].leaves.extend(page for _lowest, _highest, page in found)

    def _fits(self, name: str, cells: Iterable[Cell]) -> bool:
        """Whether all rows that can be read may be some of the table; a table of unknown columns may own everything."""
        if (layout := self._layouts[name]) is None:
            return True
        for cell in cells:
            try:
                values = self._pages.values(cell)
            except Unsound:
                if cell.more:
                    continue
                return False
            try:
                layout.row(cell.rowid, values)
            except Unsound:
                return False
        return True


def entries(sql: sqlite3.Connection) -> dict[str, Entry]:
    """Return the tables of a sound database."""
    query = "SELECT name, rootpage, sql FROM sqlite_master WHERE type = 'table' AND rootpage > 0 AND sql IS NOT NULL"
    return {name: Entry(root=root, sql=text) for name, root, text in sql.execute(query).fetchall()}


def _within(rowids: list[int], above: int, upto: int) -> None:
    if rowids and not (above < rowids[0] and rowids[-1] <= upto):
        raise Unsound("rows of another place")


def _schema_row(values: tuple[Value, ...]) -> tuple[Value, ...]:
    match values:
        case (str() as kind, str(), str(), int() | None, str() | None) if kind in _KINDS:
            return values
    raise Unsound("no row of a schema")


def _lost(tables: Mapping[str, Entry], roots: set[int], sister: Mapping[str, Entry]) -> dict[str, Entry]:
    """Return the tables whose line of the schema is gone, by the schema of a database in which all the others lie alike."""
    both = tables.keys() & sister.keys()
    if not both or any(tables[name].root != sister[name].root for name in both):
        return {}
    return {name: entry for name, entry in sister.items() if name not in tables and entry.root not in roots}


def _layout(name: str, sql: str) -> tuple[_Layout | None, bool]:
    """Return the columns of a table, None where they are not told, and whether its rows have rowids."""
    quoted = name.replace('"', '""')
    with closing(sqlite3.connect(":memory:")) as memory:
        try:
            if not sql.upper().startswith("CREATE TABLE"):
                return None, True
            memory.execute(sql)
            found = memory.execute(f'PRAGMA table_xinfo("{quoted}")').fetchall()
            keys = memory.execute(f'PRAGMA index_list("{quoted}")').fetchall()
            defaults = {row[1]: memory.execute(f"SELECT {row[4]}").fetchone()[0] for row in found if row[4] is not None}
        except (sqlite3.Error, sqlite3.Warning, ValueError):
            return None, True
        try:
            memory.execute(f'SELECT rowid FROM "{quoted}"')  # noqa: S608 the name is quoted
        except sqlite3.Error:
            return None, False
    if not found or any(row[6] for row in found):  # columns that are worked out are not written in the row
        return None, True
    columns = tuple(
        _Column(
            name=row[1],
            is_text="INT" not in row[2].upper() and any(word in row[2].upper() for word in _TEXT_TYPES),
            is_needed=bool(row[3]),
            default=defaults.get(row[1]),
        )
        for row in found
    )
    keyed = [at for at, row in enumerate(found) if row[5]]
    is_rowid = len(keyed) == 1 and found[keyed[0]][2].upper() == "INTEGER" and all(key[3] != "pk" for key in keys)
    return _Layout(columns=columns, key=keyed[0] if is_rowid else None), True
