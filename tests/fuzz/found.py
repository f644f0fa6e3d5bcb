"""What fuzzing and the corpora found: a file for each, played for ever by `test_found.py`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parent / "found"


def files() -> Iterator[Path]:
    """Yield each finding; its folder is the name of its target."""
    yield from sorted(path for path in FOLDER.glob("*/*") if path.is_file())


def keep(name: str, data: bytes, called: str = "") -> Path:
    """Write a finding down and return where it lies."""
    path = FOLDER / name / f"{called or hashlib.sha256(data).hexdigest()[:16]}.bin"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
