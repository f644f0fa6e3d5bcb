"""Where a detector should look and how often: first where something unknown moves, then rarely at what is known."""

from __future__ import annotations

from collections.abc import Sequence

from hearthwatch.frames.geometry import WHOLE, Box, bounding
from hearthwatch.kit.units import NS_PER_S
from hearthwatch.motion.motion import Motion

_BURST = 3
_GUESS_S = 0.2
_GROWN = 2.0
_SLOW_S = 0.5
_SLOWER_S = 1.0
_SOON_S = 15.0
_CALM_S = 1.5
_INVENTORY_S = 60.0
_VERIFY_S = 0.5
_NEWS_S = 20.0
_VERIFY_LATER_S = 1.0
_VERIFY_CALM_S = 2.0
_VERIFY_QUIET_S = 10.0
_LEAST_SIDE = 0.25
_CROP_GROWTH = 0.6
_CROP_LIMIT = 0.55


class Gaze:
    """Chooses regions for one camera.

    Something unknown that moves: three pictures in a row, then two a second, after a while one. Known things: two a second
    while they move, after a while one; one every two seconds while nothing moves, and every ten once all has been quiet.
    Once a minute, and after the light changed, the whole picture, to know what stands there.
    """

    def __init__(self) -> None:
        self._burst_from_ns = 0
        self._burst_looks = 0
        self._moved_ns = -1
        self._asked_ns = 0
        self._inventory_ns = 0
        self._known_from_ns = 0
        self._quiet_from_ns = 0
        self._in_doubt = False
        self._unsettled = True
        self._haunt: Box | None = None
        self._largest_frac = 0.0

    def choose(
        self, motion: Motion, *, told: Sequence[Box], guesses: Sequence[Box], now_ns: int
    ) -> tuple[tuple[Box, ...], bool]:
        """Return the regions to look at (none: not now) and whether that is urgent. `told` are the places of confirmed
        tracks, `guesses` of tentative ones that moved lately."""
        if not told:
            self._known_from_ns = now_ns
        if motion.boxes:
            self._quiet_from_ns = now_ns
        if not motion.settled:
            self._unsettled = True
            due = bool(told) and self._waited(now_ns) >= _VERIFY_S
            return (self._ask((WHOLE,), now_ns) if due else ()), False
        strange = [box for box in motion.boxes if not _explained(box, told)]
        if strange:
            return self._at_strange(strange, guesses, now_ns), True
        return self._at_known(told, moving=bool(motion.boxes), now_ns=now_ns), False

    def _at_strange(self, strange: Sequence[Box], guesses: Sequence[Box], now_ns: int) -> tuple[Box, ...]:
        self._note(strange, now_ns)
        patience_s = self._patience_s(now_ns)
        if guesses:
            patience_s = min(patience_s, _GUESS_S)
        if self._waited(now_ns) < patience_s:
            return ()
        self._burst_looks += 1
        self._unsettled = False
        return self._ask(_regions(strange, guesses, self._burst_looks), now_ns)

    def _at_known(self, told: Sequence[Box], *, moving: bool, now_ns: int) -> tuple[Box, ...]:
        if self._unsettled or (now_ns - self._inventory_ns) / NS_PER_S >= _INVENTORY_S:
            self._unsettled = False
            return self._ask((WHOLE,), now_ns)
        if told and self._waited(now_ns) >= self._verify_s(now_ns, moving=moving):
            return self._ask(_around(told), now_ns)
        return ()

    def _verify_s(self, now_ns: int, *, moving: bool) -> float:
        if not moving:
            lately = (now_ns - self._quiet_from_ns) / NS_PER_S < _NEWS_S
            return _VERIFY_CALM_S if lately or self._in_doubt else _VERIFY_QUIET_S
        return _VERIFY_S if (now_ns - self._known_from_ns) / NS_PER_S < _NEWS_S else _VERIFY_LATER_S

    def answered(self, *, named: bool, now_ns: int) -> None:
        """Note what came of a look."""
        self._in_doubt = not named
        if named:
            self._burst_from_ns = now_ns

    def _ask(self, regions: tuple[Box, ...], now_ns: int) -> tuple[Box, ...]:
        self._asked_ns = now_ns
        if WHOLE in regions:
            self._inventory_ns = now_ns
        return regions

    def _waited(self, now_ns: int) -> float:
        return (now_ns - self._asked_ns) / NS_PER_S

    def _note(self, strange: Sequence[Box], now_ns: int) -> None:
        around = bounding(strange)
        assert around is not None
        calm = (now_ns - self._moved_ns) / NS_PER_S > _CALM_S or self._moved_ns < 0
        elsewhere = self._haunt is None or not any(box.intersection_frac(self._haunt) > 0 for box in strange)
        largest_frac = max(box.area_frac for box in strange)
        if calm or elsewhere or largest_frac > _GROWN * self._largest_frac:
            self._burst_looks = 0
            self._burst_from_ns = now_ns
            self._largest_frac = largest_frac
        self._haunt = around if calm or self._haunt is None else bounding((self._haunt, around))
        self._moved_ns = now_ns

    def _patience_s(self, now_ns: int) -> float:
        if self._burst_looks < _BURST:
            return 0.0
        lasting_s = (now_ns - self._burst_from_ns) / NS_PER_S
        return _SLOW_S if lasting_s < _SOON_S else _SLOWER_S


def _explained(box: Box, told: Sequence[Box]) -> bool:
    return any(box.intersection_frac(place.grown(0.05)) >= 0.5 * box.area_frac for place in told)


def _regions(strange: Sequence[Box], guesses: Sequence[Box], look: int) -> tuple[Box, ...]:
    """Return a crop around one of the moving places (a guess first, then by turns) and the whole picture."""
    focus = guesses[(look - 1) % len(guesses)] if guesses else strange[(look - 1) % min(3, len(strange))]
    crop = _crop(focus)
    return (WHOLE,) if crop == WHOLE else (crop, WHOLE)


def _around(places: Sequence[Box]) -> tuple[Box, ...]:
    around = bounding(places)
    assert around is not None
    return (_crop(around),)


def _crop(box: Box) -> Box:
    """Return a region with room around `box`, or the whole picture when that is hardly more."""
    width, height = box.x1 - box.x0, box.y1 - box.y0
    side = max(width, height) * _CROP_GROWTH
    x0, x1 = _stretched(box.x0 - side / 2, box.x1 + side / 2)
    y0, y1 = _stretched(box.y0 - side / 2, box.y1 + side / 2)
    crop = Box(x0=x0, y0=y0, x1=x1, y1=y1)
    return WHOLE if crop.area_frac > _CROP_LIMIT else crop


def _stretched(low: float, high: float) -> tuple[float, float]:
    """Return an interval at least `_LEAST_SIDE` long, moved inside 0..1."""
    length = min(1.0, max(high - low, _LEAST_SIDE))
    low = min(max((low + high - length) / 2, 0.0), 1.0 - length)
    return low, low + length
