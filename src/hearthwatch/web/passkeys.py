"""Passkeys (WebAuthn): making one, and logging in with it. They belong to a name, so they need a real one and HTTPS."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import secrets
from dataclasses import dataclass

import webauthn
from sqlalchemy.exc import IntegrityError
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

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
_MAX_ID = 1023


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
        options = webauthn.generate_registration_options(
            rp_id=site.name,
            rp_name=house or "Hearthwatch",
            user_name=session.user.name,
            user_id=hashlib.sha256(f"hearthwatch user {session.user.id}".encode()).digest(),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=key.credential) for key in mine if key.site == site.name],
        )
        return self._keep(options.challenge, session.user.id, webauthn.options_to_json(options))

    async def add(self, session: Session, site: WebSite, name: str, challenge: str, credential: str) -> None:
        """Keep the passkey the browser made. Raises Denied."""
        _check(site)
        expected = self._take(challenge, session.user.id)
        try:
            made = webauthn.verify_registration_response(
                credential=credential,
                expected_challenge=expected,
                expected_rp_id=site.name,
                expected_origin=site.origin,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError) as error:
            raise Denied(403, "The browser's answer does not fit.", "Try once more.") from error
        if len(made.credential_id) > _MAX_ID:
            raise Denied(403, "The browser's answer does not fit.", "Try another device.")
        new = Passkey(
            id=0,
            user_id=session.user.id,
            credential=made.credential_id,
            public_key=made.credential_public_key,
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
        options = webauthn.generate_authentication_options(
            rp_id=site.name, user_verification=UserVerificationRequirement.REQUIRED
        )
        return self._keep(options.challenge, None, webauthn.options_to_json(options))

    async def check(self, site: WebSite, challenge: str, credential: str) -> User:
        """Return whose passkey answered. Raises Denied."""
        _check(site)
        expected = self._take(challenge, None)
        try:
            wanted = base64url_to_bytes(str(json.loads(credential)["id"]))
        except (ValueError, KeyError, TypeError) as error:
            raise _no_key() from error
        found = await self._db.run(lambda c: factors.find_passkey(c, wanted))
        if found is None:
            raise _no_key()
        passkey, user = found
        try:
            done = webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=expected,
                expected_rp_id=site.name,
                expected_origin=site.origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError) as error:
            raise _no_key() from error
        now_us = self._clock.wall_us()
        used = await self._db.run(lambda c: factors.use_passkey(c, passkey.id, passkey.sign_count, done.new_sign_count, now_us))
        if not used:
            raise _no_key()
        return user

    def _keep(self, challenge: bytes, user_id: int | None, options: str) -> Asked:
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
