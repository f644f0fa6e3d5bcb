"""Views: what a camera usually shows. One that turns by itself, or is shifted again and again, has several; they are learnt.

A view nobody knows is strange, and strange views are told. One that came back several times, minutes apart, is known from then
on: whoever turns a camera away once is told of, and a patrol only until its places are learnt.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from hearthwatch.kit.units import NS_PER_S, MonoNs
from hearthwatch.motion.look import Look, blended, likeness

MOST_VIEWS = 12
"""A patrol of a few places, by day and by night."""
_LEARN_LOOKS = 5
_USUAL_S = 120.0
"""How long the usual takes to follow: slower than a hand or a cloth, faster than dusk."""
_SAME_LIKENESS = 0.5
_SAME_FRAC = 0.6
_VISIT_NS = 4 * NS_PER_S
_APART_NS = 60 * NS_PER_S
_KNOWN_VISITS = 3
_KNOWN_AFTER_NS = 600 * NS_PER_S
_FORGOTTEN_NS = 7 * 24 * 3600 * NS_PER_S


@dataclass(slots=True, kw_only=True, eq=False)
class View:
    """`look` follows what is seen slowly; `likeness` is how alike single pictures are to it. `visits` counts how often the
    camera has turned to it, until it `is_known`."""

    look: Look
    seen_ns: MonoNs
    is_known: bool
    likeness: float = 1.0
    looks: int = 1
    visits: int = 0
    first_visit_ns: MonoNs = MonoNs(0)
    last_visit_ns: MonoNs = MonoNs(0)

    def learn(self, look: Look, now_ns: MonoNs, passed_s: float) -> None:
        self.seen_ns = now_ns
        self.looks += 1
        share = max(1.0 / self.looks if self.looks <= _LEARN_LOOKS else 0.0, 1.0 - math.exp(-passed_s / _USUAL_S))
        self.likeness += share * (likeness(look.edges, self.look.edges) - self.likeness)
        self.look = blended(self.look, look, share)

    def alike(self, look: Look) -> float:
        """Return how sure it is that `look` shows this view; 0 for not at all."""
        found = likeness(look.edges, self.look.edges)
        return found if found >= max(_SAME_LIKENESS, _SAME_FRAC * self.likeness) else 0.0


class Views:
    """Those of one camera, at most `MOST_VIEWS`. `current` is the known one it shows, or showed before it turned away."""

    def __init__(self) -> None:
        self.current: View | None = None
        self._all: list[View] = []
        self._strange: View | None = None
        self._strange_ns = MonoNs(0)

    @property
    def are_learnt(self) -> bool:
        """Tell whether enough is known to call anything strange."""
        return self.current is not None and (self.current.looks >= _LEARN_LOOKS or len(self._all) > 1)

    def learn(self, look: Look, now_ns: MonoNs, passed_s: float) -> None:
        """Take a look at the current view, which is the first one where there is none."""
        self._strange = None
        if self.current is None:
            self.current = self._add(look, now_ns, is_known=True)
        else:
            self.current.learn(look, now_ns, passed_s)

    def turn_to(self, look: Look) -> View | None:
        """Return the known view that `look` shows, which is the current one from now on; None for a strange one."""
        found = self._best(look, is_known=True)
        if found is not None:
            self.current = found
        return found

    def note_strange(self, look: Look, now_ns: MonoNs, passed_s: float) -> None:
        """Take a look at a view nobody knows; it is remembered once it lasts."""
        before = self._strange
        if before is not None and before.alike(look):
            before.learn(look, now_ns, passed_s)
            if now_ns - self._strange_ns >= _VISIT_NS:
                if before not in self._all:
                    self._keep(before)
                self._count(before, now_ns)
            return
        self._strange = self._best(look, is_known=False) or View(look=look, seen_ns=now_ns, is_known=False)
        self._strange_ns = now_ns

    def accept(self, look: Look, now_ns: MonoNs) -> None:
        """What is shown is a usual view from now on."""
        self.current = self._best(look, is_known=False) or self._add(look, now_ns, is_known=True)
        self.current.is_known = True
        self._strange = None

    def _count(self, view: View, now_ns: MonoNs) -> None:
        """A stay is one visit, however long: the next one counts only after the camera was elsewhere."""
        is_same_stay = view.last_visit_ns >= self._strange_ns
        if view.visits and (is_same_stay or now_ns - view.last_visit_ns < _APART_NS):
            return
        view.visits += 1
        view.first_visit_ns = view.first_visit_ns or now_ns
        view.last_visit_ns = now_ns
        view.is_known = view.visits >= _KNOWN_VISITS and now_ns - view.first_visit_ns >= _KNOWN_AFTER_NS

    def _best(self, look: Look, *, is_known: bool) -> View | None:
        found = [(alike, view) for view in self._all if view.is_known == is_known and (alike := view.alike(look)) > 0]
        return max(found, key=lambda each: each[0], default=(0.0, None))[1]

    def _add(self, look: Look, now_ns: MonoNs, *, is_known: bool) -> View:
        view = View(look=look, seen_ns=now_ns, is_known=is_known)
        self._keep(view)
        return view

    def _keep(self, view: View) -> None:
        """What nobody knows goes before what is known, and what was not seen for longest first; the current view stays."""
        self._all = [one for one in self._all if one is self.current or view.seen_ns - one.seen_ns < _FORGOTTEN_NS]
        self._all.append(view)
        if len(self._all) > MOST_VIEWS:
            others = [one for one in self._all if one is not self.current and one is not view]
            self._all.remove(min(others, key=lambda one: (one.is_known, one.seen_ns)))
