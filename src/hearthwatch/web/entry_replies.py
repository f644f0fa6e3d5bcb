"""What the API answers about who is logged in, and about the ways to prove it."""

from __future__ import annotations

from typing import Self

from hearthwatch.web.auth import HalfWay, Session
from hearthwatch.web.passkeys import Asked
from hearthwatch.web.replies import Reply


class MeReply(Reply):
    """`cameras` is null for who sees all of them. `may` are the permissions: `look`, `decide`, `export`, `manage`."""

    name: str
    role: str
    cameras: list[str] | None
    may: list[str]
    strong: bool

    @classmethod
    def of(cls, session: Session) -> Self:
        return cls(
            name=session.user.name,
            role=session.user.role,
            cameras=None if session.cameras is None else sorted(session.cameras),
            may=sorted(session.permissions),
            strong=session.strong,
        )


class SecondReply(Reply):
    """The password was right: send `key` and a code to `/api/v1/login/second`, or log in with a passkey."""

    key: str
    totp: bool
    passkey: bool

    @classmethod
    def of(cls, way: HalfWay) -> Self:
        return cls(key=way.key, totp=way.totp, passkey=way.passkey)


class SessionReply(Reply):
    """Who is logged in. `token` goes into the header `X-Hearthwatch-Token` of every request that changes something. `second`
    is given where a log-in needs a second factor. `passkeys`: the page is at a name and by a way where passkeys work."""

    claimed: bool
    passwords_accepted: bool
    passkeys: bool
    user: MeReply | None
    token: str | None
    second: SecondReply | None

    @classmethod
    def of(
        cls, session: Session | None, *, claimed: bool, private: bool, passkeys: bool, second: HalfWay | None = None
    ) -> Self:
        return cls(
            claimed=claimed,
            passwords_accepted=private,
            passkeys=passkeys,
            user=MeReply.of(session) if session else None,
            token=session.csrf if session else None,
            second=SecondReply.of(second) if second else None,
        )


class AskedReply(Reply):
    """`options` is JSON for the browser's `navigator.credentials`; `challenge` goes back with its answer."""

    challenge: str
    options: str

    @classmethod
    def of(cls, asked: Asked) -> Self:
        return cls(challenge=asked.challenge, options=asked.options)
