"""Roles at the sites of a hub: what a person may do and see at the houses there, in `house.db`.

An owner of the hub is the owner of every site. Anybody else sees only the sites where they were given a role, and there nothing
but what it allows; at the hub's own house their account's role counts.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Column, Connection, ForeignKey, Integer, Row, String, Table, Text, delete, insert, select

from hearthwatch.fleet.node import SiteId
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.units import CameraId
from hearthwatch.web import accounts, sessions
from hearthwatch.web.accounts import Role, User, metadata, packed, unpacked
from hearthwatch.web.person import Denied

MOST_SITES = 500

site_roles = Table(
    "site_roles",
    metadata,
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("site", String(32), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("cameras", Text),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRole:
    """`cameras` are those of that site that exist for the person, None for all."""

    user_id: int
    site: SiteId
    role: Role
    cameras: frozenset[CameraId] | None = None


class SiteRoles:
    """Every method raises StorageFailed."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def everybodys(self) -> tuple[SiteRole, ...]:
        """Return who was given a role at which site."""
        return await self._db.run(lambda c: tuple(_role(row) for row in c.execute(select(site_roles))))

    async def of(self, user: User, site: SiteId) -> SiteRole | None:
        """Return what somebody is at a site other than the hub's own; None for nothing: it does not exist for them."""
        if user.role is Role.OWNER:
            return SiteRole(user_id=user.id, site=site, role=Role.OWNER)
        wanted = select(site_roles).where(site_roles.c.user_id == user.id, site_roles.c.site == site)

        def read(connection: Connection) -> SiteRole | None:
            row = connection.execute(wanted).first()
            return _role(row) if row else None

        return await self._db.run(read)

    async def set(self, user_id: int, site: SiteId, role: Role | None, cameras: Collection[CameraId] | None = None) -> User:
        """Make somebody this at a site from now on, None for nothing; they log in anew. Raises Denied."""

        def change(connection: Connection) -> User:
            user = next((each for each in accounts.list_users(connection) if each.id == user_id), None)
            if user is None:
                raise Denied(404, "There is nobody like that (any more).")
            if user.role is Role.OWNER:
                raise Denied(409, f"{user.name} is an owner of the hub, and so of every site.", "Make them a member first.")
            connection.execute(delete(site_roles).where(site_roles.c.user_id == user_id, site_roles.c.site == site))
            if role is not None:
                if (
                    len(connection.execute(select(site_roles.c.site).where(site_roles.c.user_id == user_id)).all())
                    >= MOST_SITES
                ):
                    raise Denied(409, f"Nobody can have a role at more than {MOST_SITES} sites.")
                seen = packed(None if role is Role.OWNER else cameras)
                connection.execute(insert(site_roles).values(user_id=user_id, site=site, role=role, cameras=seen))
            sessions.end_sessions(connection, user_id)
            return user

        return await self._db.run(change)


def _role(row: Row[tuple[object, ...]]) -> SiteRole:
    return SiteRole(user_id=row.user_id, site=SiteId(row.site), role=Role(row.role), cameras=unpacked(row.cameras))
