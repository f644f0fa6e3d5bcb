"""Stays of owners to a camera's own page: a ticket that works once and soon, then a cookie that works for a while."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs

TICKET_S = 60
IDLE_S = 15 * 60
LONGEST_S = 60 * 60


@dataclass(slots=True, kw_only=True)
class Stay:
    """Somebody at a camera's page. `who` is the id of the session that opened it."""

    camera: CameraId
    who: str
    ticket: bytes
    cookie: bytes
    begun_ns: MonoNs
    used_ns: MonoNs


class Stays:
    """One stay at one camera at a time: the pages of two cameras share the machine's name, and with it their cookies."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._stay: Stay | None = None

    def begin(self, camera: CameraId, who: str) -> str:
        """End what was, and return the ticket of a new stay."""
        ticket = secrets.token_urlsafe(32)
        now_ns = self._clock.mono_ns()
        self._stay = Stay(camera=camera, who=who, ticket=_hash(ticket), cookie=b"", begun_ns=now_ns, used_ns=now_ns)
        return ticket

    def enter(self, camera: CameraId, ticket: str) -> str | None:
        """Return the cookie for a ticket that is right, and make it worthless; None for any other."""
        stay = self._lasting(camera)
        if stay is None or not stay.ticket or not hmac.compare_digest(stay.ticket, _hash(ticket)):
            return None
        stay.ticket = b""
        if self._clock.mono_ns() - stay.begun_ns > TICKET_S * NS_PER_S:
            return None
        cookie = secrets.token_urlsafe(32)
        stay.cookie = _hash(cookie)
        return cookie

    def is_in(self, camera: CameraId, cookie: str) -> bool:
        """Tell whether this cookie is that of the stay at `camera`; its use makes it last."""
        stay = self._lasting(camera)
        if stay is None or not stay.cookie or not hmac.compare_digest(stay.cookie, _hash(cookie)):
            return False
        stay.used_ns = self._clock.mono_ns()
        return True

    @property
    def camera(self) -> CameraId | None:
        """Where somebody is, None when nobody is anywhere."""
        stay = self._stay
        return stay.camera if stay is not None and self._lasting(stay.camera) is stay else None

    @property
    def who(self) -> str:
        return self._stay.who if self._stay else ""

    def _lasting(self, camera: CameraId) -> Stay | None:
        stay, now_ns = self._stay, self._clock.mono_ns()
        if stay is None or stay.camera != camera:
            return None
        if now_ns - stay.used_ns > IDLE_S * NS_PER_S or now_ns - stay.begun_ns > LONGEST_S * NS_PER_S:
            self._stay = None
            return None
        return stay

    def end(self) -> None:
        self._stay = None


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="replace")).digest()
