"""A neural detector: regions go through one engine, its numbers come back as boxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hearthwatch.detect.detection import Looked
from hearthwatch.detect.doubles import suppressed
from hearthwatch.detect.families import RECIPES, Floats, Found
from hearthwatch.detect.model import Model
from hearthwatch.detect.picture import Crop, Seen, crop_of, fitting_input, frame_of, see
from hearthwatch.detect.regions import look_at
from hearthwatch.frames.frame import Frame
from hearthwatch.frames.geometry import WHOLE, Box
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply

FLOOR = 0.2
"""Score under which nothing is reported; what counts is for the camera's `min_score` to say."""


class Engine(Protocol):
    """A network in memory, used by one thread, always one core: a second one costs more than it gives under load."""

    def run(self, bgr: NDArray[np.uint8]) -> Sequence[Floats]:
        """Return the network's outputs for a BGR picture (H, W, 3). Raises BadReply when it fails."""
        ...

    def close(self) -> None: ...


class NetworkDetector:
    """A Detector that is a neural network. Everything it needs is loaded and has run once when the constructor returns."""

    def __init__(self, model: Model, engine: Engine, *, clock: Clock, floor: float = FLOOR) -> None:
        self._model = model
        self._recipe = RECIPES[model.family]
        self._engine = engine
        self._clock = clock
        self._floor = floor
        self.detect(frame_of(np.full((360, 640, 3), 114, np.uint8)), [WHOLE])

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def labels(self) -> tuple[str, ...]:
        return self._model.labels

    def detect(self, frame: Frame, regions: Sequence[Box]) -> Looked:
        """Look at each region and return everything found. Raises BadReply when the network's numbers are none."""
        return look_at(frame, regions, self._look, model=self._model, iou=self._recipe.nms_iou, clock=self._clock)

    def close(self) -> None:
        self._engine.close()

    def _look(self, frame: Frame, region: Box) -> tuple[Found, Crop]:
        seen = self._see(frame, region)
        outputs = self._engine.run(seen.bgr)
        if not all(np.isfinite(output.sum()) for output in outputs):
            raise BadReply(f"the model {self._model.name} gave answers that are no numbers: its files may be damaged")
        found = self._recipe.decode(outputs, (seen.bgr.shape[1], seen.bgr.shape[0]), self._floor)
        found = suppressed(found, self._recipe.nms_iou)
        return Found(boxes=seen.to_frame(found.boxes), scores=found.scores, classes=found.classes), seen.crop

    def _see(self, frame: Frame, region: Box) -> Seen:
        side = self._model.long_side_px
        if self._model.square:
            size = (side, side)
        else:
            crop = crop_of(frame, region)
            size = fitting_input(crop.width, crop.height, side)
        return see(frame, region, size, centred=self._recipe.centred, stretch=self._recipe.stretch)
