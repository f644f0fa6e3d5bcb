"""A Db without a thread, for tests on a LeapingLoop: no time passes while it works."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection
from tests.alerts.house import MIGRATIONS

from hearthwatch.kit.db import migrate, open_writer

T = TypeVar("T")


class QuietDb:
    def __init__(self, folder: Path) -> None:
        self._engine = open_writer(folder / "house.db")
        migrate(self._engine, MIGRATIONS)

    async def run(self, work: Callable[[Connection], T]) -> T:
        with self._engine.begin() as connection:
            return work(connection)

    def close(self) -> None:
        self._engine.dispose()
