"""The Detection: something in one picture with a name, and the Protocol of whatever names it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol

from annotated_types import Ge, Gt, Le

from hearthwatch.frames.geometry import Box
from hearthwatch.kit.units import CameraId, WallUs

if TYPE_CHECKING:  # options and detections travel to processes that must stay without numpy
    from hearthwatch.frames.frame import Frame

BUILT_IN = "hog"
"""`Looked.model` of the detector that needs no file; it takes parts of larger things, as a car's edge, for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """`label` is one of the model's names (COCO spelling), `score` 0..1, `box` in fractions of the full picture."""

    label: str
    score: float
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """The answer to one picture; `regions` are the parts of it the detector saw."""

    camera: CameraId
    frame_seq: int
    wall_us: WallUs
    detections: tuple[Detection, ...]
    regions: tuple[Box, ...]
    model: str
    took_ms: float


class Detector(Protocol):
    """A model in memory; used by one thread."""

    @property
    def name(self) -> str: ...

    @property
    def labels(self) -> tuple[str, ...]: ...

    def detect(self, frame: Frame, regions: Sequence[Box]) -> Looked:
        """Look at each region (the picture is `WHOLE`) and return everything found, doubles between regions removed."""
        ...

    def close(self) -> None: ...


class Where(StrEnum):
    HERE = "here"
    HUB = "hub"


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectOptions:
    """Section `[detect]`: one detector for all cameras."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    model: str = "auto"
    """Name of a model as `hearthwatch models` lists it; `auto` takes the best one present. Change: restart of the looker."""
    max_per_s: Annotated[float, Gt(0), Le(100)] = 20.0
    """Most pictures a second the detector looks at, all cameras together. Change: live."""
    where: Where = Where.HERE
    """Where pictures are looked at for people and things: `here`, or at the `hub` this house joined, for a machine too weak to
    do it itself. Motion, tracking and alerts stay here. While the hub does not answer, the built-in detector looks here, which
    knows people only. Change: restart of the looker."""
    workers: Annotated[int, Ge(0), Le(16)] = 1
    """For a hub: how many pictures of its nodes it looks at by itself at the same time, each on a core of its own; begun when
    the first comes. 0 leaves them to `hearthwatch worker` on other machines. Change: restart."""
    helpers: tuple[str, ...] = ()
    """For a hub: machines that joined it and may look at pictures of all its nodes. `hearthwatch worker` says what to write
    here. Change: live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelOptions:
    """Section `[camera.NAME.labels.LABEL]`: what a camera asks of one label. Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    min_score: Annotated[float, Ge(0), Le(1)] = 0.4
    """Score below which the detector's word is not taken."""
    min_area_frac: Annotated[float, Ge(0), Le(1)] = 0.0
    """Smallest box, as a share of the picture."""
