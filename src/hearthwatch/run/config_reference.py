"""The reference page of every setting, written from the Options themselves; `python -m hearthwatch.run.config_reference`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from enum import StrEnum
from itertools import groupby
from typing import Any, get_args, get_origin

from hearthwatch.run.config import TREE
from hearthwatch.run.config_keys import Key, keys

_HEAD = """# Every setting

Written from the source by `make docs`; do not edit. One TOML file holds them all: `hearthwatch.toml` in the data folder.
`hearthwatch check` tells every mistake with its line. Passwords and tokens are never in it: `hearthwatch secrets set NAME`.

What `[camera_defaults]` says holds for every camera that does not say otherwise, key by key; a list replaces a list.
Every camera looks for people, cars, dogs and cats; `labels.car = false` takes one away, `labels.bus = true` adds one.
*Change* says what it takes until a new value counts: `live` (at once), a restart of that camera's connection, of the looking
process, or of Hearthwatch.
"""


def page() -> str:
    """Return the page as Markdown."""
    shown = [key for key in keys(TREE) if key.path[0] != "camera_defaults"]
    parts = [_HEAD]
    for section, members in groupby(shown, key=lambda key: key.path[:-1]):
        parts.append(_section(section, members))
    return "\n".join(parts)


def _section(path: tuple[str, ...], members: Iterable[Key]) -> str:
    lines = [f"## `[{'.'.join(path)}]`", "", "| key | value | default | change | meaning |", "|---|---|---|---|---|"]
    lines += [
        f"| `{key.path[-1]}` | {_kind(key)} | {_default(key.default)} | {key.cost or 'restart'} | {_cell(key.doc)} |"
        for key in members
    ]
    return "\n".join(lines) + "\n"


def _kind(key: Key) -> str:
    text = _kind_name(key.kind)
    return f"{text}, {key.limits}" if key.limits else text


def _kind_name(kind: Any) -> str:
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return " or ".join(f"`{member.value}`" for member in kind)
    origin = get_origin(kind)
    if origin in {tuple, frozenset, list}:
        inner = [_kind_name(entry) for entry in get_args(kind) if entry is not Ellipsis]
        return "list of " + " and ".join(dict.fromkeys(inner))
    return {bool: "`true` or `false`", int: "whole number", float: "number", str: "text"}.get(kind, "text")


def _default(value: Any) -> str:
    if value is None:
        return "must be given"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple | frozenset | list):
        return "`[" + ", ".join(f'"{entry}"' for entry in value) + "]`"
    if isinstance(value, Mapping):
        return "none"
    return f'`"{value}"`' if isinstance(value, str) else f"`{value:g}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(page())
