"""What of a request was not understood, in words for whoever sent it: which field, and what fits there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from hearthwatch.kit.units import CAMERA_ID_PATTERN

_MOST = 5
_MOST_CHARS = 60
_PLACES = {"query": "in the address", "path": "in the address", "header": "in the headers", "cookie": "in the cookies"}
_PATTERNS = {CAMERA_ID_PATTERN: "may have small letters, digits and hyphens, as a camera's id has"}


def _count(least: str, most: str, unit: str) -> dict[str, Callable[[Mapping[str, Any]], str]]:
    return {
        least: lambda more: f"needs at least {_many(more['min_length'], unit)}",
        most: lambda more: f"may have at most {_many(more['max_length'], unit)}",
    }


def _many(count: int, unit: str) -> str:
    return f"{count} {unit}" if count == 1 else f"{count} {unit.removesuffix('y') + 'ie' if unit.endswith('y') else unit}s"


_WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda _: "is missing",
    "extra_forbidden": lambda _: "is not known here: leave it out",
    "string_pattern_mismatch": lambda more: _PATTERNS.get(more["pattern"], "has characters, or a length, that do not fit here"),
    "enum": lambda more: f"must be one of {more['expected']}",
    "literal_error": lambda more: f"must be {more['expected']}",
    "greater_than": lambda more: f"must be more than {more['gt']}",
    "greater_than_equal": lambda more: f"must be {more['ge']} or more",
    "less_than": lambda more: f"must be less than {more['lt']}",
    "less_than_equal": lambda more: f"must be {more['le']} or less",
    "finite_number": lambda _: "must be an ordinary number",
    "string_unicode": lambda _: "has characters that are half of one: send whole ones",
    **_count("string_too_short", "string_too_long", "character"),
    **_count("too_short", "too_long", "entry"),
}
_KINDS = (
    (("int_",), "must be a whole number"),
    (("float_", "decimal_"), "must be a number"),
    (("bool_",), "must be true or false"),
    (("string_",), "must be text"),
    (("list_", "tuple_", "set_", "frozen_set_"), "must be a list"),
    (("dict_", "mapping_", "model_"), "must be an object with fields"),
    (("none_",), "must be left out or null"),
    (("date_", "datetime_", "time_"), "must be a day or a time, as 2026-11-21 or 2026-11-21T14:00:00Z"),
)


def explained(errors: Sequence[Any]) -> str:
    """Return one sentence for each of the first few fields that do not fit; of what was sent it repeats field names alone."""
    said: dict[str, list[str]] = {}
    for found in errors:
        said.setdefault(_field(found["loc"]), []).append(_words(found))
    sentences = [f"{field} {_either(words)}." for field, words in said.items()]
    more = [f"And {len(sentences) - _MOST} more."] if len(sentences) > _MOST else []
    return " ".join(sentences[:_MOST] + more)


def _words(found: Mapping[str, Any]) -> str:
    kind, more = found["type"], found.get("ctx") or {}
    if kind == "json_invalid":
        return f"is not JSON from character {found['loc'][-1]} on"
    if kind == "value_error":  # a rule of ours, in its own words
        return f"does not fit here: {more['error']}"
    if kind in _WORDS:
        return _WORDS[kind](more)
    return next((said for starts, said in _KINDS if kind.startswith(starts)), "does not fit here")


def _either(words: Sequence[str]) -> str:
    """A field that may be of several kinds fails each in its own way."""
    return " or ".join(dict.fromkeys(words))


def _field(location: Sequence[str | int]) -> str:
    kind, *path = location
    if kind == "body":
        named = "".join(_parts(path))
        return f"`{named}`" if named else "The body"
    return f"`{_short(path[0])}` {_PLACES.get(str(kind), '')}" if path else "The request"


def _parts(path: Sequence[str | int]) -> Iterator[str]:
    for at, part in enumerate(path):
        if isinstance(part, int):
            if at:  # alone it is the place in a body that is no JSON
                yield f"[{part}]"
        elif not _is_kind(part, at):
            yield f".{_short(part)}" if at else _short(part)


def _is_kind(part: str, at: int) -> bool:
    """Pydantic names the kind it tried last, after the field: `value.bool`, `value.list[…]`."""
    return at > 0 and (part in {"bool", "int", "float", "str", "constrained-str"} or "[" in part)


def _short(part: object) -> str:
    text = str(part)
    return text if len(text) <= _MOST_CHARS else text[:_MOST_CHARS] + "…"
