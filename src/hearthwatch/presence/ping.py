"""The signed address a phone's automation calls when it comes home or leaves: nobody without it can say so.

`sign` is a keyed hash over who says what, so that the address for arriving tells nothing of the one for leaving. The key never
leaves the house.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from enum import StrEnum

from hearthwatch.kit.secrets import Secret
from hearthwatch.presence.presence import DeviceId

KEY_BYTES = 32
_SIGN_BYTES = 24
_NOBODY = Secret(secrets.token_urlsafe(KEY_BYTES))


class Word(StrEnum):
    """What a device says."""

    HOME = "home"
    AWAY = "away"


def new_key() -> str:
    """Return a key for one device."""
    return secrets.token_urlsafe(KEY_BYTES)


def sign(key: Secret, device: DeviceId, word: Word) -> str:
    """Return what proves that `device` says `word`: 32 letters, digits, `-` and `_`."""
    text = f"hearthwatch ping 1\0{device}\0{word.value}".encode()
    return base64.urlsafe_b64encode(hmac.digest(key.reveal().encode(), text, hashlib.sha256)[:_SIGN_BYTES]).decode()


def is_signed(key: Secret | None, device: DeviceId, word: Word, given: str) -> bool:
    """Tell whether `given` proves it; a device without a key never does, and takes as long."""
    right = sign(key or _NOBODY, device, word)
    return hmac.compare_digest(right.encode(), given.encode(errors="replace")) and key is not None


def path(device: DeviceId, word: Word) -> str:
    """Return the address below the page's own."""
    person, _, name = device.partition(".")
    return f"/api/v1/ping/{person}/{name}/{word.value}"
