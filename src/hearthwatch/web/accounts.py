"""Accounts: all SQL for users, sessions and login tries, in `house.db`; each function runs in the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)

from hearthwatch.kit.units import US_PER_S, WallUs

IDLE_US = 12 * 3600 * US_PER_S
ABSOLUTE_US = 30 * 24 * 3600 * US_PER_S

metadata = MetaData()
users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(64, collation="NOCASE"), nullable=False, unique=True),
    Column("password_hash", String(256), nullable=False),
    Column("role", String(16), nullable=False),
    Column("created_us", BigInteger, nullable=False),
)
sessions = Table(
    "sessions",
    metadata,
    Column("token_sha256", LargeBinary(32), primary_key=True),
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("used_us", BigInteger, nullable=False),
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
    """What a person is to the house: the owner decides everything, a viewer only looks (the tablet on the wall)."""

    OWNER = "owner"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    id: int
    name: str
    role: Role


def count_users(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(users)).scalar_one()


def list_users(connection: Connection) -> tuple[User, ...]:
    rows = connection.execute(select(users.c.id, users.c.name, users.c.role).order_by(users.c.id))
    return tuple(User(id=row.id, name=row.name, role=Role(row.role)) for row in rows)


def add_user(connection: Connection, name: str, password_hash: str, role: Role, now_us: WallUs) -> User:
    """Raises sqlalchemy's IntegrityError when the name is taken."""
    done = connection.execute(insert(users).values(name=name, password_hash=password_hash, role=role, created_us=now_us))
    (key,) = done.inserted_primary_key or (0,)
    return User(id=key, name=name, role=role)


def find_user(connection: Connection, name: str) -> tuple[User, str] | None:
    """Return the user of that name (case does not matter) and the password hash."""
    row = connection.execute(select(users).where(users.c.name == name)).first()
    return (User(id=row.id, name=row.name, role=Role(row.role)), row.password_hash) if row else None


def set_password(connection: Connection, user_id: int, password_hash: str) -> None:
    connection.execute(update(users).where(users.c.id == user_id).values(password_hash=password_hash))


def end_sessions(connection: Connection, user_id: int) -> None:
    connection.execute(delete(sessions).where(sessions.c.user_id == user_id))


def remove_user(connection: Connection, name: str) -> bool:
    """Remove a user and with it every session; False when there is none of that name."""
    return bool(connection.execute(delete(users).where(users.c.name == name)).rowcount)


def open_session(connection: Connection, token_sha256: bytes, user_id: int, now_us: WallUs) -> None:
    connection.execute(delete(sessions).where(_ended(now_us)))
    connection.execute(insert(sessions).values(token_sha256=token_sha256, user_id=user_id, created_us=now_us, used_us=now_us))


def use_session(connection: Connection, token_sha256: bytes, now_us: WallUs) -> User | None:
    """Return whose session it is and note its use (once a minute); None for one that is unknown or has ended."""
    row = connection.execute(
        select(users.c.id, users.c.name, users.c.role, sessions.c.used_us)
        .join_from(sessions, users)
        .where(sessions.c.token_sha256 == token_sha256, ~_ended(now_us))
    ).first()
    if row is None:
        return None
    if abs(now_us - row.used_us) > 60 * US_PER_S:
        connection.execute(update(sessions).where(sessions.c.token_sha256 == token_sha256).values(used_us=now_us))
    return User(id=row.id, name=row.name, role=Role(row.role))


def _ended(now_us: WallUs) -> ColumnElement[bool]:
    return (sessions.c.used_us < now_us - IDLE_US) | (sessions.c.created_us < now_us - ABSOLUTE_US)


def close_session(connection: Connection, token_sha256: bytes) -> None:
    connection.execute(delete(sessions).where(sessions.c.token_sha256 == token_sha256))


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
