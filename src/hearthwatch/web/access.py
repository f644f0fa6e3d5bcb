"""People with access: making, changing and removing accounts, sessions and tokens, each with its line in the trail."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.web import accounts, factors, sessions, shares, tokens
from hearthwatch.web.accounts import Role, User
from hearthwatch.web.factors import Factors
from hearthwatch.web.person import ALLOWED, SCOPES, Denied, Permission
from hearthwatch.web.sessions import OpenSession
from hearthwatch.web.tokens import ApiToken

MOST_TOKENS = 100
_ONLY_OWNER = "A house without an owner could be claimed by anybody: make another owner first."


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person with access; `last_us` is when a session of theirs was last used, None while none is open."""

    user: User
    factors: Factors
    sessions: int
    last_us: WallUs | None


class Access:
    """Every method raises Denied with words for who asked, StorageFailed."""

    def __init__(self, db: Db, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def accounts(self) -> tuple[Account, ...]:
        """Return everybody, in the order they were added."""
        now_us = self._clock.wall_us()

        def read(connection: Connection) -> tuple[Account, ...]:
            found = []
            for user in accounts.list_users(connection):
                opened = sessions.list_sessions(connection, now_us, user.id)
                last_us = max((each.used_us for each in opened), default=None)
                factors_now = factors.factors_of(connection, user.id)
                found.append(Account(user=user, factors=factors_now, sessions=len(opened), last_us=last_us))
            return tuple(found)

        return await self._db.run(read)

    async def factors(self, user: User) -> Factors:
        return await self._db.run(lambda c: factors.factors_of(c, user.id))

    async def add(self, name: str, hashed: str, role: Role, cameras: Collection[CameraId] | None) -> User:
        """Make an account."""
        now_us = self._clock.wall_us()
        try:
            return await self._db.run(lambda c: accounts.add_user(c, name, hashed, role, now_us, cameras=cameras))
        except IntegrityError as error:
            raise Denied(409, f"There is somebody called {name} already.", "Choose another name.") from error

    async def set_rights(self, user_id: int, role: Role, cameras: Collection[CameraId] | None) -> User:
        """Let a person do and see this from now on; they log in anew, and links to what they may not hand out any more end."""
        now_us = self._clock.wall_us()

        def change(connection: Connection) -> User:
            user = _user(connection, user_id)
            if role is not Role.OWNER and accounts.is_only_owner(connection, user_id):
                raise Denied(409, f"{user.name} is the only owner.", _ONLY_OWNER)
            accounts.set_rights(connection, user_id, role, cameras)
            sessions.end_sessions(connection, user_id)
            changed = _user(connection, user_id)
            end_links(connection, changed, now_us)
            return changed

        return await self._db.run(change)

    async def set_password(self, user_id: int, hashed: str, *, but: str = "") -> User:
        """Give a person a new password and log them out everywhere, but for one session."""

        def change(connection: Connection) -> User:
            user = _user(connection, user_id)
            accounts.set_password(connection, user_id, hashed)
            sessions.end_sessions(connection, user_id, but=but)
            return user

        return await self._db.run(change)

    async def remove_factors(self, user_id: int) -> User:
        """Take a person's second factors away, who lost them; they log in anew."""

        def change(connection: Connection) -> User:
            user = _user(connection, user_id)
            factors.remove_factors(connection, user_id)
            sessions.end_sessions(connection, user_id)
            return user

        return await self._db.run(change)

    async def remove_totp(self, user: User) -> None:
        """Take the authenticator app and the recovery codes away."""

        def change(connection: Connection) -> None:
            factors.set_totp(connection, user.id, None)
            factors.set_recovery_codes(connection, user.id, ())

        await self._db.run(change)

    async def remove_passkey(self, user: User, passkey: int) -> None:
        if not await self._db.run(lambda c: factors.remove_passkey(c, user.id, passkey)):
            raise Denied(404, "There is no such passkey.")

    async def remove(self, user_id: int) -> User:
        """Remove a person: their sessions, passkeys, tokens and links end with them."""
        now_us = self._clock.wall_us()

        def change(connection: Connection) -> User:
            user = _user(connection, user_id)
            if accounts.is_only_owner(connection, user_id):
                raise Denied(409, f"{user.name} is the only owner.", _ONLY_OWNER)
            accounts.remove_user(connection, user.name)
            end_links(connection, user, now_us, is_gone=True)
            return user

        return await self._db.run(change)

    async def sessions(self, user: User | None = None) -> tuple[OpenSession, ...]:
        """Return who is logged in, or one user's sessions."""
        now_us = self._clock.wall_us()
        return await self._db.run(lambda c: sessions.list_sessions(c, now_us, user.id if user else None))

    async def end_session(self, session: str, user: User | None = None) -> None:
        """End a session, of that user where one is given."""
        if not await self._db.run(lambda c: sessions.end_session(c, session, user.id if user else None)):
            raise Denied(404, "There is no such log-in (any more).")

    async def end_sessions(self, user: User | None, *, but: str) -> int:
        """End every session of a user (None: of everybody) but one."""
        return await self._db.run(lambda c: sessions.end_sessions(c, user.id if user else None, but=but))

    async def tokens(self) -> tuple[ApiToken, ...]:
        return await self._db.run(tokens.list_tokens)

    async def add_token(
        self,
        user: User,
        name: str,
        scopes: Collection[Permission],
        cameras: Collection[CameraId] | None,
        days: int | None,
    ) -> tuple[ApiToken, str]:
        """Make a token for a program, and return it with the only copy of what opens the house."""
        if not scopes or not SCOPES.issuperset(scopes):
            raise Denied(422, "Say what the program may do.", "Give it at least one of: look, decide, export, manage.")
        if cameras is not None and Permission.MANAGE in scopes:
            raise Denied(422, "What manages the house sees all of it.", "Leave out `manage`, or the list of cameras.")
        now_us = self._clock.wall_us()
        word = tokens.PREFIX + secrets.token_urlsafe(32)
        new = ApiToken(
            id=secrets.token_hex(6),
            user=user,
            name=name,
            scopes=frozenset(scopes),
            cameras=None if cameras is None else frozenset(cameras),
            created_us=now_us,
            expires_us=None if days is None else WallUs(now_us + days * 86_400 * US_PER_S),
            used_us=None,
            used_from="",
        )

        def keep(connection: Connection) -> None:
            if len(tokens.list_tokens(connection)) >= MOST_TOKENS:
                raise Denied(409, f"There are {MOST_TOKENS} tokens already.", "Take away some that nothing uses.")
            tokens.add_token(connection, tokens.hash_token(word), new)

        await self._db.run(keep)
        return new, word

    async def remove_token(self, token: str) -> str:
        """Take a token away and return its name; what uses it is refused at once."""
        name = await self._db.run(lambda c: tokens.remove_token(c, token))
        if name is None:
            raise Denied(404, "There is no such token (any more).")
        return name


def _user(connection: Connection, user_id: int) -> User:
    for user in accounts.list_users(connection):
        if user.id == user_id:
            return user
    raise Denied(404, "There is nobody like that (any more).")


def end_links(connection: Connection, user: User, now_us: WallUs, *, is_gone: bool = False) -> None:
    """End the links to footage that somebody made and may not make any more, in the caller's transaction."""
    may = not is_gone and Permission.EXPORT in ALLOWED[user.role]
    for link in shares.living(connection, now_us):
        if link.who == user.name and not (may and (user.cameras is None or user.cameras.issuperset(link.cameras))):
            shares.revoke(connection, link.id, now_us)
