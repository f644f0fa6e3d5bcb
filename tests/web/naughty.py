"""Hostile words, made here: what people, cameras and attackers can write into any text that a page later shows."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

BIG_LIST = Path(__file__).parents[2] / "ui/node_modules/big-list-of-naughty-strings/blns.json"

_SCRIPTS = (
    "<script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    "<svg onload=window.pwned=1>",
    '"><script>window.pwned=1</script>',
    "'><iframe src=javascript:window.pwned=1>",
    "<a href=javascript:window.pwned=1>press</a>",
    "</title><script>window.pwned=1</script>",
    "</textarea><script>window.pwned=1</script>",
    "javascript:window.pwned=1",
    "{{constructor.constructor('window.pwned=1')()}}",
    "${window.pwned=1}",
    "<style>*{display:none}</style>",
    "<math><mtext></p><img src=x onerror=window.pwned=1>",
    "<!--><script>window.pwned=1//-->",
    "<details open ontoggle=window.pwned=1>",
    "&lt;script&gt;window.pwned=1&lt;/script&gt;",
)
_PATHS = (
    "../../etc/passwd",
    "..\\..\\windows",
    "/etc/passwd%00.jpg",
    "%2e%2e%2f",
    "C:\\con",
    "~root",
    "file:///etc/passwd",
    "a/b?c#d",
)
_QUERIES = (
    "' OR '1'='1",
    '"; DROP TABLE events; --',
    "1; SELECT pg_sleep(9)",
    "%' OR 1=1 --",
    "$(reboot)",
    "`reboot`",
    "; rm -rf /",
    "| nc -l 1",
)
_DIRECTIONS = (
    "\u202egnp.exe",
    "\u202aab\u202ecd\u202c",
    "\u2066\u2067\u2068\u2069",
    "\u200f\u05e9\u05dc\u05d5\u05dd",
    "\u0627\u0644\u0633\u0644\u0627\u0645 123 abc",
    "\u061c\u200e\u200f",
)
_SHAPES = (
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031e\u0349\u035a\u032f\u031e\u0320\u034dA\u036b\u0357\u0334\u0362\u0335\u031c\u0330\u0354L\u0368\u0367\u0369\u0358\u0320G\u0311\u0357\u030e\u0305\u035b",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f3f3\ufe0f\u200d\U0001f308",
    "\U0001f1e9\U0001f1ea\U0001f1e6\U0001f1f9 \u2764\ufe0f\u200d\U0001f525",
    "\ufdfd\ufdfd\ufdfd",
    "\u0e4f\u0e4f\u0e4f\u0e4f\u0e4f\u0e4f\u0e4f\u0e4f",
    "\u200b\u200b\u200b",
    "\ufeffBOM",
    "\u00a0\u2003\u3000",
    "W" * 120,
    "\u6f22" * 80,
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "a\tb\tc",
    "a b" * 60,
    "-" * 100,
)
_LIKE = (
    "null",
    "undefined",
    "NaN",
    "true",
    "[object Object]",
    "__proto__",
    "constructor",
    "0",
    "-1",
    "1e309",
    "\\",
    "\\n",
    "\\u0000",
    "%s%n",
    "{}",
    "[]",
    "",
)
_MARKUP = (
    "*bold* _it_ __u__ ~s~ ||spoiler||",
    "[press](http://example.org) ![x](http://example.org/x.png)",
    "`code` ```pre``` > quote # head - list + list = .!{}()",
    "\\_ \\* \\[ \\] \\( \\) \\~ \\` \\> \\# \\+ \\- \\= \\| \\{ \\} \\. \\!",
    "<b>bold</b><a href='tg://user?id=1'>you</a>",
    "</code></pre><b>",
    "&lt;b&gt; &amp;amp; &#x202e; &nbsp;",
)
_FORMULAS = (
    '=HYPERLINK("http://example.org")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "\t=1+1",
    '","","=1+1',
)
_CONTROLS = (
    "\x1b[2J\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x9b31m",
    "bell\x07back\x08space",
    "one\r\nSubject: two\r\n\r\nthree",
    "one\nBcc: a@example.org",
    "one\rtwo",
    "line\u2028separator\u2029here",
    "\x7f\x80\x85",
    "form\x0cfeed\x0btab",
    "2026-11-21T00:00:00.000Z ERROR house forged:1 main",
)
_TOPICS = ("+", "#", "a/+/b", "a/#", "$SYS/broker", "/", "//", "a/b/c")
_HOLES = (
    "{n}",
    "{camera}",
    "{0}",
    "{}",
    "{{n}}",
    "{constructor}",
    "{__proto__}",
    "{name!r:>{width}}",
    "$&",
    "$1$`$'",
    "%(name)s",
    "%s %d %n",
    "Open|a door's state",
    "|",
)
_FILES = (
    'a"; filename="b.exe',
    "a.jpg\u202egpj.exe",
    "CON",
    "nul.txt",
    ".",
    "..",
    "-rf",
    "a" * 255,
    "é" * 130,
    "*?<>|:",
)
_LONG = ("x" * 4096, "long word " * 400, "\u0301" * 500, "\U0001f525" * 300, "ﷺ" * 60)
HALF = ("\ud800", "a\udfffb", "\udc80\udcff", "\ud83d half a face")
"""Half characters: JSON can carry them, UTF-8 cannot."""
_PIECES = (
    "<",
    ">",
    '"',
    "'",
    "&",
    "/",
    "\\",
    "\u202e",
    "\u0301",
    "\u200d",
    "\U0001f525",
    "script",
    "%00",
    " ",
    "\u6f22",
    "ß",
    "İ",
)
COUNT = 560


def words() -> Iterator[str]:
    """Yield them: those thought of, each wrapped in ordinary words, and random ones of dangerous pieces; always the same."""
    thought = (*_SCRIPTS, *_PATHS, *_QUERIES, *_DIRECTIONS, *_SHAPES, *_LIKE, *_MARKUP, *_FORMULAS, *_CONTROLS)
    thought += (*_TOPICS, *_HOLES, *_FILES, *_LONG)
    yield from thought
    for one in thought:
        yield f"Porch {one} side"
    chance = random.Random(515)
    for _ in range(COUNT - 2 * len(thought)):
        yield "".join(chance.choice(_PIECES) for _ in range(chance.randrange(1, 40)))


def kept_words() -> list[str]:
    """Return those that can stand in a database: no half characters, no zero byte."""
    return [word for word in words() if "\x00" not in word]


def big_list() -> list[str]:
    """Return the big list of naughty strings (Max Woolf, MIT), as its package for the page's tests carries it."""
    return [str(word) for word in json.loads(BIG_LIST.read_text(encoding="utf-8"))]
