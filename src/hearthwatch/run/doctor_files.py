"""The doctor's look at what must be private: whose the files of the house are, who may read them, and what mends it."""

from __future__ import annotations

import os
import pwd
import shlex
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from hearthwatch.run.check import Check, fail, ok, warn

_SUBJECT = "private files"
_SECRET = ("secrets.sealed", "secrets.key")
"""Private whatever the data folder is; all else in it is as private as the folder."""
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def private(data_folder: Path, config_path: Path, keys: Sequence[Path] = (), *, uid: int | None = None) -> Iterator[Check]:
    """Yield what others may read or change, and what is another user's; `keys` are files of the owner's own, such as a
    certificate's key. `uid` is for tests: who runs Hearthwatch."""
    if not data_folder.is_dir():
        return  # told with the data folder
    mine = data_folder.stat().st_uid if uid is None else uid
    found = [*_looked(data_folder, config_path, keys, mine)]
    if found:
        yield from found
    else:
        yield ok(_SUBJECT, "secrets, keys, databases and the configuration are for this user alone")


def _looked(data_folder: Path, config_path: Path, keys: Sequence[Path], mine: int) -> Iterator[Check]:
    for path in (*_children(data_folder), *keys):
        info = _stat(path)
        if info is None:
            continue
        if info.st_uid != mine and path not in keys:
            yield fail(_SUBJECT, f"{path} belongs to {_name(info.st_uid)}: chown -R {_name(mine)} {_quoted(path)}")
        if info.st_mode & _OTHERS and not stat.S_ISLNK(info.st_mode) and (path.name in _SECRET or path in keys):
            yield fail(_SUBJECT, f"others of this machine may open {path}: chmod 600 {_quoted(path)}")
    info = _stat(config_path)
    if info is not None and info.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        yield fail(_SUBJECT, f"others of this machine may change the configuration: chmod go-w {_quoted(config_path)}")
    if info is not None and info.st_uid not in {mine, 0}:
        whose = _name(info.st_uid)
        yield warn(_SUBJECT, f"the configuration is {whose}'s, who may change it: chown {_name(mine)} {_quoted(config_path)}")


def _children(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:  # told with the data folder
        return []


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except OSError:  # not there, or in a folder this user may not look into
        return None


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
