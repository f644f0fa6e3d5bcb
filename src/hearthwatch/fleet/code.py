"""The one-time code that lets a machine join: where the hub is, by what it is known for certain, and a word used up at once.

`HW1` and small letters and digits (base 32): 16 bytes of the authority's fingerprint, 10 random bytes, the addresses, and 2
bytes that find a slip of the fingers. Spaces and hyphens in between do not matter.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from dataclasses import dataclass
from hashlib import sha256

from hearthwatch.fleet.authority import FINGERPRINT_BYTES

WORD_BYTES = 10
MAX_CODE_CHARS = 600
_MARK = "hw1"
_CHECK_BYTES = 2
_MAX_ADDRESSES = 8
_GROUP = 8
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])"
_ADDRESS = re.compile(rf"({_HOST})(?::([0-9]{{1,5}}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class HubAddress:
    """`host` is a name or an address, of IPv6 without brackets."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def hub_address(text: str, port: int) -> HubAddress:
    """Return `HOST`, `HOST:PORT` or `[IPV6]:PORT`; `port` where none is named. Raises ValueError, for the owner."""
    found = _ADDRESS.fullmatch(text.strip())
    number = int(found[2]) if found and found[2] else port
    if not found or not 1 <= number <= 65_535:
        raise ValueError(f"{text!r} is no address: write it as hub.example.org, 192.168.1.10 or 192.168.1.10:8444")
    return HubAddress(host=found[1].strip("[]"), port=number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """`word` is the secret in it."""

    fingerprint: bytes
    word: bytes
    addresses: tuple[HubAddress, ...]

    @staticmethod
    def new(fingerprint: bytes, addresses: tuple[HubAddress, ...]) -> Code:
        """Return a code nobody can guess."""
        return Code(fingerprint=fingerprint, word=secrets.token_bytes(WORD_BYTES), addresses=addresses[:_MAX_ADDRESSES])

    @property
    def kept(self) -> bytes:
        """What the hub keeps of it."""
        return kept_of(self.word)

    def text(self) -> str:
        """Return it as it is shown and typed."""
        body = self.fingerprint + self.word + ",".join(map(str, self.addresses)).encode()
        letters = base64.b32encode(body + _check(body)).decode().rstrip("=").lower()
        return "-".join((_MARK, *(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))))


def kept_of(word: bytes) -> bytes:
    """Return the hash of a code's word; 80 random bits need no slow one."""
    return sha256(b"hearthwatch join " + word).digest()


def parse(text: str) -> Code:
    """Return the code in `text`. Raises ValueError, for the owner, for what is none."""
    letters = re.sub(r"[\s-]", "", text[:MAX_CODE_CHARS]).lower()
    try:
        if not letters.startswith(_MARK):
            raise ValueError
        packed = letters.removeprefix(_MARK)
        data = base64.b32decode(packed.upper() + "=" * (-len(packed) % 8))
        body, check = data[:-_CHECK_BYTES], data[-_CHECK_BYTES:]
        if check != _check(body) or len(body) <= FINGERPRINT_BYTES + WORD_BYTES:
            raise ValueError
        places = body[FINGERPRINT_BYTES + WORD_BYTES :].decode("ascii").split(",")
        return Code(
            fingerprint=body[:FINGERPRINT_BYTES],
            word=body[FINGERPRINT_BYTES : FINGERPRINT_BYTES + WORD_BYTES],
            addresses=tuple(hub_address(place, 0) for place in places[:_MAX_ADDRESSES]),
        )
    except (ValueError, binascii.Error):
        raise ValueError(
            "this is not a whole code: copy it as the hub shows it (`hearthwatch hub invite`, or its page), from hw1 to the end"
        ) from None


def _check(body: bytes) -> bytes:
    return sha256(body).digest()[:_CHECK_BYTES]
