"""What each family of networks answers, turned into boxes: pure, vectorised, all numbers in pixels of the network's input."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hearthwatch.detect.model import Family
from hearthwatch.kit.errors import BadReply

Floats = NDArray[np.float32]

_MOST = 300  # boxes kept before doubles are removed: far more than any scene holds
_DISTANCES = 8  # NanoDet and PicoDet give each side of a box as a distribution over 0..7 strides


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """N boxes (N, 4) as x0, y0, x1, y1, their scores (N,) 0..1 and the index (N,) of their label."""

    boxes: Floats
    scores: Floats
    classes: NDArray[np.intp]

    @classmethod
    def nothing(cls) -> Found:
        return cls(boxes=np.empty((0, 4), np.float32), scores=np.empty(0, np.float32), classes=np.empty(0, np.intp))

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, which: NDArray[np.intp] | NDArray[np.bool_]) -> Found:
        return Found(boxes=self.boxes[which], scores=self.scores[which], classes=self.classes[which])


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a family wants its picture, and `decode(outputs, (W, H), floor)` for what it answers.

    `mean` and `std` are per channel in the network's own order (RGB when `rgb`), of values 0..255.
    """

    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    rgb: bool = False
    centred: bool = True
    stretch: bool = False
    nms_iou: float = 0.5
    decode: Callable[[Sequence[Floats], tuple[int, int], float], Found]


@functools.lru_cache(maxsize=256)
def _grid(size: tuple[int, int], strides: tuple[int, ...], shift: float) -> tuple[Floats, Floats]:
    """Return the centres (N, 2) in cells plus `shift`, and the strides (N, 1), in the order the networks list their cells."""
    cells, steps = [], []
    for stride in strides:
        across, down = -(-size[0] // stride), -(-size[1] // stride)
        ys, xs = np.mgrid[0:down, 0:across]
        cells.append(np.stack((xs, ys), axis=-1).reshape(-1, 2) + shift)
        steps.append(np.full((across * down, 1), stride))
    return np.concatenate(cells).astype(np.float32), np.concatenate(steps).astype(np.float32)


def _best(scores: Floats, floor: float) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """Return rows, classes and scores of the cells whose best class reaches `floor`, at most the best 300 of them."""
    classes = scores.argmax(axis=1)
    best = scores[np.arange(len(scores)), classes]
    rows = np.flatnonzero(best >= floor)
    if len(rows) > _MOST:
        rows = rows[np.argpartition(best[rows], -_MOST)[-_MOST:]]
    return rows, classes[rows], best[rows]


def _shaped(outputs: Sequence[Floats], rows: int, columns: int) -> Floats:
    """Return the one output as (rows, columns); BadReply when the network answers something else."""
    if len(outputs) != 1 or outputs[0].size != rows * columns:
        shapes = ", ".join(str(output.shape) for output in outputs)
        raise BadReply(f"the model answers {shapes} where {rows} x {columns} numbers were expected: is it the right file?")
    return outputs[0].reshape(rows, columns)


def _from_distances(logits: Floats, centres: Floats, strides: Floats) -> Floats:
    """Return boxes from (N, 32): per side the expected distance under a softmax over 8 bins, in strides."""
    logits = logits.reshape(-1, 4, _DISTANCES)
    weights = np.exp(logits - logits.max(axis=2, keepdims=True))
    distances = weights @ np.arange(_DISTANCES, dtype=np.float32) / weights.sum(axis=2) * strides
    middle = centres * strides
    return np.concatenate((middle - distances[:, :2], middle + distances[:, 2:]), axis=1)


def _nanodet_plus(outputs: Sequence[Floats], size: tuple[int, int], floor: float) -> Found:
    centres, strides = _grid(size, (8, 16, 32, 64), 0.0)
    table = _shaped(outputs, len(centres), 80 + 4 * _DISTANCES)
    rows, classes, scores = _best(table[:, :80], floor)
    return Found(boxes=_from_distances(table[rows, 80:], centres[rows], strides[rows]), scores=scores, classes=classes)


def _split_heads(strides_px: tuple[int, ...], outputs: Sequence[Floats], size: tuple[int, int], floor: float) -> Found:
    """NanoDet-m and PicoDet: class scores of every stride, then the distances of every stride."""
    centres, strides = _grid(size, strides_px, 0.5)
    heads = len(strides_px)
    if len(outputs) != 2 * heads:
        raise BadReply(f"the model gives {len(outputs)} answers where {2 * heads} were expected: is it the right file?")
    scores = _shaped([np.concatenate([part.reshape(-1, 80) for part in outputs[:heads]])], len(centres), 80)
    logits = np.concatenate([part.reshape(-1, 4 * _DISTANCES) for part in outputs[heads:]])
    rows, classes, best = _best(scores, floor)
    return Found(boxes=_from_distances(logits[rows], centres[rows], strides[rows]), scores=best, classes=classes)


def _yolox(outputs: Sequence[Floats], size: tuple[int, int], floor: float) -> Found:
    cells, strides = _grid(size, (8, 16, 32), 0.0)
    table = _shaped(outputs, len(cells), outputs[0].shape[-1])
    rows, classes, scores = _best(table[:, 4:5] * table[:, 5:], floor)
    near, steps = table[rows], strides[rows]
    middle = (near[:, :2] + cells[rows]) * steps
    half = np.exp(np.minimum(near[:, 2:4], 10.0)) * steps / 2  # e^10 strides is larger than any picture
    return Found(boxes=np.concatenate((middle - half, middle + half), axis=1), scores=scores, classes=classes)


def _fastestdet(outputs: Sequence[Floats], size: tuple[int, int], floor: float) -> Found:
    cells, strides = _grid(size, (16,), 0.0)
    table = _shaped(outputs, 85, len(cells)).T
    rows, classes, scores = _best(_soft_product(table[:, :1], table[:, 5:]), floor)
    near = table[rows]
    middle = (np.tanh(near[:, 1:3]) + cells[rows]) * strides[rows]
    half = np.asarray(size, np.float32) / (1 + np.exp(-near[:, 3:5])) / 2
    return Found(boxes=np.concatenate((middle - half, middle + half), axis=1), scores=scores, classes=classes)


def _soft_product(objectness: Floats, classes: Floats) -> Floats:
    return np.asarray(np.maximum(objectness, 0) ** 0.6 * np.maximum(classes, 0) ** 0.4, np.float32)


_BGR_MEAN, _BGR_STD = (103.53, 116.28, 123.675), (57.375, 57.12, 58.395)

RECIPES: dict[Family, Recipe] = {
    Family.NANODET_PLUS: Recipe(mean=_BGR_MEAN, std=_BGR_STD, decode=_nanodet_plus),
    Family.NANODET_M: Recipe(mean=_BGR_MEAN, std=_BGR_STD, decode=functools.partial(_split_heads, (8, 16, 32))),
    Family.PICODET: Recipe(
        mean=_BGR_MEAN[::-1], std=_BGR_STD[::-1], rgb=True, decode=functools.partial(_split_heads, (8, 16, 32, 64))
    ),
    Family.YOLOX: Recipe(centred=False, decode=_yolox),
    Family.FASTESTDET: Recipe(std=(255.0, 255.0, 255.0), stretch=True, nms_iou=0.45, decode=_fastestdet),
}
"""Every family of networks; HOG is no network."""
