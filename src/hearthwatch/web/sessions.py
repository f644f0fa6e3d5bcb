"""Sessions: all SQL for who is logged in, from where and by which browser; each function runs in the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.web.accounts import User, metadata, user_of, users
from hearthwatch.web.factors import is_strong

IDLE_US = 12 * 3600 * US_PER_S
ABSOLUTE_US = 30 * 24 * 3600 * US_PER_S
_USE_NOTED_US = 60 * US_PER_S

sessions = Table(
    "sessions",
    metadata,
    Column("token_sha256", LargeBinary(32), primary_key=True),
    Column("id", String(16), nullable=False, unique=True),
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("used_us", BigInteger, nullable=False),
    Column("proved_us", BigInteger, nullable=False),
    Column("address", String(64), nullable=False),
    Column("browser", String(120), nullable=False),
    Column("factor", String(16), nullable=False),
)
places = Table(
    "places",
    metadata,
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("network", String(64), primary_key=True),
    Column("browser", String(120), primary_key=True),
    Column("first_us", BigInteger, nullable=False),
    Column("last_us", BigInteger, nullable=False),
)


class Factor(StrEnum):
    """How somebody proved who they are; CODE is the console's, of the claim."""

    CODE = "code"
    PASSWORD = "password"  # noqa: S105  # a word, no secret
    TOTP = "totp"
    RECOVERY = "recovery"
    PASSKEY = "passkey"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """Somebody is logged in. `id` names the session to people; it opens nothing. `strong`: the account has a second factor."""

    id: str
    user: User
    created_us: WallUs
    used_us: WallUs
    proved_us: WallUs
    address: str
    browser: str
    factor: Factor
    strong: bool


def open_session(connection: Connection, token_sha256: bytes, new: OpenSession) -> None:
    """Keep a session; what has ended is forgotten."""
    connection.execute(delete(sessions).where(_ended(new.created_us)))
    connection.execute(
        insert(sessions).values(
            token_sha256=token_sha256,
            id=new.id,
            user_id=new.user.id,
            created_us=new.created_us,
            used_us=new.used_us,
            proved_us=new.proved_us,
            address=new.address[:64],
            browser=new.browser[:120],
            factor=new.factor,
        )
    )


def find_session(connection: Connection, token_sha256: bytes, now_us: WallUs) -> OpenSession | None:
    """Return the session; None for one that is unknown or has ended."""
    found = _find(connection, sessions.c.token_sha256 == token_sha256, now_us)
    return found[0] if found else None


def find_session_by_id(connection: Connection, session: str, now_us: WallUs) -> OpenSession | None:
    """Return the session of that id; None for one that is unknown or has ended."""
    found = _find(connection, sessions.c.id == session, now_us)
    return found[0] if found else None


def is_use_due(session: OpenSession, now_us: WallUs) -> bool:
    """Tell whether it is time to note that it is in use: once a minute."""
    return abs(now_us - session.used_us) > _USE_NOTED_US


def note_use(connection: Connection, session: str, now_us: WallUs) -> None:
    connection.execute(update(sessions).where(sessions.c.id == session).values(used_us=now_us))


def renew_session(connection: Connection, old_sha256: bytes, new_sha256: bytes, factor: Factor, now_us: WallUs) -> None:
    """The person proved who they are once more: the session goes on under another token."""
    values = {"token_sha256": new_sha256, "proved_us": now_us, "used_us": now_us, "factor": factor}
    connection.execute(update(sessions).where(sessions.c.token_sha256 == old_sha256).values(values))


def list_sessions(connection: Connection, now_us: WallUs, user_id: int | None = None) -> tuple[OpenSession, ...]:
    """Return who is logged in, or one user's sessions, the last used first."""
    return _find(connection, sessions.c.user_id == user_id if user_id is not None else sessions.c.id.is_not(None), now_us)


def close_session(connection: Connection, token_sha256: bytes) -> None:
    connection.execute(delete(sessions).where(sessions.c.token_sha256 == token_sha256))


def end_session(connection: Connection, session: str, user_id: int | None = None) -> bool:
    """End a session by its id, if it is that user's; False when there is none."""
    wanted = delete(sessions).where(sessions.c.id == session)
    return bool(connection.execute(wanted if user_id is None else wanted.where(sessions.c.user_id == user_id)).rowcount)


def end_sessions(connection: Connection, user_id: int | None, *, but: str = "") -> int:
    """End every session of a user (None: of everybody) but one; return how many there were."""
    wanted = delete(sessions).where(sessions.c.id != but)
    return connection.execute(wanted if user_id is None else wanted.where(sessions.c.user_id == user_id)).rowcount


def note_place(connection: Connection, user_id: int, network: str, browser: str, now_us: WallUs) -> bool:
    """Note that this user logged in from there with that browser; True when they never did before."""
    here = (places.c.user_id == user_id) & (places.c.network == network[:64]) & (places.c.browser == browser[:120])
    if connection.execute(update(places).where(here).values(last_us=now_us)).rowcount:
        return False
    row = {"user_id": user_id, "network": network[:64], "browser": browser[:120], "first_us": now_us, "last_us": now_us}
    connection.execute(insert(places).values(row))
    return True


def _ended(now_us: WallUs) -> ColumnElement[bool]:
    return (sessions.c.used_us < now_us - IDLE_US) | (sessions.c.created_us < now_us - ABSOLUTE_US)


def _find(connection: Connection, wanted: ColumnElement[bool], now_us: WallUs) -> tuple[OpenSession, ...]:
    rows = connection.execute(
        select(users, sessions.c.id.label("session"), *(each for each in sessions.c if each.name not in {"id", "created_us"}))
        .add_columns(sessions.c.created_us.label("opened_us"), is_strong().label("strong"))
        .join_from(sessions, users)
        .where(wanted, ~_ended(now_us))
        .order_by(sessions.c.used_us.desc(), sessions.c.id)
    )
    return tuple(
        OpenSession(
            id=row.session,
            user=user_of(row),
            created_us=WallUs(row.opened_us),
            used_us=WallUs(row.used_us),
            proved_us=WallUs(row.proved_us),
            address=row.address,
            browser=row.browser,
            factor=Factor(row.factor),
            strong=bool(row.strong),
        )
        for row in rows
    )
