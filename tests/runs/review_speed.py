"""How fast the list of events is with 200 000 of them: `python -m tests.runs.review_speed [--count N] [--json]`.

Each figure is a page of 60 as the API reads it, over many random places; a page that is slow anywhere shows in its p95.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection

from hearthwatch.events import ledger, search
from hearthwatch.events.event import EventKind
from hearthwatch.events.wanted import Place, Wanted, Word
from hearthwatch.kit.db import open_reader
from tests.alerts.house import opened
from tests.events.many_events import CAMERAS, made, put

ROUNDS = 60


def word(text: str) -> Wanted:
    return Wanted(words=(Word(text=text),))


ASKED: dict[str, Wanted] = {
    "everything": Wanted(),
    "one camera": Wanted(cameras=frozenset(CAMERAS[:1])),
    "three cameras": Wanted(cameras=frozenset(CAMERAS[:3])),
    "one label": Wanted(label="bicycle"),
    "a zone": Wanted(zone="Gehweg"),
    "a rare kind": Wanted(kind=EventKind.TAMPER),
    "not seen yet": Wanted(reviewed=False),
    "false alarms of one camera": Wanted(cameras=frozenset(CAMERAS[:1]), false_alarm=True),
    "a common word": word("person"),
    "a word in notes": word("mullabfuhr"),
    "a word nowhere": word("zeppelin"),
}


def timed(work: Callable[[], object]) -> float:
    began_ns = time.perf_counter_ns()
    work()
    return (time.perf_counter_ns() - began_ns) / 1e6


def measure(connection: Connection, places: list[Place]) -> dict[str, tuple[float, float]]:
    found = {}
    for name, wanted in ASKED.items():
        times = sorted(timed(lambda w=wanted, p=place: search.page(connection, w, after=p, limit=61)) for place in places)
        found[name] = (times[len(times) // 2], times[int(len(times) * 0.95)])
    for name, work in (
        ("labels and zones", lambda: (ledger.labels(connection), ledger.zones(connection))),
        ("count of unseen", lambda: search.unseen(connection, Wanted())),
    ):
        times = sorted(timed(work) for _ in range(20))
        found[name] = (times[10], times[18])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        writer = opened(folder)
        some = list(made(given.count))
        with writer.begin() as connection:
            put(connection, some)
        chance = random.Random(2)
        places = [Place(start_us=one.start_us, id=one.id) for one in chance.sample(some, ROUNDS)]
        reader = open_reader(folder / "house.db")
        with reader.connect() as connection:
            found = measure(connection, places)
        with writer.begin() as connection:
            found["mark all as seen"] = (timed(lambda: search.review_down_to(connection, Wanted(), None)),) * 2
        reader.dispose()
        writer.dispose()
    if given.json:
        print(json.dumps({name: {"p50_ms": round(a, 2), "p95_ms": round(b, 2)} for name, (a, b) in found.items()}))
        return
    for name, (middle, late) in found.items():
        print(f"{name:28} p50 {middle:8.2f} ms   p95 {late:8.2f} ms")


if __name__ == "__main__":
    main()
