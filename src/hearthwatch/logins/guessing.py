"""Wrong passwords: how long more of them belong to the same attack, which is one alert with a count. Pure.

Whoever tries a thousand passwords is one attack on a camera, whatever names he tries and however slowly.
"""

from __future__ import annotations

import msgspec

from hearthwatch.kit.units import NS_PER_S, US_PER_S, MonoNs, WallUs
from hearthwatch.logins.login import LoginId, Verdict

GUESSES = frozenset({Verdict.FAILED, Verdict.LOCKED})
HOLD_NS = NS_PER_S
"""What the first of them waits for the others."""
_LASTS_S = (600, 3600, 21_600)
_QUIET_S = 2 * _LASTS_S[-1]
_AGAIN_S = 60
_AMEND_S = 2.0
_AMEND_SHARE = 0.1


class Guessing(msgspec.Struct, frozen=True, kw_only=True):
    """One attack: its `first` row and when it was noticed. It is the `nth` without a long quiet in between, and each may last
    longer than the one before: whoever goes on for days is told of a few times. `sent`: how many the last message told of that
    a person was sure to notice; `is_told_again`: there will be no other one."""

    first: LoginId
    begun_us: WallUs
    nth: int = 1
    sent: int = 0
    is_told_again: bool = False

    def is_open(self, now_us: WallUs) -> bool:
        """Whether what comes now belongs to it."""
        return 0 <= now_us - self.begun_us < _LASTS_S[min(self.nth, len(_LASTS_S)) - 1] * US_PER_S

    @property
    def again_us(self) -> WallUs:
        """When channels that cannot change what they sent tell how many there are now, once."""
        return WallUs(self.begun_us + _AGAIN_S * US_PER_S)

    def amend_ns(self, now_us: WallUs, now_ns: MonoNs) -> MonoNs:
        """Return when its count is brought up to date next: soon at first, ever more rarely later."""
        wait_s = max(_AMEND_S, _AMEND_SHARE * (now_us - self.begun_us) / US_PER_S)
        return MonoNs(now_ns + round(wait_s * NS_PER_S))


def begun(before: Guessing | None, first: LoginId, now_us: WallUs) -> Guessing:
    """Return what begins with the row `first`, after `before`."""
    goes_on = before is not None and 0 <= now_us - before.begun_us < _QUIET_S * US_PER_S
    return Guessing(first=first, begun_us=now_us, nth=before.nth + 1 if before is not None and goes_on else 1)
