"""Erasing a house: everything Hearthwatch wrote goes, keys first; what others put into its folders stays and is named."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hearthwatch.kit.errors import ConfigFault, StorageFailed
from hearthwatch.kit.files import storage_failed
from hearthwatch.kit.secrets import Secrets
from hearthwatch.recording.store import STORE_FILE
from hearthwatch.run.compile import footage_folder
from hearthwatch.run.config import Config
from hearthwatch.run.house_secrets import DEFAULT_PASSWORD

_NEW = r"\.[^/]+\.new"
"""What a power cut left of a file that was to replace another."""
_KEYS = (r"secrets\.(sealed|key)", r"\.secrets\.lock", r"tls/[^/]+\.(pem|key|crt)", rf"tls/{_NEW}")
_DATABASES = (r"\.?house\.db(-wal|-shm|-journal|\..+)?", r"backup/.+")
_DATA = (
    r"hearthwatch\.toml", r"welcome\.json", r"moving", r"control\.sock", r"\.hearthwatch-run\.lock", _NEW,
    rf"pictures/([^/]+\.jpg|{_NEW})", rf"clips/([^/]+\.mp4|{_NEW})", rf"albums/([^/]+\.album|{_NEW})",
    rf"thumbs/[^/]+/(\d+\.jpg|{_NEW})", r"timelapse/[^/]+-\d{4}-\d\d-\d\d\.(mp4|part)", r"logins/[^/]+\.log",
    r"(card|watching|offsite|inbox|firmware)/.+", rf"models/([^/]+\.(onnx|bin|param)|{_NEW})",
)  # fmt: skip
_FOOTAGE = (
    r"\.?index\.db(-wal|-shm|-journal|\..+)?", r"\.index\.db\.lock", r"\.hearthwatch-(store|lock)", r"ballast", _NEW,
    r"quarantine/.+", rf"[a-z0-9][^/]*/(main|sub)/(\d{{12}}\.mp4|{_NEW})",
)  # fmt: skip
_FOLDERS = (
    "pictures", "clips", "albums", "thumbs", "timelapse", "logins", "card", "watching", "offsite", "inbox", "firmware",
    "models", "tls", "backup", "quarantine",
)  # fmt: skip
"""Ours even where nothing is in them."""
_HOUSE = ("house.db", "secrets.sealed", "secrets.key", "hearthwatch.toml", ".hearthwatch-run.lock")
_STORE = (STORE_FILE, "index.db")
_ZEROES = bytes(1 << 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What would be erased, and what stays for the owner to see to: `far` are places with copies, `cameras` those in which
    accounts of this house are, each in the owner's words."""

    data: Path
    footage: tuple[Path, ...]
    logs: tuple[Path, ...]
    config: Path
    far: tuple[str, ...]
    cameras: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Erased:
    """`left` are files others put there, `failed` what could not be erased, with the reason; `emptied` are folders something
    was taken from."""

    files: int = 0
    size_bytes: int = 0
    left: list[Path] = field(default_factory=list)
    emptied: set[Path] = field(default_factory=set)
    failed: list[str] = field(default_factory=list)


def scope_of(data: Path, config_path: Path, config: Config | None, footage: Sequence[Path]) -> Scope:
    """Return what belongs to the house in `data`. `footage` are further folders, of disks used before; `config` is None where
    the configuration cannot be read. Raises ConfigFault when there is no house, or no footage in one of `footage`."""
    if not _has(data, _HOUSE):
        raise ConfigFault(f"there is no house of Hearthwatch in {data}: name its data folder with --data")
    folders = [data / "footage", *footage]
    if config is not None:
        folders.append(footage_folder(config, data))
    for folder in footage:
        if not _has(folder, _STORE):
            raise ConfigFault(f"there is no footage of Hearthwatch in {folder}: name the folder with {STORE_FILE} in it")
    found = {folder.resolve() for folder in folders if folder.is_dir()}
    return Scope(
        data=data,
        footage=tuple(sorted(found)),
        logs=tuple(_logs(data, config)) if config else (),
        config=config_path,
        far=tuple(_far(config)) if config else (),
        cameras=tuple(_cameras(config, _names(data))) if config else (),
    )


def _has(folder: Path, names: Sequence[str]) -> bool:
    return any((folder / name).exists() for name in names)


