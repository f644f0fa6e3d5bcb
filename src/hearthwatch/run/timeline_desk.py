"""The timeline's desk: puts the lanes of a range together from the index of footage and `house.db`; plays from any moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import tzinfo
from pathlib import Path

from sqlalchemy import Connection, Engine

from hearthwatch.arming import ledger as arming_ledger
from hearthwatch.arming.arming import ArmState
from hearthwatch.events import lane as event_lane
from hearthwatch.events.lane import Mark
from hearthwatch.feeds.packet import Stream
from hearthwatch.health import ledger as health_ledger
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.logins import lane as login_lane
from hearthwatch.logins.lane import Knock
from hearthwatch.offsite import lane as offsite_lane
from hearthwatch.offsite.lane import Held
from hearthwatch.offsite.pruning import rules_of
from hearthwatch.recording import playback as footage_playback
from hearthwatch.recording import stretches
from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.playback import Playback
from hearthwatch.recording.segment import Span
from hearthwatch.recording.stretches import EXACT_US, Kept, View
from hearthwatch.run.config import Config
from hearthwatch.run.thumbs import Thumbs
from hearthwatch.run.zone import zone_of
from hearthwatch.web.timeline_doors import Armed, CameraLane, Lanes

_SEAM_US = 2 * US_PER_S
_MOST_OUTAGES = 500
_MOST_HOLES = 60


class TimelineDesk:
    """Implements TimelineDoor. `index_path` is read by a reader of its own: a long look holds nobody else up."""

    def __init__(
        self,
        index_path: Path,
        folder: Path,
        thumbs: Thumbs,
        *,
        reader: Engine,
        armed: Callable[[], ArmState],
        config: Callable[[], Config],
        clock: Clock,
    ) -> None:
        self._index_path = index_path
        self._folder = folder
        self._reader = reader
        self._armed = armed
        self._config = config
        self._clock = clock
        self._thumbs = thumbs
        self._opened: IndexReader | None = None

    @property
    def zone(self) -> tzinfo:
        """See TimelineDoor."""
        return zone_of(self._config())

    async def thumb(self, camera: CameraId, at_us: WallUs) -> bytes | None:
        """See TimelineDoor."""
        return await self._thumbs.thumb(camera, at_us)

    def playback(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs, *, keys_only: bool) -> Playback:
        """See TimelineDoor."""
        span = Span(camera=camera, stream=stream, start_us=start_us, end_us=end_us)
        return footage_playback.playback(self._index, self._folder, span, keys_only=keys_only)

    def lanes(self, cameras: Sequence[CameraId], start_us: WallUs, end_us: WallUs, cells: int) -> Lanes:
        """See TimelineDoor."""
        now_us = self._clock.wall_us()
        cell_us = stretches.cell_of(start_us, end_us, cells)
        view = View(stream=Stream.MAIN, start_us=start_us, end_us=end_us, cell_us=cell_us, now_us=now_us)
        kept = stretches.kept(self._index, cameras, view)
        group = event_lane.marks if end_us - start_us <= EXACT_US else event_lane.counts
        with self._reader.connect() as connection:
            marks = group(connection, cameras, start_us, end_us, cell_us=cell_us)
            knocks = login_lane.knocks(connection, cameras, start_us, end_us, cell_us=2 * cell_us)
            armed = arming_ledger.between(connection, start_us, end_us)
            outages = health_ledger.recent(connection, since_us=start_us, limit=_MOST_OUTAGES)
            away = {each: self._elsewhere(connection, each, kept[each], view) for each in cameras}
        marks_of: dict[CameraId, list[Mark]] = {each: [] for each in cameras}
        for mark in marks:
            marks_of[mark.camera].append(mark)
        knocks_of: dict[CameraId, list[Knock]] = {each: [] for each in cameras}
        for knock in knocks:
            knocks_of[knock.camera].append(knock)
        return Lanes(
            cell_us=cell_us,
            cameras=tuple(
                CameraLane(
                    camera=each,
                    kept=kept[each],
                    elsewhere=away[each],
                    marks=tuple(marks_of[each]),
                    knocks=tuple(knocks_of[each]),
                )
                for each in cameras
            ),
            arming=tuple(_armed(armed, self._armed(), start_us, min(end_us, now_us))),
            outages=tuple(one for one in reversed(outages) if one.start_us < end_us),
        )

    @property
    def _index(self) -> IndexReader:
        if self._opened is None:
            if not self._index_path.exists():
                raise StorageFailed(StorageFault.MISSING, "there is no footage yet: the recorder is just starting")
            self._opened = IndexReader(self._index_path)
        return self._opened

    def _elsewhere(self, connection: Connection, camera: CameraId, kept: Kept, view: View) -> tuple[Held, ...]:
        rules = {name: rules_of(options) for name, options in self._config().offsite.targets.items()}
        holes = tuple(_holes(kept, view.start_us, WallUs(min(view.end_us, view.now_us))))
        if not rules or not holes:
            return ()
        if len(holes) > _MOST_HOLES:
            holes = (*holes[:_MOST_HOLES], (holes[_MOST_HOLES][0], holes[-1][1]))
        seam_us = max(_SEAM_US, view.cell_us)
        return offsite_lane.held(connection, rules, camera, Stream.MAIN, holes, seam_us=seam_us, now_us=view.now_us)


def _holes(kept: Kept, start_us: WallUs, end_us: WallUs) -> Iterator[tuple[WallUs, WallUs]]:
    at_us = start_us
    for one in kept.footage:
        if one.start_us - at_us > _SEAM_US:
            yield at_us, one.start_us
        at_us = max(at_us, one.end_us)
    if end_us - at_us > _SEAM_US:
        yield at_us, end_us


def _armed(lines: Sequence[arming_ledger.Line], state: ArmState, start_us: WallUs, end_us: WallUs) -> Iterator[Armed]:
    """Yield how the house was armed; one whose mode never changed is as it is now since it was set up."""
    if not lines:
        if max(state.since_us, start_us) < end_us:
            first = WallUs(max(state.since_us, start_us))
            yield Armed(start_us=first, end_us=end_us, mode=state.mode, cause=state.cause, who=state.who)
        return
    for at, line in enumerate(lines):
        first = WallUs(max(line.at_us, start_us))
        last = WallUs(min(lines[at + 1].at_us if at + 1 < len(lines) else end_us, end_us))
        if last > first:
            yield Armed(start_us=first, end_us=last, mode=line.mode, cause=line.cause, who=line.who)
