"""What is no longer here but lies at a target: asked by the timeline, by the page of an event and by `export`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.offsite import elsewhere, holdings
from hearthwatch.offsite.elsewhere import Elsewhere, HeldPiece, Place, Stretch, WayBack, Whereabouts
from hearthwatch.offsite.pruning import may_be_gone, rules_of
from hearthwatch.offsite.upload import TargetKind
from hearthwatch.recording.segment import Segment, SegmentState
from hearthwatch.run.config import Config
from hearthwatch.run.zone import zone_of

_MAX_HOLES = 100

Segments = Callable[[CameraId, Stream, WallUs, WallUs], Sequence[Segment]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseFiles:
    """Where this house is found by whoever types a command."""

    data: Path
    config: Path

    @property
    def words(self) -> tuple[str, ...]:
        """The options that name it."""
        usual = self.config == self.data / "hearthwatch.toml"
        return ("--data", str(self.data), *(() if usual else ("--config", str(self.config))))


class ElsewhereDesk:
    """Implements ElsewhereDoor over `house.db` and the index of footage. Used from any thread."""

    def __init__(
        self, reader: Engine, segments: Segments, config: Callable[[], Config], clock: Clock, files: HouseFiles
    ) -> None:
        self._reader = reader
        self._segments = segments
        self._config = config
        self._clock = clock
        self._files = files

    def spans(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs) -> tuple[Elsewhere, ...]:
        """See ElsewhereDoor."""
        return self._found(camera, stream, start_us, end_us)[0]

    def whereabouts(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs) -> Whereabouts:
        """See ElsewhereDoor."""
        found, held = self._found(camera, stream, start_us, end_us)
        places = sorted({place for span in found for place in span.places})
        return Whereabouts(spans=found, ways=tuple(self._way(place, found, held, camera) for place in places))

    def _found(
        self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs
    ) -> tuple[tuple[Elsewhere, ...], list[HeldPiece]]:
        """Return the spans, and the pieces they are made of; only the holes are looked up, of which a whole day has none."""
        here = list(self._here(camera, stream, start_us, end_us))
        missing = elsewhere.holes(here, start_us, end_us)
        if len(missing) > _MAX_HOLES:
            missing = (Stretch(start_us=missing[0].start_us, end_us=missing[-1].end_us),)
        held = list(self._held(camera, stream, missing))
        return elsewhere.spans(held, here, start_us, end_us), held

    def _held(self, camera: CameraId, stream: Stream, missing: Sequence[Stretch]) -> Iterator[HeldPiece]:
        """Yield what targets hold that are still configured, without what their own rules may have taken."""
        now_us = self._clock.wall_us()
        rules = {name: rules_of(options) for name, options in self._config().offsite.targets.items()}
        if not rules or not missing:
            return
        with self._reader.connect() as connection:
            for hole in missing:
                for one in holdings.held(connection, camera, stream, WallUs(hole.start_us), WallUs(hole.end_us)):
                    rule = rules.get(one.place.target)
                    if rule is not None and (one.piece.pinned or not may_be_gone(one.name, one.piece, rule, now_us)):
                        yield one

    def _here(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs) -> Iterator[Stretch]:
        for segment in self._segments(camera, stream, start_us, end_us):
            is_growing = segment.state is SegmentState.RECORDING
            yield Stretch(start_us=segment.start_us, end_us=end_us if is_growing else segment.end_us)

    def _way(self, place: Place, found: Sequence[Elsewhere], held: Sequence[HeldPiece], camera: CameraId) -> WayBack:
        mine = [span for span in found if place in span.places]
        start_us, end_us = mine[0].start_us, mine[-1].end_us
        config = self._config()
        options, zone = config.offsite.targets[place.target], zone_of(config)
        return WayBack(
            place=place,
            kind=options.kind,
            start_us=start_us,
            end_us=end_us,
            command=elsewhere.restore_command(place, camera, start_us, end_us, zone, house=self._files.words),
            files=() if place.sealed else elsewhere.files(held, place, start_us, end_us),
            needs_reader=options.kind is TargetKind.S3 and not options.read_access_key,
        )
