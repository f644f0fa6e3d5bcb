"""What the mode the house is in means for each camera: what is recorded, and who is left in private."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import DatabaseError

from hearthwatch.arming import ledger
from hearthwatch.arming.arming import Mode, ModeRecord
from hearthwatch.feeds.packet import GapReason
from hearthwatch.kit.db import open_reader
from hearthwatch.kit.units import CameraId
from hearthwatch.run.config import CameraOptions, Config, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """`private` goes with `record` NEVER."""

    record: Record
    private: bool = False


def meaning(camera: CameraOptions, mode: Mode | None) -> Meaning:
    """Return what `mode` means for the camera. While the mode is not known, nobody is watched who is private in any."""
    if camera.modes.is_private(mode):
        return Meaning(record=Record.NEVER, private=True)
    wanted = camera.modes.of(mode).record if mode else ModeRecord.USUAL
    return Meaning(record=camera.record if wanted is ModeRecord.USUAL else Record(wanted.value))


def meanings(config: Config, mode: Mode | None) -> dict[CameraId, Meaning]:
    """Return what `mode` means for every camera."""
    return {name: meaning(camera, mode) for name, camera in config.cameras.items()}


def is_fixed(config: Config) -> bool:
    """Tell whether every mode means the same to recording and looking."""
    return all(meanings(config, mode) == meanings(config, Mode.AWAY) for mode in Mode)


def held(config: Config, mode: Mode | None) -> dict[CameraId, GapReason]:
    """Return the cameras of which nothing is kept because of `mode`, each with the cause the page shows."""
    found = {}
    for name, one in meanings(config, mode).items():
        if one.private:
            found[name] = GapReason.PRIVATE
        elif one.record is Record.NEVER and config.cameras[name].record is not Record.NEVER:
            found[name] = GapReason.MODE
    return found


def mode_left_in(data_folder: Path) -> Mode | None:
    """Return the mode the last house was in, before a new one runs; None where there is a database that cannot be read."""
    path = data_folder / "house.db"
    if not path.exists():
        return Mode.AWAY
    engine = open_reader(path)
    try:
        with engine.connect() as connection:
            kept = ledger.kept(connection)
    except (DatabaseError, ValueError):
        return None
    finally:
        engine.dispose()
    return kept.mode if kept else Mode.AWAY
