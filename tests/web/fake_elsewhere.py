"""Footage that left this machine: all of it lies sealed on the NAS, the later half unsealed on a PC at home as well."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC
from pathlib import Path

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs, to_datetime
from hearthwatch.offsite import elsewhere
from hearthwatch.offsite.elsewhere import Elsewhere, HeldPiece, Place, Stretch, WayBack, Whereabouts
from hearthwatch.offsite.upload import Piece, PieceKind, TargetId, TargetKind
from hearthwatch.recording.segment import FootageClass, Segment
from hearthwatch.run.offsite_elsewhere import HouseFiles

MINUTE_US = 60 * US_PER_S
NAS = Place(target=TargetId("nas"), sealed=True)
PC = Place(target=TargetId("pc"), sealed=False)
DATA = Path("/var/lib/hearthwatch")

Gone = list[tuple[str, int, int]]
Segments = Callable[[CameraId, Stream, WallUs, WallUs], Sequence[Segment]]


class FakeElsewhere:
    """Implements ElsewhereDoor; `gone` are the ranges of each camera that are no longer here."""

    def __init__(self, gone: Gone, segments: Segments) -> None:
        self.gone = gone
        self._segments = segments

    def spans(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs) -> tuple[Elsewhere, ...]:
        """See ElsewhereDoor."""
        here = [Stretch(start_us=one.start_us, end_us=one.end_us) for one in self._segments(camera, stream, start_us, end_us)]
        return elsewhere.spans(self._held(camera), here, start_us, end_us)

    def whereabouts(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs) -> Whereabouts:
        """See ElsewhereDoor."""
        found = self.spans(camera, stream, start_us, end_us)
        return Whereabouts(
            spans=found,
            ways=tuple(
                self._way(place, camera, WallUs(mine[0].start_us), WallUs(mine[-1].end_us))
                for place in (NAS, PC)
                if (mine := [span for span in found if place in span.places])
            ),
        )

    def _way(self, place: Place, camera: CameraId, start_us: WallUs, end_us: WallUs) -> WayBack:
        house = HouseFiles(data=DATA, config=DATA / "hearthwatch.toml").words
        return WayBack(
            place=place,
            kind=TargetKind.SFTP,
            start_us=start_us,
            end_us=end_us,
            command=elsewhere.restore_command(place, camera, start_us, end_us, UTC, house=house),
            files=() if place.sealed else elsewhere.files(self._held(camera), place, start_us, end_us),
            needs_reader=False,
        )

    def _held(self, camera: CameraId) -> Iterator[HeldPiece]:
        for name, low, high in self.gone:
            if name != camera:
                continue
            for at in range(low, high, MINUTE_US):
                yield self._piece(NAS, camera, at, f"continuous/{at}.age")
                if at >= (low + high) // 2:
                    yield self._piece(PC, camera, at, f"{camera}/{to_datetime(WallUs(at), UTC):%Y-%m-%d/%H-%M}.mp4")

    def _piece(self, place: Place, camera: CameraId, at: int, name: str) -> HeldPiece:
        piece = Piece(
            kind=PieceKind.SEGMENT,
            camera=camera,
            stream=Stream.MAIN,
            start_us=WallUs(at),
            end_us=WallUs(at + MINUTE_US),
            size_bytes=12_000_000,
            sha256=b"",
            footage_class=FootageClass.CONTINUOUS,
        )
        return HeldPiece(place=place, piece=piece, name=name)
