"""Accounts: all SQL for users and login tries, in `house.db`; each function runs in the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    Text,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from hearthwatch.kit.units import CameraId, WallUs

metadata = MetaData()
users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(64, collation="NOCASE"), nullable=False, unique=True),
    Column("password_hash", String(256), nullable=False),
    Column("role", String(16), nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("cameras", Text),
    Column("totp_sealed", LargeBinary),
    Column("totp_step", BigInteger, nullable=False, server_default="0"),
)
login_tries = Table(
    "login_tries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subject", String(160), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Index("login_tries_by_subject", "subject", "at_us"),
)


class Role(StrEnum):
    """What a person is to the house: the owner decides everything, a member lives there and arms, marks and exports, a viewer
    only looks (the tablet on the wall)."""

    OWNER = "owner"
    MEMBER = "member"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """`cameras` are those that exist for this person, None for all; an owner's is always None."""

    id: int
    name: str
    role: Role
    cameras: frozenset[CameraId] | None = None


def count_users(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(users)).scalar_one()


def list_users(connection: Connection) -> tuple[User, ...]:
    return tuple(user_of(row) for row in connection.execute(select(users).order_by(users.c.id)))


def add_user(
    connection: Connection,
    name: str,
    password_hash: str,
    role: Role,
    now_us: WallUs,
    *,
    cameras: Collection[CameraId] | None = None,
) -> User:
    """Raises sqlalchemy's IntegrityError when the name is taken."""
    seen = packed(None if role is Role.OWNER else cameras)
    row = {"name": name, "password_hash": password_hash, "role": role, "created_us": now_us, "cameras": seen}
    done = connection.execute(insert(users).values(row))
    (key,) = done.inserted_primary_key or (0,)
    return User(id=key, name=name, role=role, cameras=unpacked(seen))


def find_user(connection: Connection, name: str) -> tuple[User, str] | None:
    """Return the user of that name (case does not matter) and the password hash."""
    row = connection.execute(select(users).where(users.c.name == name)).first()
    return (user_of(row), row.password_hash) if row else None


def set_rights(connection: Connection, user_id: int, role: Role, cameras: Collection[CameraId] | None) -> None:
    """Let a person do and see this from now on; whoever is logged in as them logs in anew."""
    seen = packed(None if role is Role.OWNER else cameras)
    connection.execute(update(users).where(users.c.id == user_id).values(role=role, cameras=seen))


def set_password(connection: Connection, user_id: int, password_hash: str) -> None:
    connection.execute(update(users).where(users.c.id == user_id).values(password_hash=password_hash))


def remove_user(connection: Connection, name: str) -> bool:
    """Remove a user and with it every session, token and passkey; False when there is none of that name."""
    return bool(connection.execute(delete(users).where(users.c.name == name)).rowcount)


def is_only_owner(connection: Connection, user_id: int) -> bool:
    """Tell whether the house would have no owner without this one: it could be claimed by anybody then."""
    others = select(users.c.id).where(users.c.role == Role.OWNER, users.c.id != user_id)
    mine = select(users.c.id).where(users.c.role == Role.OWNER, users.c.id == user_id)
    return bool(connection.execute(select(exists(mine) & ~exists(others))).scalar_one())


def user_of(row: Row[tuple[object, ...]]) -> User:
    """Return the user of a row of `users`."""
    return User(id=row.id, name=row.name, role=Role(row.role), cameras=unpacked(row.cameras))


def packed(cameras: Collection[CameraId] | None) -> str | None:
    """Return a set of cameras as it is kept."""
    return None if cameras is None else json.dumps(sorted(cameras))


def unpacked(kept: str | None) -> frozenset[CameraId] | None:
    """Return what was packed."""
    return None if kept is None else frozenset(CameraId(each) for each in json.loads(kept))


def take_try(connection: Connection, limits: dict[str, int], window_us: int, now_us: WallUs) -> WallUs | None:
    """Count one try for each subject of `limits` (subject -> most tries in a window).

    Return None when all are below their limit; else count nothing and return when the next try will be taken.
    """
    connection.execute(delete(login_tries).where(login_tries.c.at_us < now_us - window_us))
    connection.execute(delete(login_tries).where(login_tries.c.at_us > now_us))  # a clock that went back must not lock for ever
    for subject, most in limits.items():
        times = connection.scalars(
            select(login_tries.c.at_us).where(login_tries.c.subject == subject).order_by(login_tries.c.at_us)
        ).all()
        if len(times) >= most:
            return WallUs(times[len(times) - most] + window_us)
    connection.execute(insert(login_tries), [{"subject": subject, "at_us": now_us} for subject in limits])
    return None


def forget_tries(connection: Connection, subject: str) -> None:
    connection.execute(delete(login_tries).where(login_tries.c.subject == subject))
