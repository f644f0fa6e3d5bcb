"""Who is asking: claim, log-in, sessions and the tokens of programs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.units import NS_PER_S, US_PER_S, MonoNs, WallUs
from hearthwatch.web import accounts, factors, sessions, throttle, tokens
from hearthwatch.web.access import Access
from hearthwatch.web.accounts import Role, User
from hearthwatch.web.claim import ClaimCode
from hearthwatch.web.passkeys import Passkeys
from hearthwatch.web.passwords import Hasher, why_refused
from hearthwatch.web.person import ALLOWED, SCOPES, Denied, Permission, Session, Wanted
from hearthwatch.web.place import UNKNOWN, Place, is_private, network_of
from hearthwatch.web.second_factor import Sealer, SecondFactors
from hearthwatch.web.sessions import Factor, OpenSession
from hearthwatch.web.site_roles import SiteRoles
from hearthwatch.web.throttle import TRIES_PER_ADDRESS, Throttle
from hearthwatch.web.tokens import hash_token
from hearthwatch.web.trail import Trail

__all__ = ["ALLOWED", "SCOPES", "Auth", "Denied", "Permission", "Session", "Wanted"]

log = logging.getLogger(__name__)

MAX_NAME = 64
_HALF_WAY_S = 5 * 60
_MOST_HALF_WAY = 500
BY = {
    Factor.CODE: "the code on the console",
    Factor.PASSWORD: "password",
    Factor.TOTP: "password and code",
    Factor.RECOVERY: "password and recovery code",
    Factor.PASSKEY: "passkey",
}
FRESH_US = 5 * 60 * US_PER_S
"""So long after somebody proved who they are they may do the gravest acts."""
_MAX_PASSWORD = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfWay:
    """The password was right; `key` goes on with a second factor: codes of an app, or a passkey."""

    key: str
    totp: bool
    passkey: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Somebody logged in from a place (network and browser) that is new for them; not `let_in`: the password was right, but an
    owner without a second factor stays outside."""

    user: User
    place: Place
    at_home: bool
    factor: Factor
    let_in: bool = True


