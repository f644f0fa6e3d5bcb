"""Tier S5: a house with a long past - a million files, 200,000 events, a month of alerts - starts, is searched and forgets."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hearthwatch.bench import timeline
from hearthwatch.bench.soak.cameras import serving
from hearthwatch.bench.soak.house import SoakHouse
from hearthwatch.bench.soak.terms import SoakTerms
from hearthwatch.bench.soak.verdict import Held, Target, rank
from hearthwatch.bench.terms import Terms
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.units import NS_PER_S, US_PER_S, WallUs
from hearthwatch.recording.index_writer import IndexWriter
from hearthwatch.recording.rows import EVERYBODY
from hearthwatch.recording.segment import FootageClass
from hearthwatch.recording.store import STORE_FILE

START_S, SEARCH_S = 15.0, 0.2
_STORE = "bench"
_PAST_S = 30 * 86_400
_LIVE_S = 120.0
_SEARCHES, _BATCHES, _BATCH = 60, 20, 200
_STEP_MS = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """How much of it."""

    segments: int = timeline.SEGMENTS
    events: int = timeline.EVENTS
    alerts: int = 20_000


async def long_state(
    terms: SoakTerms, footage: Terms, folder: Path, say: Callable[[str], None], past: Past | None = None
) -> tuple[Target, ...]:
    """Build the past in `folder`, start a house on it, and return what was measured. The old files are not there: what the
    disk takes to unlink them comes on top. Raises ConfigFault, Unreachable, StorageFailed."""
    past = past or Past()
    data = folder / "house"
    say(f"building {past.segments} files and {past.events} events …")
    _build(data, past)
    clock = SystemClock()
    with serving(terms, footage, folder / "ledgers") as street:
        cameras = "\n".join(camera.toml("") for camera in street.cameras)
        toml = f'[home]\nname = "Soak"\ntimezone = "UTC"\n[web]\nhttps_port = 0\n[connectivity]\nenabled = false\n{cameras}'
        began_ns = clock.mono_ns()
        async with SoakHouse(data, footage.data / "models", toml, {}) as house:
            page_s = (clock.mono_ns() - began_ns) / NS_PER_S
            recorded = await house.all_live(_LIVE_S)
            live_s = (clock.mono_ns() - began_ns) / NS_PER_S
            say(f"the page is there after {page_s:.1f} s, cameras are recorded after {live_s:.1f} s")
            took = await _searched(house, random.Random(terms.seed), past, clock)  # noqa: S311 what is asked for
            code = await house.stop()
    looks, deletions = _deleted(data, clock)
    return (
        _target(f"a start with {past.segments} files: the page answers, the owner is in", page_s, START_S),
        _target("the same: every camera is recorded", live_s if recorded else float("inf"), START_S),
        _target(f"a page of {past.events} events by camera, label and time, p95 of {len(took)}", rank(took, 0.95), SEARCH_S),
        _shown(f"finding {_BATCH} files that are too old", looks),
        _shown(f"deleting {_BATCH} rows, with what triggers keep", deletions),
        Target(what="exit code", measured=str(code), limit="0", held=Held.MET if code == 0 else Held.MISSED),
    )


def _build(data: Path, past: Past) -> None:
    data.mkdir(mode=0o700, parents=True)
    footage = data / "footage"
    footage.mkdir(mode=0o700)
    now_us = SystemClock().wall_us()
    timeline.build(data, end_us=now_us, segments=past.segments, events=past.events)
    for path in data.glob("index.db*"):
        path.rename(footage / path.name)
    (footage / STORE_FILE).write_text(f"{_STORE}\n", encoding="utf-8")
    with contextlib.closing(sqlite3.connect(data / "house.db")) as sql:
        times = [now_us - _PAST_S * US_PER_S + number * _PAST_S * US_PER_S // past.alerts for number in range(past.alerts)]
        sql.executemany(
            "INSERT INTO alerts (id, event, camera, severity, title, text, at_us, dedupe_key, received_ns, decided_ns, parts,"
            " skip_channel, degraded, offers)"
            " VALUES (?, '', 'camera-1', 'warn', 'camera-1: person', '', ?, ?, 0, 0, 'text', '', 0, '')",
            ((f"{at:026d}", at, f"long past {number}") for number, at in enumerate(times)),
        )
        sql.executemany(
            "INSERT INTO deliveries (alert, channel, part, state, tries, next_us, maybe_sent, last_error, decided_ms,"
            " accepted_ms) VALUES (?, ?, 'text', 'sent', 1, 0, 0, '', 30.0, 20.0)",
            ((f"{at:026d}", channel) for at in times for channel in ("telegram:1000", "email")),
        )
        sql.commit()


async def _searched(house: SoakHouse, rng: random.Random, past: Past, clock: SystemClock) -> list[float]:
    took: list[float] = []
    now_us = clock.wall_us()
    for _ in range(_SEARCHES):
        query: dict[str, object] = {"limit": 50, "end_us": now_us - rng.randrange(_PAST_S) * US_PER_S}
        if rng.random() < 0.5:
            query["camera"] = rng.choice(timeline.CAMERAS)
        if rng.random() < 0.5:
            query["label"] = rng.choice(("person", "car", "dog"))
        began_ns = clock.mono_ns()
        await house.ask("GET", "/api/v1/events", params=query)
        took.append((clock.mono_ns() - began_ns) / NS_PER_S)
    return took


def _deleted(data: Path, clock: SystemClock) -> tuple[list[float], list[float]]:
    """Return the milliseconds of each look for what is too old and of each batch of rows that went."""
    looks: list[float] = []
    deletions: list[float] = []
    index = IndexWriter(data / "footage" / "index.db")
    now_us = clock.wall_us()
    index.use_store(_STORE, now_us)
    before = WallUs(now_us - _PAST_S * US_PER_S // 3)
    for _ in range(_BATCHES):
        began_ns = clock.mono_ns()
        found = index.older_than(FootageClass.CONTINUOUS, before, _BATCH, {}, among=EVERYBODY)
        looked_ns = clock.mono_ns()
        index.condemn([one.id for one in found])
        index.forget(found)
        looks.append((looked_ns - began_ns) / _STEP_MS)
        deletions.append((clock.mono_ns() - looked_ns) / _STEP_MS)
    index.close()
    return looks, deletions


def _target(what: str, took_s: float, limit_s: float) -> Target:
    held = Held.MET if took_s <= limit_s else Held.MISSED
    return Target(what=what, measured=f"{took_s:.3f} s", limit=f"<= {limit_s:g} s", held=held)


def _shown(what: str, took_ms: list[float]) -> Target:
    measured = f"{statistics.median(took_ms):.0f} ms p50, {rank(took_ms, 0.95):.0f} ms p95 (N {len(took_ms)})"
    return Target(what=what, measured=measured, limit="shown", held=Held.NOT_JUDGED)
