from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthwatch.run.toml_lines import KeyPath, key_lines

TEXT = '''# first line
a.b = 1 # a comment with = and [
"q.r" = """
many # ] lines
"""
[camera.front]
main = "rtsp://x#y"
masks = [
  [[0,1], # here
   [1.0, 2.0]],
]
motion = { enabled = true, more.deep = [1,
  {k='v'}] }
[[list]]
v=1
[list.sub]
at = 1979-05-27 07:32:00
[[list]]
v=2
[list.sub]
[camera."x y"]
z=''
w="""\\""" a""""'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("a", "b"), 2),
        (("q.r",), 3),
        (("camera",), 6),
        (("camera", "front"), 6),
        (("camera", "front", "main"), 7),
        (("camera", "front", "masks"), 8),
        (("camera", "front", "masks", 0), 9),
        (("camera", "front", "masks", 0, 1, 0), 10),
        (("camera", "front", "motion"), 12),
        (("camera", "front", "motion", "enabled"), 12),
        (("camera", "front", "motion", "more", "deep", 1, "k"), 13),
        (("list", 0, "v"), 15),
        (("list", 0, "sub", "at"), 17),
        (("list", 1), 18),
        (("list", 1, "sub"), 20),
        (("camera", "x y", "z"), 22),
        (("camera", "x y", "w"), 23),
    ],
)
def test_each_kind_of_place(path: KeyPath, line: int) -> None:
    assert key_lines(TEXT)[path] == line


def paths(value: Any, at: KeyPath = ()) -> list[KeyPath]:
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, inner in entries for found in [(*at, key), *paths(inner, (*at, key))]]


def test_the_example_is_toml_and_no_key_is_missing() -> None:
    assert set(paths(tomllib.loads(TEXT))) == set(key_lines(TEXT))


KEYS = st.text("abc -._#[]=\"'", min_size=1, max_size=4)
VALUES = st.recursive(
    st.integers() | st.booleans() | st.text("ab\"'#[]{}=,\\\n ", max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def spelled(value: Any) -> str:
    """Write `value` as an inline TOML value, with a comment and a line break in every list."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {spelled(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[ # ] '\n" + ",\n".join(spelled(inner) for inner in value) + "]"
    return json.dumps(value)


@given(st.dictionaries(KEYS, VALUES, max_size=4), st.integers(0, 3))
def test_every_key_of_any_document_is_found_on_its_line(document: dict[str, Any], blank: int) -> None:
    text = ""
    starts: dict[KeyPath, int] = {}
    for key, value in document.items():
        text += "\n" * blank
        starts[(key,)] = text.count("\n") + 1
        text += f"{json.dumps(key)} = {spelled(value)} # [x] = '\n"
    found = key_lines(text)
    assert set(found) == set(paths(tomllib.loads(text)))
    assert {path: line for path, line in found.items() if len(path) == 1} == starts
