"""Letters about a house's own footage, from the moment there is any: a hub alone has no recorder and no index."""

from __future__ import annotations

from hearthwatch.fleet.segments import SegmentLetters
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.run.house_doors import Footage


class OwnSegments:
    """What fleet.relay asks of segments."""

    def __init__(self, footage: Footage, db: Db) -> None:
        self._footage = footage
        self._db = db
        self._letters: SegmentLetters | None = None

    @property
    def letters(self) -> SegmentLetters | None:
        """None while there is no index of footage."""
        if self._letters is None:
            try:
                self._letters = SegmentLetters(self._footage.index, self._db)
            except StorageFailed:
                return None
        return self._letters

    async def tell(self) -> int:
        """See relay.Segments."""
        found = self.letters
        return await found.tell() if found is not None else 0

    async def behind(self) -> int:
        """See relay.Segments."""
        found = self.letters
        return await found.behind() if found is not None else 0
