"""Second factors: all SQL for code apps, recovery codes and passkeys; each function runs in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from hearthwatch.kit.units import WallUs
from hearthwatch.web.accounts import Role, User, metadata, user_of, users

passkeys = Table(
    "passkeys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("credential", LargeBinary(1023), nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", String(64), nullable=False),
    Column("site", String(253), nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("used_us", BigInteger),
)
recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("code_sha256", LargeBinary(32), primary_key=True),
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("used_us", BigInteger),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """A key in somebody's phone, computer or stick. `site` is the name of this house it works under."""

    id: int
    user_id: int
    credential: bytes
    public_key: bytes
    sign_count: int
    name: str
    site: str
    created_us: WallUs
    used_us: WallUs | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Factors:
    """What an account has beside its password; `recovery_left` counts codes not used yet."""

    totp: bool
    recovery_left: int
    passkeys: tuple[Passkey, ...]


def is_strong() -> ColumnElement[bool]:
    """Whether the user of a query that selects from `users` has a second factor."""
    return or_(users.c.totp_sealed.is_not(None), select(passkeys.c.id).where(passkeys.c.user_id == users.c.id).exists())


def owners_without(connection: Connection) -> tuple[User, ...]:
    """Return the owners who have no second factor."""
    return tuple(user_of(row) for row in connection.execute(select(users).where(users.c.role == Role.OWNER, ~is_strong())))


def factors_of(connection: Connection, user_id: int) -> Factors:
    sealed = connection.execute(select(users.c.totp_sealed).where(users.c.id == user_id)).scalar_one_or_none()
    mine = (recovery_codes.c.user_id == user_id) & recovery_codes.c.used_us.is_(None)
    left = connection.execute(select(func.count()).select_from(recovery_codes).where(mine)).scalar_one()
    rows = connection.execute(select(passkeys).where(passkeys.c.user_id == user_id).order_by(passkeys.c.id))
    return Factors(totp=sealed is not None, recovery_left=left, passkeys=tuple(_passkey(row) for row in rows))


def totp_of(connection: Connection, user_id: int) -> bytes | None:
    """Return the sealed secret of the authenticator app."""
    return connection.execute(select(users.c.totp_sealed).where(users.c.id == user_id)).scalar_one_or_none()


def set_totp(connection: Connection, user_id: int, sealed: bytes | None, step: int = 0) -> None:
    """Keep the secret of an authenticator app whose code of `step` was used already; None takes it away."""
    connection.execute(update(users).where(users.c.id == user_id).values(totp_sealed=sealed, totp_step=step))


def use_totp(connection: Connection, user_id: int, step: int) -> bool:
    """Take the code of that time step; False when it, or a later one, was used before."""
    fresh = (users.c.id == user_id) & (users.c.totp_step < step)
    return bool(connection.execute(update(users).where(fresh).values(totp_step=step)).rowcount)


def set_recovery_codes(connection: Connection, user_id: int, hashes: Iterable[bytes]) -> None:
    """Replace a user's recovery codes; the old ones open nothing any more."""
    connection.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
    rows = [{"code_sha256": each, "user_id": user_id} for each in hashes]
    if rows:
        connection.execute(insert(recovery_codes), rows)


def use_recovery_code(connection: Connection, user_id: int, code_sha256: bytes, now_us: WallUs) -> bool:
    """Take a recovery code; False for one that there is not, or that was used before."""
    mine = (recovery_codes.c.user_id == user_id) & (recovery_codes.c.code_sha256 == code_sha256)
    taken = update(recovery_codes).where(mine, recovery_codes.c.used_us.is_(None)).values(used_us=now_us)
    return bool(connection.execute(taken).rowcount)


def add_passkey(connection: Connection, new: Passkey) -> None:
    """Keep a passkey; `new.id` does not count. Raises sqlalchemy's IntegrityError when it is known already."""
    connection.execute(
        insert(passkeys).values(
            user_id=new.user_id,
            credential=new.credential,
            public_key=new.public_key,
            sign_count=new.sign_count,
            name=new.name,
            site=new.site,
            created_us=new.created_us,
        )
    )


def find_passkey(connection: Connection, credential: bytes) -> tuple[Passkey, User] | None:
    """Return the passkey of that credential, and whose it is."""
    row = connection.execute(select(passkeys).where(passkeys.c.credential == credential)).first()
    if row is None:
        return None
    user = connection.execute(select(users).where(users.c.id == row.user_id)).one()
    return _passkey(row), user_of(user)


def use_passkey(connection: Connection, passkey: int, before: int, sign_count: int, now_us: WallUs) -> bool:
    """Note the use of a passkey whose counter was `before`; False when it was used meanwhile."""
    mine = (passkeys.c.id == passkey) & (passkeys.c.sign_count == before)
    used = update(passkeys).where(mine).values(sign_count=sign_count, used_us=now_us)
    return bool(connection.execute(used).rowcount)


def remove_passkey(connection: Connection, user_id: int, passkey: int) -> bool:
    mine = delete(passkeys).where(passkeys.c.id == passkey, passkeys.c.user_id == user_id)
    return bool(connection.execute(mine).rowcount)


def remove_factors(connection: Connection, user_id: int) -> None:
    """Take every second factor away, for who lost them."""
    set_totp(connection, user_id, None)
    set_recovery_codes(connection, user_id, ())
    connection.execute(delete(passkeys).where(passkeys.c.user_id == user_id))


def _passkey(row: Row[tuple[object, ...]]) -> Passkey:
    return Passkey(
        id=row.id,
        user_id=row.user_id,
        credential=row.credential,
        public_key=row.public_key,
        sign_count=row.sign_count,
        name=row.name,
        site=row.site,
        created_us=WallUs(row.created_us),
        used_us=None if row.used_us is None else WallUs(row.used_us),
    )
