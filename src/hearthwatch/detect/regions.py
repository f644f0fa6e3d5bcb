"""Region by region over one picture: what was found in each, gathered without doubles into one Looked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from hearthwatch.detect.detection import Detection, Looked
from hearthwatch.detect.doubles import merged
from hearthwatch.detect.families import Floats, Found
from hearthwatch.detect.glance import Answer, Piece
from hearthwatch.detect.model import Model
from hearthwatch.detect.picture import Crop
from hearthwatch.frames.frame import Frame
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.clock import Clock

Look = Callable[[Frame, Box], tuple[Found, Crop]]
"""Looks at one region; the boxes are pixels of the frame, free of doubles."""

_BORDER_PX = 3.0
_IOU = 0.5


def look_at(frame: Frame, regions: Sequence[Box], look: Look, *, model: Model, iou: float, clock: Clock) -> Looked:
    """Return everything `look` finds in `regions` of `frame`; no region, nothing found."""
    started_ns = clock.mono_ns()
    parts = [look(frame, region) for region in regions]
    found = parts[0][0] if len(parts) == 1 else _together(frame, parts, iou)
    return Looked(
        camera=frame.camera,
        frame_seq=frame.seq,
        wall_us=frame.wall_us,
        detections=_named(frame, found, model.labels),
        regions=tuple(regions),
        model=model.name,
        took_ms=(clock.mono_ns() - started_ns) / 1e6,
    )


def put_together(frame: Frame, regions: Sequence[Box], pieces: Sequence[Piece], answer: Answer) -> Looked:
    """Return what was found elsewhere in `pieces`, which show `regions` of `frame`, as `look_at` returns what is found here."""
    labels = sorted({found.label for part in answer.found for found in part})
    parts = [_of_piece(frame, piece.box, found, labels) for piece, found in zip(pieces, answer.found, strict=True)]
    found = parts[0][0] if len(parts) == 1 else _together(frame, parts, _IOU)
    return Looked(
        camera=frame.camera,
        frame_seq=frame.seq,
        wall_us=frame.wall_us,
        detections=_named(frame, found, labels),
        regions=tuple(regions),
        model=answer.model,
        took_ms=answer.took_ms,
    )


def _of_piece(frame: Frame, place: Box, found: Sequence[Detection], labels: Sequence[str]) -> tuple[Found, Crop]:
    left, top = round(place.x0 * frame.width_px), round(place.y0 * frame.height_px)
    crop = Crop(x=left, y=top, width=round(place.x1 * frame.width_px) - left, height=round(place.y1 * frame.height_px) - top)
    boxes = np.array([(d.box.x0, d.box.y0, d.box.x1, d.box.y1) for d in found], np.float32).reshape(-1, 4)
    boxes = boxes * (crop.width, crop.height, crop.width, crop.height) + (left, top, left, top)
    return (
        Found(
            boxes=boxes.astype(np.float32),
            scores=np.array([d.score for d in found], np.float32),
            classes=np.array([labels.index(d.label) for d in found], np.intp),
        ),
        crop,
    )


def _together(frame: Frame, parts: Sequence[tuple[Found, Crop]], iou: float) -> Found:
    if not parts:
        return Found.nothing()
    every = Found(
        boxes=np.concatenate([found.boxes for found, _crop in parts]),
        scores=np.concatenate([found.scores for found, _crop in parts]),
        classes=np.concatenate([found.classes for found, _crop in parts]),
    )
    region = np.repeat(np.arange(len(parts)), [len(found) for found, _crop in parts])
    cut = np.concatenate([_cut(found.boxes, crop, frame) for found, crop in parts])
    return merged(every, region, cut, iou)


def _cut(boxes: Floats, crop: Crop, frame: Frame) -> NDArray[np.bool_]:
    """Tell which boxes end at a border of the crop behind which the picture goes on."""
    left = (boxes[:, 0] < crop.x + _BORDER_PX) & (crop.x > 0)
    top = (boxes[:, 1] < crop.y + _BORDER_PX) & (crop.y > 0)
    right = (boxes[:, 2] > crop.x + crop.width - _BORDER_PX) & (crop.x + crop.width < frame.width_px)
    bottom = (boxes[:, 3] > crop.y + crop.height - _BORDER_PX) & (crop.y + crop.height < frame.height_px)
    return np.asarray(left | top | right | bottom, np.bool_)


def _named(frame: Frame, found: Found, labels: Sequence[str]) -> tuple[Detection, ...]:
    """Return `found` in fractions of the picture; boxes without an inside are dropped."""
    scale = np.array([frame.width_px, frame.height_px] * 2, np.float32)
    boxes = np.clip(found.boxes / scale, 0, 1)
    return tuple(
        Detection(label=labels[index], score=min(1.0, score), box=Box(x0=x0, y0=y0, x1=x1, y1=y1))
        for (x0, y0, x1, y1), score, index in zip(boxes.tolist(), found.scores.tolist(), found.classes.tolist(), strict=True)
        if x1 > x0 and y1 > y0
    )
