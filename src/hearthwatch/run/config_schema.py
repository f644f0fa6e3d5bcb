"""Every key of the configuration as the page needs to know it: what kind of value it takes, between what, and what it means."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt

from hearthwatch.run.config import TREE
from hearthwatch.run.config_keys import Cost, Key, at, keys, step
from hearthwatch.web.config_doors import KeyInfo, SectionInfo, Value, ValueKind, When

_WHEN = {Cost.LIVE: When.LIVE, Cost.CAMERA: When.CAMERA, Cost.LOOKER: When.LOOKER, Cost.RESTART: When.RESTART}
_SCALARS = {bool: ValueKind.SWITCH, int: ValueKind.WHOLE, float: ValueKind.NUMBER, str: ValueKind.TEXT}
_COST_WORDS = re.compile(r"\s*Change:[^.]*\.\s*$")
_HEADLINE = re.compile(r"^Section `[^`]*`(?: and `[^`]*`)?[:.]?\s*")


@cache
def infos() -> tuple[SectionInfo, ...]:
    """Return every kind of section with its keys, in the order of the reference."""
    found: dict[tuple[str, ...], list[KeyInfo]] = {}
    for key in keys(TREE):
        found.setdefault(key.path[:-1], []).append(_info(key))
    return tuple(SectionInfo(pattern=pattern, doc=_doc_of(pattern), keys=tuple(keys_)) for pattern, keys_ in found.items())


def plain(value: Any) -> Value | None:
    """Return a value of the configuration without its classes."""
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, tuple | list):
        return tuple(inner for inner in map(plain, value) if inner is not None)
    if isinstance(value, frozenset | set):
        return tuple(sorted(str(plain(inner)) for inner in value))
    return value if isinstance(value, bool | int | float | str) else None


def _info(key: Key) -> KeyInfo:
    hint = step(at(TREE, key.path[:-1]), key.path[-1])
    kind, choices = _kind(key.kind)
    least, most = _bounds(hint)
    return KeyInfo(
        name=key.path[-1],
        kind=kind,
        choices=choices,
        least=least,
        most=most,
        limits=key.limits,
        default=plain(key.default),
        is_needed=key.default is None and not _is_optional(key.kind),
        doc=key.doc,
        when=_WHEN[key.cost or Cost.RESTART],
    )


def _is_optional(kind: Any) -> bool:
    return get_origin(kind) in {Union, UnionType} and NoneType in get_args(kind)


def _kind(kind: Any) -> tuple[ValueKind, tuple[str, ...]]:
    if _is_optional(kind):
        kind = next(inner for inner in get_args(kind) if inner is not NoneType)
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ValueKind.CHOICE, tuple(str(member.value) for member in kind)
    if kind in _SCALARS:
        return _SCALARS[kind], ()
    inner = get_args(kind)[0]
    if isinstance(inner, type) and issubclass(inner, Enum):
        return ValueKind.CHOICES, tuple(str(member.value) for member in inner)
    if inner is str:
        return ValueKind.TEXTS, ()
    return (ValueKind.POLYGONS if get_origin(get_args(inner)[0]) else ValueKind.POLYGON), ()


def _bounds(hint: Any) -> tuple[float | None, float | None]:
    found: dict[type, float] = {}
    for part in (hint, *get_args(hint)):
        for extra in get_args(part)[1:] if get_origin(part) is Annotated else ():
            found |= {kind: getattr(extra, name) for kind, name in _LIMITS.items() if type(extra) is kind}
    least, most = found.get(Ge, found.get(Gt)), found.get(Le, found.get(Lt))
    return (None if least is None else float(least)), (None if most is None else float(most))


_LIMITS: Mapping[type, str] = {Ge: "ge", Gt: "gt", Le: "le", Lt: "lt"}


def _doc_of(pattern: tuple[str, ...]) -> str:
    kind = at(TREE, pattern)
    text = " ".join((inspect.getdoc(kind) or "").split()) if isinstance(kind, type) else ""
    text = _COST_WORDS.sub("", _HEADLINE.sub("", text)).strip()
    return text[:1].upper() + text[1:]
