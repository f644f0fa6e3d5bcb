"""Who may talk to the bot: people enrolled by a one-time code, known by numeric user and chat id; kept in `house.db`."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection

from sqlalchemy import BigInteger, Column, Connection, MetaData, String, Table, Text, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from hearthwatch.alerts.remote import RANK, Person, Role
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import Unsupported
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
    Column("role", String(16), nullable=False, server_default="member"),
)


class Enrolments:
    """`load` first. `changed` is called whenever somebody came or went."""

    def __init__(self, db: Db, clock: Clock, changed: Callable[[], None]) -> None:
        self._db = db
        self._clock = clock
        self._changed = changed
        self._people: tuple[Person, ...] = ()
        self._code = ""
        self._code_role: Role | None = None
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
        """Tell whether this user may speak here: somebody enrolled, in their own chat or in a group that was enrolled."""
        if any(person.user_id == user_id and person.chat_id == chat_id for person in self._people):
            return True
        return chat_id < 0 and chat_id in self.chats and self.role(user_id) is not None

    def role(self, user_id: int) -> Role | None:
        """Return what this user may do, wherever they speak; None for a stranger."""
        return next((person.role for person in self._people if person.user_id == user_id), None)

    def may(self, user_id: int, role: Role) -> bool:
        """Tell whether this user may do what takes `role`."""
        own = self.role(user_id)
        return own is not None and own.covers(role)

    def most(self, chat_id: int) -> Role:
        """Return the most that anybody who may speak in this chat may do."""
        here = [person.role for person in self._people if chat_id < 0 or person.user_id == chat_id]
        return max(here, key=RANK.__getitem__, default=Role.VIEWER)

    def name(self, user_id: int) -> str:
        """Return what this user is called."""
        return next((person.name for person in self._people if person.user_id == user_id), f"user {user_id}")

    async def load(self) -> None:
        """Take up who is enrolled. Raises StorageFailed."""
        self._people = await self._db.run(_all)

    def new_code(self, role: Role | None = None) -> tuple[str, WallUs]:
        """Return a fresh code, which voids the one before, and until when it works.

        Without a role whoever redeems it is an owner if nobody on Telegram is one yet, else a member: only the house's owner
        sees codes."""
        self._code_role = role
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
        role = self._given(user_id)
        row = {"chat_id": chat_id, "user_id": user_id, "name": name, "enrolled_us": self._clock.wall_us(), "role": role.value}

        def save(connection: Connection) -> tuple[Person, ...]:
            connection.execute(insert(people).values(row).on_conflict_do_update(set_=row))
            connection.execute(update(people).where(people.c.user_id == user_id).values(role=role.value))
            return _all(connection)

        self._people = await self._db.run(save)
        self._changed()
        return True

    def _given(self, user_id: int) -> Role:
        """Return the role the code gives; it never takes away what the person may do already."""
        role = self._code_role
        if role is None:
            role = Role.MEMBER if any(person.role is Role.OWNER for person in self._people) else Role.OWNER
        return max((role, self.role(user_id) or role), key=RANK.__getitem__)

    async def set_role(self, user_id: int, role: Role) -> None:
        """Let a person do more or less from now on, in every chat. Raises Unsupported for a stranger, StorageFailed."""
        self._check(user_id)

        def save(connection: Connection) -> tuple[Person, ...]:
            connection.execute(update(people).where(people.c.user_id == user_id).values(role=role.value))
            return _all(connection)

        self._people = await self._db.run(save)
        self._changed()

    async def remove(self, user_id: int) -> None:
        """Let a person in no more, in any chat. Raises Unsupported for a stranger, StorageFailed."""
        self._check(user_id)

        def drop(connection: Connection) -> tuple[Person, ...]:
            forget(connection, (user_id,))
            return _all(connection)

        self._people = await self._db.run(drop)
        self._changed()

    async def renew(self) -> None:
        """Go on with who is enrolled now, after somebody else changed it. Raises StorageFailed."""
        await self.load()
        self._changed()

    def _check(self, user_id: int) -> None:
        if self.role(user_id) is None:
            raise Unsupported(f"nobody with the Telegram id {user_id} is enrolled")


def forget(connection: Connection, user_ids: Collection[int]) -> None:
    """Let these in no more, in any chat, in the caller's transaction."""
    connection.execute(delete(people).where(people.c.user_id.in_(user_ids)))


def _all(connection: Connection) -> tuple[Person, ...]:
    rows = connection.execute(select(people).order_by(people.c.enrolled_us, people.c.chat_id))
    return tuple(
        Person(
            chat_id=row.chat_id,
            user_id=row.user_id,
            name=row.name,
            enrolled_us=WallUs(row.enrolled_us),
            role=Role(row.role),
        )
        for row in rows
    )
