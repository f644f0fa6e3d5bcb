"""What may be a password, and how it is kept: argon2id, at most two hashes at a time, never on the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 12
MAX_LENGTH = 128
_NICE = 10

_GUESSED_FIRST = tuple(Path(__file__).with_name("guessed_first.txt").read_text().split())


def why_refused(password: str, user_name: str) -> str | None:
    """Return why `password` must not be used, for a person; None when it may."""
    if len(password) < MIN_LENGTH:
        return (
            f"The password has {len(password)} characters; it needs at least {MIN_LENGTH}. Three or four random words do well."
        )
    if len(password) > MAX_LENGTH:
        return f"The password is longer than {MAX_LENGTH} characters."
    rest = password.casefold()
    for word in sorted((user_name.casefold(), *_GUESSED_FIRST), key=len, reverse=True):
        if len(word) > 2:
            rest = rest.replace(word, "")
    if len(set(rest)) < 4:
        return "The password is one of those that are guessed first (common words, rows of keys, repeats). Choose another."
    return None


def _step_back() -> None:
    """Let this thread wait for any other: who guesses passwords must not hold up an alert."""
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)


class Hasher:
    """argon2id with 19 MiB, t=2, p=1 (OWASP's minimum, so that a 1 GB Pi keeps up)."""

    def __init__(self, *, memory_kib: int = 19_456, passes: int = 2) -> None:
        self._argon2 = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password", initializer=_step_back)
        self._nobody = self._argon2.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._argon2.hash, password)

    async def matches(self, password: str, hashed: str | None) -> bool:
        """Tell whether `password` belongs to `hashed`; None (an unknown user) costs the same and is False."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._verify, password, hashed) and hashed is not None

    def _verify(self, password: str, hashed: str | None) -> bool:
        try:
            return self._argon2.verify(hashed or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False

    def is_dated(self, hashed: str) -> bool:
        """Tell whether the hash was made with other costs than today's."""
        return self._argon2.check_needs_rehash(hashed)

    def close(self) -> None:
        self._threads.shutdown(wait=False)
