"""TIMELINE: how soon the timeline of 30 days and 8 cameras answers, over HTTP, with a million files and 200 000 events."""

from __future__ import annotations

import contextlib
import http.client  # noqa: TID251  # a client that costs next to nothing, on loopback
import json
import random
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hearthwatch.bench.contender import scratch
from hearthwatch.bench.row import Guard, Row
from hearthwatch.bench.terms import Bench, Terms
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.db import migrate, open_writer
from hearthwatch.kit.errors import Unreachable
from hearthwatch.kit.units import NS_PER_S, US_PER_S, WallUs
from hearthwatch.recording.index_writer import IndexWriter
from hearthwatch.run.house_db import MIGRATIONS

CAMERAS = tuple(f"camera-{number}" for number in range(1, 9))
DAYS = 30
SEGMENTS, EVENTS, LOGINS = 1_000_000, 200_000, 20_000
LIMIT_MS = 300.0
_DAY_US = 86_400 * US_PER_S
_SEED = 7
_LABELS = ("person", "person", "car", "dog", "")
_REASONS = ("camera", "network", "disk", "us", "private", "mode")
_CLASSES = ("continuous",) * 6 + ("motion",) * 3 + ("event",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What was put into the databases, to check the answers against."""

    start_us: int
    end_us: int
    footage_us: int
    events: int
    gaps: int


def build(folder: Path, *, end_us: int, segments: int = SEGMENTS, events: int = EVENTS, logins: int = LOGINS) -> Built:
    """Write `index.db` and `house.db` as a house has them after 30 days: about one file in 500 is missing, with a cause."""
    rng = random.Random(_SEED)  # noqa: S311  # the same house each time
    start_us = end_us - DAYS * _DAY_US
    index = IndexWriter(folder / "index.db")
    index.use_store("bench", WallUs(start_us))
    index.close()
    with contextlib.closing(_loose(folder / "index.db")) as sql:
        footage_us, gaps = _footage(sql, rng, start_us, end_us, segments)
        sql.commit()
        sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    engine = open_writer(folder / "house.db")
    migrate(engine, MIGRATIONS)
    engine.dispose()
    with contextlib.closing(_loose(folder / "house.db")) as sql:
        _happenings(sql, rng, start_us, end_us, events=events, logins=logins)
        sql.commit()
        sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Built(start_us=start_us, end_us=end_us, footage_us=footage_us, events=events, gaps=gaps)


def _loose(path: Path) -> sqlite3.Connection:
    sql = sqlite3.connect(path)
    sql.execute("PRAGMA synchronous = OFF")
    return sql


def _footage(sql: sqlite3.Connection, rng: random.Random, start_us: int, end_us: int, segments: int) -> tuple[int, int]:
    """Write files in the order in which they are recorded, one of each camera after the other."""
    each = segments // len(CAMERAS)
    length_us = (end_us - start_us) // each
    total_us, gaps = 0, 0

    def rows() -> Iterator[tuple[object, ...]]:
        nonlocal total_us
        for number in range(each):
            for camera in CAMERAS:
                if rng.random() < 0.002:
                    missing.append((camera, start_us + number * length_us, start_us + (number + 1) * length_us))
                    continue
                total_us += length_us
                yield (camera, number, start_us + number * length_us, length_us, rng.choice(_CLASSES), rng.random() < 0.001)

    missing: list[tuple[str, int, int]] = []
    sql.executemany(
        "INSERT INTO segments (store, run, camera, stream, sequence, start_us, duration_us, size_bytes, frames, keyframes,"
        " sha256, state, footage_class, pinned, origin)"
        " VALUES (1, 'r', ?, 'main', ?, ?, ?, 12000000, 300, 10, randomblob(32), 'complete', ?, ?, 'live')",
        rows(),
    )
    for camera, low, high in missing:
        gaps += 1
        sql.execute(
            "INSERT INTO gaps (camera, stream, start_us, end_us, reason, detail) VALUES (?, 'main', ?, ?, ?, '')",
            (camera, low, high, rng.choice(_REASONS)),
        )
    return total_us, gaps


def _happenings(sql: sqlite3.Connection, rng: random.Random, start_us: int, end_us: int, *, events: int, logins: int) -> None:
    def when(count: int) -> list[int]:
        return sorted(rng.randrange(start_us, end_us - 60 * US_PER_S) for _ in range(count))

    sql.executemany(
        "INSERT INTO events (id, camera, kind, label, start_us, end_us, score, zones, picture, best_us, reviewed, told, detail,"
        " received_ns) VALUES (?, ?, ?, ?, ?, ?, 0.8, '', 1, ?, 0, 1, '', 0)",
        (
            (
                f"{at:026d}",
                rng.choice(CAMERAS),
                "object" if label else "motion",
                label,
                at,
                at + rng.randrange(3, 40) * US_PER_S,
                at,
            )
            for at in when(events)
            for label in (rng.choice(_LABELS),)
        ),
    )
    sql.executemany(
        "INSERT INTO logins (camera, action, code, user, address, origin, via, at_us, seen_us, source, verdict, raw, merged,"
        " wanted, told) VALUES (?, 'login', '', 'admin', '192.168.1.20', '', 'web', ?, ?, 'log', ?, '', 0, 0, 0)",
        ((rng.choice(CAMERAS), at, at, rng.choice(("home", "home", "outside"))) for at in when(logins)),
    )
    sql.executemany(
        "INSERT INTO outages (id, fault, camera, subject, start_us, end_us, detail, told)"
        " VALUES (?, 'camera-unreachable', ?, 'x', ?, ?, '', 1)",
        ((number, rng.choice(CAMERAS), at, at + 600 * US_PER_S) for number, at in enumerate(when(300), start=1)),
    )
    sql.executemany(
        "INSERT INTO arm_changes (number, at_us, before, mode, cause, who, via, until_us, evidence)"
        " VALUES (?, ?, 'home', ?, 'presence', '', '', NULL, '')",
        ((number, at, rng.choice(("home", "away"))) for number, at in enumerate(when(240), start=1)),
    )


class Client:
    """A browser's connection that stays open, logged in as the owner of a house served by a child."""

    def __init__(self, folder: Path) -> None:
        self._child = subprocess.Popen(  # noqa: S603 our own program
            [sys.executable, "-m", "hearthwatch.bench.timeline_child", str(folder), *CAMERAS], stdout=subprocess.PIPE, text=True
        )
        port, code = 0, ""
        while not (port and code):
            said = json.loads(self._line())
            port, code = said.get("port", port), said.get("code", code)
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=60)  # noqa: TID251
        body = json.dumps({"code": code, "name": "owner", "password": "seven lanterns by the gate"})
        origin = f"http://127.0.0.1:{port}"
        head = {"Content-Type": "application/json", "Origin": origin, "X-Hearthwatch-Token": "none"}
        self._http.request("POST", "/api/v1/claim", body, head)
        answer = self._http.getresponse()
        answer.read()
        self._cookie = (answer.getheader("Set-Cookie") or "").split(";")[0]

    def _line(self) -> str:
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        if not line:
            raise Unreachable("the process that serves the timeline ended")
        return line

    def get(self, path: str) -> tuple[bytes, float]:
        """Return the body and how many milliseconds it took until all of it was here."""
        begun_ns = time.perf_counter_ns()
        self._http.request("GET", path, headers={"Cookie": self._cookie})
        answer = self._http.getresponse()
        body = answer.read()
        took_ms = (time.perf_counter_ns() - begun_ns) / (NS_PER_S / 1000)
        if answer.status != 200:
            raise Unreachable(f"the timeline answered {answer.status}: {body[:200].decode(errors='replace')}")
        return body, took_ms

    def close(self) -> None:
        self._http.close()
        self._child.terminate()
        self._child.wait()
        if self._child.stdout is not None:
            self._child.stdout.close()


