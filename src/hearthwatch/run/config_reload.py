"""What changed between two configurations, and what it takes until each change counts."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from hearthwatch.kit.units import CameraId
from hearthwatch.run.config import TREE, Config
from hearthwatch.run.config_faults import dotted
from hearthwatch.run.config_keys import ANY_NAME, Cost, Key, keys

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reload:
    """The changed keys, sorted by what they need. Keys of added and removed cameras stand in none of the lists."""

    live: tuple[str, ...]
    cameras: Mapping[CameraId, tuple[str, ...]]
    """Cameras whose connection must start anew, and the keys that ask for it."""
    looker: tuple[str, ...]
    restart: tuple[str, ...]
    added: frozenset[CameraId]
    removed: frozenset[CameraId]

    @property
    def is_empty(self) -> bool:
        return not (self.live or self.cameras or self.looker or self.restart or self.added or self.removed)


def diff(old: Config, new: Config) -> Reload:
    """Return what must happen for `new` to count in a house that runs with `old`."""
    before, after = _leaves(old), _leaves(new)
    added = frozenset(new.cameras) - frozenset(old.cameras)
    removed = frozenset(old.cameras) - frozenset(new.cameras)
    by_cost: dict[Cost, list[str]] = {cost: [] for cost in Cost}
    cameras: dict[CameraId, list[str]] = {}
    for path in sorted(before.keys() | after.keys()):
        if before.get(path, _ABSENT) == after.get(path, _ABSENT):
            continue
        camera = CameraId(path[1]) if path[0] == "camera" else None
        if camera in added | removed:
            continue
        cost = _cost(path)
        if cost is Cost.CAMERA and camera is not None:
            cameras.setdefault(camera, []).append(dotted(path))
        else:
            by_cost[cost].append(dotted(path))
    return Reload(
        live=tuple(by_cost[Cost.LIVE]),
        cameras={camera: tuple(found) for camera, found in cameras.items()},
        looker=tuple(by_cost[Cost.LOOKER]),
        restart=tuple(by_cost[Cost.RESTART]),
        added=added,
        removed=removed,
    )


_ABSENT = object()


def _leaves(config: Config) -> dict[Path, Any]:
    found: dict[Path, Any] = {}
    for item in dataclasses.fields(config):
        name = "camera" if item.name == "cameras" else item.name
        found.update(_walk((name,), getattr(config, item.name)))
    return found


def _walk(path: Path, value: Any) -> Iterator[tuple[Path, Any]]:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for item in dataclasses.fields(value):
            yield from _walk((*path, item.name), getattr(value, item.name))
    elif isinstance(value, Mapping):
        for name, entry in value.items():
            yield from _walk((*path, str(name)), entry)
    else:
        yield path, value


@cache
def _known() -> dict[Path, Key]:
    return {key.path: key for key in keys(TREE)}


def _cost(path: Path) -> Cost:
    for known, key in _known().items():
        if len(known) == len(path) and all(a in {b, ANY_NAME} for a, b in zip(known, path, strict=True)):
            return key.cost or Cost.RESTART
    return Cost.RESTART
