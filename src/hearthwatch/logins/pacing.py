"""How many messages a burst becomes: the first at once, what goes on in the same way together, later. Pure.

A cause is a camera, a kind of verdict, and for log-ins that worked the user and the address. Whoever tries a thousand
passwords is one cause whatever names he tries.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs
from hearthwatch.logins.login import Login, Verdict

Cause = tuple[CameraId, Verdict, str, str]

_QUIET_S = (60.0, 600.0, 3600.0, 21_600.0)
_COLLECT_S = 60.0
_AT_ONCE = 6
REMEMBERED_S = 2 * _QUIET_S[-1]
"""After so long a cause that comes back is a new one."""
_NAMELESS = frozenset({Verdict.FAILED, Verdict.LOCKED})


@dataclass(slots=True)
class _Told:
    at_ns: MonoNs
    times: int = 1


@dataclass(slots=True)
class Pace:
    """What was told lately. One for all cameras."""

    told: dict[Cause, _Told] = field(default_factory=dict)
    sent: dict[CameraId, list[MonoNs]] = field(default_factory=dict)

    def due(self, camera: CameraId, waiting: Iterable[Login], now_ns: MonoNs) -> tuple[Login, ...]:
        """Return which of `waiting`, all that is untold of a camera, to tell now in one message."""
        rows = tuple(waiting)
        ready = tuple(row for row in rows if self._is_ready(cause_of(row), now_ns))
        if not ready:
            return ()
        recent = [at_ns for at_ns in self.sent.get(camera, ()) if now_ns - at_ns < _COLLECT_S * NS_PER_S]
        if len(recent) >= _AT_ONCE:
            return ()
        self.sent[camera] = [*recent, now_ns]
        for cause in {cause_of(row) for row in rows}:
            before = self.told.get(cause)
            is_again = before is not None and now_ns - before.at_ns < REMEMBERED_S * NS_PER_S
            self.told[cause] = _Told(now_ns, before.times + 1 if before is not None and is_again else 1)
        return rows

    def recall(self, login: Login, at_ns: MonoNs) -> None:
        """A former house told of such a one at `at_ns`."""
        self.told.setdefault(cause_of(login), _Told(at_ns))

    def next_ns(self, camera: CameraId, waiting: Iterable[Login]) -> MonoNs | None:
        """Return when something of `waiting` will be due; None when nothing waits."""
        times = [self._ready_ns(cause_of(row)) for row in waiting]
        if not times:
            return None
        recent = self.sent.get(camera, [])
        open_ns = recent[-_AT_ONCE] + round(_COLLECT_S * NS_PER_S) if len(recent) >= _AT_ONCE else 0
        return MonoNs(max(min(times), open_ns))

    def _is_ready(self, cause: Cause, now_ns: MonoNs) -> bool:
        return now_ns >= self._ready_ns(cause)

    def _ready_ns(self, cause: Cause) -> MonoNs:
        before = self.told.get(cause)
        if before is None:
            return MonoNs(0)
        quiet_s = _QUIET_S[min(before.times, len(_QUIET_S)) - 1]
        return MonoNs(before.at_ns + round(quiet_s * NS_PER_S))


def cause_of(login: Login) -> Cause:
    """Return what makes two log-ins one story."""
    if login.verdict in _NAMELESS:
        return (login.camera, Verdict.FAILED, "", "")
    return (login.camera, login.verdict, login.user, login.address or login.origin)
