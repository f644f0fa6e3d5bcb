"""What the house on one disk is to do."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskTerms:
    """`first` is the number of the first picture; `clip` a pickled clip; `calm` lets nothing new happen."""

    disk: Path
    clip: Path
    first: int = 1
    cameras: int = 4
    segment_s: float = 3.0
    max_mb: float = 0.0
    queue_mb: int = 64
    frame_bytes: int = 8_000
    house: bool = True
    calm: bool = False
    seen: bool = False
    """Events come as the looker tells them, through the rules; else they are recorded as they are."""
    copies: bool = False
    copy_every_s: float = 0.5
    every_s: float = 0.01

    def words(self) -> dict[str, Any]:
        return {name: str(value) if isinstance(value, Path) else value for name, value in asdict(self).items()}

    @classmethod
    def parsed(cls, words: dict[str, Any]) -> Self:
        paths = {each.name for each in fields(cls) if each.type == "Path"}
        return cls(**{name: Path(value) if name in paths else value for name, value in words.items()})
