"""What `hearthwatch models` and the page ask: which models there are, and whether one works here and how fast."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hearthwatch.detect.detection import Detection, Detector
from hearthwatch.detect.model import MODELS, Model
from hearthwatch.detect.picture import frame_of
from hearthwatch.detect.store import AUTO, FileState, Store, is_installed
from hearthwatch.frames.frame import Frame
from hearthwatch.frames.geometry import WHOLE
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply

_MOST_BYTES = 32 * 1024 * 1024
_LONGEST_SIDE_PX = 1920


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """`installed` tells whether the library that runs the model is here; `chosen` marks what `auto` takes."""

    model: Model
    state: FileState
    installed: bool
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfTest:
    """Times of one look at the whole picture; `found` on the last one."""

    model: str
    looks: int
    p50_ms: float
    p95_ms: float
    found: tuple[Detection, ...]


def listing(store: Store) -> tuple[Listed, ...]:
    """Return every model we know, best first, with the state of its files (hashes checked)."""
    chosen = store.choose(AUTO)
    return tuple(
        Listed(model=model, state=store.state(model), installed=is_installed(model.runtime), chosen=model is chosen)
        for model in MODELS
    )


def self_test(detector: Detector, frame: Frame, *, clock: Clock, looks: int = 20) -> SelfTest:
    """Look `looks` times at `frame`. Raises BadReply when the model's numbers are none."""
    took_ms = []
    found: tuple[Detection, ...] = ()
    for _ in range(looks):
        started_ns = clock.mono_ns()
        found = detector.detect(frame, [WHOLE]).detections
        took_ms.append((clock.mono_ns() - started_ns) / 1e6)
    p50_ms, p95_ms = np.percentile(took_ms, [50, 95]).tolist()
    return SelfTest(model=detector.name, looks=looks, p50_ms=p50_ms, p95_ms=p95_ms, found=found)


def picture_from(path: Path) -> Frame:
    """Return a picture file of the owner's as a Frame, at most 1920 px long. Raises BadReply."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise BadReply(f"cannot read {path}: {error.strerror}") from error
    try:
        bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if 0 < len(data) <= _MOST_BYTES else None
    except cv2.error:  # what claims more pixels than OpenCV takes
        bgr = None
    if bgr is None or min(bgr.shape[:2]) < 2:
        raise BadReply(f"{path} is no picture we can read: give a JPEG or PNG of at most {_MOST_BYTES >> 20} MB")
    shrink = min(1.0, _LONGEST_SIDE_PX / max(bgr.shape[:2]))
    if shrink < 1:
        bgr = cv2.resize(bgr, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    return frame_of(np.asarray(bgr, np.uint8))


def drawn_picture() -> Frame:
    """Return the built-in picture, 640x360: a person of about 190 px, drawn, before a wall with a pavement."""
    rng = np.random.default_rng(1)
    scene = np.empty((360, 640, 3), np.uint8)
    scene[:250] = (168, 172, 176)
    scene[250:] = (112, 114, 116)
    _person(scene, 330, 310, 190)
    noise = rng.normal(0, 3, scene.shape)
    blurred = cv2.GaussianBlur(scene, (3, 3), 0)
    return frame_of(np.clip(blurred + noise, 0, 255).astype(np.uint8))


def _person(scene: NDArray[np.uint8], x: int, foot: int, height: int) -> None:
    """Draw a walking figure whose feet stand at (x, foot)."""
    part = height / 100

    def at(right: float, up: float) -> tuple[int, int]:
        return round(x + right * part), round(foot - up * part)

    def limb(colour: tuple[int, int, int], thick: float, *points: tuple[int, int]) -> None:
        cv2.polylines(scene, [np.array(points, np.int32)], False, colour, max(1, round(thick * part)), cv2.LINE_AA)

    trousers, coat, skin, hair, shoes = (70, 48, 36), (44, 52, 110), (128, 158, 202), (30, 34, 40), (24, 24, 26)
    limb(coat, 7, at(-5, 78), at(-11, 62), at(-8, 48))
    limb(trousers, 9, at(-2, 50), at(-7, 27), at(-14, 5))
    limb(trousers, 9, at(2, 50), at(7, 28), at(10, 4))
    limb(shoes, 5, at(-15, 3), at(-8, 1))
    limb(shoes, 5, at(9, 3), at(16, 2))
    limb(coat, 17, at(0, 74), at(0, 54))
    limb(coat, 7, at(5, 78), at(11, 63), at(14, 50))
    limb(skin, 5, at(14, 50), at(15, 47))
    limb(skin, 6, at(0, 84), at(0, 80))
    cv2.ellipse(scene, at(0, 91), (round(5.5 * part), round(7.5 * part)), 0, 0, 360, skin, -1, cv2.LINE_AA)
    cv2.ellipse(scene, at(0, 93), (round(6 * part), round(6.5 * part)), 0, 180, 360, hair, -1, cv2.LINE_AA)
