"""Sealing with age to public keys: what leaves can be opened by their owner, not by this machine.

The only module that knows `pyrage`. The format is age-encryption.org/v1, so that the stock `age` tool opens every file. Memory
stays bounded whatever the size: content streams through in pieces of at most 64 KiB.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from hearthwatch.kit.errors import BadReply, ConfigFault
from hearthwatch.kit.secrets import Secret

if TYPE_CHECKING:
    from pyrage.x25519 import Identity, Recipient

CHUNK_BYTES = 64 * 1024
"""An age file is sealed in chunks of this size, each with its own proof."""

_MAX_IDENTITY_FILE_BYTES = 64 * 1024
_IDENTITY = re.compile(r"AGE-SECRET-KEY-1[A-Z0-9]+", re.IGNORECASE)
_PER_RECIPIENT_BYTES = 128


class Unopened(BadReply):
    """A sealed file does not open: it was altered or cut short, or is sealed to somebody else."""


class Writer(Protocol):
    """Takes bytes: a file, or what looks into them as they pass."""

    def write(self, data: bytes, /) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a stream came to."""

    size_bytes: int
    sha256: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """`identity` opens what is sealed to `recipient`."""

    identity: Secret
    recipient: str


def new_pair() -> KeyPair:
    """Make a new pair of keys; nothing of it is stored."""
    from pyrage.x25519 import Identity

    made = Identity.generate()
    return KeyPair(identity=Secret(str(made)), recipient=str(made.to_public()))


def recipient_fault(text: str) -> str | None:
    """Return what is wrong with a public key, None when it can be sealed to; repeats nothing of it."""
    if _IDENTITY.search(text):
        return "is an identity, which is secret and does not belong in this file: write its public key, which begins age1"
    try:
        _recipient(text)
    except ConfigFault as error:
        return str(error)
    return None


def _recipient(text: str) -> Recipient:
    from pyrage import RecipientError
    from pyrage.x25519 import Recipient

    try:
        return Recipient.from_str(text.strip())
    except RecipientError as error:
        raise ConfigFault("is no public key: it begins age1, as `hearthwatch offsite keygen` prints it") from error


def seal(chunks: Iterable[bytes], out: Writer, recipients: Sequence[str]) -> Written:
    """Write `chunks` to `out`, sealed to every one of `recipients`. Errors of either end pass through.

    Raises ConfigFault when there is no recipient, or one that is none.
    """
    import pyrage

    if not recipients:
        raise ConfigFault(
            "nothing can be sealed: `offsite.recipients` is empty; `hearthwatch offsite keygen` makes a pair of keys"
        )
    keys = [_recipient(text) for text in recipients]
    source, sink = _Source(chunks), _Sink(out)
    try:
        pyrage.encrypt_io(source, sink, keys)
    except (pyrage.EncryptError, OSError) as error:
        raise source.failed or sink.failed or error from error
    return sink.written()


def unseal(chunks: Iterable[bytes], out: Writer, identities: Sequence[Secret]) -> Written:
    """Write what `chunks` hold, opened, to `out`; only what is proved is written. Errors of either end pass through.

    Raises Unopened, with all that was proved up to there written already.
    """
    import pyrage

    source, sink = _Source(chunks), _Sink(out)
    try:
        pyrage.decrypt_io(source, sink, [_identity(one) for one in identities])
    except (pyrage.DecryptError, OSError) as error:
        if (failed := source.failed or sink.failed) is not None:
            raise failed from error
        raise Unopened(_why(str(error))) from error
    return sink.written()


def lock(plain: bytes, passphrase: Secret) -> bytes:
    """Return `plain`, which is small, sealed by a passphrase; the stock `age -d` asks for it."""
    from pyrage import passphrase as by_passphrase

    return bytes(by_passphrase.encrypt(plain, passphrase.reveal()))


def unlock(sealed: bytes, passphrase: Secret) -> bytes:
    """Return what `lock` was given. Raises Unopened: the passphrase is another one, or the bytes were altered."""
    import pyrage
    from pyrage import passphrase as by_passphrase

    try:
        return bytes(by_passphrase.decrypt(sealed, passphrase.reveal()))
    except (pyrage.DecryptError, ValueError) as error:
        raise Unopened("the passphrase does not open it") from error


def unseal_head(head: bytes, identities: Sequence[Secret]) -> bytes:
    """Return as much plain content as the first bytes of a sealed file prove; `head_bytes` says how many are wanted.

    Raises Unopened when not even the first chunk opens.
    """
    plain = io.BytesIO()
    try:
        unseal([head], plain, identities)
    except Unopened:
        if not plain.tell():
            raise
    return plain.getvalue()


def head_bytes(recipients: int = 16) -> int:
    """Return how many bytes of a sealed file hold its first chunk, with at most so many recipients."""
    return 256 + recipients * _PER_RECIPIENT_BYTES + CHUNK_BYTES + 16


def read_identities(path: Path) -> tuple[Secret, ...]:
    """Return the identities in a file as `age-keygen` or `hearthwatch offsite keygen` writes it. Raises ConfigFault."""
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_IDENTITY_FILE_BYTES).decode("utf-8", "replace")
    except OSError as error:
        raise ConfigFault(f"{path}: cannot be read: {error.strerror or error}") from error
    if text.startswith(("age-encryption.org/", "-----BEGIN AGE")):
        raise ConfigFault(f"{path}: is itself locked by a passphrase: open it first with `age -d -o identity.txt {path}`")
    found = tuple(Secret(line.strip().upper()) for line in text.splitlines() if _IDENTITY.fullmatch(line.strip()))
    if not found:
        raise ConfigFault(f"{path}: holds no identity: a line in it begins AGE-SECRET-KEY-1")
    for one in found:
        _identity(one)
    return found


def _identity(secret: Secret) -> Identity:
    from pyrage import IdentityError
    from pyrage.x25519 import Identity

    try:
        return Identity.from_str(secret.reveal())
    except IdentityError:
        raise ConfigFault("the identity is damaged: a letter is missing or wrong in the line AGE-SECRET-KEY-1…") from None


def _why(found: str) -> str:
    if "matching keys" in found:
        return "it is sealed to somebody else: this identity does not open it"
    return "it was altered or cut short: it does not open"


class _Source:
    """A reader over chunks. What they raise is kept: pyrage passes on only its text."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks: Iterator[bytes] = iter(chunks)
        self._rest = memoryview(b"")
        self.failed: Exception | None = None

    def read(self, size: int) -> bytes:
        try:
            while not self._rest:
                chunk = next(self._chunks, None)
                if chunk is None:
                    return b""
                self._rest = memoryview(chunk)
        except Exception as error:
            self.failed = error
            raise
        taken, self._rest = self._rest[:size], self._rest[size:]
        return bytes(taken)


class _Sink:
    """A writer that hashes what passes."""

    def __init__(self, out: Writer) -> None:
        self._out = out
        self._hash = hashlib.sha256()
        self._bytes = 0
        self.failed: Exception | None = None

    def write(self, data: bytes) -> int:
        try:
            self._out.write(data)
        except Exception as error:
            self.failed = error
            raise
        self._hash.update(data)
        self._bytes += len(data)
        return len(data)

    def flush(self) -> None:
        """Asked for by pyrage at the end; the owner of `out` flushes it."""

    def written(self) -> Written:
        return Written(size_bytes=self._bytes, sha256=self._hash.digest())
