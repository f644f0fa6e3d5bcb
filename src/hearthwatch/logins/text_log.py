"""The plain text log of a camera's log-ins: one line each, appended, never twice, whatever the camera calls its users.

`Sun, 2015-01-13 13:31:35   USER       192.168.1.11      access`: date, user, address and action, at least three blanks between.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from pathlib import Path

import msgspec
from sqlalchemy import Connection

from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.files import fsync_folder, storage_failed
from hearthwatch.kit.units import CameraId, to_datetime
from hearthwatch.logins import ledger
from hearthwatch.logins.login import Login, LoginId
from hearthwatch.vendors.device import LoginAction

log = logging.getLogger(__name__)

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MAX_WORD = 64
_MAX_EXTRA_BYTES = 1 << 20
_AGAIN_S = 30.0
_BOOK = "text"


def line(login: Login, zone: tzinfo) -> str:
    """Return the line of one log-in; times are those of the home. Whatever could break a line or a column is escaped."""
    at = to_datetime(login.at_us, zone)
    action = "access" if login.action is LoginAction.LOGIN else _word(login.action.value)
    when = f"{_DAYS[at.weekday()]}, {at:%Y-%m-%d %H:%M:%S}"
    return f"{when}   {_word(login.user):<8}   {_word(login.address or login.origin):<15}   {action}"


def _word(text: str) -> str:
    """One column: no two blanks in a row, nothing that is not a visible character, and never empty."""
    shown = "".join(char if _is_visible(char) else _escaped(char) for char in " ".join(text.split()))
    return (shown if len(shown) <= _MAX_WORD else shown[: _MAX_WORD - 1] + "…") or "-"


def _is_visible(char: str) -> bool:
    return char == " " or unicodedata.category(char)[0] not in "CZ"


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def append(path: Path, lines: Sequence[str], size_bytes: int) -> int:
    """Append `lines`, make them durable and return the file's size. Raises StorageFailed.

    `size_bytes` is what an earlier call returned, 0 for a file never written to. What lies behind that was written when we
    crashed before we could note it: such lines are not written again, and one that was written in part only is taken off.
    A file that became shorter was rotated or cut by its owner, and is just gone on with.
    """
    try:
        is_new = not path.exists()
        if is_new:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            end, there = _resume(fd, lines, size_bytes)
            data = "".join(f"{one}\n" for one in lines[there:]).encode()
            if end and os.pread(fd, 1, end - 1) != b"\n":
                data = b"\n" + data
            os.ftruncate(fd, end)
            view = memoryview(data)
            while view:
                written = os.pwrite(fd, view, end)
                end, view = end + written, view[written:]
            os.fsync(fd)
        finally:
            os.close(fd)
        if is_new:
            fsync_folder(path.parent)
    except OSError as error:
        raise storage_failed(error, f"writing {path}") from error
    return end


def _resume(fd: int, lines: Sequence[str], size_bytes: int) -> tuple[int, int]:
    """Return where to go on, and how many of `lines` are there already."""
    size = os.fstat(fd).st_size
    extra = os.pread(fd, min(size - size_bytes, _MAX_EXTRA_BYTES), size_bytes) if size > size_bytes else b""
    whole = extra[: extra.rfind(b"\n") + 1]
    found = whole.decode("utf-8", "replace").splitlines()
    if extra and "".join(f"{one}\n" for one in lines).encode().startswith(extra):
        return size_bytes + len(whole), len(found)
    return size, 0


class _Mark(msgspec.Struct):
    """How far a file was written: the last row, and the size it had then."""

    path: str
    last: LoginId
    size_bytes: int


class TextLogs:
    """Writes the text logs of all cameras; used on one event loop."""

    def __init__(self, db: Db, zone: Callable[[], tzinfo]) -> None:
        self._db = db
        self._zone = zone
        self._paths: dict[CameraId, Path] = {}
        self._due: set[CameraId] = set()
        self._wake = asyncio.Event()

    def renew(self, paths: Mapping[CameraId, Path]) -> None:
        """Write to exactly these files from now on."""
        self._paths = dict(paths)
        self._due |= paths.keys()
        self._wake.set()

    def news(self, camera: CameraId) -> None:
        """There is something new in the ledger; returns at once."""
        self._due.add(camera)
        self._wake.set()

    async def run(self) -> None:
        """Write until cancelled; a disk that does not take it is tried again, and nothing is left out."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            failed = False
            for camera in sorted(self._due & self._paths.keys()):
                self._due.discard(camera)
                try:
                    await self.catch_up(camera)
                except StorageFailed as error:
                    log.warning("the text log of %s waits: %s", camera, error)
                    self._due.add(camera)
                    failed = True
            if failed:
                await asyncio.sleep(_AGAIN_S)
                self._wake.set()

    async def catch_up(self, camera: CameraId) -> None:
        """Write what the ledger has and the file has not. Raises StorageFailed."""
        path = self._paths[camera]
        said = await self._db.run(lambda connection: ledger.state(connection, camera, _BOOK))
        mark = msgspec.json.decode(said, type=_Mark) if said else _Mark(path=str(path), last=LoginId(0), size_bytes=0)
        if mark.path != str(path):
            mark = _Mark(path=str(path), last=mark.last, size_bytes=0)
        while rows := await self._db.run(functools.partial(ledger.after, last=mark.last, camera=camera)):
            lines = [line(row, self._zone()) for row in rows]
            size_bytes = await asyncio.to_thread(append, path, lines, mark.size_bytes)
            mark = _Mark(path=str(path), last=rows[-1].id, size_bytes=size_bytes)
            done = msgspec.json.encode(mark).decode()
            await self._db.run(functools.partial(_note, camera, done))


def _note(camera: CameraId, mark: str, connection: Connection) -> None:
    ledger.set_state(connection, camera, _BOOK, mark)
