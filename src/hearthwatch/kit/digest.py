"""Answers to Basic and Digest challenges (RFC 7617, RFC 7616, RFC 2617), for RTSP and HTTP alike."""

from __future__ import annotations

import base64
import hashlib
import random
import re
from dataclasses import dataclass

from hearthwatch.kit.errors import Refused

# possessive, for a camera may send 16 KiB of blanks and whoever goes back over them takes seconds
_TOKEN = re.compile(r"[\s,]*+([A-Za-z0-9!#$%&'*+.^_`|~-]++)")
_PARAMETER = re.compile(r"[\s,]*+([A-Za-z0-9_-]++)\s*+=\s*+(?:\"((?:[^\"\\]|\\.)*+)\"|([^\s,\"]*+))")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HASHES = {"SHA-256": "sha256", "MD5": "md5"}
_MAX_HEADER_CHARS = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _Challenge:
    scheme: str
    parameters: dict[str, str]

    @property
    def algorithm(self) -> str:
        return self.parameters.get("algorithm", "MD5").upper()

    @property
    def strength(self) -> int:
        """0 means that it cannot be answered."""
        if self.scheme == "basic":
            return 1
        if self.scheme != "digest" or not self.parameters.get("nonce") or "realm" not in self.parameters:
            return 0
        qops = self.parameters.get("qop")
        if qops is not None and "auth" not in _words(qops):
            return 0
        return {"MD5": 2, "SHA-256": 3}.get(self.algorithm.removesuffix("-SESS"), 0)


class Authenticator:
    """Credentials for one device. Ask it for a header with every request; hand it every 401.

    Make one for each host and never show its header to another. Once Digest was offered Basic is never answered; with
    `digest_only` not even before that, for devices that are known to speak Digest: whoever offers them Basic is not the device.
    """

    def __init__(self, user: str, password: str, rng: random.Random, *, digest_only: bool = False) -> None:
        self._user = user
        self._password = password
        self._rng = rng
        self._challenge: _Challenge | None = None
        self._digest_seen = digest_only
        self._answered = False
        self._taken = False
        self._was_stale = False
        self._count = 0

    def challenge(self, www_authenticate_headers: list[str]) -> None:
        """Take the `WWW-Authenticate` headers of a 401.

        Raises Refused when no challenge can be answered, when no user is set, and when the last answer was turned down:
        one answer per challenge, and one more if the device says that only the nonce was stale. A challenge that was answered
        well before is a question out of date, not a wrong password: many cameras do not say `stale`. After Refused it
        begins anew.
        """
        offered = [one for header in www_authenticate_headers for one in _parse(header[:_MAX_HEADER_CHARS])]
        self._digest_seen = self._digest_seen or any(one.scheme == "digest" for one in offered)
        usable = [one for one in offered if one.strength and not (self._digest_seen and one.scheme == "basic")]
        if not usable:
            names = ", ".join(sorted({one.scheme for one in offered})) or "nothing"
            raise Refused(f"the device asks for a log-in of a kind we do not speak (it offers {names[:80]})")
        if not self._user:
            raise Refused("the device asks for a user name and password and none is set")
        if _CONTROL.search(self._user):
            raise Refused("the user name holds a control character")
        best = max(usable, key=lambda one: one.strength)
        if self._answered and not self._taken:
            stale = best.parameters.get("stale", "").lower() == "true"
            if not stale or self._was_stale:
                self._challenge, self._answered, self._was_stale = None, False, False
                raise Refused("wrong user name or password")
            self._was_stale = True
        self._challenge, self._answered, self._taken, self._count = best, False, False, 0

    def accepted(self) -> None:
        """Note that the device took the last answer: a later 401 is a new question, not a wrong password."""
        self._taken = self._challenge is not None
        self._answered = self._was_stale = False

    def header(self, method: str, uri: str) -> str | None:
        """Return the value of the `Authorization` header, None while the device has not asked for one."""
        if self._challenge is None:
            return None
        self._answered = True
        if self._challenge.scheme == "basic":
            return "Basic " + base64.b64encode(f"{self._user}:{self._password}".encode()).decode()
        return self._digest(self._challenge, method, uri)

    def _digest(self, challenge: _Challenge, method: str, uri: str) -> str:
        given = challenge.parameters
        hash_name = _HASHES[challenge.algorithm.removesuffix("-SESS")]

        def hashed(text: str) -> str:
            return hashlib.new(hash_name, text.encode(), usedforsecurity=False).hexdigest()

        self._count += 1
        cnonce, nc = f"{self._rng.getrandbits(64):016x}", f"{self._count:08x}"
        realm, nonce = given["realm"], given["nonce"]
        secret = hashed(f"{self._user}:{realm}:{self._password}")
        session = challenge.algorithm.endswith("-SESS")
        if session:
            secret = hashed(f"{secret}:{nonce}:{cnonce}")
        request = hashed(f"{method}:{uri}")
        with_qop = "qop" in given
        proof = f"{secret}:{nonce}:{nc}:{cnonce}:auth:{request}" if with_qop else f"{secret}:{nonce}:{request}"
        user_hash = given.get("userhash", "").lower() == "true"
        user = hashed(f"{self._user}:{realm}") if user_hash else self._user.replace("\\", "\\\\").replace('"', '\\"')
        parts = [f'username="{user}"', f'realm="{realm}"', f'nonce="{nonce}"', f'uri="{uri}"', f'response="{hashed(proof)}"']
        if "algorithm" in given:
            parts.append(f"algorithm={given['algorithm']}")
        if with_qop:
            parts += ["qop=auth", f"nc={nc}"]
        if with_qop or session:
            parts.append(f'cnonce="{cnonce}"')
        if "opaque" in given:
            parts.append(f'opaque="{given["opaque"]}"')
        if user_hash:
            parts.append("userhash=true")
        return "Digest " + ", ".join(parts)


def _words(text: str) -> set[str]:
    return {word.strip().lower() for word in text.split(",")}


def _parse(header: str) -> list[_Challenge]:
    """Return the challenges of one header; what cannot be read is left out. Quoted values keep their escapes (RFC 7616 unq)."""
    found: list[_Challenge] = []
    if _CONTROL.search(header.replace("\t", " ")):
        return found
    at = 0
    while token := _TOKEN.match(header, at):
        parameters: dict[str, str] = {}
        at = token.end()
        while parameter := _PARAMETER.match(header, at):
            name, quoted, plain = parameter.groups()
            parameters.setdefault(name.lower(), quoted if quoted is not None else plain)
            at = parameter.end()
        found.append(_Challenge(scheme=token[1].lower(), parameters=parameters))
    return found
