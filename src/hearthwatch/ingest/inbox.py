"""The inbox: `CAMERA/ID` holds what was left, `CAMERA/ID.json` says what it is and makes it whole. Names are our own ULIDs.

The porch writes (`Inbox`) by descriptors of the folders and never by a path; the house reads and removes (`Shelf`).
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import msgspec

from hearthwatch.ingest.drop import Drop, DropId
from hearthwatch.kit.errors import BadReply
from hearthwatch.kit.files import storage_failed
from hearthwatch.kit.units import CAMERA_ID_PATTERN, CameraId

_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
_CAMERA = re.compile(CAMERA_ID_PATTERN)
_CARD = ".json"
_MAX_CARD_BYTES = 1 << 20
_MAX_WAITING = 2000
_ENDS_BYTES = 2048
"""What is looked at of both ends; some cameras pad a picture."""
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_FILE = frozenset({errno.ENOENT, errno.ELOOP, errno.ENOTDIR, errno.ENXIO})
_decoder = msgspec.json.Decoder(Drop)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What lies in one camera's part of the inbox, files still coming in included."""

    files: int
    size_bytes: int


class Incoming:
    """A file on its way in. Ends by `keep` or `throw_away`; until `keep` nobody sees it."""

    def __init__(self, folder_fd: int, drop: DropId) -> None:
        self._folder_fd = folder_fd
        self.id = drop
        self.size_bytes = 0
        self.head = self.tail = b""
        try:
            self._fd = os.open(drop, _FLAGS, 0o600, dir_fd=folder_fd)
        except OSError as error:
            raise storage_failed(error, "taking in a file") from error

    def write(self, data: bytes) -> None:
        """Raises StorageFailed."""
        if len(self.head) < _ENDS_BYTES:
            self.head = (self.head + data[:_ENDS_BYTES])[:_ENDS_BYTES]
        self.tail = (self.tail + data[-_ENDS_BYTES:])[-_ENDS_BYTES:]
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._fd, view) :]
        except OSError as error:
            raise storage_failed(error, "taking in a file") from error
        self.size_bytes += len(data)

    def read(self, at: int, length: int) -> bytes:
        """Return what came so far, from there on. Raises StorageFailed."""
        try:
            return os.pread(self._fd, length, at)
        except OSError as error:
            raise storage_failed(error, "taking in a file") from error

    def keep(self, drop: Drop) -> None:
        """Make it durable and visible. Raises StorageFailed."""
        new = f"{self.id}.new"
        try:
            os.fsync(self._fd)
            os.close(self._fd)
            self._fd = -1
            fd = os.open(new, _FLAGS, 0o600, dir_fd=self._folder_fd)
            try:
                os.write(fd, msgspec.json.encode(drop))
                os.fsync(fd)
            finally:
                os.close(fd)
            os.rename(new, f"{self.id}{_CARD}", src_dir_fd=self._folder_fd, dst_dir_fd=self._folder_fd)
            os.fsync(self._folder_fd)
        except OSError as error:
            self.throw_away()
            raise storage_failed(error, "taking in a file") from error

    def throw_away(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        for name in (f"{self.id}{_CARD}", f"{self.id}.new", self.id):
            with contextlib.suppress(OSError):
                os.unlink(name, dir_fd=self._folder_fd)


class Inbox:
    """The porch's end. `folders` are open descriptors, one a camera."""

    def __init__(self, folders: Mapping[CameraId, int]) -> None:
        self._folders = folders

    def begin(self, camera: CameraId, drop: DropId) -> Incoming:
        """Raises StorageFailed."""
        return Incoming(self._folders[camera], drop)

    def waiting(self, camera: CameraId) -> Waiting:
        """Raises StorageFailed."""
        size_bytes = files = 0
        try:
            with os.scandir(self._folders[camera]) as entries:
                for entry in entries:
                    files += 1
                    with contextlib.suppress(FileNotFoundError):
                        size_bytes += entry.stat(follow_symlinks=False).st_size
        except OSError as error:
            raise storage_failed(error, "looking into the inbox") from error
        return Waiting(files=files, size_bytes=size_bytes)

    def tidy(self) -> None:
        """Remove what a former porch left unfinished. Raises StorageFailed."""
        for fd in self._folders.values():
            try:
                names = set(os.listdir(fd))  # noqa: PTH208 a descriptor, not a path
                for name in names:
                    if not name.endswith(_CARD) and f"{name}{_CARD}" not in names:
                        os.unlink(name, dir_fd=fd)
            except OSError as error:
                raise storage_failed(error, "tidying the inbox") from error


class Shelf:
    """The house's end: what is whole, oldest first. The porch is not trusted: every name and card is checked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def all(self) -> list[tuple[CameraId, DropId]]:
        """Return what waits, oldest first by arrival. Raises StorageFailed."""
        found: list[tuple[DropId, CameraId]] = []
        try:
            for folder in [one for one in self._folder.iterdir() if _CAMERA.fullmatch(one.name)]:
                with os.scandir(folder) as entries:
                    near = [Path(one.path) for one in islice(entries, 2 * _MAX_WAITING) if one.is_file(follow_symlinks=False)]
                cards = (one for one in near if one.suffix == _CARD)
                found += [(DropId(one.stem), CameraId(folder.name)) for one in cards if _ID.fullmatch(one.stem)]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise storage_failed(error, "looking into the inbox") from error
        return [(camera, drop) for drop, camera in sorted(found)]

    def waiting(self, camera: CameraId) -> Waiting:
        """Return what lies in one camera's part. Raises StorageFailed."""
        files = size_bytes = 0
        try:
            for path in (self._folder / camera).iterdir():
                files += path.suffix == _CARD
                with contextlib.suppress(FileNotFoundError):
                    size_bytes += path.lstat().st_size
        except FileNotFoundError:
            pass
        except OSError as error:
            raise storage_failed(error, "looking into the inbox") from error
        return Waiting(files=files, size_bytes=size_bytes)

    def card(self, camera: CameraId, drop: DropId) -> Drop:
        """Return what the porch wrote of it. Raises BadReply for nonsense and where the file itself is gone, StorageFailed."""
        fd = self._open(camera, f"{drop}{_CARD}")
        try:
            data = os.read(fd, _MAX_CARD_BYTES)
        except OSError as error:
            raise storage_failed(error, "reading the inbox") from error
        finally:
            os.close(fd)
        try:
            found = _decoder.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadReply(f"the card of the drop {drop} is damaged: {error}") from error
        if (found.camera, found.id) != (camera, drop):
            raise BadReply(f"the card of the drop {drop} names another one")
        os.close(self.open(found))
        return found

    def open(self, drop: Drop) -> int:
        """Return a descriptor to read what was left. Raises BadReply when there is no such file, StorageFailed."""
        return self._open(drop.camera, drop.id)

    def remove(self, camera: CameraId, drop: DropId) -> None:
        """Raises StorageFailed."""
        folder = self._folder / camera
        try:
            for name in (f"{drop}{_CARD}", drop):
                (folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise storage_failed(error, "emptying the inbox") from error

    def _open(self, camera: CameraId, name: str) -> int:
        try:
            fd = os.open(self._folder / camera / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in _NO_FILE:
                raise BadReply(f"{name} of {camera} in the inbox is gone, or no file") from error
            raise storage_failed(error, "reading the inbox") from error
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise BadReply(f"{name} of {camera} in the inbox is gone, or no file")
        return fd


def open_folders(root: Path, cameras: tuple[CameraId, ...], owner: int | None) -> dict[CameraId, int]:
    """Make each camera's folder below `root` and return descriptors of them; `owner` is the user that shall write there.

    Raises StorageFailed.
    """
    found: dict[CameraId, int] = {}
    try:
        root.mkdir(mode=0o711, exist_ok=True)
        for camera in cameras:
            folder = root / camera
            folder.mkdir(mode=0o700, exist_ok=True)
            fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            if owner is not None:
                os.fchown(fd, owner, owner)
            found[camera] = fd
    except OSError as error:
        raise storage_failed(error, f"opening the inbox {root}") from error
    return found
