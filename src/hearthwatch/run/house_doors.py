"""The page's doors onto what is kept: footage, events, alerts. Read-only, from worker threads, several at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import Engine

from hearthwatch.alerts import ledger as alert_ledger
from hearthwatch.events import ledger as event_ledger
from hearthwatch.events.album import unpacked
from hearthwatch.events.event import Event, EventId
from hearthwatch.events.ledger import EventFiles
from hearthwatch.feeds.packet import Gap, Stream
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording import clip
from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.segment import Segment, Span
from hearthwatch.web.doors import AlertNow


class Footage:
    """Implements FootageDoor over the recorder's index, which exists once the recorder has started."""

    def __init__(self, index_path: Path, folder: Path) -> None:
        self._index_path = index_path
        self.folder = folder
        self._opened: IndexReader | None = None

    @property
    def index(self) -> IndexReader:
        """The reader. Raises StorageFailed while the recorder has not made its index yet."""
        if self._opened is None:
            if not self._index_path.exists():
                raise StorageFailed(StorageFault.MISSING, "there is no footage yet: the recorder is just starting")
            self._opened = IndexReader(self._index_path)
        return self._opened

    def segments(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs) -> Sequence[Segment]:
        """See FootageDoor."""
        return self.index.segments(camera, stream, start_us, end_us)

    def gaps(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs) -> Sequence[Gap]:
        """See FootageDoor."""
        return self.index.gaps(camera, stream, start_us, end_us)

    def fragments(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs) -> Iterator[bytes]:
        """See FootageDoor."""
        return clip.fragments(self.index, self.folder, Span(camera=camera, stream=stream, start_us=start_us, end_us=end_us))

    def export(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs, target: Path) -> None:
        """See FootageDoor."""
        with target.open("wb") as out:
            span = Span(camera=camera, stream=stream, start_us=start_us, end_us=end_us)
            clip.export(self.index, self.folder, span, out)


class Events:
    """Implements EventDoor; what is written, the house's one writing thread writes."""

    def __init__(self, reader: Engine, files: EventFiles, db: Db, loop: asyncio.AbstractEventLoop) -> None:
        self._reader = reader
        self._files = files
        self._db = db
        self._loop = loop

    def events(
        self, *, camera: CameraId | None, label: str | None, start_us: WallUs | None, end_us: WallUs | None, limit: int
    ) -> Sequence[Event]:
        """See EventDoor."""
        with self._reader.connect() as connection:
            return event_ledger.recent(connection, camera=camera, label=label, since_us=start_us, until_us=end_us, limit=limit)

    def event(self, event: EventId) -> Event | None:
        """See EventDoor."""
        with self._reader.connect() as connection:
            return event_ledger.find(connection, event)

    def labels(self) -> Sequence[str]:
        """See EventDoor."""
        with self._reader.connect() as connection:
            return event_ledger.labels(connection)

    def picture(self, event: EventId) -> bytes | None:
        """See EventDoor."""
        return self._files.picture(event)

    def burst(self, event: EventId) -> Sequence[bytes]:
        """See EventDoor."""
        album = self._files.album(event)
        return unpacked(album) if album else ()

    def set_reviewed(self, event: EventId) -> None:
        """See EventDoor."""
        work = self._db.run(lambda connection: event_ledger.set_reviewed(connection, event))
        asyncio.run_coroutine_threadsafe(work, self._loop).result()


class Alerts:
    """Implements AlertDoor."""

    def __init__(self, reader: Engine) -> None:
        self._reader = reader

    def alerts(self, *, before_us: WallUs | None, limit: int) -> Sequence[AlertNow]:
        """See AlertDoor."""
        with self._reader.connect() as connection:
            told = alert_ledger.recent(connection, before_us=before_us, limit=limit)
        return tuple(AlertNow(alert=each.alert, deliveries=each.deliveries) for each in told)
