"""Who may talk to the bot: people enrolled by a one-time code, known by numeric user and chat id; kept in `house.db`."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import BigInteger, Boolean, Column, Connection, MetaData, Table, Text, delete, select
from sqlalchemy.dialects.sqlite import insert

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.units import NS_PER_S, US_PER_S, MonoNs, WallUs

_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_CODE_CHARS = 10
_CODE_LIFE_S = 600
_WRONG_TRIES = 10

metadata = MetaData()
people = Table(
    "telegram_people",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("enrolled_us", BigInteger, nullable=False),
    Column("is_owner", Boolean, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody enrolled, in one chat (their own, or a group). Only an owner may change anything on a camera."""

    chat_id: int
    user_id: int
    name: str
    enrolled_us: WallUs
    is_owner: bool


class Enrolments:
    """`load` first. `changed` is called whenever somebody came or went."""

    def __init__(self, db: Db, clock: Clock, changed: Callable[[], None]) -> None:
        self._db = db
        self._clock = clock
        self._changed = changed
        self._people: tuple[Person, ...] = ()
        self._code = ""
        self._code_is_owners = False
        self._code_until_ns = MonoNs(0)
        self._wrong = 0

    @property
    def people(self) -> tuple[Person, ...]:
        return self._people

    @property
    def chats(self) -> tuple[int, ...]:
        """Every chat that gets alerts, once."""
        return tuple(dict.fromkeys(person.chat_id for person in self._people))

    def allowed(self, user_id: int, chat_id: int) -> bool:
        """Tell whether this user was enrolled in this very chat."""
        return any(person.user_id == user_id and person.chat_id == chat_id for person in self._people)

    def is_owner(self, user_id: int) -> bool:
        """Tell whether this user may change things on cameras."""
        return any(person.user_id == user_id and person.is_owner for person in self._people)

    async def load(self) -> None:
        """Take up who is enrolled. Raises StorageFailed."""
        self._people = await self._db.run(_all)

    def new_code(self, *, owner: bool = False) -> tuple[str, WallUs]:
        """Return a fresh code, which voids the one before, and until when it works.

        Whoever redeems it is an owner if `owner`, or if nobody on Telegram is one yet: only the house's owner sees codes."""
        self._code_is_owners = owner
        self._code = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_CHARS))
        self._code_until_ns = MonoNs(self._clock.mono_ns() + _CODE_LIFE_S * NS_PER_S)
        self._wrong = 0
        return self._code, WallUs(self._clock.wall_us() + _CODE_LIFE_S * US_PER_S)

    async def redeem(self, code: str, user_id: int, chat_id: int, name: str) -> bool:
        """Enrol whoever knows the code; it works once, and ten wrong guesses void it. Raises StorageFailed."""
        if not self._code or self._clock.mono_ns() >= self._code_until_ns or not user_id or not chat_id:
            return False
        if not secrets.compare_digest(code.strip().upper().encode(), self._code.encode()):
            self._wrong += 1
            if self._wrong >= _WRONG_TRIES:
                self._code = ""
            return False
        self._code = ""
        is_owner = self._code_is_owners or self.is_owner(user_id) or not any(person.is_owner for person in self._people)
        enrolled_us = self._clock.wall_us()

        def save(connection: Connection) -> tuple[Person, ...]:
            row = {"chat_id": chat_id, "user_id": user_id, "name": name, "enrolled_us": enrolled_us, "is_owner": is_owner}
            connection.execute(insert(people).values(row).on_conflict_do_update(set_=row))
            return _all(connection)

        self._people = await self._db.run(save)
        self._changed()
        return True

    async def remove(self, user_id: int) -> None:
        """Let a person in no more, in any chat. Raises StorageFailed."""

        def drop(connection: Connection) -> tuple[Person, ...]:
            connection.execute(delete(people).where(people.c.user_id == user_id))
            return _all(connection)

        self._people = await self._db.run(drop)
        self._changed()


def _all(connection: Connection) -> tuple[Person, ...]:
    rows = connection.execute(select(people).order_by(people.c.enrolled_us, people.c.chat_id))
    return tuple(
        Person(
            chat_id=row.chat_id,
            user_id=row.user_id,
            name=row.name,
            enrolled_us=WallUs(row.enrolled_us),
            is_owner=row.is_owner,
        )
        for row in rows
    )
