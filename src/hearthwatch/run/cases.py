"""Cases on the page: footage in one zip for somebody else, with what is known of each camera's clock."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError

from hearthwatch.feeds.packet import Stream
from hearthwatch.health.clocks import nearest
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.files import free_bytes, storage_failed
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording.case import write_case
from hearthwatch.recording.exhibit import ClockFact, cut
from hearthwatch.recording.segment import Span
from hearthwatch.run.config import Config
from hearthwatch.run.house_doors import Footage
from hearthwatch.run.zone import zone_of

log = logging.getLogger(__name__)

_LEFT_BYTES = 2 << 30
"""Made for a download, a case must not cost the oldest footage its place."""


class Cases:
    """Implements CaseDoor."""

    def __init__(self, footage: Footage, reader: Engine, clock: Clock, config: Callable[[], Config]) -> None:
        self._footage = footage
        self._reader = reader
        self._clock = clock
        self._config = config

    def write(self, cameras: Sequence[CameraId], start_us: WallUs, end_us: WallUs, target: Path) -> None:
        """See CaseDoor."""
        spans = [Span(camera=camera, stream=Stream.MAIN, start_us=start_us, end_us=end_us) for camera in cameras]
        size = sum(
            each.size_bytes for span in spans for each in self._footage.segments(span.camera, span.stream, start_us, end_us)
        )
        if size and size + _LEFT_BYTES > free_bytes(target.parent):
            raise StorageFailed(
                StorageFault.NO_SPACE,
                f"there is no room to put {size / 1e9:.1f} GB together here: choose a shorter time or fewer cameras, or write "
                "it to another disk with `hearthwatch export --zip`",
            )
        try:
            with target.open("wb") as out:
                write_case(
                    self._footage.index,
                    self._footage.folder,
                    spans,
                    out,
                    cut=cut,
                    clock_of=lambda camera: self._clock_of(camera, start_us),
                    zone=zone_of(self._config()),
                    made_us=self._clock.wall_us(),
                    version=version("hearthwatch"),
                )
        except OSError as error:
            raise storage_failed(error, f"writing {target}") from error

    def _clock_of(self, camera: CameraId, at_us: WallUs) -> ClockFact | None:
        """Evidence does not wait for a database that cannot be read."""
        try:
            with self._reader.connect() as connection:
                seen = nearest(connection, camera, at_us)
        except DatabaseError as error:
            log.warning("what the clock of %s said is not known: %s", camera, error.orig)
            return None
        return ClockFact(at_us=seen.at_us, off_us=seen.off_us) if seen else None
