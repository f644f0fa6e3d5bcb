"""Who is asking: claim, log-in with a throttle that survives restarts, sessions, and what each role may do."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import logging
import secrets
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.web import accounts
from hearthwatch.web.accounts import Role, User
from hearthwatch.web.claim import ClaimCode
from hearthwatch.web.passwords import Hasher, why_refused

log = logging.getLogger(__name__)

WINDOW_US = 15 * 60 * US_PER_S
TRIES_PER_ACCOUNT = 10
TRIES_PER_ADDRESS = 20
_MAX_NAME = 64


class Permission(StrEnum):
    """What a route asks for. PUBLIC is what a stranger may see; METRICS is for loopback and holders of the metrics token."""

    PUBLIC = "public"
    METRICS = "metrics"
    LOOK = "look"
    DECIDE = "decide"
    MANAGE = "manage"


ALLOWED = {
    Role.OWNER: frozenset({Permission.LOOK, Permission.DECIDE, Permission.MANAGE}),
    Role.VIEWER: frozenset({Permission.LOOK}),
}


class Denied(Exception):
    """The request is refused; the message and `hint` are for the person who asked."""

    def __init__(self, status: int, message: str, hint: str = "", *, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.hint = hint
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A person's open session. `token` is the cookie's value; only its hash is kept."""

    user: User
    token: str

    @property
    def csrf(self) -> str:
        """The token unsafe requests must carry in a header; derived, so that it needs no place of its own."""
        return hmac.new(self.token.encode(), b"hearthwatch csrf", hashlib.sha256).hexdigest()

    def may(self, permission: Permission) -> bool:
        return permission is Permission.PUBLIC or permission in ALLOWED[self.user.role]


class Auth:
    """The one place that knows who somebody is; every method may be called by any number of requests at once."""

    def __init__(self, db: Db, clock: Clock, claim: ClaimCode, hasher: Hasher) -> None:
        self._db = db
        self._clock = clock
        self._claim = claim
        self._hasher = hasher
        self._claiming = asyncio.Lock()
        self._claimed = False
        self.claimed = asyncio.Event()
        self.stopping = asyncio.Event()

    async def is_claimed(self) -> bool:
        """Tell whether the house has an owner; while it has none, a living claim code is on the console."""
        if not self._claimed:
            self._claimed = await self._db.run(accounts.count_users) > 0
            if self._claimed:
                self.claimed.set()
            else:
                self._claim.renew()
        return self._claimed

    async def claim(self, code: str, name: str, password: str, address: str) -> Session:
        """Make the first account, the owner's, and log in. Raises Denied."""
        async with self._claiming:
            if await self.is_claimed():
                raise Denied(409, "This house has an owner already.", "Log in instead.")
            await self._take_try({f"claim {address}": TRIES_PER_ADDRESS})
            if not self._claim.matches(code):
                raise Denied(
                    403,
                    "This is not the code on the console.",
                    "Read it from the terminal or the log where Hearthwatch runs; it changes after 15 minutes.",
                )
            name = _clean_name(name)
            if reason := why_refused(password, name):
                raise Denied(422, reason)
            hashed = await self._hasher.hash(password)
            user = await self._db.run(lambda c: accounts.add_user(c, name, hashed, Role.OWNER, self._clock.wall_us()))
            self._claim.use_up()
            self._claimed = True
            self.claimed.set()
        log.info("the house is claimed: %r is its owner", name)
        return await self._open(user)

    async def login(self, name: str, password: str, address: str) -> Session:
        """Raises Denied: 401 for a wrong name or password (which one is not said), 429 after too many tries."""
        account = f"account {hashlib.sha256(name.strip().casefold().encode()).hexdigest()}"
        await self._take_try({account: TRIES_PER_ACCOUNT, f"address {address}": TRIES_PER_ADDRESS})
        found = await self._db.run(lambda c: accounts.find_user(c, name.strip()[:_MAX_NAME]))
        right = await self._hasher.matches(password[: 4 * _MAX_NAME], found[1] if found else None)
        if not found or not right:
            log.warning("a log-in from %s was refused", address)
            raise Denied(401, "The name or the password is wrong.")
        user, hashed = found
        renewed = await self._hasher.hash(password) if self._hasher.is_dated(hashed) else None

        def welcome(connection: Connection) -> None:
            accounts.forget_tries(connection, account)
            accounts.forget_tries(connection, f"address {address}")
            if renewed:
                accounts.set_password(connection, user.id, renewed)

        await self._db.run(welcome)
        return await self._open(user)

    async def confirm(self, session: Session, password: str, address: str) -> None:
        """Make sure that it is still this person who sits there. Raises Denied: 403 for a wrong password, 429 as `login`."""
        name = session.user.name
        account = f"account {hashlib.sha256(name.casefold().encode()).hexdigest()}"
        await self._take_try({account: TRIES_PER_ACCOUNT, f"address {address}": TRIES_PER_ADDRESS})
        found = await self._db.run(lambda c: accounts.find_user(c, name))
        if not await self._hasher.matches(password[: 4 * _MAX_NAME], found[1] if found else None):
            raise Denied(403, "The password is wrong.")
        await self._db.run(lambda c: accounts.forget_tries(c, account))

    async def session(self, token: str) -> Session | None:
        """Return the session the cookie's value stands for; None when there is none or it has ended."""
        if not token or len(token) > 128:
            return None
        now_us = self._clock.wall_us()
        user = await self._db.run(lambda c: accounts.use_session(c, _hash(token), now_us))
        return Session(user=user, token=token) if user else None

    async def logout(self, session: Session) -> None:
        await self._db.run(lambda c: accounts.close_session(c, _hash(session.token)))

    async def ended(self, session: Session) -> None:
        """Return once the session is over, at most a second late, or at once when the server stops.

        For connections that stay open; watching counts as use.
        """
        while not self.stopping.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.8):
                    await self.stopping.wait()
            now = await self.session(session.token)
            if now is None or now.user != session.user:
                return

    async def _open(self, user: User) -> Session:
        token = secrets.token_urlsafe(32)
        await self._db.run(lambda c: accounts.open_session(c, _hash(token), user.id, self._clock.wall_us()))
        return Session(user=user, token=token)

    async def _take_try(self, limits: dict[str, int]) -> None:
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


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _clean_name(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= _MAX_NAME or not name.isprintable():
        raise Denied(422, f"A user name has 1 to {_MAX_NAME} visible characters.")
    return name
