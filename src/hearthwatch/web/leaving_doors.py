"""The door by which a person leaves the house for good: everything that counts as them, and one act that ends it all."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from hearthwatch.alerts.remote import Role
from hearthwatch.kit.units import CameraId
from hearthwatch.presence.presence import PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class Chatter:
    """Somebody enrolled with Telegram; `likely` when they are called as the person who leaves."""

    user_id: int
    name: str
    role: Role
    likely: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """Somebody whose phones count when the house looks who is home; `likely` as for Chatter."""

    person: PersonId
    name: str
    devices: tuple[str, ...]
    likely: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ties:
    """All by which one person counts here. What hangs on the account ends with it by itself: `sessions`, `passkeys` and `links`
    are counted, `tokens` and `devices` (that are notified) named. `cameras` are those whose password they may know, `software`
    says the same of the passwords given to other programs: nothing here can take back what somebody knows."""

    chats: tuple[Chatter, ...]
    residents: tuple[Resident, ...]
    name: str = ""
    sessions: int = 0
    passkeys: int = 0
    code_app: bool = False
    tokens: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    links: int = 0
    cameras: tuple[CameraId, ...] = ()
    software: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """What was ended, and what was not (`left`, in words: do it once more)."""

    name: str
    left: tuple[str, ...]
    cameras: tuple[CameraId, ...]
    software: tuple[str, ...]


class LeavingDoor(Protocol):
    async def ties(self, user_id: int | None) -> Ties:
        """Return all by which this account's person counts; None: the chats and residents there are, for somebody without an
        account. Raises Denied (404), StorageFailed."""
        ...

    async def leave(
        self, user_id: int | None, chats: Collection[int], residents: Collection[PersonId], *, who: str, address: str
    ) -> Gone:
        """End an account (None: there is none any more), Telegram chats and what counts as home, in such an order that a
        failure half-way leaves less access and never more; doing it again does the rest. Raises Denied (404, 409 for the
        last owner), StorageFailed."""
        ...


def likely(person: str, *names: str) -> bool:
    """Tell whether one of `names` is probably this person: the whole name is the same, or its first word."""
    same = person.strip().casefold()
    return any(same in {name.strip().casefold(), *name.casefold().split()[:1]} for name in names)
