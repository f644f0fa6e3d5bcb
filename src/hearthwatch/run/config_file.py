"""Writing settings back into the TOML file: comments and order stay, and nothing wrong is ever written."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

import tomlkit

from hearthwatch.kit.errors import ConfigFault
from hearthwatch.kit.files import write_atomic
from hearthwatch.run.config import Config, parse, read_text

Value = str | int | float | bool | list["Value"] | dict[str, "Value"]
"""What a TOML file may hold of a setting."""


def set_value(path: Path, key: tuple[str, ...], value: Value | None) -> Config:
    """As `set_values`, for one."""
    return set_values(path, {key: value})


def set_values(path: Path, values: Mapping[tuple[str, ...], Value | None]) -> Config:
    """Set keys of the file at `path` (None takes a key out), all at once, and return the configuration as it is now.

    The result is checked as a whole before it replaces the file in one step, with mode 0600. Raises ConfigFault and leaves
    the file alone when it is wrong before or after; StorageFailed when it cannot be written.
    """
    before = read_text(path)
    parse(before, str(path))
    document = tomlkit.parse(before)
    for key, value in values.items():
        _put(document, key, value)
    after = tomlkit.dumps(document)
    config = parse(after, str(path))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_atomic(path.resolve(), after.encode())
    return config


def _put(document: tomlkit.TOMLDocument, key: tuple[str, ...], value: Value | None) -> None:
    table: MutableMapping[str, Any] = document
    for depth, name in enumerate(key[:-1]):
        if name not in table:
            if value is None:
                return
            # a section that only holds sections needs no header of its own: [camera.front], not [camera] first
            table[name] = tomlkit.table(is_super_table=depth < len(key) - 2)
        found = table[name]
        if not isinstance(found, MutableMapping):
            raise ConfigFault(f"{'.'.join(key)}: {'.'.join(key[: depth + 1])} is a value, not a section")
        table = found
    if value is None:
        table.pop(key[-1], None)
    else:
        table[key[-1]] = value
