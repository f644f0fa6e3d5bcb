"""Very many believable events in a database, fast."""

from __future__ import annotations

import random
from collections.abc import Iterator

from sqlalchemy import Connection
from tests.alerts.house import an_event

from hearthwatch.events.event import Event, EventId, EventKind
from hearthwatch.events.ledger import events
from hearthwatch.events.wanted import words_of
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs

CAMERAS = tuple(CameraId(f"cam-{number}") for number in range(8))
NAMES = dict(zip(CAMERAS, ("Haustür", "Einfahrt", "Garten", "Garage", "Küche", "Flur", "Straße", "Hof"), strict=True))
LABELS = ("person", "person", "person", "car", "dog", "cat", "bicycle", "")
ZONES = (frozenset(), frozenset(), frozenset({"drive"}), frozenset({"porch"}), frozenset({"Gehweg", "drive"}))
NOTES = ("", "", "", "", "", "", "", "", "", "Der Bote von nebenan", "Müllabfuhr", "GÄRTNER war da")
START_US = 1_700_000_000 * US_PER_S


def made(count: int, *, seed: int = 1) -> Iterator[Event]:
    """Yield them oldest first, about two minutes apart; some share their microsecond."""
    chance = random.Random(seed)
    at = START_US
    for number in range(count):
        at += 0 if chance.random() < 0.02 else chance.randrange(1, 240 * US_PER_S)
        label = chance.choice(LABELS)
        x, y, size = chance.random() * 0.7, chance.random() * 0.7, 0.05 + chance.random() * 0.25
        yield an_event(
            id=EventId(f"N{number:08}"),
            camera=chance.choice(CAMERAS),
            kind=EventKind.OBJECT if label else chance.choice((EventKind.MOTION, EventKind.SENSOR, EventKind.TAMPER)),
            label=label,
            start_us=WallUs(at),
            end_us=WallUs(at + 9 * US_PER_S),
            score=round(0.4 + chance.random() * 0.6, 3),
            box=Box(x0=x, y0=y, x1=x + size, y1=y + size),
            zones=chance.choice(ZONES),
            reviewed=chance.random() < 0.7,
            false_alarm=chance.random() < 0.03,
            note=chance.choice(NOTES),
            best_us=WallUs(at + US_PER_S),
        )


def put(connection: Connection, some: list[Event]) -> None:
    """Write them all, in one statement for each ten thousand."""
    for first in range(0, len(some), 10_000):
        connection.execute(events.insert(), [_row(event) for event in some[first : first + 10_000]])


def _row(event: Event) -> dict[str, object]:
    assert event.box is not None
    zones = "\n".join(sorted(event.zones))
    return {
        "id": event.id,
        "camera": event.camera,
        "kind": event.kind.value,
        "label": event.label,
        "start_us": event.start_us,
        "end_us": event.end_us,
        "score": event.score,
        "x0": event.box.x0,
        "y0": event.box.y0,
        "x1": event.box.x1,
        "y1": event.box.y1,
        "zones": zones,
        "picture": event.picture,
        "best_us": event.best_us,
        "reviewed": event.reviewed,
        "told": False,
        "detail": event.detail,
        "received_ns": event.received_ns,
        "false_alarm": event.false_alarm,
        "words": words_of(event.kind, event.label, zones, event.detail),
        "note": event.note,
        "note_words": words_of(event.note),
    }
