"""Pictures that a camera uploads one after the other belong together. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hearthwatch.ingest.drop import Drop, Media, Via
from hearthwatch.kit.units import US_PER_S, WallUs

_REST_US = 5 * US_PER_S
_MAX_PICTURES = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Uploaded pictures, or one drop of any other kind, oldest first."""

    drops: tuple[Drop, ...]

    @property
    def is_pictures(self) -> bool:
        return _is_picture(self.drops[0])

    def rests_in_s(self, now_us: WallUs) -> float:
        """Return how long to wait until no more of it is to be expected; 0 when it is whole."""
        if len(self.drops) >= _MAX_PICTURES:
            return 0.0
        since_us = now_us - self.drops[-1].received_us
        return (_REST_US - since_us) / US_PER_S if 0 <= since_us < _REST_US else 0.0


def series_of(drops: Sequence[Drop]) -> Iterator[Series]:
    """Yield what one camera left, oldest first, pictures with less than five seconds in between together."""
    pictures: list[Drop] = []
    for drop in sorted(drops, key=lambda one: one.id):
        goes_on = pictures and abs(drop.received_us - pictures[-1].received_us) < _REST_US and len(pictures) < _MAX_PICTURES
        if pictures and not (_is_picture(drop) and goes_on):
            yield Series(drops=tuple(pictures))
            pictures = []
        if _is_picture(drop):
            pictures.append(drop)
        else:
            yield Series(drops=(drop,))
    if pictures:
        yield Series(drops=tuple(pictures))


def _is_picture(drop: Drop) -> bool:
    return drop.via is Via.FTP and drop.media is Media.JPEG
