"""What every setting is at present, and where that comes from: the file, `camera_defaults`, or the program itself. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from hearthwatch.run.config import BUILT_IN, Config
from hearthwatch.run.config_keys import ANY_NAME
from hearthwatch.run.config_schema import infos, plain
from hearthwatch.web.config_doors import KeyInfo, KeyPath, SectionInfo, SectionNow, Source, ValueNow

_DEFAULTS = "camera_defaults"
_FIELD_OF = {"camera": "cameras", "action": "actions"}
_ABSENT = object()


def sections(raw: Mapping[str, Any], config: Config) -> Iterator[SectionNow]:
    """Yield every section there is or may be, those of named things once for each name. `config` is what `raw` comes to."""
    for info in infos():
        for path in _paths(info.pattern, raw, config):
            yield SectionNow(
                path=path,
                pattern=info.pattern,
                values={key.name: _value(info, key, path, raw, config) for key in info.keys},
            )


def _paths(pattern: KeyPath, raw: Mapping[str, Any], config: Config) -> Iterator[KeyPath]:
    """Yield `pattern` with each name the owner uses in the place of NAME."""
    found: list[KeyPath] = [()]
    for part in pattern:
        if part != ANY_NAME:
            found = [(*path, part) for path in found]
        else:
            found = [(*path, name) for path in found for name in _names(path, raw, config)]
    yield from found


def _names(path: KeyPath, raw: Mapping[str, Any], config: Config) -> tuple[str, ...]:
    if path[0] == _DEFAULTS:
        own = _in(raw, path)
        built_in = BUILT_IN.get(path[1], {}) if len(path) == 2 else {}
        names = {**built_in, **(own if isinstance(own, Mapping) else {})}
        return tuple(str(name) for name, value in names.items() if value is not False)
    there = _of(config, path)
    return tuple(str(name) for name in there) if isinstance(there, Mapping) else ()


def _value(info: SectionInfo, key: KeyInfo, path: KeyPath, raw: Mapping[str, Any], config: Config) -> ValueNow:
    own = _in(raw, (*path, key.name))
    if path[0] == _DEFAULTS:
        return ValueNow(
            value=key.default if own is _ABSENT else plain(own), source=Source.DEFAULT if own is _ABSENT else Source.FILE
        )
    value = plain(_of(config, (*path, key.name)))
    if own is not _ABSENT:
        return ValueNow(value=value, source=Source.FILE)
    inherited = info.pattern[0] == "camera" and _in(raw, (_DEFAULTS, *path[2:], key.name)) is not _ABSENT
    return ValueNow(value=value, source=Source.CAMERA_DEFAULTS if inherited else Source.DEFAULT)


def _in(raw: Any, path: KeyPath) -> Any:
    for name in path:
        if not isinstance(raw, Mapping) or name not in raw:
            return _ABSENT
        raw = raw[name]
    return raw


def _of(config: Any, path: KeyPath) -> Any:
    """Return what stands at `path` of the checked configuration."""
    for depth, name in enumerate(path):
        if dataclasses.is_dataclass(config):
            config = getattr(config, _FIELD_OF.get(name, name) if depth == 0 else name, None)
        else:
            config = config.get(name) if isinstance(config, Mapping) else None
    return config
