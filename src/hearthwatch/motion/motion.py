"""Motion: what changed in one picture, and the options of the detector."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol

from annotated_types import Gt, Le

from hearthwatch.frames.geometry import Box, Point
from hearthwatch.kit.units import CameraId, WallUs

if TYPE_CHECKING:  # options and detections travel to processes that must stay without numpy
    from hearthwatch.frames.frame import Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """`area_frac` is the share of the unmasked picture that changed; `settled` is False while the background is being
    learnt or just after the light changed, when `boxes` is empty and nothing may be concluded."""

    camera: CameraId
    wall_us: WallUs
    boxes: tuple[Box, ...]
    area_frac: float
    settled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionOptions:
    """Section `[camera.NAME.motion]`. Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    enabled: bool = True
    """Look for motion; off means nothing of this camera is looked at."""
    sensitivity_frac: Annotated[float, Gt(0), Le(1)] = 0.03
    """Share of the picture that must change for a motion event: 0.002 is the noise of an empty scene, 0.15 is dull."""
    masks: tuple[tuple[Point, ...], ...] = ()
    """Polygons (points 0..1) whose inside is not looked at: a clock, a tree, the neighbour's garden."""


class Sight(StrEnum):
    """What a camera shows as a whole. Everything but CLEAR is a reason to go and look at it."""

    CLEAR = "clear"
    COVERED = "covered"
    BLURRED = "blurred"
    TURNED = "turned"
    FROZEN = "frozen"
    DARK = "dark"


@dataclass(frozen=True, slots=True, kw_only=True)
class SightOptions:
    """Section `[camera.NAME.sight]`. Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    watch: tuple[Sight, ...] = (Sight.COVERED, Sight.BLURRED, Sight.TURNED, Sight.FROZEN, Sight.DARK)
    """What is told when it lasts: `covered`, `blurred`, `turned`, `frozen`, `dark`. A camera that turns by itself is told as
    `turned` until its views are known: each was seen three times, over ten minutes. Leave `turned` out for one that is turned
    by hand, `dark` for one that sees nothing at night."""


class MotionDetector(Protocol):
    def look(self, frame: Frame) -> Motion:
        """Return what changed against the learnt background."""
        ...
