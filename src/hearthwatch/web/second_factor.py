"""Second factors: codes of an authenticator app (RFC 6238), each taken once, and recovery codes for who lost the phone."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Protocol

import pyotp

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.units import NS_PER_S, US_PER_S, MonoNs
from hearthwatch.web import factors
from hearthwatch.web.accounts import User
from hearthwatch.web.person import Denied, Session
from hearthwatch.web.qr import QrCode, drawn
from hearthwatch.web.sessions import Factor

STEP_S = 30
RECOVERY_CODES = 10
_ENROL_S = 15 * 60
_MOST_ENROLLING = 100
_PURPOSE = "totp"
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class Sealer(Protocol):
    """The house's key: kit.secrets.Secrets."""

    def seal(self, plain: bytes, purpose: str) -> bytes: ...

    def unseal(self, sealed: bytes, purpose: str) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What an authenticator app needs; `secret` is for typing where no camera reads the `qr` code."""

    secret: str
    qr: QrCode


class SecondFactors:
    """Used by any number of requests at once. How often somebody may try is for the caller to count."""

    def __init__(self, db: Db, clock: Clock, sealer: Sealer) -> None:
        self._db = db
        self._clock = clock
        self._sealer = sealer
        self._enrolling: dict[str, tuple[str, MonoNs]] = {}

    def begin(self, session: Session, house: str) -> Enrolment:
        """Make a secret for an app; it counts once `confirm` has seen a code of it."""
        secret = pyotp.random_base32()
        self._enrolling.pop(session.id, None)
        self._enrolling[session.id] = (secret, MonoNs(self._clock.mono_ns() + _ENROL_S * NS_PER_S))
        while len(self._enrolling) > _MOST_ENROLLING:
            del self._enrolling[next(iter(self._enrolling))]
        uri = pyotp.TOTP(secret).provisioning_uri(name=session.user.name, issuer_name=house or "Hearthwatch")
        return Enrolment(secret=secret, qr=drawn(uri))

    async def confirm(self, session: Session, code: str) -> tuple[str, ...]:
        """The app works: keep its secret, sealed, and return recovery codes, which are shown this once. Raises Denied."""
        secret, until_ns = self._enrolling.get(session.id, ("", MonoNs(0)))
        if not secret or self._clock.mono_ns() > until_ns:
            raise Denied(409, "This took too long.", "Begin again: the code to scan is a new one then.")
        step = self._step(secret, code)
        if step is None:
            raise Denied(403, "This is not the code the app shows.", "Wait for the next one; the phone's clock must be right.")
        del self._enrolling[session.id]
        sealed = self._sealer.seal(secret.encode(), _purpose(session.user))
        codes = tuple(_new_code() for _ in range(RECOVERY_CODES))

        await self._db.run(lambda c: factors.set_totp(c, session.user.id, sealed, step))
        await self._db.run(lambda c: factors.set_recovery_codes(c, session.user.id, map(hash_code, codes)))
        return codes

    async def renew_recovery_codes(self, user: User) -> tuple[str, ...]:
        """Return new recovery codes; the old ones open nothing any more."""
        codes = tuple(_new_code() for _ in range(RECOVERY_CODES))
        await self._db.run(lambda c: factors.set_recovery_codes(c, user.id, map(hash_code, codes)))
        return codes

    async def take(self, user: User, code: str) -> Factor | None:
        """Take a code of the app or a recovery code; None for a wrong one, and for one that was used before."""
        plain = "".join(letter for letter in code.upper() if letter.isalnum())
        if plain.isdecimal() and plain.isascii() and len(plain) == 6:
            sealed = await self._db.run(lambda c: factors.totp_of(c, user.id))
            step = self._step(self._sealer.unseal(sealed, _purpose(user)).decode(), plain) if sealed else None
            if step is not None and await self._db.run(lambda c: factors.use_totp(c, user.id, step)):
                return Factor.TOTP
            return None
        now_us = self._clock.wall_us()
        is_mine = await self._db.run(lambda c: factors.use_recovery_code(c, user.id, hash_code(plain), now_us))
        return Factor.RECOVERY if is_mine else None

    def _step(self, secret: str, code: str) -> int | None:
        """Return the time step `code` belongs to: this one, the last or the next; None for none of them."""
        app = pyotp.TOTP(secret)
        now = self._clock.wall_us() // US_PER_S // STEP_S
        given = "".join(code.split()).encode()
        right = [step for step in (now - 1, now, now + 1) if hmac.compare_digest(app.generate_otp(step).encode(), given)]
        return right[0] if right else None


def hash_code(code: str) -> bytes:
    """Return what is kept of a recovery code: it has 80 random bits, so one round is enough."""
    return hashlib.sha256("".join(letter for letter in code.upper() if letter.isalnum()).encode()).digest()


def _new_code() -> str:
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(16))
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))


def _purpose(user: User) -> str:
    return f"{_PURPOSE} {user.id}"
