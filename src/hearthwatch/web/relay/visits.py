"""Visits of owners to a camera's own page: a ticket that works once and soon, then a cookie that works for a while."""

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
class Visit:
    """Somebody at a camera's page. `who` is the id of the session that opened it."""

    camera: CameraId
    who: str
    ticket: bytes
    cookie: bytes
    begun_ns: MonoNs
    used_ns: MonoNs


class Visits:
    """One visit to one camera at a time: the pages of two cameras share the machine's name, and with it their cookies."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._visit: Visit | None = None

    def begin(self, camera: CameraId, who: str) -> str:
        """End what was, and return the ticket of a new visit."""
        ticket = secrets.token_urlsafe(32)
        now_ns = self._clock.mono_ns()
        self._visit = Visit(camera=camera, who=who, ticket=_hash(ticket), cookie=b"", begun_ns=now_ns, used_ns=now_ns)
        return ticket

    def enter(self, camera: CameraId, ticket: str) -> str | None:
        """Return the cookie for a ticket that is right, and make it worthless; None for any other."""
        visit = self._lasting(camera)
        if visit is None or not visit.ticket or not hmac.compare_digest(visit.ticket, _hash(ticket)):
            return None
        visit.ticket = b""
        if self._clock.mono_ns() - visit.begun_ns > TICKET_S * NS_PER_S:
            return None
        cookie = secrets.token_urlsafe(32)
        visit.cookie = _hash(cookie)
        return cookie

    def is_in(self, camera: CameraId, cookie: str) -> bool:
        """Tell whether this cookie is that of the visit to `camera`; its use makes the visit last."""
        visit = self._lasting(camera)
        if visit is None or not visit.cookie or not hmac.compare_digest(visit.cookie, _hash(cookie)):
            return False
        visit.used_ns = self._clock.mono_ns()
        return True

    @property
    def camera(self) -> CameraId | None:
        """Where somebody is, None when nobody is anywhere."""
        visit = self._visit
        return visit.camera if visit is not None and self._lasting(visit.camera) is visit else None

    @property
    def who(self) -> str:
        return self._visit.who if self._visit else ""

    def _lasting(self, camera: CameraId) -> Visit | None:
        visit, now_ns = self._visit, self._clock.mono_ns()
        if visit is None or visit.camera != camera:
            return None
        if now_ns - visit.used_ns > IDLE_S * NS_PER_S or now_ns - visit.begun_ns > LONGEST_S * NS_PER_S:
            self._visit = None
            return None
        return visit

    def end(self) -> None:
        self._visit = None


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="replace")).digest()
