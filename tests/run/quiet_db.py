"""A Db without a thread, for tests on a LeapingLoop: no time passes while it works."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection
from tests.alerts.house import opened

T = TypeVar("T")


class QuietDb:
    def __init__(self, folder: Path) -> None:
        self._engine = opened(folder)

    async def run(self, work: Callable[[Connection], T]) -> T:
        with self._engine.begin() as connection:
            return work(connection)

    def close(self) -> None:
        self._engine.dispose()
