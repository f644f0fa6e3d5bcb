"""What a house's ledgers hold beside what the hub's ledger holds of it, in plain SQL on the tables themselves: nothing of the
product's own comparison, of its views or of its letters is used, nor its libraries for databases."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

Row = tuple[Any, ...]

_HOUSE = {
    "event": (
        "SELECT id, camera, kind, label, start_us, end_us, score, zones, picture, reviewed, false_alarm, best_us, note FROM events",
        ("kind", "label", "start_us", "end_us", "score", "zones", "picture", "reviewed", "false_alarm", "best_us", "note"),
    ),
    "alert": (
        "SELECT id, camera, event, severity, title, text, at_us FROM alerts",
        ("event", "severity", "title", "text", "at_us"),
    ),
    "arming": (
        'SELECT CAST(number AS TEXT), NULL, at_us, "before", mode, cause FROM arm_changes',
        ("at_us", "before", "mode", "cause"),
    ),
    "login": (
        "SELECT CAST(id AS TEXT), camera, user, address, at_us, seen_us, verdict FROM logins",
        ("user", "address", "at_us", "seen_us", "verdict"),
    ),
    "outage": (
        "SELECT start_us || '-' || id, camera, fault, subject, start_us, end_us FROM outages",
        ("fault", "subject", "start_us", "end_us"),
    ),
}
"""By kind: what is asked of `house.db` (key, camera, then more), and where the same stands in a letter's body."""
_INDEX = (
    "SELECT camera, stream, sequence, start_us, duration_us, size_bytes, lower(hex(sha256)) FROM segments "
    "WHERE state = 'complete' AND length(sha256) = 32 AND store = (SELECT id FROM stores WHERE in_use)"
)
_FILE = ("stream", "sequence", "start_us", "duration_us", "size_bytes", "sha256")
KINDS = (*_HOUSE, "segment")


class HubSql(Protocol):
    """Asks the hub's ledger one thing and returns its rows; each a JSON array."""

    async def rows(self, sql: str) -> list[Row]: ...


@dataclass(frozen=True)
class SqliteHub:
    path: Path

    async def rows(self, sql: str) -> list[Row]:
        return await asyncio.to_thread(_asked, self.path, sql)


@dataclass(frozen=True)
class PostgresHub:
    """By psql, which is run by the command `under`."""

    under: Sequence[str]
    port: int
    password: str = field(repr=False)

    async def rows(self, sql: str) -> list[Row]:
        asked = f"SELECT row_to_json(t) FROM ({sql}) t"
        command = [
            *self.under,
            "psql",
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
            "-U",
            "postgres",
            "-AtqX",
            "-c",
            asked,
            "postgres",
        ]
        process = await asyncio.create_subprocess_exec(
            *command,
            env={**os.environ, "PGPASSWORD": self.password, "PGCONNECT_TIMEOUT": "5"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(120):
            said, wrong = await process.communicate()
        if process.returncode:
            raise OSError(wrong.decode(errors="replace").strip()[:300])
        return [tuple(json.loads(line).values()) for line in said.decode().split("\n") if line]


def _asked(path: Path, sql: str) -> list[Row]:
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)) as run:
        return run.execute(sql).fetchall()


async def house_rows(folder: Path) -> dict[str, Counter[Row]]:
    """Return by kind what the ledgers of the house in `folder` hold."""
    found: dict[str, Counter[Row]] = {}
    for kind, (sql, _) in _HOUSE.items():
        found[kind] = Counter(_plain(row) for row in await asyncio.to_thread(_asked, folder / "house.db", sql))
    index = folder / "footage" / "index.db"
    found["segment"] = Counter(await asyncio.to_thread(_asked, index, _INDEX)) if index.exists() else Counter()
    return found


async def hub_rows(hub: HubSql, node: str) -> dict[str, Counter[Row]]:
    """Return by kind what the hub's ledger holds of the node."""
    found: dict[str, Counter[Row]] = {kind: Counter() for kind in KINDS}
    for kind, key, camera, body in await hub.rows(
        f"SELECT kind, key, camera, body FROM letters WHERE node = '{node}' AND NOT gone AND kind <> 'health'"
    ):
        said = json.loads(body)
        found[kind][_plain((key, camera, *(said[name] for name in _HOUSE[kind][1])))] += 1
    for camera, body in await hub.rows(f"SELECT camera, body FROM segments WHERE node = '{node}' AND NOT gone"):
        said = json.loads(body)
        found["segment"][(camera, *(said[name] for name in _FILE))] += 1
    return found


def _plain(row: Row) -> Row:
    """SQLite says in JSON only 15 digits of a number."""
    return tuple(int(one) if isinstance(one, bool) else round(one, 9) if isinstance(one, float) else one for one in row)


@dataclass(frozen=True)
class Difference:
    """`lost` rows of the house are not at the hub as they are, `more` are at the hub alone, `doubled` are there twice: the same
    row, or the same key."""

    things: int
    lost: int
    more: int
    doubled: int
    shown: tuple[str, ...]

    @property
    def is_none(self) -> bool:
        return not (self.lost or self.more or self.doubled)


def compared(house: Mapping[str, Counter[Row]], hub: Mapping[str, Counter[Row]]) -> dict[str, Difference]:
    """Return by kind how they differ."""
    found = {}
    for kind in KINDS:
        lost, more = house[kind] - hub[kind], hub[kind] - house[kind]
        keys = Counter(row[:3] if kind == "segment" else row[0] for row in hub[kind].elements())
        found[kind] = Difference(
            things=house[kind].total(),
            lost=lost.total(),
            more=more.total(),
            doubled=sum(count - 1 for count in keys.values()),
            shown=tuple(f"lost {row}" for row in list(lost)[:2]) + tuple(f"more {row}" for row in list(more)[:2]),
        )
    return found


async def doubled_between(hub: HubSql) -> int:
    """Return how many files (by their hash) and events (by their id) the hub's ledger has under more than one node or key."""
    twice = 0
    files = Counter(json.loads(body)["sha256"] for (body,) in await hub.rows("SELECT body FROM segments WHERE NOT gone"))
    keys = Counter(key for (key,) in await hub.rows("SELECT key FROM letters WHERE NOT gone AND kind = 'event'"))
    for found in (files, keys):
        twice += sum(count - 1 for count in found.values())
    return twice
