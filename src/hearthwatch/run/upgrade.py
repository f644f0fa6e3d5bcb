"""Whether another release would take the data and settings of this house, and what it would change."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from hearthwatch.run.config import TREE, read_text
from hearthwatch.run.config_keys import ANY_NAME, keys
from hearthwatch.run.release import RELEASED, Release, is_newer, running
from hearthwatch.run.schemas import Schema, newest, number

_DEFAULTS = "camera_defaults"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What `release` would make of this house. `refused` says what it would not take; where that is empty it starts."""

    release: Release
    is_newer: bool
    is_stale: bool
    refused: tuple[str, ...]
    changes: tuple[str, ...]


def this_release(*, until: str = RELEASED, notes: Sequence[str] = (), security: bool = False, page: str = "") -> Release:
    """Return what there is to say of the version that runs: what is signed when it is released."""
    return Release(
        version=running(),
        date=RELEASED,
        until=until,
        security=security,
        schemas=newest(),
        settings=tuple(sorted(known_settings())),
        notes=tuple(notes),
        page=page,
    )


def outlook(release: Release, found: Sequence[Schema], config_path: Path, today: date) -> Outlook:
    """Compare. Raises ConfigFault where the configuration cannot be read at all."""
    ours = running()
    return Outlook(
        release=release,
        is_newer=is_newer(release.version, ours),
        is_stale=date.fromisoformat(release.until) < today,
        refused=(*_refused(release, found), *_unknown(release, config_path)),
        changes=tuple(_steps(release, found)),
    )


@cache
def known_settings() -> frozenset[str]:
    """Return every key of the configuration this version knows, with NAME for names of the owner's choice."""
    return frozenset(".".join(key.path) for key in keys(TREE))


def _refused(release: Release, found: Sequence[Schema]) -> Iterator[str]:
    for each in found:
        theirs = release.schemas.get(each.name)
        if each.found is None or theirs is None:
            continue
        if number(each.found) > number(theirs):
            yield f"{each.name} has schema {each.found}, and {release.version} knows them up to {theirs}: it would not start"


def _steps(release: Release, found: Sequence[Schema]) -> Iterator[str]:
    for each in found:
        theirs = release.schemas.get(each.name)
        if each.found is not None and theirs is not None and number(each.found) < number(theirs):
            yield (
                f"{each.name} goes from schema {each.found} to {theirs} at the first start; "
                "from then on an older release refuses it, so make a backup before"
            )


def _unknown(release: Release, config_path: Path) -> Iterator[str]:
    """Yield the keys the owner's file uses that the release does not know; without its list nothing can be said."""
    if not release.settings:
        return
    theirs = frozenset(release.settings)
    try:
        raw = tomllib.loads(read_text(config_path))
    except tomllib.TOMLDecodeError:
        return  # `hearthwatch check` tells all of it
    gone = {path for path in _used(raw) if path in known_settings() and path not in theirs}
    for path in sorted(gone):
        yield f"the setting {path} of your configuration is not known to {release.version}: take it out first"


def _used(raw: Mapping[str, Any]) -> Iterator[str]:
    known = known_settings()

    def walk(table: Mapping[str, Any], path: tuple[str, ...], tails: frozenset[tuple[str, ...]]) -> Iterator[str]:
        for name, value in table.items():
            for step in (name, ANY_NAME):
                below = frozenset(tail[1:] for tail in tails if tail and tail[0] == step)
                if () in below:
                    yield ".".join((*path, step))
                if isinstance(value, Mapping) and (deeper := below - {()}):
                    yield from walk(value, (*path, step), deeper)

    yield from walk(raw, (), frozenset(tuple(path.split(".")) for path in known))
