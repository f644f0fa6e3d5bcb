"""The cameras' own logs, pulled and kept for a while."""

from __future__ import annotations

import asyncio
import functools
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import Connection

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import HearthwatchError, Unsupported
from hearthwatch.kit.units import NS_PER_S, US_PER_S, CameraId, WallUs
from hearthwatch.logins import ledger
from hearthwatch.logins.login import KeptLine, LogsOptions
from hearthwatch.logins.novelty import Fresh, Known, fresh, is_undated, key_of
from hearthwatch.vendors.capability import Doorkeeper, SystemLog
from hearthwatch.vendors.device import LogLine

log = logging.getLogger(__name__)

_BOOK = "log"
_CHECK_S = 5.0
_OVERLAP_US = 300 * US_PER_S
_WHOLE_EVERY_US = 6 * 3600 * US_PER_S
_DAY_US = 86_400 * US_PER_S
_LATE_US = 600 * US_PER_S
_AHEAD_US = 60 * US_PER_S
_MAX_CHARS = 2000
_START = re.compile(r"reboot|restart|power|boot|start", re.IGNORECASE)


class DoorWatch(Protocol):
    """The watch of log-ins, as far as the reader of logs needs it."""

    def is_well(self, camera: CameraId) -> bool:
        """Whether the camera's door opens: a dead or refusing one is tried in one place only."""
        ...

    async def miss(self, camera: CameraId, before_us: WallUs, held: AbstractSet[bytes], *, is_restart: bool) -> None:
        """The whole log, of which `held` are the keys of all lines, has none any more that the reader saw at `before_us`."""
        ...


@dataclass(slots=True)
class _Shelf:
    """What is known of one camera's log."""

    known: dict[bytes, Known] | None = None
    looked_us: WallUs | None = None
    whole_us: WallUs | None = None
    due_ns: int = 0
    lacks: bool = False
    options: LogsOptions = field(default_factory=LogsOptions)


class SystemLogs:
    """Used on one event loop. `kept` is called after new lines were kept."""

    def __init__(
        self, keeper: Doorkeeper, watch: DoorWatch, *, db: Db, clock: Clock, kept: Callable[[], None] = lambda: None
    ) -> None:
        self._keeper = keeper
        self._watch = watch
        self._db = db
        self._clock = clock
        self._kept = kept
        self._shelves: dict[CameraId, _Shelf] = {}

    def renew(self, cameras: Mapping[CameraId, LogsOptions]) -> None:
        """Read exactly these logs from now on."""
        for camera in self._shelves.keys() - cameras.keys():
            del self._shelves[camera]
        for camera, options in cameras.items():
            shelf = self._shelves.setdefault(camera, _Shelf())
            shelf.options, shelf.lacks = options, False

    async def run(self) -> None:
        """Read until cancelled, one camera after the other."""
        while True:
            await self.round()
            await asyncio.sleep(_CHECK_S)

    async def round(self) -> None:
        """Read what is due now. What fails is tried again when it is due; the watch of log-ins tells of it."""
        for camera, shelf in list(self._shelves.items()):
            poll_s = shelf.options.poll_s
            is_due = self._clock.mono_ns() >= shelf.due_ns
            if not poll_s or shelf.lacks or not is_due or not self._watch.is_well(camera):
                continue
            shelf.due_ns = self._clock.mono_ns() + round(poll_s * NS_PER_S)
            try:
                client = await self._keeper.client(camera)
                if not isinstance(client, SystemLog):
                    shelf.lacks = True
                else:
                    await self._look(camera, shelf, client.log)
            except Unsupported as error:
                shelf.lacks = True
                log.info("%s (its log is not asked for again until its settings are renewed)", error)
            except HearthwatchError as error:
                log.warning("the log of %s: %s", camera, error)

    async def _look(self, camera: CameraId, shelf: _Shelf, read: Callable[[WallUs], Awaitable[tuple[LogLine, ...]]]) -> None:
        if shelf.known is None:
            shelf.known = await self._db.run(functools.partial(ledger.known_lines, camera=camera, book=_BOOK))
        now_us, before_us = self._clock.wall_us(), shelf.looked_us
        whole = shelf.whole_us is None or before_us is None or now_us - shelf.whole_us >= _WHOLE_EVERY_US
        lines = await read(WallUs(0) if whole or before_us is None else WallUs(before_us - _OVERLAP_US))
        new = _fresh(shelf.known, lines, whole=whole)
        if new.broken and not whole:
            whole = True
            lines = await read(WallUs(0))
            new = _fresh(shelf.known, lines, whole=whole)
        found = [_kept(camera, lines[index], now_us, before_us) for index in new.new]
        old_us = WallUs(now_us - round(shelf.options.keep_days * _DAY_US))

        def write(connection: Connection) -> None:
            ledger.add_lines(connection, found)
            ledger.note_lines(connection, camera, _BOOK, new.changes)
            while ledger.drop_lines_before(connection, camera, old_us):
                pass

        if found or new.changes:
            await self._db.run(write)
        is_gap = new.broken and whole
        new.apply(shelf.known)
        shelf.looked_us, shelf.whole_us = now_us, now_us if whole else shelf.whole_us
        if found:
            self._kept()
        if is_gap and before_us is not None:
            is_restart = any(_START.search(f"{line.code} {line.text}") for line in found)
            await self._watch.miss(camera, before_us, {key_of(line.raw) for line in lines}, is_restart=is_restart)


def _fresh(known: Mapping[bytes, Known], lines: tuple[LogLine, ...], *, whole: bool) -> Fresh:
    return fresh(known, [(key_of(line.raw), is_undated(line.local_us)) for line in lines], whole=whole)


def _kept(camera: CameraId, line: LogLine, now_us: WallUs, before_us: WallUs | None) -> KeptLine:
    """Its corrected time, where that can be right: what is new came after the last look, and before now."""
    earliest_us = before_us - _LATE_US if before_us is not None else 1
    is_credible = line.at_us is not None and earliest_us <= line.at_us <= now_us + _AHEAD_US and not is_undated(line.local_us)
    return KeptLine(
        id=0,
        camera=camera,
        at_us=line.at_us if line.at_us is not None and is_credible else now_us,
        seen_us=now_us,
        local_us=line.local_us,
        code=_plain(line.code),
        user=_plain(line.user),
        text=_plain(line.text),
        raw=_plain(line.raw),
    )


def _plain(text: str) -> str:
    """Halves of surrogate pairs go into no database, and no camera fills ours."""
    return text[:_MAX_CHARS].encode("utf-8", "replace").decode()
