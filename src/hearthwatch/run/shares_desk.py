"""Shared footage: makes the links, keeps their hashes in `house.db`, and says which of them still open."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Sequence

from sqlalchemy import Connection

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import CameraId, WallUs, iso
from hearthwatch.web import shares
from hearthwatch.web.share_doors import NewShare
from hearthwatch.web.shares import Share

log = logging.getLogger(__name__)

_MOST = 200
_TOKEN_BYTES = 32
_LONGEST_TOKEN = 64


class SharesDesk:
    """Implements ShareDoor."""

    def __init__(self, db: Db, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def make(self, cameras: Sequence[CameraId], start_us: WallUs, end_us: WallUs, *, lasts_us: int, who: str) -> NewShare:
        """See ShareDoor."""
        now_us = self._clock.wall_us()
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        wanted = Share(
            id=0,
            cameras=tuple(dict.fromkeys(cameras)),
            start_us=start_us,
            end_us=end_us,
            who=who,
            made_us=now_us,
            expires_us=WallUs(now_us + lasts_us),
            uses=0,
            used_us=None,
        )

        def add(connection: Connection) -> Share | None:
            if len(shares.living(connection, now_us)) >= _MOST:
                return None
            return shares.add(connection, _hash(token), wanted)

        made = await self._db.run(add)
        if made is None:
            raise Unsupported(f"there are {_MOST} links already: end some of them in the settings first")
        log.info("%s shared %s by link %d, which opens until %s", who, _said(made), made.id, iso(made.expires_us))
        return NewShare(share=made, token=token)

    async def living(self) -> Sequence[Share]:
        """See ShareDoor."""
        now_us = self._clock.wall_us()
        return await self._db.run(lambda connection: shares.living(connection, now_us))

    async def opened(self, token: str, *, counts: bool) -> Share | None:
        """See ShareDoor."""
        if len(token) > _LONGEST_TOKEN:
            return None
        now_us = self._clock.wall_us()
        found = await self._db.run(lambda connection: shares.opened(connection, _hash(token), now_us, counts=counts))
        if found is not None and counts:
            log.info("the link %d was opened for the %d. time: %s", found.id, found.uses, _said(found))
        return found

    async def revoke(self, key: int, who: str) -> Share | None:
        """See ShareDoor."""
        now_us = self._clock.wall_us()
        ended = await self._db.run(lambda connection: shares.revoke(connection, key, now_us))
        if ended is not None:
            log.info("%s ended the link %d: %s", who, ended.id, _said(ended))
        return ended


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _said(share: Share) -> str:
    return f"{', '.join(share.cameras)} from {iso(share.start_us)} to {iso(share.end_us)}"
