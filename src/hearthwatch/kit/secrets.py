"""Passwords and tokens apart from the configuration: one file, sealed at rest, opened by a key that may live elsewhere.

`secrets.sealed` in the data folder is AES-256-GCM over a JSON object of name and value. Its key is derived from the systemd
credential `hearthwatch.key` where there is one (systemd keeps it encrypted, by the TPM if the machine has one), else from
`secrets.key` (mode 0600) beside it. What this protects: copies of the configuration, logs, backups of the sealed file alone,
and other users of the machine. What it does not: with the key file beside it, whoever can read the whole data folder (root,
or a thief of an unencrypted disk) can open it; whoever runs code as Hearthwatch's user can ask for any value.

The same key seals what rooms keep elsewhere (`seal`), each purpose by a key of its own derived from it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hmac
import json
import logging
import os
import re
import secrets as random_bytes
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hearthwatch.kit import logs
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.files import storage_failed, write_atomic

log = logging.getLogger(__name__)

NAME_PATTERN = r"^[a-z0-9][a-z0-9._-]{0,99}$"
MAX_VALUE_BYTES = 65_536

_name = re.compile(NAME_PATTERN)
_MAGIC = b"HWSEAL1\n"
_BLOB_MAGIC = b"HWBLOB1\n"
_NEWER = re.compile(rb"HW(?:SEAL|BLOB)\d{1,4}\n")
_KEY_ID_BYTES = 8
_MAX_FILE_BYTES = 16 << 20
_NONCE_BYTES = 12
_KEY_CREDENTIAL = "hearthwatch.key"
_MIN_KEY_BYTES = 16


class Secret:
    """A value that no log, traceback or repr shows; `reveal` is the only way to it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value
        logs.hide(value)

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and random_bytes.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Key:
    """`id` is public and tells which key sealed a file; `key` is 32 bytes."""

    id: bytes
    key: bytes

    @staticmethod
    def derive(material: bytes) -> _Key:
        out = HKDF(algorithm=SHA256(), length=32 + _KEY_ID_BYTES, salt=None, info=b"hearthwatch secrets 1").derive(material)
        return _Key(key=out[:32], id=out[32:])

    def for_purpose(self, purpose: str) -> bytes:
        """Return 32 bytes that tell nothing of the key or of those for another purpose."""
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"hearthwatch " + purpose.encode()).derive(self.key)


def secret_name(text: str) -> str:
    """Return `text` when it may name a secret; ValueError otherwise."""
    if not _name.fullmatch(text):
        raise ValueError(f"{text!r} is not a name for a secret: use a-z, 0-9, '.', '_' and '-', as in camera.front.password")
    return text


