"""Tokens of programs: all SQL for what may ask the API without a person; each function runs in the caller's transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Integer,
    LargeBinary,
    Row,
    Select,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)

from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.web.accounts import User, metadata, packed, unpacked, user_of, users
from hearthwatch.web.factors import is_strong

PREFIX = "hw_"
_USE_NOTED_US = 60 * US_PER_S

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(64), nullable=False),
    Column("token_sha256", LargeBinary(32), nullable=False, unique=True),
    Column("scopes", String(120), nullable=False),
    Column("cameras", Text),
    Column("created_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger),
    Column("used_us", BigInteger),
    Column("used_from", String(64), nullable=False, server_default=""),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """What one program may do, on behalf of `user`: never more than they may themselves. `cameras` None: all of theirs."""

    id: str
    user: User
    name: str
    scopes: frozenset[str]
    cameras: frozenset[CameraId] | None
    created_us: WallUs
    expires_us: WallUs | None
    used_us: WallUs | None
    used_from: str
    strong: bool = False


def hash_token(token: str) -> bytes:
    """Return what is kept of a random token: it has 256 bits, so one round is enough."""
    return hashlib.sha256(token.encode()).digest()


def add_token(connection: Connection, token_sha256: bytes, new: ApiToken) -> None:
    connection.execute(
        insert(api_tokens).values(
            id=new.id,
            user_id=new.user.id,
            name=new.name,
            token_sha256=token_sha256,
            scopes=" ".join(sorted(new.scopes)),
            cameras=packed(new.cameras),
            created_us=new.created_us,
            expires_us=new.expires_us,
        )
    )


def find_token(connection: Connection, token_sha256: bytes, now_us: WallUs) -> ApiToken | None:
    """Return the token; None for one that is unknown or has expired."""
    row = connection.execute(_selected().where(api_tokens.c.token_sha256 == token_sha256)).first()
    if row is None or (row.expires_us is not None and row.expires_us <= now_us):
        return None
    return _token(row)


def is_use_due(token: ApiToken, address: str, now_us: WallUs) -> bool:
    """Tell whether it is time to note that it is in use: once a minute, and whenever it comes from somewhere else."""
    return token.used_us is None or abs(now_us - token.used_us) > _USE_NOTED_US or token.used_from != address[:64]


def note_use(connection: Connection, token: str, address: str, now_us: WallUs) -> None:
    connection.execute(update(api_tokens).where(api_tokens.c.id == token).values(used_us=now_us, used_from=address[:64]))


def list_tokens(connection: Connection) -> tuple[ApiToken, ...]:
    """Return every token, the newest first, those that have expired among them."""
    rows = connection.execute(_selected().order_by(api_tokens.c.created_us.desc(), api_tokens.c.id))
    return tuple(_token(row) for row in rows)


def remove_token(connection: Connection, token: str) -> str | None:
    """Take a token away and return its name; None when there is none of that id."""
    name = connection.execute(select(api_tokens.c.name).where(api_tokens.c.id == token)).scalar_one_or_none()
    connection.execute(delete(api_tokens).where(api_tokens.c.id == token))
    return name


def cameras_of(user: User, asked: Collection[CameraId] | None) -> frozenset[CameraId] | None:
    """Return what a program sees that was given `asked` by `user`; None for every camera."""
    if asked is None:
        return user.cameras
    return frozenset(asked) if user.cameras is None else frozenset(asked) & user.cameras


def _selected() -> Select[tuple[object, ...]]:
    return (
        select(users, api_tokens.c.id.label("token"), api_tokens.c.name.label("token_name"))
        .add_columns(api_tokens.c.cameras.label("token_cameras"), api_tokens.c.created_us.label("made_us"))
        .add_columns(api_tokens.c.scopes, api_tokens.c.expires_us, api_tokens.c.used_us, api_tokens.c.used_from)
        .add_columns(is_strong().label("strong"))
        .join_from(api_tokens, users)
    )


def _token(row: Row[tuple[object, ...]]) -> ApiToken:
    return ApiToken(
        id=row.token,
        user=user_of(row),
        name=row.token_name,
        scopes=frozenset(row.scopes.split()),
        cameras=unpacked(row.token_cameras),
        created_us=WallUs(row.made_us),
        expires_us=None if row.expires_us is None else WallUs(row.expires_us),
        used_us=None if row.used_us is None else WallUs(row.used_us),
        used_from=row.used_from,
        strong=bool(row.strong),
    )
