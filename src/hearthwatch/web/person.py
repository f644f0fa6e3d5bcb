"""Who asks, and what they may do: permissions by role, the person or program behind a request, and the refusal.

| | viewer | member | owner |
|---|---|---|---|
| LOOK: live pictures, footage, events, how things stand | yes | yes | yes |
| DECIDE: arm, mark, keep, quieten | no | yes | yes |
| EXPORT: take footage out of the house, by file or by link | no | yes | yes |
| MANAGE: cameras, settings, people, whatever is left | no | no | yes |

Viewers and members may be limited to some cameras; any other camera does not exist for them. A token of a program has some
of its owner's permissions, and may be limited likewise.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.web.accounts import Role, User


class Permission(StrEnum):
    """What a route asks for. PUBLIC is what a stranger may see; METRICS is for loopback and holders of the metrics token. OWN
    is a person's own account: everybody logged in has it, no program does."""

    PUBLIC = "public"
    METRICS = "metrics"
    OWN = "own"
    LOOK = "look"
    DECIDE = "decide"
    EXPORT = "export"
    MANAGE = "manage"


ALLOWED = {
    Role.OWNER: frozenset({Permission.OWN, Permission.LOOK, Permission.DECIDE, Permission.EXPORT, Permission.MANAGE}),
    Role.MEMBER: frozenset({Permission.OWN, Permission.LOOK, Permission.DECIDE, Permission.EXPORT}),
    Role.VIEWER: frozenset({Permission.OWN, Permission.LOOK}),
}
SCOPES = frozenset({Permission.LOOK, Permission.DECIDE, Permission.EXPORT, Permission.MANAGE})
"""What a token may be given."""


class Wanted(StrEnum):
    """What the page can do about a refusal: have the person prove once more who they are, read its token anew, or have a second
    factor set up."""

    PROOF = "proof"
    TOKEN = "token"  # noqa: S105  # a word, no secret
    SECOND_FACTOR = "second-factor"


class Denied(Exception):
    """The request is refused; the message and `hint` are for the person who asked, `wanted` for the page, `allow` (the methods
    there are) for a program."""

    def __init__(
        self,
        status: int,
        message: str,
        hint: str = "",
        *,
        retry_after_s: int | None = None,
        wanted: Wanted | None = None,
        allow: Collection[str] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.hint = hint
        self.retry_after_s = retry_after_s
        self.wanted = wanted
        self.allow = allow

    @property
    def headers(self) -> dict[str, str]:
        """What an answer says beside its body."""
        waits = {"Retry-After": str(self.retry_after_s)} if self.retry_after_s else {}
        return waits | ({"Allow": ", ".join(sorted(self.allow))} if self.allow else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody's open session, or a program that sent a token. `token` is the cookie's or the header's value; only its hash is
    kept. `proved_us` is when the person last proved who they are; `strong`: the account has a second factor. `scopes` is None
    for a person, and `cameras` None for who may see them all. `at_hub`: they come over the line to the hub, which logged them
    in and ends what they opened."""

    id: str
    user: User
    token: str
    proved_us: WallUs = WallUs(0)
    strong: bool = False
    scopes: frozenset[Permission] | None = None
    cameras: frozenset[CameraId] | None = None
    at_hub: bool = False

    @property
    def csrf(self) -> str:
        """The token unsafe requests must carry in a header; derived, so that it needs no place of its own."""
        return hmac.new(self.token.encode(), b"hearthwatch csrf", hashlib.sha256).hexdigest()

    @property
    def is_program(self) -> bool:
        return self.scopes is not None

    @property
    def who(self) -> str:
        """The person, where they sit if that is elsewhere, or the program's name behind theirs, for a trail."""
        if self.at_hub:
            return f"{self.user.name} at the hub"
        return f"{self.user.name}, by token {self.id}" if self.is_program else self.user.name

    @property
    def permissions(self) -> frozenset[Permission]:
        """What they may do beyond what any stranger may."""
        of_role = ALLOWED[self.user.role]
        return of_role if self.scopes is None else of_role & self.scopes

    def may(self, permission: Permission) -> bool:
        return permission is Permission.PUBLIC or permission in self.permissions

    def sees(self, camera: CameraId) -> bool:
        """Tell whether this camera exists for them."""
        return self.cameras is None or camera in self.cameras

    def is_same_person(self, other: Session) -> bool:
        """Tell whether `other` is the same person or program with the same rights."""
        return (self.id, self.user, self.scopes, self.cameras) == (other.id, other.user, other.scopes, other.cameras)
