"""HTTP Digest (RFC 2617, MD5, qop=auth) as cameras check it: who was it, and was the password right."""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

_FIELD = re.compile(r'(\w+)=(?:"([^"]*)"|([^,\s]+))')


class Verdict(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    NOTHING = "nothing"
    STALE = "stale"


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@dataclass(kw_only=True)
class DigestDoor:
    """Gives out challenges and checks what comes back. `separator` is what stands between the fields of the challenge."""

    realm: str
    opaque: str
    rng: random.Random
    separator: str = ","
    nonces: set[str] = field(default_factory=set)

    def challenge(self, *, stale: bool = False) -> str:
        nonce = str(self.rng.randrange(100_000_000, 2_000_000_000))
        self.nonces.add(nonce)
        parts = [f'realm="{self.realm}"', 'qop="auth"', f'nonce="{nonce}"', f'opaque="{self.opaque}"']
        return "Digest " + self.separator.join([*parts, "stale=true"] if stale else parts)

    def check(self, method: str, target: str, header: str, passwords: Mapping[str, str]) -> tuple[str, Verdict]:
        """Return who asks, and whether it proved it. STALE: with a nonce that is not (any more) one of ours."""
        if not header.lower().startswith("digest "):
            return "", Verdict.NOTHING
        said = {name: quoted or plain for name, quoted, plain in _FIELD.findall(header)}
        user = said.get("username", "")
        if said.get("nonce") not in self.nonces:
            return user, Verdict.STALE
        secret = md5(f"{user}:{self.realm}:{passwords.get(user, '')}")
        asked = md5(f"{method}:{said.get('uri', '')}")
        proof = md5(f"{secret}:{said['nonce']}:{said.get('nc', '')}:{said.get('cnonce', '')}:{said.get('qop', '')}:{asked}")
        right = user in passwords and said.get("response") == proof and said.get("uri") == target
        return user, Verdict.RIGHT if right else Verdict.WRONG
