"""What `hearthwatch doctor` looks at: each check says how things are and, where they are not well, what to do."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from hearthwatch.detect.model import HOG
from hearthwatch.detect.store import Store as ModelStore
from hearthwatch.kit.errors import ConfigFault, HearthwatchError, StorageFailed
from hearthwatch.kit.files import free_bytes
from hearthwatch.run.compile import hand_placed_models
from hearthwatch.run.config import load

_SQLITE_WITHOUT_RESET_RACE = (3, 51, 3)
_LOW_DISK_BYTES = 5 << 30
_PROBE_S = 60.0
_PROBE = (
    "import av, cv2, numpy, ncnn\n"
    "from hearthwatch.run import sandbox\n"
    "walls = sandbox.enter()\n"
    "print('landlock' if walls.landlock else '', 'unprivileged' if walls.unprivileged else '')\n"
)


class Verdict(StrEnum):
    OK = "ok"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the report; `detail` says what to do unless all is well."""

    verdict: Verdict
    subject: str
    detail: str


def checks(config_path: Path, data_folder: Path) -> Iterator[Check]:
    """Yield every check, the slow ones last; none changes anything."""
    yield _python()
    yield _sqlite()
    yield from _configuration(config_path, data_folder)
    yield _data_folder(data_folder)
    yield _detector(data_folder)
    yield _box()


def _ok(subject: str, detail: str) -> Check:
    return Check(verdict=Verdict.OK, subject=subject, detail=detail)


def _note(subject: str, detail: str) -> Check:
    return Check(verdict=Verdict.NOTE, subject=subject, detail=detail)


def _bad(subject: str, detail: str) -> Check:
    return Check(verdict=Verdict.BAD, subject=subject, detail=detail)


def _python() -> Check:
    return _ok(
        "machine", f"Python {platform.python_version()} on {platform.system()} {platform.release()} {platform.machine()}"
    )


def _sqlite() -> Check:
    if sqlite3.sqlite_version_info >= _SQLITE_WITHOUT_RESET_RACE:
        return _ok("SQLite", sqlite3.sqlite_version)
    return _note(
        "SQLite",
        f"{sqlite3.sqlite_version}; before 3.51.3 two writers could damage a database, which is why each of ours has only one",
    )


def _configuration(config_path: Path, data_folder: Path) -> Iterator[Check]:
    try:
        config = load(config_path)
    except ConfigFault as error:
        for line in str(error).splitlines():
            yield _bad("configuration", line)
        return
    yield _ok("configuration", f"{config_path}, {len(config.cameras)} camera(s): {', '.join(config.cameras)}")
    footage = Path(config.storage.folder or data_folder / "footage")
    nearest = next(folder for folder in (footage, *footage.parents) if folder.exists())
    try:
        free = free_bytes(nearest)
    except StorageFailed as error:
        yield _bad("footage disk", str(error))
        return
    text = f"{free / 2**30:.0f} GiB free at {nearest}"
    yield (
        _ok("footage disk", text)
        if free > _LOW_DISK_BYTES
        else _bad("footage disk", f"{text}: make room or set storage.folder")
    )


def _data_folder(data_folder: Path) -> Check:
    if not data_folder.exists():
        return _note("data folder", f"{data_folder} does not exist yet; the first run makes it")
    mode = data_folder.stat().st_mode & 0o777
    if mode & 0o077:
        return _bad("data folder", f"{data_folder} may be read by others (mode {mode:o}): chmod 700 {data_folder}")
    if not os.access(data_folder, os.W_OK):
        return _bad("data folder", f"{data_folder} cannot be written by this user")
    return _ok("data folder", f"{data_folder}, for this user alone")


def _detector(data_folder: Path) -> Check:
    try:
        model = ModelStore(folder=data_folder / "models", hand_placed=hand_placed_models()).choose("auto")
    except HearthwatchError as error:
        return _bad("detector", str(error))
    if model is HOG:
        return _note(
            "detector", "basic detector: people only (get the better one: `hearthwatch models fetch`, or the page's button)"
        )
    return _ok("detector", f"{model.name}, {model.licence}")


def _box() -> Check:
    """Lock a child in as the looker does, and see which walls stand."""
    done = subprocess.run(  # noqa: S603 our own interpreter with our own text
        [sys.executable, "-c", _PROBE], capture_output=True, text=True, timeout=_PROBE_S, check=False
    )
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        return _bad("box around the decoder", f"cannot be built, so nothing will be looked at: {reason}")
    missing = [wall for wall in ("landlock", "unprivileged") if wall not in done.stdout]
    if missing:
        return _note("box around the decoder", f"system-call filter on; not available here: {', '.join(missing)}")
    return _ok("box around the decoder", "system-call filter, landlock and an unprivileged user")
