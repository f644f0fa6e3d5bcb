"""Passkeys (WebAuthn): making one, and logging in with it. They belong to a name, so they need a real one and HTTPS."""

from __future__ import annotations

import ipaddress
import secrets
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.units import NS_PER_S, MonoNs
from hearthwatch.web import factors
from hearthwatch.web.accounts import User
from hearthwatch.web.factors import Passkey
from hearthwatch.web.person import Denied, Session

_LIFETIME_S = 5 * 60
_MOST_ASKED = 500
_MOST_PASSKEYS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSite:
    """The name and origin somebody sees in the address bar; `why_not` says why no passkey works there, empty where it does."""

    name: str
    origin: str
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the browser is asked: `options` is JSON for it, `challenge` what it gives back with the answer."""

    challenge: str
    options: str


def site_of(scheme: str, host: str) -> WebSite:
    """Return the site somebody is at, by scheme and Host header."""
    scheme = {"ws": "http", "wss": "https"}.get(scheme, scheme)
    origin = f"{scheme}://{host}"
    name = host[1:].split("]", 1)[0] if host.startswith("[") else host.rsplit(":", 1)[0] if host.count(":") == 1 else host
    why_not = ""
    try:
        ipaddress.ip_address(name)
        why_not = "Passkeys belong to a name: open the page by one, such as cams.example.org, and not by an address."
    except ValueError:
        if name == "localhost":  # browsers take it for safe without HTTPS
            pass
        elif scheme != "https":
            why_not = "Passkeys need https."
        elif "." not in name or name.endswith(".local"):
            why_not = "Passkeys need a real name with a certificate browsers know; they refuse this one."
    return WebSite(name=name, origin=origin, why_not=why_not)


class Passkeys:
    """Used by any number of requests at once."""

    def __init__(self, db: Db, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._asked: dict[str, tuple[bytes, int | None, MonoNs]] = {}

    async def ask_new(self, session: Session, site: WebSite, house: str) -> Asked:
        """Return what the browser is to make. Raises Denied where none can be."""
        _check(site)
        mine = (await self._db.run(lambda c: factors.factors_of(c, session.user.id))).passkeys
        if len(mine) >= _MOST_PASSKEYS:
            raise Denied(409, f"An account has at most {_MOST_PASSKEYS} passkeys.", "Remove one you do not use.")
        from hearthwatch.web import ceremony

        return self._keep(session.user.id, *ceremony.creation(site, house, session.user, mine))

    async def add(self, session: Session, site: WebSite, name: str, challenge: str, credential: str) -> None:
        """Keep the passkey the browser made. Raises Denied."""
        _check(site)
        expected = self._take(challenge, session.user.id)
        from hearthwatch.web import ceremony

        try:
            made = ceremony.made(site, expected, credential)
        except ValueError as error:
            raise Denied(403, "The browser's answer does not fit.", "Try once more, or another device.") from error
        new = Passkey(
            id=0,
            user_id=session.user.id,
            credential=made.credential,
            public_key=made.public_key,
            sign_count=made.sign_count,
            name=name,
            site=site.name,
            created_us=self._clock.wall_us(),
            used_us=None,
        )
        try:
            await self._db.run(lambda c: factors.add_passkey(c, new))
        except IntegrityError as error:
            raise Denied(409, "This passkey is known already.") from error

    def ask_login(self, site: WebSite) -> Asked:
        """Return what the browser is asked for a log-in with whatever passkey it has for this house. Raises Denied."""
        _check(site)
        from hearthwatch.web import ceremony

        return self._keep(None, *ceremony.request(site))

    async def check(self, site: WebSite, challenge: str, credential: str) -> User:
        """Return whose passkey answered. Raises Denied."""
        _check(site)
        expected = self._take(challenge, None)
        from hearthwatch.web import ceremony

        try:
            wanted = ceremony.credential_of(credential)
        except ValueError as error:
            raise _no_key() from error
        found = await self._db.run(lambda c: factors.find_passkey(c, wanted))
        if found is None:
            raise _no_key()
        passkey, user = found
        try:
            sign_count = ceremony.answered(site, expected, credential, passkey)
        except ValueError as error:
            raise _no_key() from error
        now_us = self._clock.wall_us()
        used = await self._db.run(lambda c: factors.use_passkey(c, passkey.id, passkey.sign_count, sign_count, now_us))
        if not used:
            raise _no_key()
        return user

    def _keep(self, user_id: int | None, challenge: bytes, options: str) -> Asked:
        key = secrets.token_urlsafe(24)
        self._asked[key] = (challenge, user_id, MonoNs(self._clock.mono_ns() + _LIFETIME_S * NS_PER_S))
        while len(self._asked) > _MOST_ASKED:
            del self._asked[next(iter(self._asked))]
        return Asked(challenge=key, options=options)

    def _take(self, key: str, user_id: int | None) -> bytes:
        """Return the challenge, once."""
        challenge, asked_of, until_ns = self._asked.pop(key, (b"", None, MonoNs(0)))
        if not challenge or asked_of != user_id or self._clock.mono_ns() > until_ns:
            raise Denied(409, "This took too long.", "Try once more.")
        return challenge


def _no_key() -> Denied:
    return Denied(403, "This passkey does not open this house.", "Log in with name and password instead.")


def _check(site: WebSite) -> None:
    if site.why_not:
        raise Denied(409, "No passkey works here.", site.why_not)
