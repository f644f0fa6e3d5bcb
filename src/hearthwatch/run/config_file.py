"""Writing settings back into the TOML file: comments and order stay, and nothing wrong is ever written."""

from __future__ import annotations

import difflib
import hashlib
import tomllib
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import tomlkit

from hearthwatch.kit.errors import ConfigFault
from hearthwatch.kit.files import write_atomic
from hearthwatch.run.config import Config, parse, read_text

Value = str | int | float | bool | list["Value"] | dict[str, "Value"]
"""What a TOML file may hold of a setting."""


class _NewSection(Protocol):
    """Makes an empty section; `is_inner`: one that will only hold others."""

    def __call__(self, *, is_inner: bool) -> MutableMapping[str, Any]: ...


class ChangedMeanwhile(ConfigFault):
    """Somebody else wrote the file since it was read: nothing was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the file would be: checked as a whole, and not written yet."""

    before: str
    after: str
    was: Config
    config: Config

    @property
    def lines(self) -> Iterator[str]:
        """The lines that go (`-`) and come (`+`), with a line (` `) around them and `@@` between distant ones."""
        found = difflib.unified_diff(self.before.splitlines(), self.after.splitlines(), lineterm="", n=1)
        yield from (line if not line.startswith("@@") else "@@" for line in list(found)[3:])


def set_value(path: Path, key: tuple[str, ...], value: Value | None) -> Config:
    """As `set_values`, for one."""
    return set_values(path, {key: value})


def set_values(path: Path, values: Mapping[tuple[str, ...], Value | None]) -> Config:
    """Set keys of the file at `path` (None takes a key out), all at once, and return the configuration as it is now.

    The result is checked as a whole before it replaces the file in one step, with mode 0600. Raises ConfigFault and leaves
    the file alone when it is wrong before or after; StorageFailed when it cannot be written.
    """
    return write(path, draft(path, values))


def draft(path: Path, values: Mapping[tuple[str, ...], Value | None], *, basis: str = "") -> Draft:
    """Return what `set_values` would write. `basis` is the `mark_of` the text the values were chosen by; another text raises
    ChangedMeanwhile. Raises ConfigFault."""
    before = read_text(path)
    if basis and mark_of(before) != basis:
        raise ChangedMeanwhile(f"{path.name} was changed meanwhile, by hand or by somebody else")
    was = parse(before, str(path))
    wanted = _loaded(before)
    for key, value in values.items():
        _put(wanted, key, value, _plain)
    for section in (_section, _inline):  # beside `labels.car = false` there is no place for a section
        after = _edited(before, values, section)
        if _pruned(_loaded(after)) == _pruned(wanted):
            return Draft(before=before, after=after, was=was, config=parse(after, str(path)))
    keys = ", ".join(".".join(key) for key in values)
    raise ConfigFault(f"{path.name} is written in a way that {keys} cannot be set without touching the rest: do it by hand")


def write(path: Path, made: Draft) -> Config:
    """Let a draft replace the file. Raises ChangedMeanwhile, StorageFailed."""
    if read_text(path) != made.before:
        raise ChangedMeanwhile(f"{path.name} was changed meanwhile, by hand or by somebody else")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_atomic(path.resolve(), made.after.encode())
    return made.config


def _pruned(value: Any) -> Any:
    """Without empty sections, which say nothing."""
    if not isinstance(value, Mapping):
        return value
    kept = {name: _pruned(inner) for name, inner in value.items()}
    return {name: inner for name, inner in kept.items() if inner != {}}


def mark_of(text: str) -> str:
    """Return a mark by which a text of the file is known again."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _edited(before: str, values: Mapping[tuple[str, ...], Value | None], section: _NewSection) -> str:
    document = tomlkit.parse(before)
    for key, value in values.items():
        _put(document, key, value, section)
    return tomlkit.dumps(document)


def _loaded(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError:
        return {}


def _section(*, is_inner: bool) -> MutableMapping[str, Any]:
    """A section that only holds sections needs no header of its own: [camera.front], not [camera] first."""
    return tomlkit.table(is_super_table=is_inner)


def _inline(*, is_inner: bool) -> MutableMapping[str, Any]:
    return tomlkit.inline_table()


def _plain(*, is_inner: bool) -> MutableMapping[str, Any]:
    return {}


def _put(document: MutableMapping[str, Any], key: tuple[str, ...], value: Value | None, section: _NewSection) -> None:
    table = document
    for depth, name in enumerate(key[:-1]):
        if name not in table:
            if value is None:
                return
            table[name] = section(is_inner=depth < len(key) - 2)
        found = table[name]
        if not isinstance(found, MutableMapping):
            raise ConfigFault(f"{'.'.join(key)}: {'.'.join(key[: depth + 1])} is a value, not a section")
        table = found
    if value is None:
        table.pop(key[-1], None)
    else:
        table[key[-1]] = value
