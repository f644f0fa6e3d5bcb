"""The review desk: events found, marked and noted, and what false alarms teach, written into the configuration."""

from __future__ import annotations

import asyncio
import logging
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from hearthwatch.events import ledger, search
from hearthwatch.events.event import Event, EventId
from hearthwatch.events.suggestion import Filters, Suggestion, SuggestionKind, suggest
from hearthwatch.events.wanted import Place, Wanted
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import CameraId
from hearthwatch.run.config import Config, load, read_text
from hearthwatch.run.house_page_desk import demo_lines
from hearthwatch.web.changes import Changes

log = logging.getLogger(__name__)

_TOLD_AT_ONCE = 60
"""As many as an open page holds of the newest; of more it reads anew what it shows."""


class ReviewDesk:
    """Implements ReviewDoor; what is written, the house's one writing thread writes."""

    def __init__(self, reader: Engine, db: Db, changes: Changes, *, config: Callable[[], Config], config_path: Path) -> None:
        self._reader = reader
        self._db = db
        self._changes = changes
        self._config = config
        self._path = config_path

    def page(self, wanted: Wanted, *, after: Place | None, limit: int) -> Sequence[Event]:
        """See ReviewDoor."""
        with self._reader.connect() as connection:
            return search.page(connection, wanted, after=after, limit=limit)

    def unseen(self, wanted: Wanted) -> int:
        """See ReviewDoor."""
        with self._reader.connect() as connection:
            return search.unseen(connection, wanted)

    def zones(self) -> Sequence[str]:
        """See ReviewDoor."""
        with self._reader.connect() as connection:
            return ledger.zones(connection)

    async def set_reviewed(self, events: Collection[EventId], *, reviewed: bool) -> int:
        """See ReviewDoor."""
        changed = await self._db.run(lambda connection: search.set_reviewed(connection, events, reviewed=reviewed))
        if changed:
            await self._tell(list(events)[:_TOLD_AT_ONCE])
        return changed

    async def review_down_to(self, wanted: Wanted, last: Place | None, *, first: Place | None) -> int:
        """See ReviewDoor."""

        def mark(connection: Connection) -> tuple[int, tuple[Event, ...]]:
            changed = search.review_down_to(connection, wanted, last, first=first)
            return changed, search.page(connection, Wanted(), limit=_TOLD_AT_ONCE)

        changed, newest = await self._db.run(mark)
        for event in newest if changed else ():
            self._changes.publish(event)
        return changed

    async def set_note(self, event: EventId, note: str) -> None:
        """See ReviewDoor."""
        await self._db.run(lambda connection: search.set_note(connection, event, note))
        await self._tell([event])

    def suggestions(self, event: Event) -> Sequence[Suggestion]:
        """See ReviewDoor."""
        options = self._config().cameras.get(event.camera)
        if options is None or not event.false_alarm or event.label not in options.labels:
            return ()
        now = Filters(label=options.labels[event.label], masks=options.motion.masks)
        with self._reader.connect() as connection:
            false_alarms = search.false_alarms(connection, event.camera, event.label)
            others = search.other_events(connection, event.camera, event.label)
        return suggest(false_alarms, others, now)

    async def accept(self, wanted: Suggestion, *, who: str) -> None:
        """See ReviewDoor."""
        await asyncio.to_thread(self._write, wanted)
        log.info("%s: false alarms of %s at %s are kept away by %s", who, wanted.label, wanted.camera, wanted.kind.value)

    def _write(self, wanted: Suggestion) -> None:
        from hearthwatch.run.config_file import set_values  # megabytes of a TOML editor, for once in a while

        values = values_of(wanted, load(self._path), tomllib.loads(read_text(self._path)))
        set_values(self._path, {**demo_lines(wanted.camera, self._path), **values})

    async def _tell(self, events: Collection[EventId]) -> None:
        found = await self._db.run(lambda connection: [ledger.find(connection, event) for event in events])
        for event in found:
            if event is not None:
                self._changes.publish(event)


def values_of(wanted: Suggestion, config: Config, raw: Mapping[str, Any]) -> dict[tuple[str, ...], Any]:
    """Return what must be written for `wanted`; `raw` is the file as it stands, which may say less than `config`."""
    camera = config.cameras.get(wanted.camera)
    if camera is None:
        raise Unsupported(f"There is no camera {wanted.camera} any more.")
    base = ("camera", str(wanted.camera))
    found: dict[tuple[str, ...], Any] = {}
    if wanted.kind is SuggestionKind.MASK:
        masks = [[list(point) for point in mask] for mask in (*camera.motion.masks, wanted.mask)]
        found[*base, "motion", "masks"] = masks
        return found
    key = "min_area_frac" if wanted.kind is SuggestionKind.MIN_AREA else "min_score"
    if _is_switch(raw, wanted.camera, wanted.label):  # `labels.bus = true`
        found[*base, "labels", wanted.label] = None
    found[*base, "labels", wanted.label, key] = wanted.value
    return found


def _is_switch(raw: Mapping[str, Any], camera: CameraId, label: str) -> bool:
    found: Any = raw
    for key in ("camera", camera, "labels", label):
        found = found.get(key) if isinstance(found, Mapping) else None
    return isinstance(found, bool)
