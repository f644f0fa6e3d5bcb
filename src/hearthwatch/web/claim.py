"""The claim: while the house has no owner, a one-time code from the console makes the first account."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.units import NS_PER_S, MonoNs

LIFETIME_S = 15 * 60
MAX_WRONG = 10
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class ClaimCode:
    """One code at a time: 8 characters without look-alikes, dead after use, after 15 minutes or after 10 wrong tries.

    `announce` prints a new code on the console; a dead one is replaced when somebody next opens the page.
    """

    def __init__(self, clock: Clock, announce: Callable[[str], None]) -> None:
        self._clock = clock
        self._announce = announce
        self._code = ""
        self._until_ns = MonoNs(0)
        self._wrong = 0

    def renew(self) -> None:
        """Make sure there is a living code; announce it when it is new."""
        if self._code and self._clock.mono_ns() < self._until_ns:
            return
        letters = "".join(secrets.choice(_ALPHABET) for _ in range(8))
        self._code = f"{letters[:4]}-{letters[4:]}"
        self._until_ns = MonoNs(self._clock.mono_ns() + LIFETIME_S * NS_PER_S)
        self._wrong = 0
        self._announce(self._code)

    def matches(self, given: str) -> bool:
        """Tell whether `given` is the living code; spaces, dashes and case do not matter. A wrong one counts."""
        alive = bool(self._code) and self._clock.mono_ns() < self._until_ns
        if alive and hmac.compare_digest(_plain(given).encode(), _plain(self._code).encode()):
            return True
        self._wrong += 1
        if self._wrong >= MAX_WRONG or not alive:
            self._code = ""
            self.renew()
        return False

    def use_up(self) -> None:
        """The house has an owner: no code is valid any more."""
        self._code = ""


def _plain(code: str) -> str:
    return "".join(letter for letter in code.upper() if letter.isalnum())
