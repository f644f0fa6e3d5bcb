"""Sight: whether the camera still shows what it should. Each second a picture is held against what it usually shows,
which is one view, or several of a camera that turns by itself.

Covered, blurred, turned, frozen and dark are told apart by four figures that a change of light moves little: where the
edges are, how much detail there is, how sharp it is, and whether anything changed at all, were it only noise.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from hearthwatch.frames.frame import Frame
from hearthwatch.kit.units import NS_PER_S, MonoNs
from hearthwatch.motion.look import Look, likeness, measure
from hearthwatch.motion.motion import Sight, SightOptions
from hearthwatch.motion.views import Views

Grey = NDArray[np.uint8]

_STILL_EVERY_NS = NS_PER_S // 2
_EVERY_NS = NS_PER_S - _STILL_EVERY_NS // 2
_ACCEPT_S = 1800.0
"""A new view that lasts this long is a usual one from then on."""
_LASTS_S = {Sight.COVERED: 5.0, Sight.TURNED: 5.0, Sight.BLURRED: 15.0, Sight.DARK: 60.0, Sight.FROZEN: 4.0}
_NOTHING_SEEN = frozenset({Sight.COVERED, Sight.DARK})
_CLEAR_S = 3.0
_BLIND_FRAC = 0.2
_FLAT_DETAIL = 0.4
_DARK_LEVEL = 14.0
_TURNED_LIKENESS = 0.4
_TURNED_FRAC = 0.5
_BLUR_FRAC = 0.72
_GRID_STEP = 4
_SAME_FRAC = 0.0005
_STILL_LOOKS = 20
_STILL_NS = 8 * NS_PER_S
_KNOWN_SHARE = 0.3
_REPEATS_SHARE = 0.45
"""Measured: of living cameras, through the strongest encoders, at most 0.2 and 0.28; of frozen ones 0.4 and 0.55 and more."""


class Stillness:
    """Whether the camera repeats one picture. A living sensor has noise, whatever the encoder leaves of it.

    Two counts must agree. Of a living camera few pictures are just the one before, but at night some send each one several
    times; and few are one of the last seconds', but where the encoder is strong a quiet night has them. Of a frozen one it
    is most, though not all: the encoder refreshes the picture now and then, which changes it although nothing happened."""

    def __init__(self) -> None:
        self._last: Grey | None = None
        self._repeats: deque[tuple[MonoNs, bool]] = deque()
        self._looked_ns: MonoNs | None = None
        self._before: deque[Grey] = deque(maxlen=3)
        self._known: deque[bool] = deque(maxlen=_STILL_LOOKS)

    def look(self, frame: Frame) -> None:
        """Take a picture."""
        grid = np.ascontiguousarray(frame.y[::_GRID_STEP, ::_GRID_STEP])
        self._repeats.append((frame.received_ns, self._last is not None and _is_same(self._last, grid)))
        while frame.received_ns - self._repeats[0][0] > _STILL_NS:
            self._repeats.popleft()
        self._last = grid
        if self._looked_ns is None or not 0 <= frame.received_ns - self._looked_ns < _STILL_EVERY_NS:
            self._looked_ns = frame.received_ns
            self._known.append(any(_is_same(before, grid) for before in self._before))
            self._before.append(grid)

    @property
    def holds(self) -> bool:
        """Tell whether the last ten seconds showed one picture."""
        if len(self._known) < _STILL_LOOKS:
            return False
        repeats = sum(is_repeat for _at_ns, is_repeat in self._repeats)
        return sum(self._known) >= _KNOWN_SHARE * _STILL_LOOKS and repeats >= _REPEATS_SHARE * len(self._repeats)


def _is_same(before: Grey, now: Grey) -> bool:
    return before.shape == now.shape and bool(np.count_nonzero(before != now) <= now.size * _SAME_FRAC)


class SightWatch:
    """One camera's sight; used by one thread. Pictures bring the time."""

    def __init__(self, options: SightOptions) -> None:
        self.renew(options)
        self._looked_ns: MonoNs | None = None
        self._views = Views()
        self._seen: Sight | None = None
        self._seen_ns = MonoNs(0)
        self._stillness = Stillness()
        self.sight: Sight | None = None
        """What holds now; None until the usual is learnt."""

    def renew(self, options: SightOptions) -> None:
        """Watch for other things from the next picture on; the usual views stay known."""
        self._watch = frozenset(options.watch)

    def look(self, frame: Frame) -> None:
        """Take a picture; one a second is held against the usual."""
        now_ns = frame.received_ns
        self._stillness.look(frame)
        if self._looked_ns is not None and 0 <= now_ns - self._looked_ns < _EVERY_NS:
            return
        passed_s = 0.0 if self._looked_ns is None else max(0.0, (now_ns - self._looked_ns) / NS_PER_S)
        self._looked_ns = now_ns
        look = measure(frame)
        seen = self._seen_in(look)
        if seen in _NOTHING_SEEN:
            self._stillness = Stillness()
        elif self._stillness.holds:
            seen = Sight.FROZEN
        if seen is not self._seen:
            self._seen, self._seen_ns = seen, now_ns
        lasted_s = (now_ns - self._seen_ns) / NS_PER_S
        if lasted_s >= _LASTS_S.get(seen, _CLEAR_S):
            self.sight = seen if seen in self._watch else Sight.CLEAR
        if seen is Sight.CLEAR:
            self._views.learn(look, now_ns, passed_s)
        elif seen is Sight.TURNED:
            if lasted_s >= _ACCEPT_S:
                self._views.accept(look, now_ns)
            else:
                self._views.note_strange(look, now_ns, passed_s)

    def _seen_in(self, look: Look) -> Sight:
        view = self._views.current
        if view is None or not self._views.are_learnt:
            if look.detail >= _FLAT_DETAIL:
                return Sight.CLEAR
            return Sight.DARK if look.level < _DARK_LEVEL else Sight.COVERED
        usual = view.look
        alike = likeness(look.edges, usual.edges)
        if alike < _TURNED_LIKENESS and look.detail < max(_FLAT_DETAIL, _BLIND_FRAC * usual.detail):
            return Sight.DARK if usual.level < 2 * _DARK_LEVEL and look.level < _DARK_LEVEL else Sight.COVERED
        if alike < min(_TURNED_LIKENESS, _TURNED_FRAC * view.likeness):
            other = self._views.turn_to(look)
            if other is None:
                return Sight.TURNED
            usual = other.look
        if look.sharp < _BLUR_FRAC * usual.sharp:
            return Sight.BLURRED
        return Sight.CLEAR