def path_of(start_us: int, end_us: int) -> str:
    return f"/api/v1/timeline?start_us={start_us}&end_us={end_us}&cells=600"


def guards(built: Built, month: bytes) -> tuple[Guard, ...]:
    """Return whether the answer for all 30 days holds what was put in."""
    told = json.loads(month)
    lanes = told["cameras"]
    events = sum(mark[2] for lane in lanes for mark in lane["events"])
    gaps = sum(gap[4] for lane in lanes for gap in lane["gaps"])
    covered = sum((end - start) * frac for lane in lanes for start, end, frac in lane["footage"])
    return (
        Guard(what=f"{events} of {built.events} events are counted", held=events == built.events),
        Guard(what=f"{gaps} of {built.gaps} gaps are told", held=gaps == built.gaps),
        Guard(
            what=f"{covered / built.footage_us:.1%} of the footage is drawn", held=abs(covered / built.footage_us - 1) < 0.02
        ),
    )


def measure(terms: Terms) -> tuple[Row, ...]:
    """TIMELINE."""
    rng = random.Random(_SEED)  # noqa: S311
    clock = SystemClock()
    with scratch() as folder:
        built = build(folder, end_us=clock.wall_us())
        client = Client(folder)
        try:
            month = path_of(built.start_us, built.end_us)
            held = guards(built, client.get(month)[0])

            def days(hours: int) -> str:
                at = rng.randrange(built.start_us, built.end_us - hours * 3600 * US_PER_S)
                return path_of(at, at + hours * 3600 * US_PER_S)

            return (
                _row(terms, client, "30 days", lambda: month, held),
                _row(terms, client, "one day, read with half a day around it (36 h)", lambda: days(36), held),
                _row(terms, client, "one hour, read with an hour around it (2 h)", lambda: days(2), held),
            )
        finally:
            client.close()


def _row(terms: Terms, client: Client, what: str, path: Callable[[], str], held: tuple[Guard, ...]) -> Row:
    took: list[float] = []
    size = 0
    clock = SystemClock()
    until_ns = clock.mono_ns() + round(terms.rounds * terms.round_s / 3 * NS_PER_S)
    while clock.mono_ns() < until_ns or len(took) < 20:
        body, ms = client.get(path())
        took.append(ms)
        size = max(size, len(body))
    p95 = statistics.quantiles(took, n=20)[-1]
    return Row(
        bench="TIMELINE",
        what=f"the timeline's API over HTTP, {what}: 8 cameras, 1 M files, 200 k events",
        ours=p95,
        peer=None,
        peer_name="no peer",
        unit="ms (p95)",
        judged=p95,
        target=f"<= {LIMIT_MS:.0f} ms",
        limit=LIMIT_MS,
        rounds=terms.rounds,
        guards=held,
        note=f"p50 {statistics.median(took):.0f} ms, {len(took)} answers of up to {size / 1000:.0f} kB",
    )


TIMELINE = Bench(name="timeline", what="how soon the timeline of 30 days answers", measure=measure)
