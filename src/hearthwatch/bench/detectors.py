"""How right and how fast each detector is: people in labelled PASCAL VOC pictures, and the time of one step."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from hearthwatch.detect.catalog import drawn_picture
from hearthwatch.detect.detection import Detection, Detector
from hearthwatch.detect.load import load_detector
from hearthwatch.detect.picture import frame_of
from hearthwatch.detect.store import Store
from hearthwatch.frames.frame import Frame
from hearthwatch.frames.geometry import WHOLE, Box
from hearthwatch.kit.clock import Clock

_OBJECT = re.compile(r"<object>.*?</object>", re.DOTALL)
_NAME = re.compile(r"<name>\s*([a-z]+)\s*</name>")
_DIFFICULT = re.compile(r"<difficult>\s*1\s*</difficult>")
_SIDE = re.compile(r"<(xmin|ymin|xmax|ymax)>\s*([\d.]+)\s*</")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Labelled:
    """A picture and the boxes of its people; `unjudged` are those its labellers found too hard to count, as VOC scores them."""

    frame: Frame
    people: tuple[Box, ...]
    unjudged: tuple[Box, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """At one score: recall and precision of people's boxes at an overlap of one half; `average_precision` over all scores.

    `false_pictures` of `empty_pictures` without people had a person found in them.
    """

    model: str
    pictures: int
    recall: float
    precision: float
    average_precision: float
    false_pictures: int
    empty_pictures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Milliseconds of one look, from planes to named boxes."""

    model: str
    looks: int
    p50_ms: float
    p95_ms: float


def labelled_pictures(folder: Path) -> tuple[Labelled, ...]:
    """Return the pictures of a PASCAL VOC folder (NAME.jpg beside NAME.xml), in order of their names."""
    return tuple(_labelled(path) for path in sorted(folder.glob("*.xml")))


def _labelled(path: Path) -> Labelled:
    picture = cv2.imread(str(path.with_suffix(".jpg")))
    if picture is None:
        raise FileNotFoundError(f"{path.with_suffix('.jpg')} is missing or no picture")
    frame = frame_of(np.asarray(picture, np.uint8))
    people: list[Box] = []
    unjudged: list[Box] = []
    for thing in _OBJECT.findall(path.read_text()):
        name = _NAME.search(thing)
        if name is None or name[1] != "person":
            continue
        # The first four sides are the thing's own; VOC lists parts (head, hands) of a person after them.
        sides = dict(reversed([(key, float(value)) for key, value in _SIDE.findall(thing)]))
        box = Box(
            x0=sides["xmin"] / frame.width_px,
            y0=sides["ymin"] / frame.height_px,
            x1=sides["xmax"] / frame.width_px,
            y1=sides["ymax"] / frame.height_px,
        )
        (unjudged if _DIFFICULT.search(thing) else people).append(box)
    return Labelled(frame=frame, people=tuple(people), unjudged=tuple(unjudged))


def accuracy(detector: Detector, pictures: Sequence[Labelled], *, score: float = 0.5) -> Accuracy:
    """Run `detector` over whole pictures; its floor bounds how much of the curve `average_precision` sees."""
    hits: list[tuple[float, bool]] = []
    false_pictures = 0
    for picture in pictures:
        found = [one for one in detector.detect(picture.frame, [WHOLE]).detections if one.label == "person"]
        hits += _matched(found, picture)
        false_pictures += _is_empty(picture) and any(one.score >= score for one in found)
    people = sum(len(picture.people) for picture in pictures)
    taken = [hit for at, hit in hits if at >= score]
    return Accuracy(
        model=detector.name,
        pictures=len(pictures),
        recall=sum(taken) / people if people else 0.0,
        precision=sum(taken) / len(taken) if taken else 1.0,
        average_precision=_average_precision(hits, people),
        false_pictures=false_pictures,
        empty_pictures=sum(_is_empty(picture) for picture in pictures),
    )


def _is_empty(picture: Labelled) -> bool:
    return not picture.people and not picture.unjudged


def _matched(found: Iterable[Detection], picture: Labelled) -> list[tuple[float, bool]]:
    """Return (score, right) of each detection that counts; each person can be found once, by the best score first."""
    free = list(picture.people)
    hits = []
    for one in sorted(found, key=lambda one: -one.score):
        best = max(free, key=one.box.iou, default=None)
        if best is not None and one.box.iou(best) >= 0.5:
            free.remove(best)
            hits.append((one.score, True))
        elif all(one.box.iou(box) < 0.5 for box in picture.unjudged):
            hits.append((one.score, False))
    return hits


def _average_precision(hits: Sequence[tuple[float, bool]], people: int) -> float:
    """Return the area under the precision-recall curve, precision made to fall only."""
    if not hits or not people:
        return 0.0
    right = np.cumsum([hit for _score, hit in sorted(hits, key=lambda hit: -hit[0])])
    precision = np.maximum.accumulate((right / np.arange(1, len(right) + 1))[::-1])[::-1]
    return float(np.sum(np.diff(right / people, prepend=0.0) * precision))


def timing(detector: Detector, frame: Frame, regions: Sequence[Box], *, clock: Clock, looks: int = 100) -> Timing:
    """Time `looks` looks at `regions` of one picture, after two that warm the caches."""
    took_ms = []
    for index in range(looks + 2):
        started_ns = clock.mono_ns()
        detector.detect(frame, regions)
        if index >= 2:
            took_ms.append((clock.mono_ns() - started_ns) / 1e6)
    p50_ms, p95_ms = np.percentile(took_ms, [50, 95])
    return Timing(model=detector.name, looks=looks, p50_ms=float(p50_ms), p95_ms=float(p95_ms))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One model: `whole` is the time for a 640x360 picture, `crop` for a region of 416x360 px of it."""

    accuracy: Accuracy
    whole: Timing
    crop: Timing


def table(store: Store, voc_folder: Path, *, clock: Clock, names: Sequence[str] = ()) -> tuple[Row, ...]:
    """Measure the models of those `names`, or all that are present, one after the other on this machine."""
    pictures = labelled_pictures(voc_folder)
    scene = drawn_picture()
    crop = Box(x0=112 / 640, y0=0.0, x1=528 / 640, y1=1.0)
    rows = []
    for name in names or [model.name for model in store.present()]:
        detector = load_detector(name, store, clock=clock)
        rows.append(
            Row(
                accuracy=accuracy(detector, pictures),
                whole=timing(detector, scene, [WHOLE], clock=clock),
                crop=timing(detector, scene, [crop], clock=clock),
            )
        )
        detector.close()
    return tuple(rows)


def markdown(rows: Sequence[Row]) -> str:
    """Return `rows` as the table of docs/benchmarks.md."""
    lines = [
        "| model | person recall / precision / AP | false on empty pictures | whole p50 / p95 ms | crop p50 / p95 ms |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        right, whole, crop = row.accuracy, row.whole, row.crop
        lines.append(
            f"| {right.model} | {right.recall:.2f} / {right.precision:.2f} / {right.average_precision:.2f} "
            f"| {right.false_pictures}/{right.empty_pictures} "
            f"| {whole.p50_ms:.1f} / {whole.p95_ms:.1f} | {crop.p50_ms:.1f} / {crop.p95_ms:.1f} |"
        )
    return "\n".join(lines) + "\n"
