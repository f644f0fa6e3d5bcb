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
        held = self._held(camera, stream, start_us, end_us)
        return elsewhere.spans(held, self._here(camera, stream, start_us, end_us), start_us, end_us) if held else ()

    def whereabouts(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs) -> Whereabouts:
        """See ElsewhereDoor."""
        held = self._held(camera, stream, start_us, end_us)
        found = elsewhere.spans(held, self._here(camera, stream, start_us, end_us), start_us, end_us) if held else ()
        places = sorted({place for span in found for place in span.places})
        return Whereabouts(spans=found, ways=tuple(self._way(place, found, held, camera) for place in places))

    def _held(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs) -> tuple[HeldPiece, ...]:
        """Return what targets hold that are still configured, without what their own rules may have taken."""
        targets, now_us = self._config().offsite.targets, self._clock.wall_us()
        rules = {name: rules_of(options) for name, options in targets.items()}
        with self._reader.connect() as connection:
            found = holdings.held(connection, camera, stream, start_us, end_us)
        return tuple(
            one
            for one in found
            if one.place.target in rules
            and (one.piece.pinned or not may_be_gone(one.name, one.piece, rules[one.place.target], now_us))
        )

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
