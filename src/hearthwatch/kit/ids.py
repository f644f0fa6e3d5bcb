"""Ids in the order they were made: ULIDs (48 bits of wall milliseconds, 80 random bits, Crockford base 32)."""

from __future__ import annotations

import random
import threading

from hearthwatch.kit.clock import Clock

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_BITS = 80


class Ulids:
    """Call it for the next id, from any thread. Ids of one maker never go back, not even when the wall clock does."""

    def __init__(self, clock: Clock, rng: random.Random | None = None) -> None:
        self._clock = clock
        self._rng = rng or random.SystemRandom()
        self._lock = threading.Lock()
        self._last = 0

    def __call__(self) -> str:
        """Return 26 characters; they sort as text in the order of making."""
        with self._lock:
            stamp_ms = self._clock.wall_us() // 1000
            value = stamp_ms << _RANDOM_BITS | self._rng.getrandbits(_RANDOM_BITS)
            self._last = value if value > self._last else self._last + 1
            value = self._last
        return "".join(_ALPHABET[value >> shift & 31] for shift in range(125, -1, -5))