class Auth:
    """The one place that knows who somebody is; every method may be called by any number of requests at once."""

    def __init__(
        self,
        db: Db,
        clock: Clock,
        claim: ClaimCode,
        hasher: Hasher,
        *,
        sealer: Sealer,
        home: Callable[[str], bool] = lambda _address: False,
        news: Callable[[Arrival], Awaitable[None]] | None = None,
    ) -> None:
        """`home` tells whether an address lies in one of the networks the owner named as the home's; `news` hears of log-ins
        from a place that is new."""
        self.sealer = sealer
        self._home = home
        self._news = news
        self._db = db
        self._clock = clock
        self._claim = claim
        self._hasher = hasher
        self._throttle = Throttle(db, clock)
        self._half_way: dict[str, tuple[User, MonoNs]] = {}
        self.access = Access(db, clock)
        self.site_roles = SiteRoles(db)
        self.trail = Trail(db, clock)
        self.second_factors = SecondFactors(db, clock, sealer)
        self.passkeys = Passkeys(db, clock)
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

    async def claim(self, code: str, name: str, password: str, place: Place) -> Session:
        """Make the first account, the owner's, and log in. Raises Denied."""
        async with self._claiming:
            if await self.is_claimed():
                raise Denied(409, "This house has an owner already.", "Log in instead.")
            await self._throttle.take_each({f"claim {place.address}": TRIES_PER_ADDRESS})
            if not self._claim.matches(code):
                raise Denied(
                    403,
                    "This is not the code on the console.",
                    "Read it from the terminal or the log where Hearthwatch runs; it changes after 15 minutes.",
                )
            name = clean_name(name)
            hashed = await self.hash_new(password, name)
            user = await self._db.run(lambda c: accounts.add_user(c, name, hashed, Role.OWNER, self._clock.wall_us()))
            self._claim.use_up()
            self._claimed = True
            self.claimed.set()
        log.info("the house is claimed: %r is its owner", name)
        return await self.open(user, place, Factor.CODE)

    async def login(self, name: str, password: str, place: Place) -> Session | HalfWay:
        """Return a session, or the way on to the second factor where the account has one.

        Raises Denied: 401 for a wrong name or password (which one is not said), 429 after too many tries, 403 for an owner
        without a second factor who comes from outside."""
        user = await self._check(name, password, place)
        if user is None:
            log.warning("a log-in from %s was refused", place.address)
            known = await self._db.run(lambda c: accounts.find_user(c, name.strip()[:MAX_NAME]))
            who = known[0].name if known else ""  # what strangers type may be a password in the wrong field
            await self.trail.note("log-in-refused", who=who, address=place.address, subject=place.browser)
            raise Denied(401, "The name or the password is wrong.")
        found = await self._db.run(lambda c: factors.factors_of(c, user.id))
        if found.totp or found.passkeys:
            key = secrets.token_urlsafe(32)
            self._half_way[key] = (user, MonoNs(self._clock.mono_ns() + _HALF_WAY_S * NS_PER_S))
            while len(self._half_way) > _MOST_HALF_WAY:
                del self._half_way[next(iter(self._half_way))]
            return HalfWay(key=key, totp=found.totp, passkey=bool(found.passkeys))
        if user.role is Role.OWNER and not self.is_home(place):
            await self._tell(Arrival(user=user, place=place, at_home=False, factor=Factor.PASSWORD, let_in=False))
            raise no_second_factor()
        await self._db.run(lambda c: throttle.forget(c, user.name, place.address))
        return await self.open(user, place, Factor.PASSWORD)

    async def finish(self, key: str, code: str, place: Place) -> Session:
        """Go on from half way with a code of the app or a recovery code. Raises Denied: 409 when it took too long, 403, 429."""
        user, until_ns = self._half_way.get(key, (None, MonoNs(0)))
        if user is None or self._clock.mono_ns() > until_ns:
            raise Denied(409, "This took too long.", "Log in once more.")
        factor = await self._take_code(user, code, place)
        if self._half_way.pop(key, None) is None:
            raise Denied(409, "This took too long.", "Log in once more.")
        await self._db.run(lambda c: throttle.forget(c, user.name, place.address))
        return await self.open(user, place, factor)

    async def confirm_code(self, session: Session, code: str, place: Place) -> Factor:
        """Make sure by a second factor that it is still this person who sits there. Raises Denied: 403, 429."""
        factor = await self._take_code(session.user, code, place)
        await self._db.run(lambda c: throttle.forget(c, session.user.name, place.address))
        return factor

    async def confirm_totp(self, session: Session, code: str, place: Place) -> tuple[str, ...]:
        """The person's new app works: return recovery codes. Raises Denied."""
        await self._throttle.take(session.user.name, place.address)
        codes = await self.second_factors.confirm(session, code)
        await self._db.run(lambda c: throttle.forget(c, session.user.name, place.address))
        return codes

    async def confirm(self, session: Session, password: str, place: Place) -> None:
        """Make sure that it is still this person who sits there. Raises Denied: 403 for a wrong password, 429 as `login`."""
        if await self._check(session.user.name, password, place) is None:
            raise Denied(403, "The password is wrong.")
        await self._db.run(lambda c: throttle.forget(c, session.user.name, place.address))

    async def prove(self, session: Session, factor: Factor) -> Session:
        """The person proved once more who they are: return their session under a new token, which is fresh."""
        token = secrets.token_urlsafe(32)
        old, new, now_us = hash_token(session.token), hash_token(token), self._clock.wall_us()
        await self._db.run(lambda c: sessions.renew_session(c, old, new, factor, now_us))
        found = await self.session(token)
        if found is None:
            raise Denied(401, "Nobody is logged in.", "Log in and try again.")
        return found

    async def session(self, token: str) -> Session | None:
        """Return the session the cookie's value stands for; None when there is none or it has ended."""
        if not token or len(token) > 128:
            return None
        now_us = self._clock.wall_us()
        found = await self._db.run(lambda c: sessions.find_session(c, hash_token(token), now_us))
        return await self._used(found, token, now_us) if found else None

    async def _used(self, found: OpenSession, token: str, now_us: WallUs) -> Session:
        if sessions.is_use_due(found, now_us):
            await self._note(lambda c: sessions.note_use(c, found.id, now_us))
        return _session(found, token)

    async def _note(self, work: Callable[[Connection], None]) -> None:
        """Note that something was used; a disk that does not take that keeps nobody out."""
        try:
            await self._db.run(work)
        except StorageFailed as error:
            log.debug("a use is not noted: %s", error)

    async def program(self, token: str, address: str) -> Session | None:
        """Return what a program may do that sends this token; None for one that is unknown, taken away or expired."""
        if not token.startswith(tokens.PREFIX) or len(token) > 128:
            return None
        now_us = self._clock.wall_us()
        found = await self._db.run(lambda c: tokens.find_token(c, hash_token(token), now_us))
        if found is None:
            return None
        if tokens.is_use_due(found, address, now_us):
            await self._note(lambda c: tokens.note_use(c, found.id, address, now_us))
        return Session(
            id=found.id,
            user=found.user,
            token=token,
            strong=found.strong,
            scopes=frozenset(Permission(scope) for scope in found.scopes if scope in SCOPES),
            cameras=tokens.cameras_of(found.user, found.cameras),
        )

    def check_fresh(self, session: Session, permission: Permission) -> None:
        """Raises Denied unless the person proved just now who they are. A program cannot: it manages nothing of that kind, and
        has its owner's word for the rest."""
        if session.is_program:
            if permission in {Permission.OWN, Permission.MANAGE}:
                raise Denied(403, "A program may not do this.", "It takes a person, at the page.")
            return
        if not self.is_fresh(session):
            raise Denied(403, "First show once more that it is you.", "Enter your password and try again.", wanted=Wanted.PROOF)

    def is_fresh(self, session: Session) -> bool:
        """Tell whether the person proved within the last minutes who they are."""
        return 0 <= self._clock.wall_us() - session.proved_us <= FRESH_US

    def check_place(self, session: Session, place: Place) -> None:
        """Raises Denied for an owner without a second factor who comes from beyond the home."""
        if session.user.role is Role.OWNER and not session.strong and not self.is_home(place):
            raise no_second_factor()

    def is_home(self, place: Place) -> bool:
        """Tell whether somebody comes from this machine, a private network, or one that `home.networks` names."""
        return place.certain and self.is_near(place.address)

    def is_near(self, address: str) -> bool:
        """Tell whether an address is one of this machine, of a private network, or of one that `home.networks` names."""
        return network_of(address) != UNKNOWN and (is_private(address) or self._home(address))

    async def logout(self, session: Session) -> None:
        await self._db.run(lambda c: sessions.close_session(c, hash_token(session.token)))

    async def ended(self, session: Session) -> None:
        """Return once the session is over or its rights have changed, at most a second late, or at once when the server stops.

        For connections that stay open; watching counts as use.
        """
        while not self.stopping.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.8):
                    await self.stopping.wait()
            now = await (self.program(session.token, "") if session.is_program else self._still(session))
            if now is None or not now.is_same_person(session):
                return

    async def open(self, user: User, place: Place, factor: Factor) -> Session:
        """Open a session, always under a token of its own."""
        token = secrets.token_urlsafe(32)
        now_us = self._clock.wall_us()
        new = OpenSession(
            id=secrets.token_hex(6),
            user=user,
            created_us=now_us,
            used_us=now_us,
            proved_us=now_us,
            address=place.address,
            browser=place.browser,
            factor=factor,
            strong=False,
        )

        def enter(connection: Connection) -> bool:
            sessions.open_session(connection, hash_token(token), new)
            return sessions.note_place(connection, user.id, place.network, place.browser, now_us)

        is_new_place = await self._db.run(enter)
        deed = "claimed" if factor is Factor.CODE else "logged-in"
        await self.trail.note(deed, who=user.name, address=place.address, subject=f"{place.browser}, by {BY[factor]}")
        if is_new_place and factor is not Factor.CODE:
            await self._tell(Arrival(user=user, place=place, at_home=self.is_home(place), factor=factor))
        found = await self.session(token)
        assert found is not None
        return found

    async def hash_new(self, password: str, name: str) -> str:
        """Return the hash of a new password. Raises Denied (422) for one that is guessed first."""
        if reason := why_refused(password, name):
            raise Denied(422, reason)
        return await self._hasher.hash(password)

    async def _still(self, session: Session) -> Session | None:
        """Return the session as it is now, also where the person proved who they are meanwhile and it has another token."""
        if session.at_hub:
            return session
        now_us = self._clock.wall_us()
        found = await self._db.run(lambda c: sessions.find_session_by_id(c, session.id, now_us))
        return await self._used(found, session.token, now_us) if found else None

    async def _check(self, name: str, password: str, place: Place) -> User | None:
        """Return the user if the password is theirs; an unknown name costs the same. The try stays counted until the person is
        in: otherwise who knows the password could guess codes without end. Raises Denied (429)."""
        await self._throttle.take(name, place.address)
        found = await self._db.run(lambda c: accounts.find_user(c, name.strip()[:MAX_NAME]))
        right = await self._hasher.matches(password[:_MAX_PASSWORD], found[1] if found else None)
        if not found or not right:
            return None
        user, hashed = found
        if self._hasher.is_dated(hashed):
            renewed = await self._hasher.hash(password)
            await self._db.run(lambda c: accounts.set_password(c, user.id, renewed))
        return user

    async def _take_code(self, user: User, code: str, place: Place) -> Factor:
        await self._throttle.take(user.name, place.address)
        factor = await self.second_factors.take(user, code)
        if factor is None:
            await self.trail.note("log-in-refused", who=user.name, address=place.address, subject=place.browser)
            raise Denied(403, "This code is wrong, or was used before.", "Each code works once: wait for the next one.")
        return factor

    async def _tell(self, arrival: Arrival) -> None:
        if self._news is not None:
            await self._news(arrival)


def no_second_factor() -> Denied:
    """The refusal of an owner from outside who has no second factor."""
    return Denied(
        403,
        "From outside the home an owner needs a second factor.",
        "At home, open Settings, People with access, and set up a code app or a passkey for your account.",
        wanted=Wanted.SECOND_FACTOR,
    )


def clean_name(name: str) -> str:
    """Return a user name as it is kept. Raises Denied (422)."""
    name = name.strip()
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        raise Denied(422, f"A user name has 1 to {MAX_NAME} visible characters.")
    return name


def _session(found: OpenSession, token: str) -> Session:
    return Session(
        id=found.id,
        user=found.user,
        token=token,
        proved_us=found.proved_us,
        strong=found.strong,
        cameras=found.user.cameras,
    )
