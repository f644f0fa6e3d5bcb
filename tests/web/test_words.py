"""What the house says in other languages: every pattern of the page's catalogue is still a sentence of the house."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

from tests.sources import tree

import hearthwatch

SOURCES = Path(hearthwatch.__file__).parent
GERMAN = Path(__file__).parents[2] / "ui" / "src" / "words" / "de" / "house"
HOLE = re.compile(r"(?:\{\w*\})+")
LEAST_PIECE = 4
LEADING_HOLES = re.compile(r"^(?:\{\}\W*)+ ")
"""Where a sentence is about something it names first: `f"{camera}: no answer"`."""


def pattern(node: ast.expr) -> str | None:
    """A literal's text with its holes as `{}`; None for what is no literal."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = pattern(node.left), pattern(node.right)
        return None if left is None or right is None else left + right
    return None


def literals(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp) and (found := pattern(node)):
            yield HOLE.sub("{}", found)


def texts() -> set[str]:
    """Every text of the house's code, with `{}` for its holes."""
    return {text for path in SOURCES.rglob("*.py") for text in literals(tree(path))}


def sentences(whole: set[str]) -> set[str]:
    """What may be said of it: whole, line by line, and without what it is about."""
    lines = {line.strip() for text in whole for line in text.split("\n")}
    return lines | {LEADING_HOLES.sub("", line) for line in lines}


def is_put_together(sentence: str, pieces: set[str]) -> bool:
    """Whether the house says `sentence` in pieces one behind the other, as `{} logged in` and ` from {} ({})`."""
    reached = [True] + [False] * len(sentence)
    for end in range(1, len(sentence) + 1):
        reached[end] = any(reached[start] and sentence[start:end] in pieces for start in range(end))
    return reached[-1]


def test_no_german_stands_for_what_the_house_says_no_more() -> None:
    whole = texts()
    said = sentences(whole)
    pieces = {text for text in whole if len(text) >= LEAST_PIECE} | {"{}"}
    german = [key for file in GERMAN.glob("*.json") for key in json.loads(file.read_text())]
    assert len(german) > 800
    assert len(german) == len(set(german)), "a sentence stands twice"
    unknown = [key for key in german if HOLE.sub("{}", key) not in said]
    assert [key for key in unknown if not is_put_together(HOLE.sub("{}", key), pieces)] == []


def test_pieces_are_known_only_as_they_stand() -> None:
    pieces = {"{} logged in", " from {} ({})", "{}"}
    assert is_put_together("{} logged in from {} ({})", pieces)
    assert not is_put_together("{} logged out from {} ({})", pieces)


def test_a_pattern_is_read_as_the_code_has_it() -> None:
    tree = ast.parse(
        'raise Denied(404, f"There is no camera {name!r}.", "Look" + " again.")\nx = f"{a}: {b} at {c:.1f} s"\n"{where} is full"'
    )
    assert {"There is no camera {}.", "Look again.", "{}: {} at {} s", "{} is full"} <= set(literals(tree))