def _logs(data: Path, config: Config) -> Iterator[Path]:
    for name, camera in config.cameras.items():
        path = data / Path(camera.logins.text_log.replace("{camera}", name)).expanduser()
        if path.is_file():
            yield path


def _far(config: Config) -> Iterator[str]:
    for name, target in config.offsite.targets.items():
        where = target.host or target.endpoint or target.path
        yield f"copies of footage at {name} ({target.kind}, {where}{'' if target.sealed else ', not sealed'})"


def _names(data: Path) -> tuple[str, ...]:
    try:
        return Secrets.open(data).names()
    except StorageFailed:
        return ()


def _cameras(config: Config, secrets: Sequence[str]) -> Iterator[str]:
    for name, camera in config.cameras.items():
        users = sorted({user for user in (camera.user, camera.door.user) if user})
        made = any(one.startswith((f"camera.{name}.account.", f"camera.{name}.pending")) for one in secrets)
        known = made or DEFAULT_PASSWORD in secrets or any(one.startswith(f"camera.{name}.") for one in secrets)
        if users or known:
            who = f"account {', '.join(users)}" if users else "the account it uses"
            yield f"{name}: {who}" + (", with a password this house made up" if made else "")


def erase(scope: Scope) -> Erased:
    """Erase it all. Keys come first: once they are gone, what they sealed is noise even where the rest comes to nothing.

    Never raises for a single file; whoever calls must hold the data folder, so that no house is writing.
    """
    done = Erased()
    for names in (_KEYS, _DATABASES):
        for path in _of(scope.data, names):
            _shred(path, done)
    for path in (*_of(scope.data, _DATA), *scope.logs, scope.config):
        _remove(path, done)
    for folder in scope.footage:
        for path in _of(folder, _FOOTAGE):
            _remove(path, done)
    _tidy(scope, done)
    return done


def _of(folder: Path, names: Sequence[str]) -> Iterator[Path]:
    wanted = re.compile("|".join(f"(?:{name})" for name in names))
    for path in _files(folder):
        if wanted.fullmatch(path.relative_to(folder).as_posix()):
            yield path


def _files(folder: Path) -> list[Path]:
    """Return everything below that is no folder; links are not followed."""
    return sorted(Path(root) / name for root, _folders, names in os.walk(folder) for name in names)


def _shred(path: Path, done: Erased) -> None:
    """Write zeroes over a file before it goes. A disk may keep the old bytes all the same: flash nearly always does."""
    with contextlib.suppress(OSError):
        if stat.S_ISREG(path.lstat().st_mode):
            fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                left = os.fstat(fd).st_size
                while left > 0:
                    left -= os.write(fd, _ZEROES[: min(left, len(_ZEROES))])
                os.fsync(fd)
            finally:
                os.close(fd)
    _remove(path, done)


def _remove(path: Path, done: Erased) -> None:
    try:
        size = path.lstat().st_size
        path.unlink()
    except FileNotFoundError:
        return
    except OSError as error:
        done.failed.append(str(storage_failed(error, f"erasing {path}")))
        return
    done.emptied.add(path.parent)
    done.files += 1
    done.size_bytes += size


def _tidy(scope: Scope, done: Erased) -> None:
    """Remove folders of ours that are empty now, and note what is left."""
    roots = (*scope.footage, scope.data)
    ours = {root / name for root in roots for name in _FOLDERS} | done.emptied
    ours |= {parent for folder in ours for root in roots if folder.is_relative_to(root) for parent in folder.parents}
    ours = {folder for folder in ours if any(folder == root or folder.is_relative_to(root) for root in roots)}
    for folder in sorted(ours, key=lambda one: len(one.parts), reverse=True):
        with contextlib.suppress(OSError):  # not there, not empty, or a mount of its own
            folder.rmdir()
    for root in roots:
        done.left += [path for path in _files(root) if path not in done.left]


def words(scope: Scope) -> Iterator[str]:
    """Yield what the owner must know before, a line each."""
    yield f"the data folder {scope.data}: secrets, keys, accounts, events, log-ins, pictures, notifications' keys"
    for folder in scope.footage:
        yield f"all footage in {folder}, what is kept included"
    for path in scope.logs:
        if not path.is_relative_to(scope.data):
            yield f"the text log {path}"
    if not scope.config.is_relative_to(scope.data):
        yield f"the configuration {scope.config}"
