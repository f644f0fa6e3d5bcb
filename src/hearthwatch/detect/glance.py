"""The Glance: one picture, cut to what a detector on another machine should see of it, and that detector's Answer."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from hearthwatch.detect.detection import Detection
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.units import CAMERA_ID_PATTERN, CameraId, WallUs

SIDE_PX = 416
"""Longest side of a piece: what the largest networks of the catalogue see of it."""
MOST_PIECES = 4
MOST_BYTES = 40_000
"""Of all pieces of a glance together."""
_MOST_FOUND = 300
_MOST_LABEL = 40
_MOST_NAME = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """`jpeg` shows the part `box` of the picture, at most SIDE_PX long; never larger than the camera sent it."""

    box: Box
    jpeg: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """`at_us` is when the camera's picture came."""

    camera: CameraId
    at_us: WallUs
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was found in each piece, in their order; a box is in fractions of its piece. `model` is what looked."""

    found: tuple[tuple[Detection, ...], ...]
    model: str
    took_ms: float


def glance_fault(glance: Glance) -> str:
    """Return why no machine of ours sent this, "" for a glance that is one. The pictures themselves nobody looked at."""
    if not re.fullmatch(CAMERA_ID_PATTERN, glance.camera):
        return "it is of no camera"
    if not 0 < len(glance.pieces) <= MOST_PIECES:
        return f"it has {len(glance.pieces)} pieces"
    if sum(len(piece.jpeg) for piece in glance.pieces) > MOST_BYTES:
        return f"its pieces are over {MOST_BYTES} bytes"
    return "" if all(_is_box(piece.box) for piece in glance.pieces) else "a piece lies outside of the picture"


def answer_fault(answer: Answer, pieces: int) -> str:
    """Return why this is no answer to a glance of so many pieces, "" for one that is."""
    if len(answer.found) != pieces:
        return f"it answers {len(answer.found)} pieces, not {pieces}"
    if sum(map(len, answer.found)) > _MOST_FOUND:
        return "it names more things than any picture holds"
    if not _is_name(answer.model, _MOST_NAME) or not math.isfinite(answer.took_ms):
        return "it does not say what looked"
    for found in (each for part in answer.found for each in part):
        if not (_is_name(found.label, _MOST_LABEL) and 0 <= found.score <= 1 and _is_box(found.box)):
            return "it names something that cannot be"
    return ""


def _is_name(text: str, most: int) -> bool:
    return 0 < len(text) <= most and text.isprintable()


def _is_box(box: Box) -> bool:
    return 0 <= box.x0 < box.x1 <= 1 and 0 <= box.y0 < box.y1 <= 1
