"""Wanted: which events somebody looks for, and how words are compared: neither case nor accents nor umlauts matter."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from hearthwatch.events.event import EventId, EventKind
from hearthwatch.kit.units import CameraId, WallUs

MAX_WORDS = 8
MAX_NOTE_CHARS = 500
_SPELT_OUT = (("ae", "a"), ("oe", "o"), ("ue", "u"))


def folded(text: str) -> str:
    """Return `text` so that what a person takes for the same word is the same: `Tür`, `tuer` and `TUR`; `Straße`, `strasse`."""
    while (plain := _folded_once(text)) != text:  # a letter of mathematics becomes a capital first, which is folded then
        text = plain
    return text


def _folded_once(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(mark for mark in plain if not unicodedata.combining(mark))
    for spelt, short in _SPELT_OUT:
        plain = plain.replace(spelt, short)
    return " ".join(plain.split())


def words_of(*texts: str) -> str:
    """Return what is searched of an event; one line a text, so that no word reaches over two of them."""
    return "\n".join(filter(None, (folded(text) for text in texts)))


def asked_words(text: str) -> tuple[str, ...]:
    """Return the words of a search, folded; of more than MAX_WORDS the first."""
    return tuple(dict.fromkeys(folded(text).split()))[:MAX_WORDS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An event's place in the order of the list, newest first."""

    start_us: WallUs
    id: EventId


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A folded word of a search, and the cameras whose names hold it: their events are found by it, too."""

    text: str
    cameras: frozenset[CameraId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an event must be to be shown; what is None is not asked. Its start lies in [since_us, until_us)."""

    cameras: frozenset[CameraId] | None = None
    label: str | None = None
    kind: EventKind | None = None
    zone: str | None = None
    since_us: WallUs | None = None
    until_us: WallUs | None = None
    reviewed: bool | None = None
    false_alarm: bool | None = None
    words: tuple[Word, ...] = ()
