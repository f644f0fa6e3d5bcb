"""A disk that forgets in a power cut what was not synced: names a folder's sync did not cover, bytes a file's sync did not.

It stands over a real folder: every sync of this process is noted with what it made durable, and `cut` turns the folder into one
of the states the disk may come back with. What SQLite commits is taken for durable, as its own tests show (synchronous=FULL).
"""

from __future__ import annotations

import os
import random
import stat
from pathlib import Path

import pytest


class ForgetfulDisk:
    """Files below `root`. New names and bytes are kept or lost by chance, unsynced removals take place or do not."""

    def __init__(self, root: Path, patched: pytest.MonkeyPatch) -> None:
        self._root = root
        self._bytes: dict[int, bytes] = {}
        self._names: dict[Path, dict[str, int]] = {}
        self._kept: dict[int, bytes] = {}
        fsync = os.fsync
        patched.setattr(os, "fsync", lambda fd: self._synced(fd) or fsync(fd))
        patched.setattr(os, "fdatasync", lambda fd: self._synced(fd) or fsync(fd))

    def _synced(self, fd: int) -> None:
        path = Path(f"/proc/self/fd/{fd}").readlink()
        if not path.is_relative_to(self._root):
            return
        found = os.fstat(fd)
        if stat.S_ISDIR(found.st_mode):
            self._names[path] = {each.name: each.inode() for each in os.scandir(path)}
        else:
            self._bytes[found.st_ino] = path.read_bytes()

    def cut(self, chance: random.Random) -> None:
        """Cut the power: nobody holds a file open any more."""
        for folder in [self._root, *(path for path in self._root.rglob("*") if path.is_dir())]:
            if folder.exists():
                self._forget_names(folder, chance)
        for path in [path for path in self._root.rglob("*") if path.is_file()]:
            self._forget_bytes(path, chance)
        for folder in [self._root, *(path for path in self._root.rglob("*") if path.is_dir())]:
            self._names[folder] = {each.name: each.inode() for each in os.scandir(folder)}

    def unlinked(self, path: Path) -> None:
        """Hear of a file that is about to be removed: until its folder is synced it may come back."""
        if not path.exists():
            return
        inode = path.stat().st_ino
        self._kept[inode] = self._bytes.get(inode, b"")

    def _forget_names(self, folder: Path, chance: random.Random) -> None:
        durable = self._names.get(folder, {})
        here = {each.name: each.inode() for each in os.scandir(folder)}
        for name in here.keys() - durable.keys():
            path = folder / name
            if chance.random() < 0.5:
                if path.is_dir():
                    for inner in sorted(path.rglob("*"), reverse=True):
                        inner.rmdir() if inner.is_dir() else inner.unlink()
                    path.rmdir()
                else:
                    path.unlink()
        for name in durable.keys() - here.keys():
            if durable[name] in self._kept and chance.random() < 0.5:
                back = folder / name
                back.write_bytes(self._kept[durable[name]])
                self._bytes[back.stat().st_ino] = self._kept[durable[name]]

    def _forget_bytes(self, path: Path, chance: random.Random) -> None:
        durable, now = self._bytes.get(path.stat().st_ino, b""), path.read_bytes()
        if now == durable:
            return
        kept = chance.randint(min(len(durable), len(now)), len(now))
        left = now[:kept]
        if chance.random() < 0.5:  # the length reached the disk before the bytes did
            left = left[: len(durable)] + bytes(max(0, len(left) - len(durable)))
        with path.open("r+b") as file:
            file.truncate(0)
            file.write(left)
        self._bytes[path.stat().st_ino] = left