class Secrets:
    """The store of one data folder. Every call reads the file anew, so that a value set by the command line is seen at once.

    A systemd credential named like a secret (`camera.front.password`) wins over the stored value.
    """

    def __init__(self, folder: Path, *, credentials: Path | None = None) -> None:
        """`credentials` is systemd's folder of this service, None where there is none."""
        self._folder = folder
        self._credentials = credentials
        self._sealed = folder / "secrets.sealed"
        self._key_file = folder / "secrets.key"

    @classmethod
    def open(cls, folder: Path, environ: Mapping[str, str] = os.environ) -> Self:
        """Return the store of the data folder `folder`, with the credentials systemd passed to this process."""
        given = environ.get("CREDENTIALS_DIRECTORY")
        return cls(folder, credentials=Path(given) if given else None)

    def get(self, name: str) -> Secret | None:
        """Return the value of `name`, None when there is none. Raises StorageFailed when the store cannot be opened."""
        secret_name(name)
        given = self._credential(name)
        if given is not None:
            return Secret(_text(given, name))
        value = self._read().get(name)
        return None if value is None else Secret(value)

    def names(self) -> tuple[str, ...]:
        """Return every name that has a value, sorted; never a value."""
        found = set(self._read())
        if self._credentials is not None and self._credentials.is_dir():
            found |= {path.name for path in self._credentials.iterdir() if _name.fullmatch(path.name)} - {_KEY_CREDENTIAL}
        return tuple(sorted(found))

    def refuse_newer(self) -> None:
        """Raise StorageFailed when a newer release wrote the store; nothing else of it is looked at."""
        _refuse_newer(_read_private(self._sealed) or b"", str(self._sealed), _MAGIC)

    def set(self, name: str, value: str) -> None:
        """Store `value`. Raises ValueError for a bad name or value, StorageFailed when the store cannot be used."""
        self.change({name: value})

    def change(self, values: Mapping[str, str | None]) -> None:
        """Store each value, and forget each name with None, all in one step. Raises as `set`."""
        for name, value in values.items():
            secret_name(name)
            if value == "":
                raise ValueError("an empty secret is none: delete it instead")
            if value is not None and len(value.encode()) > MAX_VALUE_BYTES:
                raise ValueError(f"a secret may have {MAX_VALUE_BYTES} bytes at most")
            logs.hide(value or "")
        with self._locked():
            changed: dict[str, str | None] = {**self._read(), **values}
            self._write({name: value for name, value in changed.items() if value is not None})

    def is_given(self, name: str) -> bool:
        """Tell whether `name` is a systemd credential, which nothing stored here replaces."""
        return self._credential(secret_name(name)) is not None

    def delete(self, name: str) -> bool:
        """Forget the stored value of `name`; False when there was none. A systemd credential is not touched."""
        with self._locked():
            values = self._read()
            if values.pop(secret_name(name), None) is None:
                return False
            self._write(values)
            return True

    def key_material(self) -> bytes | None:
        """Return what must lie in `secrets.key` for this store to be opened elsewhere, for a backup that is itself sealed.

        None where there is no key to be found. Raises StorageFailed.
        """
        return _read_private(self._key_file) or self._credential(_KEY_CREDENTIAL)

    def seal(self, plain: bytes, purpose: str) -> bytes:
        """Return `plain` sealed, to be kept anywhere; `unseal` opens it for the same `purpose` only. Raises StorageFailed."""
        key = self._made_key()
        head, nonce = _BLOB_MAGIC + key.id, os.urandom(_NONCE_BYTES)
        return head + nonce + AESGCM(key.for_purpose(f"blob {purpose}")).encrypt(nonce, plain, head)

    def unseal(self, sealed: bytes, purpose: str) -> bytes:
        """Return what `seal` was given. Raises StorageFailed when it is damaged, or its key is gone."""
        _refuse_newer(sealed, f"what was kept sealed ({purpose})", _BLOB_MAGIC)
        head = len(_BLOB_MAGIC) + _KEY_ID_BYTES
        damaged = StorageFailed(StorageFault.BROKEN, f"what was kept sealed ({purpose}) is damaged: restore a backup")
        if not sealed.startswith(_BLOB_MAGIC) or len(sealed) < head + _NONCE_BYTES:
            raise damaged
        key = self._key_with(sealed[len(_BLOB_MAGIC) : head])
        nonce, body = sealed[head : head + _NONCE_BYTES], sealed[head + _NONCE_BYTES :]
        try:
            return AESGCM(key.for_purpose(f"blob {purpose}")).decrypt(nonce, body, sealed[:head])
        except InvalidTag as error:
            raise damaged from error

    def marks(self, values: Iterable[str], purpose: str) -> tuple[str, ...]:
        """Return a mark for each value: the same for the same value, and nothing else can be learnt from it without the key.

        `KEY:MARK`, 16 and 32 hex digits; marks with another KEY cannot be compared. Raises StorageFailed.
        """
        key = self._made_key()
        own = key.for_purpose(f"mark {purpose}")
        return tuple(
            f"{key.id.hex()}:{hmac.digest(own, value.encode(errors='replace'), 'sha256')[:16].hex()}" for value in values
        )

    def _made_key(self) -> _Key:
        with self._locked():
            return self._key_to_write()

    def _read(self) -> dict[str, str]:
        sealed = _read_private(self._sealed)
        if sealed is None:
            return {}
        _refuse_newer(sealed, str(self._sealed), _MAGIC)
        head = len(_MAGIC) + _KEY_ID_BYTES
        if not sealed.startswith(_MAGIC) or len(sealed) < head + _NONCE_BYTES:
            self._damaged()
        key = self._key_with(sealed[len(_MAGIC) : head])
        nonce, body = sealed[head : head + _NONCE_BYTES], sealed[head + _NONCE_BYTES :]
        try:
            plain = AESGCM(key.key).decrypt(nonce, body, sealed[:head])
        except InvalidTag:
            self._damaged()
        values = json.loads(plain)
        for value in values.values():
            logs.hide(value)
        return dict(values)

    def _write(self, values: dict[str, str]) -> None:
        key = self._key_to_write()
        head = _MAGIC + key.id
        nonce = os.urandom(_NONCE_BYTES)
        body = AESGCM(key.key).encrypt(nonce, json.dumps(values, sort_keys=True).encode(), head)
        write_atomic(self._sealed, head + nonce + body)

    def _keys(self) -> Iterator[_Key]:
        """Yield the keys at hand, the preferred one first."""
        given = self._credential(_KEY_CREDENTIAL)
        for material, where in ((given, f"the credential {_KEY_CREDENTIAL}"), (_read_private(self._key_file), self._key_file)):
            if material is None:
                continue
            if len(material.strip()) < _MIN_KEY_BYTES:
                raise StorageFailed(
                    StorageFault.BROKEN,
                    f"{where} is too short for a key: put the right file back ({_MIN_KEY_BYTES} bytes or more)",
                )
            yield _Key.derive(material.strip())

    def _key_with(self, key_id: bytes) -> _Key:
        for key in self._keys():
            if key.id == key_id:
                return key
        raise StorageFailed(
            StorageFault.BROKEN,
            f"what is sealed in {self._folder} was sealed with another key: put back the {self._key_file.name} (or the systemd "
            f"credential {_KEY_CREDENTIAL}) that belongs to it, or move {self._sealed.name} away and set the secrets again",
        )

    def _key_to_write(self) -> _Key:
        for key in self._keys():
            return key
        write_atomic(self._key_file, random_bytes.token_hex(32).encode() + b"\n")
        return next(self._keys())

    def _damaged(self) -> NoReturn:
        raise StorageFailed(
            StorageFault.BROKEN,
            f"{self._sealed} is damaged and was left as it is: restore a backup, or move it away and set the secrets again",
        )

    def _credential(self, name: str) -> bytes | None:
        if self._credentials is None:
            return None
        path = self._credentials / name
        try:
            return path.read_bytes()[:MAX_VALUE_BYTES]
        except FileNotFoundError:
            return None
        except OSError as error:
            raise storage_failed(error, f"reading the credential {name}") from error

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold other processes' writes off: the page and the command line may set two secrets in the same moment."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            fd = os.open(self._folder / ".secrets.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise storage_failed(error, f"opening {self._folder}") from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)


def _refuse_newer(sealed: bytes, what: str, known: bytes) -> None:
    if _NEWER.match(sealed) and not sealed.startswith(known):
        raise StorageFailed(
            StorageFault.BROKEN,
            f"{what} was written by a newer Hearthwatch and was left as it is: "
            "install that release, or restore a backup of before",
        )


def _text(data: bytes, name: str) -> str:
    try:
        return data.decode().removesuffix("\n")
    except UnicodeDecodeError as error:
        raise StorageFailed(StorageFault.BROKEN, f"the credential {name} is not UTF-8 text") from error


def _read_private(path: Path) -> bytes | None:
    """Return the bytes of `path`, None when it is missing; a file others may read is closed to them."""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                log.warning("%s could be read by other users of this machine; it is private again", path)
                os.fchmod(file.fileno(), 0o600)
            return file.read(_MAX_FILE_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise storage_failed(error, f"reading {path}") from error
