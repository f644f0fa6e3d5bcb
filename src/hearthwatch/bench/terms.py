"""What every benchmark is told, and what a benchmark is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hearthwatch.bench.row import Row
from hearthwatch.kit.errors import ConfigFault


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How to measure: `rounds` of `round_s` seconds each; `data` holds the footage and the models (`videos/`, `models/`)."""

    rounds: int
    round_s: float
    data: Path

    def video(self, name: str) -> Path:
        """Return a clip of the data folder. Raises ConfigFault when it is not there."""
        path = self.data / "videos" / name
        if not path.is_file():
            raise ConfigFault(f"{path} is missing: name the folder of the test footage with --data or HEARTHWATCH_TEST_DATA")
        return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """`measure` returns the rows of one benchmark; it may take minutes. It raises ConfigFault where a peer is not installed."""

    name: str
    what: str
    measure: Callable[[Terms], tuple[Row, ...]]
