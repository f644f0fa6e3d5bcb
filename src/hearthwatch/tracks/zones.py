"""Zones: named outlines, asked for the point where a thing stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hearthwatch.frames.geometry import Box, Polygon
from hearthwatch.tracks.track import ZoneOptions

_OUTSIDE_LOOKS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """An outline and the labels that count in it; no labels means all."""

    polygon: Polygon
    labels: frozenset[str]

    def holds(self, label: str, box: Box) -> bool:
        """Tell whether a thing of `label` stands in the zone."""
        return (not self.labels or label in self.labels) and self.polygon.contains(box.foot)


def zones_of(options: Mapping[str, ZoneOptions]) -> dict[str, Zone]:
    """Compile the configured zones."""
    return {name: Zone(polygon=Polygon(points=zone.points), labels=frozenset(zone.labels)) for name, zone in options.items()}


@dataclass(frozen=True, slots=True)
class ZonePresence:
    """Where one track is and has been. A zone is entered at the first look inside and left at the second one outside:
    a foot on the line must not come and go."""

    inside: frozenset[str] = frozenset()
    entered: frozenset[str] = frozenset()
    leaving: tuple[tuple[str, int], ...] = ()

    def at(self, zones: Mapping[str, Zone], label: str, box: Box) -> ZonePresence:
        """Return the presence after one more look."""
        if not zones:
            return self
        now = frozenset(name for name, zone in zones.items() if zone.holds(label, box))
        outside = {
            name: looks + 1 for name, looks in (dict.fromkeys(self.inside, 0) | dict(self.leaving)).items() if name not in now
        }
        left = {name for name, looks in outside.items() if looks >= _OUTSIDE_LOOKS}
        return replace(
            self,
            inside=(self.inside | now) - left,
            entered=self.entered | now,
            leaving=tuple((name, looks) for name, looks in outside.items() if name not in left),
        )
