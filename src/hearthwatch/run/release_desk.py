"""The desk of releases: what runs here, and what was heard of newer ones where the owner lets the house ask."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import ConfigFault, HearthwatchError
from hearthwatch.kit.units import US_PER_S
from hearthwatch.kit.web_call import fetch
from hearthwatch.run.config import Config
from hearthwatch.run.release import MAX_FILE_BYTES, RELEASED, Release, UpdatesOptions, key_of, opened, running
from hearthwatch.run.schemas import schemas
from hearthwatch.run.upgrade import Outlook, outlook
from hearthwatch.web.release_doors import Heard, ReleaseNow

log = logging.getLogger(__name__)

_FIRST_S = 600.0
_EVERY_S = 86_400.0
_LOOK_S = 60.0
"""How soon a changed wish counts."""


async def ask(options: UpdatesOptions) -> Release:
    """Ask the owner's address for the newest release, once. Raises ConfigFault without an address or a key, and what `fetch`
    and `opened` raise."""
    if not options.url:
        raise ConfigFault(
            "there is no address to ask: put the one of the release file into `[updates]` as `url`, or fetch it yourself "
            "and use `hearthwatch upgrade-check --from FILE`"
        )
    key = key_of(options)
    return opened(await fetch(options.url, most_bytes=MAX_FILE_BYTES, way="updates", what="the release file"), key)


class ReleaseDesk:
    """Used on the house's loop. What was heard is not kept over a restart: it is asked again."""

    def __init__(self, clock: Clock, *, config: Callable[[], Config], config_path: Path, data_folder: Path) -> None:
        self._clock = clock
        self._config = config
        self._path = config_path
        self._data = data_folder
        self._asked_ns = 0
        self._heard: Heard | None = None

    @property
    def tasks(self) -> tuple[tuple[str, Callable[[], Awaitable[None]]], ...]:
        return (("releases", self.run),)

    def now(self) -> ReleaseNow:
        """See HousePageDoor."""
        options = self._config().updates
        return ReleaseNow(
            version=running(),
            date=RELEASED,
            schemas={each.name: each.found or each.newest for each in schemas(self._data, self._config())},
            asks=options.ask,
            may_ask=bool(options.url),
            heard=self._heard,
        )

    async def ask(self) -> ReleaseNow:
        """See HousePageDoor."""
        self._asked_ns = self._clock.mono_ns()
        at_us = self._clock.wall_us()
        try:
            release = await ask(self._config().updates)
            today = datetime.fromtimestamp(at_us / US_PER_S, UTC).date()
            found = await asyncio.to_thread(lambda: outlook(release, schemas(self._data, self._config()), self._path, today))
        except HearthwatchError as error:
            log.warning("asking for a newer release: %s", error)
            self._heard = Heard(at_us=at_us, fault=str(error))
        else:
            self._heard = _heard(at_us, found)
        return self.now()

    async def run(self) -> None:
        """Ask once a day as long as the owner wants it; until cancelled."""
        await asyncio.sleep(_FIRST_S)
        while True:
            if self._config().updates.ask and self._is_due():
                await self.ask()
            await asyncio.sleep(_LOOK_S)

    def _is_due(self) -> bool:
        return self._asked_ns == 0 or self._clock.mono_ns() - self._asked_ns >= _EVERY_S * 1_000_000_000


def _heard(at_us: int, found: Outlook) -> Heard:
    release = found.release
    return Heard(
        at_us=at_us,
        version=release.version,
        date=release.date,
        is_newer=found.is_newer,
        is_stale=found.is_stale,
        security=release.security,
        notes=release.notes,
        page=release.page,
        refused=found.refused,
        changes=found.changes,
    )
