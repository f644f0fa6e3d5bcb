"""The noun Release: what its makers say of one version, signed, so that it can be believed from anywhere; and `[updates]`.

A release file is one line, `hearthwatch-release-1 ` and the base64 of an Ed25519 signature, and then JSON. Signed is the JSON
with `hearthwatch-release-1\\n` before it, so that the same key's signature of anything else is none of these.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Annotated, Any, ClassVar

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Meta

from hearthwatch.kit.errors import BadReply, ConfigFault, Refused

RELEASED = "2026-11-22"
"""The day of this version, as CHANGELOG.md has it."""
MAKERS_KEY = ""
"""The public key of Hearthwatch's makers, base64 of its 32 bytes. There is none yet: docs/releasing.md says what is to be done
before the first release."""
MAX_FILE_BYTES = 256 * 1024

_MAGIC = b"hearthwatch-release-1"
_KEY_BYTES, _SIGNATURE_BYTES = 32, 64
_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})\.(\d{1,4})\Z")

Line = Annotated[str, Meta(max_length=500)]
Day = Annotated[str, Meta(pattern=r"^20\d\d-[01]\d-[0-3]\d$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdatesOptions:
    """Section `[updates]`: whether this house asks for newer releases. It fetches one small file and tells you; it never
    installs anything. Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    ask: bool = False
    """Ask once a day; off, nobody is asked unless you press or type it."""
    url: str = ""
    """Address of the release file that is asked for; what is sent says nothing of this house or its version."""
    key: str = ""
    """Public key (Ed25519, base64) that must have signed the file; empty means the key this release came with."""


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """One version. After `until` its makers would have said something newer. `schemas` are the last it knows, by database;
    `settings` all its keys of the configuration, with NAME for names of the owner's choice."""

    version: Annotated[str, Meta(pattern=r"^\d{1,4}\.\d{1,4}\.\d{1,4}$")]
    date: Day
    until: Day
    security: bool = False
    schemas: dict[Annotated[str, Meta(max_length=64)], Annotated[str, Meta(pattern=r"^\d{1,8}$")]] = field(default_factory=dict)
    settings: Annotated[tuple[Line, ...], Meta(max_length=5000)] = ()
    notes: Annotated[tuple[Line, ...], Meta(max_length=100)] = ()
    page: Line = ""


def running() -> str:
    """Return the version that runs."""
    return version("hearthwatch")


def is_newer(one: str, other: str) -> bool:
    """Tell whether version `one` comes after `other`."""
    return _numbers(one) > _numbers(other)


def _numbers(text: str) -> tuple[int, ...]:
    found = _VERSION.match(text)
    return tuple(int(number) for number in found.groups()) if found else ()


def key_of(options: UpdatesOptions) -> bytes:
    """Return the public key releases are to be signed with. Raises ConfigFault where there is none, or it cannot be one."""
    text = options.key or MAKERS_KEY
    if not text:
        raise ConfigFault(
            "nobody has a key yet that releases of Hearthwatch are signed with, so nothing could be believed: "
            "if you build releases of your own, put the public key into `[updates]` as `key`"
        )
    key = _bytes_of(text)
    if key is None or len(key) != _KEY_BYTES:
        raise ConfigFault("updates.key: is no public key of Ed25519: it is 44 letters and digits, the base64 of 32 bytes")
    return key


def opened(file: bytes, key: bytes) -> Release:
    """Return what a release file says once its signature proved to be by `key`; before that nothing of it is looked at.

    Raises Refused where it is signed by somebody else or was changed, BadReply where it is no release file this version reads.
    """
    head, line_end, body = file.partition(b"\n")
    magic, _, signature_text = head.partition(b" ")
    signature = _bytes_of(signature_text.decode("ascii", "replace"))
    if len(file) > MAX_FILE_BYTES or not line_end or magic != _MAGIC or signature is None or len(signature) != _SIGNATURE_BYTES:
        raise BadReply("this is no release file, or one of a kind only newer versions read")
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, _MAGIC + b"\n" + body)
    except InvalidSignature:
        raise Refused(
            "the release file is not signed with the key this house trusts, or was changed: do not trust it"
        ) from None
    try:
        found = msgspec.json.decode(body, type=Release)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadReply(f"the release file is signed, but this version does not understand it: {error}") from error
    if not all(text.isprintable() for text in (*found.notes, *found.settings, *found.schemas, found.page)):
        raise BadReply("the release file holds characters that no release file has")
    return found


def sealed(release: Release, key: Ed25519PrivateKey) -> bytes:
    """Return the release file, signed: what `opened` opens."""
    body = msgspec.json.format(msgspec.json.encode(release), indent=1) + b"\n"
    return _MAGIC + b" " + base64.b64encode(key.sign(_MAGIC + b"\n" + body)) + b"\n" + body


def _bytes_of(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
