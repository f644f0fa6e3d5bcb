"""Every key the configuration knows: read from the Options themselves, with its documentation and what a change of it costs."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from annotated_types import Ge, Gt, Le, Lt

from hearthwatch.run.toml_lines import KeyPath

ANY_NAME = "NAME"
"""Stands in a key's path for a name the owner chose."""


class Cost(StrEnum):
    """What it takes until a changed key counts."""

    LIVE = "live"
    CAMERA = "restart of the camera"
    LOOKER = "restart of the looker"
    RESTART = "restart"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One setting. `limits` is what a value must keep to, in words; `default` is None where the key must be given."""

    path: tuple[str, ...]
    kind: Any
    limits: str
    default: Any
    doc: str
    cost: Cost | None


_COST = re.compile(r"\s*Change:\s*(live|restart of the camera|restart of the looker|restart)\.?\s*$")
_WORDS = {Ge: ("ge", "at least"), Gt: ("gt", "more than"), Le: ("le", "at most"), Lt: ("lt", "less than")}


def unwrapped(kind: Any) -> Any:
    """Return the type inside of Annotated."""
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def children(kind: Any) -> dict[str, Any]:
    """Return the keys of an Options class as the file spells them, with their types; {} for anything else."""
    if not dataclasses.is_dataclass(kind) or not isinstance(kind, type):
        return {}
    hints = get_type_hints(kind, include_extras=True)
    return {_spelling(item.name, hints[item.name]): hints[item.name] for item in dataclasses.fields(kind)}


def _spelling(name: str, hint: Any) -> str:
    for extra in get_args(hint)[1:] if get_origin(hint) is Annotated else ():
        alias = getattr(extra, "alias", None)
        if alias:
            return str(alias)
    return name


def step(kind: Any, name: str | int) -> Any:
    """Return the type of `name` inside `kind`, None where there is no such key."""
    kind = unwrapped(kind)
    if _is_table_of(kind):
        return get_args(kind)[1]
    if isinstance(kind, Mapping):
        return kind.get(str(name))
    return children(kind).get(str(name))


def _is_table_of(kind: Any) -> bool:
    origin = get_origin(kind)
    return isinstance(origin, type) and issubclass(origin, Mapping)


def at(tree: Mapping[str, Any], path: KeyPath) -> Any:
    """Return the type at `path` of `tree` (top-level name to type), None where the path leads nowhere."""
    kind: Any = tree
    for name in path:
        kind = step(kind, name)
        if kind is None:
            return None
    return unwrapped(kind)


def names_in(tree: Mapping[str, Any], path: KeyPath) -> tuple[str, ...]:
    """Return the keys known in the section at `path`; none where the owner chooses the names."""
    kind = at(tree, path) if path else tree
    return tuple(kind) if isinstance(kind, Mapping) else tuple(children(kind))


def keys(tree: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[Key]:
    """Yield every setting below `path`, depth first, in the order of the classes."""
    kind = at(tree, path) if path else tree
    if isinstance(kind, Mapping):
        for name in kind:
            yield from keys(tree, (*path, name))
    elif _is_table_of(kind):
        yield from keys(tree, (*path, ANY_NAME))
    elif children(kind):
        yield from _of_class(tree, path, kind)


def _of_class(tree: Mapping[str, Any], path: tuple[str, ...], kind: type) -> Iterator[Key]:
    docs = docs_of(kind)
    class_cost = cost_of(inspect.getdoc(kind) or "")
    defaults = {item.name: _default(item) for item in dataclasses.fields(kind)}
    for (name, hint), default in zip(children(kind).items(), defaults.values(), strict=True):
        inner = unwrapped(hint)
        if children(inner) or _is_table_of(inner):
            yield from keys(tree, (*path, name))
            continue
        doc = docs.get(name, "")
        yield Key(
            path=(*path, name),
            kind=inner,
            limits=_limits(hint),
            default=default,
            doc=_COST.sub("", doc).strip(),
            cost=cost_of(doc) or class_cost,
        )


def _default(item: dataclasses.Field[Any]) -> Any:
    if item.default is not dataclasses.MISSING:
        return item.default
    return item.default_factory() if item.default_factory is not dataclasses.MISSING else None


def _limits(hint: Any) -> str:
    words = []
    for extra in get_args(hint)[1:] if get_origin(hint) is Annotated else ():
        if type(extra) in _WORDS:
            attribute, word = _WORDS[type(extra)]
            words.append(f"{word} {getattr(extra, attribute):g}")
    return ", ".join(words)


def cost_of(doc: str) -> Cost | None:
    """Return the cost that a documentation text ends in."""
    found = _COST.search(" ".join(doc.split()))
    return Cost(found[1]) if found else None


@cache
def docs_of(kind: type) -> dict[str, str]:
    """Return the text that stands below each field in the source of an Options class, on one line."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(tree, ast.ClassDef)
    found: dict[str, str] = {}
    for before, after in zip(tree.body, tree.body[1:], strict=False):
        match before, after:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = " ".join(text.split())
    return found
