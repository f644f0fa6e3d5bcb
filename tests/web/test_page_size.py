"""The page stays small: all its scripts together, the words of a language, and what a phone fetches before it shows the wall."""

from __future__ import annotations

import gzip
import re

import pytest

from hearthwatch.web.page import BUILT

ALL_BYTES = 150_000
FIRST_BYTES = 100_000
WORDS_BYTES = 60_000

pytestmark = pytest.mark.skipif(not (BUILT / "index.html").exists(), reason="the page is not built (make setup builds it)")


def test_all_scripts_together() -> None:
    sizes = {path.relative_to(BUILT).as_posix(): len(gzip.compress(path.read_bytes())) for path in BUILT.rglob("*.js")}
    assert sizes, "a page without a script"
    assert sum(sizes.values()) <= ALL_BYTES, sizes


def _packed(name: str) -> int:
    return len(gzip.compress((BUILT / name).read_bytes()))


def _words() -> dict[str, int]:
    return {path.name[6:8]: _packed(f"assets/{path.name}") for path in (BUILT / "assets").glob("words-*.json")}


def test_the_words_of_each_language() -> None:
    assert set(_words()) == {"en", "de"}
    assert max(_words().values()) <= WORDS_BYTES, _words()


def test_what_is_fetched_first() -> None:
    named = re.findall(r'(?:src|href)="/?(assets/[^"]+\.js)"', (BUILT / "index.html").read_text())
    assert named
    assert sum(map(_packed, named)) + max(_words().values()) <= FIRST_BYTES, named
