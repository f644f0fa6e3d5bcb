"""Footage that is proved to be at a target and is no longer here (pure): which spans, at which places, and the way back."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from hearthwatch.kit.units import US_PER_S, CameraId, WallUs, to_datetime
from hearthwatch.offsite.upload import Piece, TargetId, TargetKind

_SEAM_US = 2 * US_PER_S
"""Files that follow one another leave or share so much at most: no seam is a hole, and what is cut shorter is no piece."""

_IDENTITY = "identity.txt"
_FOLDER = "restored"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """A target, and whether what lies there is sealed."""

    target: TargetId
    sealed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPiece:
    """One piece that a target has proved to hold; `name` is that of its file there."""

    place: Place
    piece: Piece
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """A stretch of footage that is at each of `places` and not here."""

    start_us: WallUs
    end_us: WallUs
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBack:
    """How to get at what is elsewhere: the command that restores it, and the files, oldest first, where every player opens
    them; none where they are sealed. `needs_reader`: the key this house has for the target may be one that cannot read."""

    place: Place
    kind: TargetKind
    start_us: WallUs
    end_us: WallUs
    command: str
    files: tuple[str, ...]
    needs_reader: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """What of a range is elsewhere, and one way back for each place."""

    spans: tuple[Elsewhere, ...] = ()
    ways: tuple[WayBack, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A range of time [start_us, end_us) of which the footage is here."""

    start_us: int
    end_us: int


def spans(held: Iterable[HeldPiece], here: Iterable[Stretch], start_us: WallUs, end_us: WallUs) -> tuple[Elsewhere, ...]:
    """Return what of [start_us, end_us) is held and not here, oldest first; what follows on at the same places is one span."""
    kept = _joined(here)
    edges: list[tuple[int, int, Place]] = []
    for one in held:
        first, last = max(one.piece.start_us, start_us), min(one.piece.end_us, end_us)
        for part in _without(first, last, kept):
            edges += [(part.start_us, 1, one.place), (part.end_us, -1, one.place)]
    edges.sort(key=lambda edge: edge[:2])
    found: list[Elsewhere] = []
    count: Counter[Place] = Counter()
    at = 0
    for now, step, place in edges:
        if count and now > at:
            _append(found, Elsewhere(start_us=WallUs(at), end_us=WallUs(now), places=tuple(sorted(count))))
        at = now
        count[place] += step
        if not count[place]:
            del count[place]
    return tuple(found)


def holes(here: Iterable[Stretch], start_us: WallUs, end_us: WallUs) -> tuple[Stretch, ...]:
    """Return what of [start_us, end_us) is not here, oldest first, without the seams between files."""
    return tuple(_without(start_us, end_us, _joined(here)))


def _append(found: list[Elsewhere], fresh: Elsewhere) -> None:
    last = found[-1] if found else None
    is_seam = fresh.end_us - fresh.start_us < _SEAM_US
    if last is None or fresh.start_us - last.end_us >= _SEAM_US or not (fresh.places == last.places or is_seam):
        found.append(fresh)
    else:
        found[-1] = Elsewhere(start_us=last.start_us, end_us=fresh.end_us, places=last.places)


def _joined(here: Iterable[Stretch]) -> list[Stretch]:
    found: list[Stretch] = []
    for one in sorted(here, key=lambda stretch: stretch.start_us):
        last = found[-1] if found else None
        if last is not None and one.start_us - last.end_us < _SEAM_US:
            found[-1] = Stretch(start_us=last.start_us, end_us=max(last.end_us, one.end_us))
        else:
            found.append(one)
    return found


def _without(start_us: int, end_us: int, here: Sequence[Stretch]) -> Iterator[Stretch]:
    """Yield what of a range is not here; what is cut to less than a seam is none."""
    at, is_cut = start_us, False
    for one in here:
        if one.end_us <= at:
            continue
        if one.start_us >= end_us:
            break
        if one.start_us - at >= _SEAM_US:
            yield Stretch(start_us=at, end_us=one.start_us)
        at, is_cut = one.end_us, True
    if end_us - at >= (_SEAM_US if is_cut else 1):
        yield Stretch(start_us=at, end_us=end_us)


def files(held: Iterable[HeldPiece], place: Place, start_us: WallUs, end_us: WallUs) -> tuple[str, ...]:
    """Return what at a place reaches into a range, oldest first."""
    mine = [one for one in held if one.place == place and one.piece.start_us < end_us and one.piece.end_us > start_us]
    return tuple(dict.fromkeys(one.name for one in sorted(mine, key=lambda one: (one.piece.start_us, one.name))))


def restore_command(
    place: Place, camera: CameraId, start_us: WallUs, end_us: WallUs, zone: tzinfo, *, house: Sequence[str]
) -> str:
    """Return the command line that fetches a range back, to the second and with the zone, so that it means the same on every
    machine; `house` are the options that name this house."""
    identity = ["--identity", _IDENTITY] if place.sealed else []
    since = to_datetime(start_us, zone).isoformat(timespec="seconds")
    until = to_datetime(WallUs(-(-end_us // US_PER_S) * US_PER_S), zone).isoformat(timespec="seconds")
    wanted = ["--camera", camera, "--from", since, "--to", until, "-o", _FOLDER]
    return shlex.join(["hearthwatch", "offsite", "restore", place.target, *identity, *wanted, *house])
