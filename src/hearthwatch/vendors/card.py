"""The CardClip: a recording on a camera's own card, by the camera's clock and by ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Le

from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.vendors.device import ClockReading, LocalUs


@dataclass(frozen=True, slots=True, kw_only=True)
class CardOptions:
    """Section `[camera.NAME.card]`: the memory card in the camera. Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    fetch: bool = True
    """After an outage fetch what is missing from the card, if the camera tells what it holds: Amcrest, Dahua, Reolink."""
    max_mib_per_day: Annotated[int, Ge(0), Le(1 << 20)] = 4096
    """Most that is fetched of this camera in a day, in MiB."""


MAX_SPAN_US = 31 * 86_400 * US_PER_S
"""So much time is asked for at once, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFile:
    """A recording as the camera lists it. `name` is the camera's word for it, for fetching it; never a path of ours."""

    name: str
    start_us: LocalUs
    end_us: LocalUs
    size_bytes: int
    """0 where the camera does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardClip:
    """The same by our clock, as far as the camera's was not set since. `container` is `mp4`, `dav`, … as the name ends."""

    file: CardFile
    channel: int
    start_us: WallUs
    end_us: WallUs

    @property
    def container(self) -> str:
        return self.file.name.rpartition(".")[2].lower()[:8]


def clips(files: tuple[CardFile, ...], clock: ClockReading, channel: int) -> tuple[CardClip, ...]:
    """Return `files` by our clock, oldest first."""
    found = (
        CardClip(file=one, channel=channel, start_us=clock.corrected(one.start_us), end_us=clock.corrected(one.end_us))
        for one in files
    )
    return tuple(sorted(found, key=lambda clip: (clip.start_us, clip.file.name)))


def local_span(start_us: WallUs, end_us: WallUs, clock: ClockReading) -> tuple[LocalUs, LocalUs]:
    """Return the span as the camera's clock shows it. Raises Unsupported for none, and for one that is too long."""
    if not 0 < end_us - start_us <= MAX_SPAN_US:
        raise Unsupported("a camera's card is searched for a time between a moment and 31 days, not more")
    return clock.local(start_us), clock.local(end_us)
