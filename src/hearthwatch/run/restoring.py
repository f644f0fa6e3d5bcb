"""The last step of a restore: moving what was written and checked to its place, however often somebody is killed at it."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

import msgspec

from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.files import fsync_folder, storage_failed
from hearthwatch.run.places import hold

STAGE = ".restore"
"""Folder in the data folder where a restore puts things together."""
READY = "ready"
"""File in it that says what is to be moved where; with it the restore is decided."""


class Move(msgspec.Struct, frozen=True):
    source: str
    to: str


def finish_restore(data: Path) -> None:
    """Finish a restore that was broken off, before anything else is read there. Raises StorageFailed."""
    if (data / STAGE).is_dir():
        held = hold(data)
        try:
            finish(data)
        finally:
            os.close(held)


def finish(data: Path) -> bool:
    """Finish a restore that was broken off after its decision; False when there was none. Call it holding the folder.

    One that was broken off before is as if it had never begun. Raises StorageFailed.
    """
    stage = data / STAGE
    if not stage.is_dir():
        return False
    try:
        is_ready = (stage / READY).exists()
        if is_ready:
            moves = msgspec.json.decode((stage / READY).read_bytes(), type=list[Move])
            for move in moves:
                _move(Path(move.source), Path(move.to))
            fsync_folder(data)
            (stage / READY).unlink()
            fsync_folder(stage)
        shutil.rmtree(stage)
    except (OSError, msgspec.MsgspecError) as error:
        if isinstance(error, OSError):
            raise storage_failed(error, f"finishing the restore into {data}") from error
        raise StorageFailed(StorageFault.BROKEN, f"{stage / READY} is damaged: delete {stage} and restore again") from error
    return is_ready


def _move(source: Path, to: Path) -> None:
    """Move a file or folder to its place, unless that was done before."""
    if not source.exists():
        return
    to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if to.is_dir():
        with contextlib.suppress(OSError):
            to.rmdir()
    source.rename(to)
    fsync_folder(to.parent)
