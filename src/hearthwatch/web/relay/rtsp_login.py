"""Log-in to the restream: Digest (RFC 2617, as RTSP players speak it) and, where it may be, Basic; wrong tries are counted."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import NS_PER_S, MonoNs

REALM = "Hearthwatch"
WRONG_PER_ADDRESS = 10
WINDOW_S = 15 * 60
_MOST_ADDRESSES = 1024
_PART = re.compile(r"([A-Za-z]{1,16})=(?:\"([^\"]{0,1024})\"|([^\s,\"]{0,256}))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """Who may come in, by which name and password."""

    user: str
    password: Secret


class Tries:
    """Wrong passwords by address, for `WINDOW_S` seconds; in memory."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wrong: dict[str, deque[MonoNs]] = {}

    def wrong(self, address: str) -> None:
        if address not in self._wrong and len(self._wrong) >= _MOST_ADDRESSES:
            self._wrong.pop(next(iter(self._wrong)))
        self._wrong.setdefault(address, deque(maxlen=WRONG_PER_ADDRESS)).append(self._clock.mono_ns())

    def right(self, address: str) -> None:
        self._wrong.pop(address, None)

    def are_too_many(self, address: str) -> bool:
        times = self._wrong.get(address, ())
        since_ns = self._clock.mono_ns() - WINDOW_S * NS_PER_S
        return sum(one > since_ns for one in times) >= WRONG_PER_ADDRESS


@dataclass(slots=True, kw_only=True)
class RtspLogin:
    """One connection's log-in. `means_same` tells whether two addresses mean the same thing here."""

    key: Callable[[], Key | None]
    allow_basic: bool
    means_same: Callable[[str, str], bool]
    nonce: str = field(default_factory=lambda: secrets.token_hex(16))

    def challenges(self) -> list[tuple[str, str]]:
        """Return the fields that ask for a log-in."""
        asked = [("WWW-Authenticate", f'Digest realm="{REALM}", nonce="{self.nonce}", algorithm="MD5"')]
        if self.allow_basic:
            asked.append(("WWW-Authenticate", f'Basic realm="{REALM}"'))
        return asked

    def is_right(self, method: str, url: str, authorization: str) -> bool:
        """Check an Authorization field against the one who may come in."""
        key = self.key()
        scheme, _, rest = authorization.partition(" ")
        if key is None:
            return False
        if scheme.lower() == "basic":
            return self.allow_basic and is_basic(key, authorization)
        return scheme.lower() == "digest" and self._is_digest(key, method, url, rest)

    def _is_digest(self, key: Key, method: str, url: str, rest: str) -> bool:
        said = {name.lower(): quoted or plain for name, quoted, plain in _PART.findall(rest)}
        uri = said.get("uri", "")
        fits = (
            said.get("realm") == REALM
            and said.get("nonce") == self.nonce
            and said.get("algorithm", "MD5").upper() == "MD5"
            and (uri == url or self.means_same(uri, url))
        )
        ours = _md5(f"{key.user}:{REALM}:{key.password.reveal()}")
        asked = _md5(f"{method}:{uri}")
        if "qop" in said:
            proof = _md5(f"{ours}:{self.nonce}:{said.get('nc', '')}:{said.get('cnonce', '')}:{said['qop']}:{asked}")
        else:
            proof = _md5(f"{ours}:{self.nonce}:{asked}")
        right = hmac.compare_digest(said.get("response", "").lower().encode(), proof.encode())
        named = hmac.compare_digest(said.get("username", "").encode(), key.user.encode())
        return right and named and fits


def is_basic(key: Key, authorization: str) -> bool:
    """Tell whether an Authorization field of the Basic kind names just that user and password; in constant time."""
    try:
        given = base64.b64decode(authorization.partition(" ")[2].strip().encode(), validate=True)
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(given, f"{key.user}:{key.password.reveal()}".encode())


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
