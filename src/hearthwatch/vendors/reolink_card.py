"""The card of a Reolink: `Search` lists recordings a day at a time, `Download` gives them, with the token in its URL."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator

from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.vendors import card, reolink_media
from hearthwatch.vendors.card import CardClip, CardFile
from hearthwatch.vendors.device import LocalUs
from hearthwatch.vendors.reolink_api import Command, ReolinkApi

_STEP = "searching its card"
_DAY_US = 86_400 * US_PER_S


class ReolinkCard:
    """One camera's card, on its `api`."""

    def __init__(self, api: ReolinkApi) -> None:
        self._api = api

    async def recordings(self, start_us: WallUs, end_us: WallUs, channel: int) -> tuple[CardClip, ...]:
        """See CardFootage."""
        clock = await self._api.clock()
        start, end = card.local_span(start_us, end_us, clock)
        found: dict[CardFile, None] = {}
        while start < end:
            midnight = LocalUs((start // _DAY_US + 1) * _DAY_US)
            last = min(end, LocalUs(midnight - US_PER_S))
            param = reolink_media.search_param(channel, start, max(start, last))
            value = await self._api.value(Command(name="Search", param=param), _STEP)
            with self._api.http.named(_STEP):
                found.update(dict.fromkeys(reolink_media.card_files(value)))  # one over midnight is in both days' lists
            start = midnight
        return card.clips(tuple(found), clock, channel)

    @contextlib.asynccontextmanager
    async def download(self, clip: CardClip) -> AsyncIterator[AsyncIterator[bytes]]:
        """See CardFootage."""
        chunks: AsyncGenerator[bytes] = self._api.download(clip.file.name)
        async with contextlib.aclosing(chunks):
            yield chunks
