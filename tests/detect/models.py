"""Small made-up models for tests of what happens to files."""

import hashlib
from pathlib import Path

from hearthwatch.detect.model import Family, Model, ModelFile, Runtime

PARAM, WEIGHTS = b"graph", b"weights" * 1000


def made_up(**files: bytes) -> Model:
    """A model of the given files (name without dots to content), as if it came from a repository."""
    return Model(
        name="made-up",
        runtime=Runtime.HOG,
        family=Family.HOG,
        long_side_px=32,
        square=True,
        files=tuple(
            ModelFile(
                name=f"{name}.bin",
                sha256=hashlib.sha256(data).hexdigest(),
                size_bytes=len(data),
                repo="someone/something",
                path=f"a folder/{name}.bin",
                commit="0" * 40,
            )
            for name, data in files.items()
        ),
        licence="none",
        note="",
    )


def place(folder: Path, **files: bytes) -> None:
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / f"{name}.bin").write_bytes(data)
