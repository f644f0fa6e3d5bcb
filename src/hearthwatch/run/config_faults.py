"""Mistakes in the configuration, collected and told in words: file, line, key, what is wrong, the nearest right key."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hearthwatch.kit.errors import ConfigFault
from hearthwatch.run.config_keys import ANY_NAME, keys, names_in
from hearthwatch.run.house_secrets import DEFAULT_PASSWORD
from hearthwatch.run.toml_lines import KeyPath, key_lines

_DEFAULTS = "camera_defaults"
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_SECRET = re.compile(r"(?i)pass|pwd|secret|token|api_?key|credential")
_MAX_TOLD = 50
_MAX_LOOKED = 2 * _MAX_TOLD
"""What is meant by a wrong key takes milliseconds to find out; a file of another program has thousands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One thing that is wrong: `key` as a person writes it, `line` 0 where the file does not hold it."""

    key: str
    line: int
    text: str


class ConfigMistakes(ConfigFault):
    """Settings that are wrong, each also by itself, for whoever shows it where it belongs."""

    def __init__(self, message: str, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__(message)
        self.mistakes = mistakes


class Faults:
    """Collects what is wrong with one file. Paths are those of the checked document, where `camera_defaults` is merged under
    every camera; each mistake is told where it was written, once."""

    def __init__(self, file: str, text: str, raw: Mapping[str, Any], tree: Mapping[str, Any]) -> None:
        """`raw` is `text` as parsed, `tree` the types of the top-level sections."""
        self._file = file
        self._raw = raw
        self._tree = tree
        self._lines = key_lines(text)
        self._told: dict[tuple[int, str], Mistake] = {}
        self._unseen = 0

    def add(self, path: KeyPath, text: str) -> None:
        """Tell that what stands at `path` is wrong."""
        path, line = self._written_at(path)
        where = f"{self._file}:{line}" if line else self._file
        key = dotted(path)
        self._told[line, f"{where}: {key}: {text}"] = Mistake(key=key, line=line, text=text)

    def add_invalid(self, errors: Iterable[Any]) -> None:
        """Tell the mistakes that pydantic found."""
        for error in errors:
            if len(self._told) >= _MAX_LOOKED:
                self._unseen += 1
                continue
            path: KeyPath = error["loc"]
            if error["type"] in {"unexpected_keyword_argument", "extra_forbidden"}:
                written, _line = self._written_at(path)
                self.add(path, self._unknown(written))
            else:
                self.add(path, _in_words(error))

    def raise_if_any(self) -> None:
        """Raise ConfigMistakes with one line for each mistake, in the order of the file."""
        if not self._told:
            return
        order = sorted(self._told)
        lines = [text for _line, text in order]
        if len(lines) > _MAX_TOLD:
            lines[_MAX_TOLD:] = [f"{self._file}: and {len(lines) + self._unseen - _MAX_TOLD} more mistakes"]
        raise ConfigMistakes("\n".join(lines), tuple(self._told[each] for each in order[:_MAX_TOLD]))

    def _written_at(self, path: KeyPath) -> tuple[KeyPath, int]:
        """Return where in the file the value at `path` of the document comes from, and its line (0: not in the file)."""
        here = self._depth(path)
        if path[0] == "camera" and len(path) > 1 and here < len(path) and not isinstance(self._at(path[:here]), list):
            inherited: KeyPath = (_DEFAULTS, *path[2:])
            there = self._depth(inherited)
            if there + 1 > here:
                path, here = inherited, there
        for length in range(here, 0, -1):
            if path[:length] in self._lines:
                return path, self._lines[path[:length]]
        return path, 0

    def _depth(self, path: KeyPath) -> int:
        """Return how many steps of `path` exist in the file."""
        value: Any = self._raw
        for depth, name in enumerate(path):
            known = name in value if isinstance(value, Mapping) else isinstance(value, list) and name in range(len(value))
            if not known:
                return depth
            value = value[name]
        return len(path)

    def _at(self, path: KeyPath) -> Any:
        value: Any = self._raw
        for name in path:
            value = value[name]
        return value

    def _unknown(self, path: KeyPath) -> str:
        """Say that the last key of `path` is not known, and which one may be meant."""
        name, section = str(path[-1]), path[:-1]
        known = names_in(self._tree, section)
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
        if near:
            return f'no such setting; did you mean "{near[0]}"?'
        if _SECRET.search(name) or difflib.get_close_matches(name.lower(), ("password", "passwd", "token"), n=1, cutoff=0.8):
            return f"secrets do not belong in this file: take it out and run `hearthwatch secrets set {_secret_for(path)}`"
        places = [place for place in self._every if place[0] != _DEFAULTS or section[:1] == (_DEFAULTS,)]
        places.sort(key=lambda place: _shared(place, section), reverse=True)
        for place in places:
            if place[-1] == name:
                filled = dotted(tuple(own if part == ANY_NAME else part for part, own in _paired(place[:-1], section)))
                return f"no such setting here; it belongs in [{filled}]"
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        if near:
            return f'no such setting; did you mean "{near[0]}"?'
        return f"no such setting; known here: {', '.join(known)}"

    @cached_property
    def _every(self) -> list[tuple[str, ...]]:
        return [key.path for key in keys(self._tree)]

    @staticmethod
    def of_syntax(file: str, text: str, error: tomllib.TOMLDecodeError) -> ConfigFault:
        """Return the fault for a text that is no TOML; it repeats nothing of the line, where a secret may stand."""
        message = str(error)
        place = _PLACE.search(message)
        line = int(place[1]) if place and place[1] else text.rstrip("\n").count("\n") + 1
        what = _PLACE.sub("", message)
        what = what[:1].lower() + what[1:]
        if "invalid value" in what and place and not place[1]:
            what = "the file ends in the middle of a value: close its quote or bracket"
        elif "invalid value" in what:
            what += ' (text needs quotes: name = "front door")'
        return ConfigFault(f"{file}:{line}: not TOML: {what}")


def dotted(path: KeyPath) -> str:
    """Return `path` as a person writes it: `camera.front.motion.masks[0]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            quoted = part if _BARE.fullmatch(part) else '"' + part.encode("unicode_escape").decode().replace('"', '\\"') + '"'
            text += f".{quoted}" if text else quoted
    return text


def _shared(place: tuple[str, ...], section: KeyPath) -> int:
    """Return how many leading steps of a known key lie in `section`."""
    count = 0
    for known, own in zip(place, section, strict=False):
        if known not in {own, ANY_NAME}:
            break
        count += 1
    return count


def _paired(place: tuple[str, ...], section: KeyPath) -> list[tuple[str, str | int]]:
    return [(part, section[at] if at < len(section) else part) for at, part in enumerate(place)]


def _secret_for(path: KeyPath) -> str:
    if path[0] in {"camera", _DEFAULTS}:
        if path[0] == _DEFAULTS:
            return DEFAULT_PASSWORD
        name = path[1] if len(path) > 2 else ANY_NAME
        return f"camera.{name}.password"
    return ".".join(str(part) for part in path)


_MUST_BE = {
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": 'text in quotes: "…"',
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "an ordinary number",
    "tuple_type": "a list: [ … ]",
    "list_type": "a list: [ … ]",
    "frozen_set_type": "a list: [ … ]",
    "set_type": "a list: [ … ]",
    "dataclass_type": "a section of its own: [section] or { … }",
    "mapping_type": "a section of its own: [section] or { … }",
    "dict_type": "a section of its own: [section] or { … }",
}
_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}


def _in_words(error: Mapping[str, Any]) -> str:
    """Return pydantic's error in plain words; a text the owner wrote is never repeated, it may be a secret."""
    kind, context, value = error["type"], error.get("ctx", {}), error.get("input")
    if kind in _MUST_BE:
        return f"must be {_MUST_BE[kind]}"
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        return f"must be {words} {context[name]:g}, is {value}"
    if kind in {"enum", "literal_error"}:
        near = difflib.get_close_matches(str(value), re.findall(r"'([^']*)'", context["expected"]), n=1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        return f"must be one of {context['expected']}".replace("'", '"') + hint
    if kind == "missing":
        return "is missing" if isinstance(error["loc"][-1], str) else "is missing from the list"
    if kind in {"too_short", "too_long"}:
        bound = "at least" if kind == "too_short" else "at most"
        return (
            f"must have {bound} {context.get('min_length', context.get('max_length'))} entries, has {context['actual_length']}"
        )
    return f"is not valid ({kind.replace('_', ' ')})"
