"""What the API answers about accounts, log-ins, tokens and the trail."""

from __future__ import annotations

from typing import Self

from hearthwatch.web.access import Account
from hearthwatch.web.entry_replies import SessionReply
from hearthwatch.web.factors import Passkey
from hearthwatch.web.replies import Reply
from hearthwatch.web.second_factor import Enrolment
from hearthwatch.web.sessions import OpenSession
from hearthwatch.web.tokens import ApiToken
from hearthwatch.web.trail import Line


class PasskeyReply(Reply):
    """`site` is the name of the house it works under."""

    id: int
    name: str
    site: str
    created_us: int
    used_us: int | None

    @classmethod
    def of(cls, key: Passkey) -> Self:
        return cls(id=key.id, name=key.name, site=key.site, created_us=key.created_us, used_us=key.used_us)


class OwnReply(Reply):
    """One's own account. `why_no_passkey` says why none can be made at this address, empty where it can. `at_home`: asked from
    the home; `fresh`: proved within the last minutes who they are."""

    name: str
    role: str
    cameras: list[str] | None
    totp: bool
    recovery_left: int
    passkeys: list[PasskeyReply]
    why_no_passkey: str
    at_home: bool
    fresh: bool

    @classmethod
    def of_own(cls, account: Account, *, why_no_passkey: str, at_home: bool, fresh: bool) -> Self:
        user, factors = account.user, account.factors
        return cls(
            name=user.name,
            role=user.role,
            cameras=None if user.cameras is None else sorted(user.cameras),
            totp=factors.totp,
            recovery_left=factors.recovery_left,
            passkeys=[PasskeyReply.of(key) for key in factors.passkeys],
            why_no_passkey=why_no_passkey,
            at_home=at_home,
            fresh=fresh,
        )


class EnrolTotpReply(Reply):
    """`qr_path` draws the code to scan in a square of `qr_size` units; `secret` is for typing. It counts once confirmed."""

    secret: str
    qr_size: int
    qr_path: str

    @classmethod
    def of(cls, made: Enrolment) -> Self:
        return cls(secret=made.secret, qr_size=made.qr.size, qr_path=made.qr.path)


class RecoveryReply(Reply):
    """Each opens the house once, with the password, when the phone is lost. They are shown this once."""

    codes: list[str]


class ConfirmedReply(RecoveryReply):
    """The app works; `session` is who is logged in, with a new token."""

    session: SessionReply


class EndedReply(Reply):
    """How many log-ins were ended."""

    ended: int


class AccountReply(Reply):
    """A person with access. `last_us` is when they were here last, null while they are logged in nowhere."""

    id: int
    name: str
    role: str
    cameras: list[str] | None
    totp: bool
    passkeys: int
    sessions: int
    last_us: int | None

    @classmethod
    def of(cls, account: Account) -> Self:
        user, factors = account.user, account.factors
        return cls(
            id=user.id,
            name=user.name,
            role=user.role,
            cameras=None if user.cameras is None else sorted(user.cameras),
            totp=factors.totp,
            passkeys=len(factors.passkeys),
            sessions=account.sessions,
            last_us=account.last_us,
        )


class OpenSessionReply(Reply):
    """Somebody is logged in. `own` is the session that asks. `factor` is `code` (of the claim), `password`, `totp`,
    `recovery` or `passkey`."""

    id: str
    user: str
    created_us: int
    used_us: int
    address: str
    at_home: bool
    browser: str
    factor: str
    own: bool

    @classmethod
    def of(cls, session: OpenSession, *, own: str, at_home: bool) -> Self:
        return cls(
            id=session.id,
            user=session.user.name,
            created_us=session.created_us,
            used_us=session.used_us,
            address=session.address,
            at_home=at_home,
            browser=session.browser,
            factor=session.factor,
            own=session.id == own,
        )


class TokenReply(Reply):
    """What one program may do, for `user`. `cameras` is null for all of theirs, `expires_us` for one that stays."""

    id: str
    name: str
    user: str
    scopes: list[str]
    cameras: list[str] | None
    created_us: int
    expires_us: int | None
    used_us: int | None
    used_from: str

    @classmethod
    def of(cls, token: ApiToken) -> Self:
        return cls(
            id=token.id,
            name=token.name,
            user=token.user.name,
            scopes=sorted(token.scopes),
            cameras=None if token.cameras is None else sorted(token.cameras),
            created_us=token.created_us,
            expires_us=token.expires_us,
            used_us=token.used_us,
            used_from=token.used_from,
        )


class NewTokenReply(Reply):
    """`word` goes into the header `Authorization: Bearer`. It is shown this once."""

    token: TokenReply
    word: str


class DeedReply(Reply):
    """`who` is empty for a stranger; `via` is `page`, `token`, `terminal`, `telegram`, `mqtt`, `house` or `hub`."""

    number: int
    at_us: int
    who: str
    via: str
    address: str
    deed: str
    camera: str | None
    subject: str

    @classmethod
    def of(cls, line: Line) -> Self:
        deed = line.deed
        return cls(
            number=line.number,
            at_us=deed.at_us,
            who=deed.who,
            via=deed.via,
            address=deed.address,
            deed=deed.deed,
            camera=deed.camera,
            subject=deed.subject,
        )


class DeedsReply(Reply):
    deeds: list[DeedReply]
    more: bool


class SoundReply(Reply):
    """Whether the trail is as it was written: `broken_at` is the first line that is not, null when all is well."""

    broken_at: int | None
