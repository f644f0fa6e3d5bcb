"""Fetches footage that is missing from the cameras' own cards, after an outage of theirs, of the network, or of ours."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hearthwatch.feeds.packet import Stream
from hearthwatch.health.board import Board
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, HearthwatchError, Unreachable, Unsupported
from hearthwatch.kit.files import storage_failed
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.recording.segment import Origin
from hearthwatch.run.card_plan import MAX_CLIP_BYTES, Allowance, Missing, chosen, missing, private
from hearthwatch.run.config import CameraOptions, Config, Record
from hearthwatch.run.imports import Imports
from hearthwatch.run.outage_news import VIDEO_AWAY
from hearthwatch.vendors.capability import CardFootage, Doorkeeper
from hearthwatch.vendors.card import CardClip
from hearthwatch.vendors.card_fetch import fetch
from hearthwatch.web.doors import FootageDoor

log = logging.getLogger(__name__)

_EVERY_S = 30.0
_LOOK_BACK_US = 7 * 86_400 * US_PER_S
_DAY_US = 86_400 * US_PER_S
_CLIPS_A_DAY = 200
_FETCH_S = 1800.0
_WATCH_S = 1.0
_MAX_TRIED = 1000
_MAX_TRIES = 3


@dataclass(slots=True, kw_only=True)
class _Card:
    """What is known of one camera's card. `can` is None until that was found out."""

    can: bool | None = None
    tried: list[Missing] = field(default_factory=list)
    failures: int = 0
    day: int = 0
    clips: int = 0
    size_bytes: int = 0


class CardFetching:
    """Used on the house's loop: `renew` with each configuration, then `run`. One file at a time in the whole house, and none
    while the camera's video is away: whoever comes back has no bandwidth to spare."""

    def __init__(
        self,
        keeper: Doorkeeper,
        footage: FootageDoor,
        imports: Imports,
        *,
        board: Board,
        clock: Clock,
        folder: Path,
        is_private: Callable[[CameraId], bool],
        every_s: float = _EVERY_S,
    ) -> None:
        """`folder` holds files while they are brought in; what lies there from before is removed. Of a camera that `is_private`
        now, and of times it was, nothing is fetched."""
        self._is_private = is_private
        self._keeper = keeper
        self._footage = footage
        self._imports = imports
        self._board = board
        self._clock = clock
        self._folder = folder
        self._every_s = every_s
        self._cameras: Mapping[CameraId, CameraOptions] = {}
        self._cards: dict[CameraId, _Card] = {}

    def renew(self, config: Config) -> None:
        """Go on with a changed configuration."""
        self._cameras = {
            name: camera
            for name, camera in config.cameras.items()
            if name in self._keeper.cameras and camera.card.fetch and camera.record is not Record.NEVER
        }
        self._cards = {name: self._cards.get(name, _Card()) for name in self._cameras}

    def has_card(self, camera: CameraId) -> bool:
        """Tell whether what is missing of the camera is looked for on its card."""
        return camera in self._cards and self._cards[camera].can is True

    async def run(self) -> None:
        """Look for what is missing until cancelled."""
        await asyncio.to_thread(_empty, self._folder)
        while True:
            for camera in tuple(self._cameras):
                try:
                    await self._look(camera)
                except HearthwatchError as error:
                    log.info("nothing is fetched from the card of %s now: %s", camera, error)
            await asyncio.sleep(self._every_s)

    async def _look(self, camera: CameraId) -> None:
        card, options = self._cards.get(camera), self._cameras.get(camera)
        if card is None or options is None or card.can is False or self._is_away(camera) or self._is_private(camera):
            return
        client = await self._keeper.client(camera)
        card.can = isinstance(client, CardFootage)
        if not isinstance(client, CardFootage):
            return
        now_us = self._clock.wall_us()
        since_us = WallUs(now_us - _LOOK_BACK_US)
        gaps = await asyncio.to_thread(self._footage.gaps, camera, Stream.MAIN, since_us, now_us)
        for wanted in missing(gaps, card.tried, now_us)[:1]:
            try:
                await self._fill(camera, client, card, options, wanted, never=private(gaps, now_us))
            except Unsupported:
                card.can = False  # no card in it, or a model without this
                raise
            except HearthwatchError:
                card.failures += 1
                if card.failures >= _MAX_TRIES:
                    self._settle(card, wanted)
                raise
            self._settle(card, wanted)

    def _settle(self, card: _Card, wanted: Missing) -> None:
        card.failures = 0
        card.tried = [*card.tried, wanted][-_MAX_TRIED:]

    async def _fill(
        self,
        camera: CameraId,
        client: CardFootage,
        card: _Card,
        options: CameraOptions,
        wanted: Missing,
        *,
        never: Sequence[Missing],
    ) -> None:
        channel = max(0, options.alarms.channel - 1)
        found = await client.recordings(wanted.start_us, wanted.end_us, channel)
        kept_us = 0
        for clip in chosen(found, wanted, self._allowance(card, options), never):
            kept_us += await self._bring(camera, client, card, clip)
        seconds = (wanted.end_us - wanted.start_us) / US_PER_S
        log.info("card of %s: %.0f s of %.0f s that were missing", camera, kept_us / US_PER_S, seconds)

    def _allowance(self, card: _Card, options: CameraOptions) -> Allowance:
        day = self._clock.wall_us() // _DAY_US
        if day != card.day:
            card.day, card.clips, card.size_bytes = day, 0, 0
        limit_bytes = options.card.max_mib_per_day << 20
        return Allowance(clips=_CLIPS_A_DAY - card.clips, size_bytes=max(0, limit_bytes - card.size_bytes))

    async def _bring(self, camera: CameraId, client: CardFootage, card: _Card, clip: CardClip) -> int:
        """Fetch one file and hand it to the recorder; return how much of it filled a gap. One that cannot be read is left."""
        target = self._folder / f"{camera}.part"
        card.clips += 1
        try:
            card.size_bytes += await self._fetch(camera, client, clip, target)
            fd = await asyncio.to_thread(_open, target)
            brought = await self._imports.bring(camera, fd, Origin.CARD, lambda _length_us: clip.start_us)
        except BadReply as error:
            log.warning("a recording on the card of %s cannot be used: %s", camera, error)
            return 0
        finally:
            _remove(target)  # at once: while being cancelled one cannot wait for a thread
        return brought.kept_us

    async def _fetch(self, camera: CameraId, client: CardFootage, clip: CardClip, target: Path) -> int:
        """Raises Unreachable also when the camera's video breaks off meanwhile, which this may be the reason of."""
        fetching = asyncio.create_task(fetch(client, clip, target, limit_bytes=MAX_CLIP_BYTES))
        try:
            async with asyncio.timeout(_FETCH_S):
                while not fetching.done():
                    await asyncio.wait({fetching}, timeout=_WATCH_S)
                    if self._is_away(camera):
                        raise Unreachable("its video broke off meanwhile")
                    if self._is_private(camera):
                        raise Unreachable("it is private now")
                return await fetching
        except TimeoutError as error:
            raise BadReply("it takes for ever") from error
        finally:
            fetching.cancel()
            with contextlib.suppress(asyncio.CancelledError, HearthwatchError):
                await fetching

    def _is_away(self, camera: CameraId) -> bool:
        return any(outage.camera == camera and outage.fault in VIDEO_AWAY for outage in self._board.snapshot())


def _empty(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in folder.glob("*.part"):
            left.unlink(missing_ok=True)
    except OSError as error:
        raise storage_failed(error, f"emptying {folder}") from error


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise storage_failed(error, f"opening {path}") from error
