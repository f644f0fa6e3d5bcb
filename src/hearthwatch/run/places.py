"""Where a house keeps its things, found from the command line's options as the running house finds them."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.files import storage_failed
from hearthwatch.recording.index import IndexReader
from hearthwatch.run.compile import footage_folder
from hearthwatch.run.config import Config, load

_LOCK_FILE = ".hearthwatch-run.lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """`data` exists and may be read; the rest need not exist."""

    config: Config
    data: Path
    footage: Path
    index_path: Path

    def open_index(self) -> IndexReader:
        """Return the index of footage. Raises StorageFailed when nothing was recorded yet."""
        try:
            self.index_path.stat()
        except OSError as error:
            if isinstance(error, FileNotFoundError):
                text = f"there is no footage in {self.footage}: nothing was recorded yet, or --data names another house"
                raise StorageFailed(StorageFault.MISSING, text) from error
            raise storage_failed(error, f"opening {self.index_path}") from error
        return IndexReader(self.index_path)


def places(config_path: Path, data_folder: Path) -> Places:
    """Raises ConfigFault, and StorageFailed when there is no data folder or it belongs to another user."""
    try:
        next(data_folder.iterdir(), None)
    except FileNotFoundError as error:
        raise StorageFailed(
            StorageFault.MISSING,
            f"there is no data folder {data_folder}: name the right one with --data, or run `hearthwatch run` first",
        ) from error
    except PermissionError as error:
        raise StorageFailed(
            StorageFault.BROKEN,
            f"this user may not look into {data_folder}: be the user Hearthwatch runs as, or root",
        ) from error
    except OSError as error:
        raise storage_failed(error, f"looking into the data folder {data_folder}") from error
    config = load(config_path)
    footage = footage_folder(config, data_folder)
    return Places(config=config, data=data_folder, footage=footage, index_path=footage / "index.db")


def hold(data_folder: Path) -> int:
    """Take the data folder for one house alone and return the descriptor that holds it, until it is closed.

    Two houses would write to one database. Raises StorageFailed when a house has it.
    """
    try:
        fd = os.open(data_folder / _LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise storage_failed(error, f"opening the data folder {data_folder}") from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(fd)
        raise StorageFailed(
            StorageFault.BROKEN,
            f"Hearthwatch runs already with the data folder {data_folder}: stop it first, or give this one another --data",
        ) from error
    return fd


def is_held(data_folder: Path) -> bool:
    """Tell whether a house has the data folder, be it only just starting. Leaves nothing behind: root may be asking."""
    try:
        fd = os.open(data_folder / _LOCK_FILE, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise storage_failed(error, f"opening the data folder {data_folder}") from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False
