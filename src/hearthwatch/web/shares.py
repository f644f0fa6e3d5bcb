"""Links to footage for somebody without an account: all SQL for them, in `house.db`; each function runs in the caller's
transaction. Of a link itself only the hash is kept.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    Table,
    Text,
    and_,
    delete,
    insert,
    select,
    update,
)

from hearthwatch.kit.units import US_PER_S, CameraId, WallUs

FORGET_US = 90 * 24 * 3600 * US_PER_S
"""A link that is over stays so long in the table, for whoever asks what was shown to others."""

metadata = MetaData()
shares = Table(
    "shares",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("token_sha256", LargeBinary(32), nullable=False, unique=True),
    Column("cameras", Text, nullable=False),
    Column("start_us", BigInteger, nullable=False),
    Column("end_us", BigInteger, nullable=False),
    Column("who", Text, nullable=False),
    Column("made_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger, nullable=False),
    Column("revoked_us", BigInteger),
    Column("uses", Integer, nullable=False),
    Column("used_us", BigInteger),
    sqlite_autoincrement=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a link shows, `[start_us, end_us)` of some cameras and nothing else; `uses` counts how often it was opened."""

    id: int
    cameras: tuple[CameraId, ...]
    start_us: WallUs
    end_us: WallUs
    who: str
    made_us: WallUs
    expires_us: WallUs
    uses: int
    used_us: WallUs | None


def add(connection: Connection, token_sha256: bytes, share: Share) -> Share:
    """Keep a new link and return it with its id."""
    connection.execute(delete(shares).where(shares.c.expires_us < share.made_us - FORGET_US))
    row = {
        "token_sha256": token_sha256,
        "cameras": "\n".join(share.cameras),
        "start_us": share.start_us,
        "end_us": share.end_us,
        "who": share.who,
        "made_us": share.made_us,
        "expires_us": share.expires_us,
        "uses": 0,
    }
    key = connection.execute(insert(shares).values(**row)).inserted_primary_key
    assert key is not None
    found = connection.execute(select(shares).where(shares.c.id == key[0])).one()
    return _share(found)


def living(connection: Connection, now_us: WallUs) -> tuple[Share, ...]:
    """Return the links that still open, newest first."""
    rows = connection.execute(select(shares).where(_lives(now_us)).order_by(shares.c.id.desc()))
    return tuple(_share(row) for row in rows)


def opened(connection: Connection, token_sha256: bytes, now_us: WallUs, *, counts: bool) -> Share | None:
    """Return what the link shows, None for one that is over or never was; `counts` as a use of it."""
    mine = and_(shares.c.token_sha256 == token_sha256, _lives(now_us))
    if counts:
        connection.execute(update(shares).where(mine).values(uses=shares.c.uses + 1, used_us=now_us))
    row = connection.execute(select(shares).where(mine)).first()
    return None if row is None else _share(row)


def revoke(connection: Connection, key: int, now_us: WallUs) -> Share | None:
    """End a link at once and return what it showed; None when no such link opens any more."""
    mine = and_(shares.c.id == key, _lives(now_us))
    row = connection.execute(select(shares).where(mine)).first()
    connection.execute(update(shares).where(mine).values(revoked_us=now_us))
    return None if row is None else _share(row)


def _lives(now_us: WallUs) -> ColumnElement[bool]:
    return and_(shares.c.revoked_us.is_(None), shares.c.expires_us > now_us)


def _share(row: Row[tuple[object, ...]]) -> Share:
    return Share(
        id=row.id,
        cameras=tuple(CameraId(each) for each in row.cameras.split("\n")),
        start_us=WallUs(row.start_us),
        end_us=WallUs(row.end_us),
        who=row.who,
        made_us=WallUs(row.made_us),
        expires_us=WallUs(row.expires_us),
        uses=row.uses,
        used_us=None if row.used_us is None else WallUs(row.used_us),
    )
