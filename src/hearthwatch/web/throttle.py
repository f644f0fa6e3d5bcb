"""The throttle: how often somebody may try to prove who they are, kept across restarts."""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.web import accounts
from hearthwatch.web.person import Denied

WINDOW_US = 15 * 60 * US_PER_S
TRIES_PER_ACCOUNT = 10
TRIES_PER_ADDRESS = 20


class Throttle:
    """Counts tries for each account and each address."""

    def __init__(self, db: Db, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def take(self, name: str, address: str) -> None:
        """Count a try for an account. Raises Denied (429) after too many."""
        await self.take_each({_account(name): TRIES_PER_ACCOUNT, f"address {address}": TRIES_PER_ADDRESS})

    async def take_each(self, limits: dict[str, int]) -> None:
        """Count a try for each subject of `limits` (subject -> most tries in a window). Raises Denied (429)."""
        now_us = self._clock.wall_us()
        again_us = await self._db.run(lambda c: accounts.take_try(c, limits, WINDOW_US, now_us))
        if again_us is not None:
            wait_s = max(1, -(-(WallUs(again_us) - now_us) // US_PER_S))
            raise Denied(
                429,
                "Too many tries.",
                f"Wait {-(-wait_s // 60)} minutes and try again; who is logged in stays so.",
                retry_after_s=wait_s,
            )


def forget(connection: Connection, name: str, address: str) -> None:
    """The right person came: forget the tries for the account and from there."""
    accounts.forget_tries(connection, _account(name))
    accounts.forget_tries(connection, f"address {address}")


def _account(name: str) -> str:
    return f"account {hashlib.sha256(name.strip().casefold().encode()).hexdigest()}"
