"""The shim between a process and its disk: built where it is needed, steered through a page of memory both sides see."""

from __future__ import annotations

import mmap
import os
import shutil
import struct
import subprocess
from enum import IntFlag
from functools import cache
from pathlib import Path
from typing import Self

from tests.faults.fault import NotHere
from tests.faults.running import HERE, RECORDS

_SOURCE = HERE / "disk_shim.c"
_PAGE = 4096
_BELOW, _MATCHED, _WORD = 1024, 2048, 512


class Kind(IntFlag):
    """What a step does; as in disk_shim.c."""

    CREATE = 1
    WRITE = 2
    SYNC = 4
    RENAME = 8
    UNLINK = 16
    TRUNCATE = 32
    MKDIR = 64
    CHMOD = 128


_FIELDS = (
    "steps",
    "kill_at",
    "tear",
    "fail_from",
    "fail_to",
    "fail_errno",
    "fail_kinds",
    "sync_min_us",
    "sync_max_us",
    "failed",
    "slept_us",
)


@cache
def library() -> Path:
    """Build the shim unless it is there. Raises NotHere without a compiler."""
    made = RECORDS.parent / f"disk_shim-{_SOURCE.stat().st_mtime_ns}.so"
    if not made.exists():
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            raise NotHere("there is no C compiler to build the disk shim with")
        made.parent.mkdir(parents=True, exist_ok=True)
        new = made.with_name(f".{made.name}.{os.getpid()}")
        command = [compiler, "-O1", "-shared", "-fPIC", "-Wall", "-o", str(new), str(_SOURCE), "-ldl"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotHere(f"the disk shim cannot be built: {done.stderr[-500:]}")
        new.rename(made)
    return made


class Shim:
    """Steers what is done below one folder by processes started with `environ`. The fields of the page are attributes."""

    def __init__(self, page: Path, below: Path, *, log: Path | None = None) -> None:
        self._library = library()
        page.write_bytes(bytes(_PAGE))
        self._path = page
        self._log = log
        with page.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _PAGE)
        self._put_word(_BELOW, str(below))

    @property
    def environ(self) -> dict[str, str]:
        found = {"LD_PRELOAD": str(self._library), "HEARTHWATCH_SHIM": str(self._path)}
        return found | ({"HEARTHWATCH_SHIM_LOG": str(self._log)} if self._log else {})

    def get(self, field: str) -> int:
        return struct.unpack_from("q", self._map, 8 * _FIELDS.index(field))[0]

    def set(self, **fields: int) -> None:
        for field, value in fields.items():
            struct.pack_into("q", self._map, 8 * _FIELDS.index(field), value)

    def fail(self, kinds: Kind, errno: int, *, matched: str, steps: int | None = None) -> None:
        """Let the next `steps` steps of these kinds on paths with `matched` in them fail, or all until `heal`."""
        now = self.get("steps")
        self._put_word(_MATCHED, matched)
        self.set(fail_from=now, fail_to=1 << 60 if steps is None else now + steps, fail_errno=errno, fail_kinds=int(kinds))

    def heal(self) -> None:
        self.set(fail_kinds=0, sync_min_us=0, sync_max_us=0)

    def slow(self, least_s: float, most_s: float) -> None:
        """Let every sync take so long."""
        self.set(sync_min_us=round(least_s * 1e6), sync_max_us=round(most_s * 1e6))

    def _put_word(self, at: int, text: str) -> None:
        data = text.encode()
        assert len(data) < _WORD
        self._map[at : at + _WORD] = data.ljust(_WORD, b"\0")

    def close(self) -> None:
        self._map.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
