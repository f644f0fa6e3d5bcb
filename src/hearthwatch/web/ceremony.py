"""The two ceremonies of WebAuthn, by the webauthn library. Imported where a passkey is used first: few houses pay its 5 MB."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

import webauthn
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from hearthwatch.web.accounts import User
from hearthwatch.web.factors import Passkey
from hearthwatch.web.passkeys import WebSite

_MAX_ID = 1023
_BROKEN = (WebAuthnException, ValueError, KeyError, TypeError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A passkey a browser made."""

    credential: bytes
    public_key: bytes
    sign_count: int


def creation(site: WebSite, house: str, user: User, known: Iterable[Passkey]) -> tuple[bytes, str]:
    """Return the challenge of a new passkey for `user`, and the options for the browser as JSON."""
    options = webauthn.generate_registration_options(
        rp_id=site.name,
        rp_name=house or "Hearthwatch",
        user_name=user.name,
        user_id=hashlib.sha256(f"hearthwatch user {user.id}".encode()).digest(),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=key.credential) for key in known if key.site == site.name],
    )
    return options.challenge, webauthn.options_to_json(options)


def made(site: WebSite, challenge: bytes, credential: str) -> Made:
    """Return what the browser made. Raises ValueError for an answer that does not fit."""
    try:
        found = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.name,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except _BROKEN as error:
        raise ValueError(str(error)) from error
    if len(found.credential_id) > _MAX_ID:
        raise ValueError("the id is too long")
    return Made(credential=found.credential_id, public_key=found.credential_public_key, sign_count=found.sign_count)


def request(site: WebSite) -> tuple[bytes, str]:
    """Return the challenge of a log-in with any passkey of this site, and the options for the browser as JSON."""
    options = webauthn.generate_authentication_options(rp_id=site.name, user_verification=UserVerificationRequirement.REQUIRED)
    return options.challenge, webauthn.options_to_json(options)


def credential_of(credential: str) -> bytes:
    """Return which passkey answered. Raises ValueError."""
    try:
        return base64url_to_bytes(str(json.loads(credential)["id"]))
    except _BROKEN as error:
        raise ValueError(str(error)) from error


def answered(site: WebSite, challenge: bytes, credential: str, passkey: Passkey) -> int:
    """Return the new count of signatures of a passkey that answered rightly. Raises ValueError."""
    try:
        done = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.name,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except _BROKEN as error:
        raise ValueError(str(error)) from error
    return done.new_sign_count
