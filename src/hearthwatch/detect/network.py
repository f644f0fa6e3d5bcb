"""A neural detector: region by region through one engine, answers gathered into one Looked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hearthwatch.detect.detection import Detection, Looked
from hearthwatch.detect.doubles import merged, suppressed
from hearthwatch.detect.families import RECIPES, Floats, Found
from hearthwatch.detect.model import Model
from hearthwatch.detect.picture import Crop, Seen, fitting_input, frame_of, see
from hearthwatch.frames.frame import Frame
from hearthwatch.frames.geometry import WHOLE, Box
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply

FLOOR = 0.2
"""Score under which nothing is reported; what counts is for the camera's `min_score` to say."""

_BORDER_PX = 3.0


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
        started_ns = self._clock.mono_ns()
        looks = [self._look(frame, region) for region in regions]
        found = looks[0][0] if len(looks) == 1 else _together(frame, looks, self._recipe.nms_iou)
        return Looked(
            camera=frame.camera,
            frame_seq=frame.seq,
            wall_us=frame.wall_us,
            detections=self._named(frame, found),
            regions=tuple(regions),
            model=self._model.name,
            took_ms=(self._clock.mono_ns() - started_ns) / 1e6,
        )

    def close(self) -> None:
        self._engine.close()

    def _look(self, frame: Frame, region: Box) -> tuple[Found, Crop]:
        seen = self._see(frame, region)
        outputs = self._engine.run(seen.bgr)
        found = self._recipe.decode(outputs, (seen.bgr.shape[1], seen.bgr.shape[0]), self._floor)
        if not all(np.isfinite(output.sum()) for output in outputs):
            raise BadReply(f"the model {self._model.name} gave answers that are no numbers: its files may be damaged")
        found = suppressed(found, self._recipe.nms_iou)
        return Found(boxes=seen.to_frame(found.boxes), scores=found.scores, classes=found.classes), seen.crop

    def _see(self, frame: Frame, region: Box) -> Seen:
        side = self._model.long_side_px
        if self._model.square:
            size = (side, side)
        else:
            width = max(2, round((region.x1 - region.x0) * frame.width_px))
            height = max(2, round((region.y1 - region.y0) * frame.height_px))
            size = fitting_input(width, height, side)
        return see(frame, region, size, centred=self._recipe.centred, stretch=self._recipe.stretch)

    def _named(self, frame: Frame, found: Found) -> tuple[Detection, ...]:
        scale = np.array([frame.width_px, frame.height_px] * 2, np.float32)
        named = []
        for box, score, index in zip(
            (found.boxes / scale).tolist(), found.scores.tolist(), found.classes.tolist(), strict=True
        ):
            x0, y0, x1, y1 = box
            if x1 > x0 and y1 > y0:
                place = Box(x0=x0, y0=y0, x1=min(1.0, x1), y1=min(1.0, y1))
                named.append(Detection(label=self._model.labels[index], score=min(1.0, score), box=place))
        return tuple(named)


def _together(frame: Frame, looks: Sequence[tuple[Found, Crop]], iou: float) -> Found:
    if not looks:
        return Found(boxes=np.empty((0, 4), np.float32), scores=np.empty(0, np.float32), classes=np.empty(0, np.intp))
    parts = [found for found, _crop in looks]
    whole = Found(
        boxes=np.concatenate([part.boxes for part in parts]),
        scores=np.concatenate([part.scores for part in parts]),
        classes=np.concatenate([part.classes for part in parts]),
    )
    region = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    cut = np.concatenate([_cut(found.boxes, crop, frame) for found, crop in looks])
    return merged(whole, region, cut, iou)


def _cut(boxes: Floats, crop: Crop, frame: Frame) -> NDArray[np.bool_]:
    """Tell which boxes end at a border of the crop behind which the picture goes on."""
    left = (boxes[:, 0] < crop.x + _BORDER_PX) & (crop.x > 0)
    top = (boxes[:, 1] < crop.y + _BORDER_PX) & (crop.y > 0)
    right = (boxes[:, 2] > crop.x + crop.width - _BORDER_PX) & (crop.x + crop.width < frame.width_px)
    bottom = (boxes[:, 3] > crop.y + crop.height - _BORDER_PX) & (crop.y + crop.height < frame.height_px)
    return np.asarray(left | top | right | bottom, np.bool_)
