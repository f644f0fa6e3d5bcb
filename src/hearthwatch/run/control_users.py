"""What is asked and answered at the control door about people with access: accounts, log-ins, tokens, and the trail."""

from __future__ import annotations

import msgspec

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import CameraId
from hearthwatch.web.access import Access, Account
from hearthwatch.web.accounts import Role, User
from hearthwatch.web.person import Denied, Permission
from hearthwatch.web.sessions import OpenSession
from hearthwatch.web.tokens import ApiToken
from hearthwatch.web.trail import Line, Trail, Via

_WHO = "the command line"


class _Line(msgspec.Struct, frozen=True, kw_only=True, tag=True, forbid_unknown_fields=True):
    """Base of all: the class name travels as the tag."""


class AskUsers(_Line, frozen=True):
    """Answered by Users."""


class AskAddUser(_Line, frozen=True):
    """Answered by Users. Never a password: `password_hash` is argon2id. `cameras` None: all of them."""

    name: str
    role: Role
    password_hash: str
    cameras: frozenset[CameraId] | None = None


class AskRights(_Line, frozen=True):
    """Answered by Users; ends every session of that user. `cameras` None: all of them."""

    name: str
    role: Role
    cameras: frozenset[CameraId] | None


class AskPassword(_Line, frozen=True):
    """Answered by Users; ends every session of that user. `reset` also takes the second factors and the tokens away."""

    name: str
    password_hash: str
    reset: bool = False


class AskRemoveUser(_Line, frozen=True):
    """Answered by Users."""

    name: str


class AskSessions(_Line, frozen=True):
    """Answered by Sessions."""


class AskLogOut(_Line, frozen=True):
    """End every session of a user, or of everybody where the name is empty. Answered by Sessions, as they are then."""

    name: str


class AskTokens(_Line, frozen=True):
    """Answered by Tokens."""


class AskAddToken(_Line, frozen=True):
    """Answered by TokenMade. `days` None: until it is taken away."""

    user: str
    name: str
    scopes: frozenset[Permission]
    cameras: frozenset[CameraId] | None
    days: int | None


class AskRemoveToken(_Line, frozen=True):
    """Answered by Tokens, as they are then."""

    token: str


class AskTrail(_Line, frozen=True):
    """Answered by Deeds."""

    limit: int
    check: bool


class Users(_Line, frozen=True):
    accounts: tuple[Account, ...]

    @property
    def users(self) -> tuple[User, ...]:
        return tuple(account.user for account in self.accounts)


class Sessions(_Line, frozen=True):
    sessions: tuple[OpenSession, ...]


class Tokens(_Line, frozen=True):
    tokens: tuple[ApiToken, ...]


class TokenMade(_Line, frozen=True):
    """`word` is the only copy of what opens the house."""

    token: ApiToken
    word: str


class Deeds(_Line, frozen=True):
    """Newest first. `broken_at` is the first line that is not as it was written, 0 when all is well or was not asked."""

    lines: tuple[Line, ...]
    broken_at: int


UsersAsk = (
    AskUsers
    | AskAddUser
    | AskRights
    | AskPassword
    | AskRemoveUser
    | AskSessions
    | AskLogOut
    | AskTokens
    | AskAddToken
    | AskRemoveToken
    | AskTrail
)
UsersReply = Users | Sessions | Tokens | TokenMade | Deeds


class UsersClerk:
    """Answers the same whether a house runs or not: who is logged in notices within a second."""

    def __init__(self, db: Db, clock: Clock) -> None:
        self._access = Access(db, clock)
        self._trail = Trail(db, clock)

    async def answer(self, ask: UsersAsk) -> UsersReply:
        """Raises Unsupported for what cannot be done, StorageFailed."""
        try:
            return await self._answer(ask)
        except Denied as denied:
            raise Unsupported(f"{denied} {denied.hint}".strip()) from denied

    async def _answer(self, ask: UsersAsk) -> UsersReply:
        match ask:
            case AskSessions():
                return Sessions(sessions=await self._access.sessions())
            case AskLogOut():
                user = await self._user(ask.name) if ask.name else None
                await self._access.end_sessions(user, but="")
                await self._note("ended-log-in", user.name if user else "everybody")
                return Sessions(sessions=await self._access.sessions())
            case AskTokens() | AskRemoveToken():
                if isinstance(ask, AskRemoveToken):
                    await self._note("took-token", await self._access.remove_token(ask.token))
                return Tokens(tokens=await self._access.tokens())
            case AskAddToken():
                user = await self._user(ask.user)
                made, word = await self._access.add_token(user, ask.name, ask.scopes, ask.cameras, ask.days)
                await self._note("made-token", f"{made.name}: {', '.join(sorted(made.scopes))}")
                return TokenMade(token=made, word=word)
            case AskTrail():
                lines = await self._trail.recent(before=None, camera=None, who=None, limit=ask.limit)
                broken = await self._trail.verify() if ask.check else None
                return Deeds(lines=lines, broken_at=broken or 0)
            case _:
                await self._change(ask)
                return Users(accounts=await self._access.accounts())

    async def _change(self, ask: AskUsers | AskAddUser | AskRights | AskPassword | AskRemoveUser) -> None:
        match ask:
            case AskUsers():
                return
            case AskAddUser():
                user = await self._access.add(ask.name, ask.password_hash, ask.role, ask.cameras)
                await self._note("let-in", f"{user.name} as {user.role}")
            case AskRights():
                user = await self._user(ask.name)
                await self._access.set_rights(user.id, ask.role, ask.cameras)
                await self._note("changed-rights", f"{user.name} as {ask.role}")
            case AskPassword():
                user = await self._user(ask.name)
                await self._access.set_password(user.id, ask.password_hash)
                if ask.reset:
                    await self._access.remove_factors(user.id)
                    for token in await self._access.tokens():
                        if token.user.id == user.id:
                            await self._access.remove_token(token.id)
                await self._note("reset" if ask.reset else "gave-password", user.name)
            case AskRemoveUser():
                user = await self._user(ask.name)
                await self._access.remove(user.id)
                await self._note("shut-out", user.name)

    async def _user(self, name: str) -> User:
        everybody = [account.user for account in await self._access.accounts()]
        for user in everybody:
            if user.name.casefold() == name.strip().casefold():
                return user
        known = ", ".join(user.name for user in everybody)
        raise Unsupported(f"there is no user {name}: " + (f"there are {known}" if known else "nobody has an account yet"))

    async def _note(self, deed: str, subject: str) -> None:
        await self._trail.note(deed, who=_WHO, via=Via.TERMINAL, subject=subject)
