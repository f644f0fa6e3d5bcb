"""On which line of a TOML text each key stands; the standard library's reader does not say."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right

KeyPath = tuple[str | int, ...]
"""Keys from the root; an int is a place in a list."""

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL)
_SCALAR = re.compile(r"[^,\]}#\n]+")


def key_lines(text: str) -> dict[KeyPath, int]:
    """Return the line (from 1) where each key, table and list item of `text` first stands. `text` must be valid TOML."""
    return _Scanner(text).scan()


class _Scanner:
    """Walks a text that `tomllib` has accepted, so that nothing needs to be checked again."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._breaks = [match.start() for match in re.finditer("\n", text)]
        self._lines: dict[KeyPath, int] = {}
        self._lengths: dict[KeyPath, int] = {}

    def scan(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        while self._skip(_BLANK) < len(self._text):
            if self._text.startswith("[[", self._at):
                table = self._header(2)
                self._lengths[table] = self._lengths.get(table, 0) + 1
                table = (*table, self._lengths[table] - 1)
                self._mark(table)
            elif self._text[self._at] == "[":
                table = self._header(1)
            else:
                self._pair(table)
        return self._lines

    def _skip(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return self._at

    def _mark(self, path: KeyPath) -> None:
        self._lines.setdefault(path, bisect_right(self._breaks, self._at - 1) + 1)

    def _header(self, brackets: int) -> KeyPath:
        """Read `[a.b]` or `[[a.b]]`; a list of tables on the way means its newest table."""
        self._at += brackets
        path: KeyPath = ()
        names = self._key()
        for at, name in enumerate(names):
            path = (*path, name)
            self._mark(path)
            if path in self._lengths and at < len(names) - 1:
                path = (*path, self._lengths[path] - 1)
        self._skip(_SPACE)
        self._at += brackets
        return path

    def _key(self) -> list[str]:
        """Read a dotted key."""
        names = []
        while True:
            self._skip(_SPACE)
            start = self._at
            if self._text[start] in "\"'":
                self._skip(_STRING)
                names.append(str(tomllib.loads("k = " + self._text[start : self._at])["k"]))
            else:
                self._skip(_BARE_KEY)
                names.append(self._text[start : self._at])
            self._skip(_SPACE)
            if self._text[self._at] != ".":
                return names
            self._at += 1

    def _pair(self, table: KeyPath) -> None:
        """Read `a.b = value`."""
        path = table
        start = self._at
        for name in self._key():
            path = (*path, name)
            self._lines.setdefault(path, bisect_right(self._breaks, start - 1) + 1)
        self._at += 1
        self._skip(_SPACE)
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        opening = self._text[self._at]
        if opening in "\"'":
            self._skip(_STRING)
        elif opening == "[":
            self._items("]", path)
        elif opening == "{":
            self._items("}", path)
        else:
            self._skip(_SCALAR)

    def _items(self, closing: str, path: KeyPath) -> None:
        """Read what is inside of a list or an inline table."""
        self._at += 1
        place = 0
        while self._text[self._skip(_BLANK)] != closing:
            if self._text[self._at] == ",":
                self._at += 1
            elif closing == "}":
                self._pair(path)
            else:
                self._mark((*path, place))
                self._value((*path, place))
                place += 1
        self._at += 1
