"""Boxes and polygons in fractions of the picture: a box of the sub-stream fits the main stream."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle, 0..1 of the full picture, x to the right, y down, x0 < x1 and y0 < y1."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def area_frac(self) -> float:
        return max(0.0, self.x1 - self.x0) * max(0.0, self.y1 - self.y0)

    @property
    def centre(self) -> Point:
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    @property
    def foot(self) -> Point:
        """Middle of the lower edge: where something stands, which is what a zone is asked about."""
        return (self.x0 + self.x1) / 2, self.y1

    def intersection_frac(self, other: Box) -> float:
        """Return the common area as a fraction of the picture."""
        width = min(self.x1, other.x1) - max(self.x0, other.x0)
        height = min(self.y1, other.y1) - max(self.y0, other.y0)
        return width * height if width > 0 and height > 0 else 0.0

    def iou(self, other: Box) -> float:
        """Return intersection over union, 0..1."""
        common = self.intersection_frac(other)
        union = self.area_frac + other.area_frac - common
        return common / union if union > 0 else 0.0

    def grown(self, margin_frac: float) -> Box:
        """Return the box with `margin_frac` of the picture added on every side, clipped to the picture."""
        return Box(
            x0=max(0.0, self.x0 - margin_frac),
            y0=max(0.0, self.y0 - margin_frac),
            x1=min(1.0, self.x1 + margin_frac),
            y1=min(1.0, self.y1 + margin_frac),
        )


WHOLE = Box(x0=0.0, y0=0.0, x1=1.0, y1=1.0)


def bounding(boxes: Iterable[Box]) -> Box | None:
    """Return the smallest box around all `boxes`, None for none."""
    found = list(boxes)
    if not found:
        return None
    return Box(
        x0=min(b.x0 for b in found), y0=min(b.y0 for b in found), x1=max(b.x1 for b in found), y1=max(b.y1 for b in found)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Polygon:
    """A closed outline of at least three points in fractions of the picture."""

    points: tuple[Point, ...]

    def contains(self, point: Point) -> bool:
        """Tell whether `point` lies inside (even-odd rule)."""
        x, y = point
        inside = False
        previous_x, previous_y = self.points[-1]
        for next_x, next_y in self.points:
            if (next_y > y) != (previous_y > y) and x < (previous_x - next_x) * (y - next_y) / (previous_y - next_y) + next_x:
                inside = not inside
            previous_x, previous_y = next_x, next_y
        return inside

    def mask(self, width_px: int, height_px: int) -> NDArray[np.bool_]:
        """Return an (H, W) array, True where a pixel's centre lies inside."""
        import numpy as np  # recorder and house carry boxes and polygons, but must stay without numpy

        xs = (np.arange(width_px) + 0.5) / width_px
        ys = (np.arange(height_px) + 0.5) / height_px
        grid_x, grid_y = np.meshgrid(xs, ys)
        inside = np.zeros((height_px, width_px), dtype=np.bool_)
        previous_x, previous_y = self.points[-1]
        for next_x, next_y in self.points:
            if next_y != previous_y:
                crosses = (next_y > grid_y) != (previous_y > grid_y)
                edge_x = (previous_x - next_x) * (grid_y - next_y) / (previous_y - next_y) + next_x
                inside ^= crosses & (grid_x < edge_x)
            previous_x, previous_y = next_x, next_y
        return inside
