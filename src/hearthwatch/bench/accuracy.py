"""How many visits are found and how many are invented: `analyze` over labelled clips, against what a person saw in them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hearthwatch.detect.detection import Detector
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import ConfigFault
from hearthwatch.run.analyze import Visit, analyze

GROUPS = {"person": ("person",), "vehicle": ("car", "truck", "bus"), "animal": ("cat", "dog")}
"""The labels of `labels/segments.csv` and the detector's names that count for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Seconds of a clip in which something is to be seen: `yes`, `no`, or `partial`, which is not scored."""

    start_s: float
    end_s: float
    visible: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipScore:
    """One clip and one group. `intervals` are the labelled visits, `found` those that some event overlaps; `right` are the
    events that overlap a visit, `false` those that overlap neither a visit nor anything partial. `empty_s` is how long the
    clip shows none."""

    video: str
    group: str
    intervals: int
    found: int
    right: int
    false: int
    empty_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """All clips of one group together; `false_per_h` counts events in clips that never show the group."""

    group: str
    recall: float
    precision: float
    false_per_h: float


def score(folder: Path, detector: Detector, *, clock: Clock) -> tuple[ClipScore, ...]:
    """Analyze every labelled clip of a data folder (`videos/`, `labels/segments.csv`). Raises ConfigFault when it is none."""
    scores: list[ClipScore] = []
    for video, groups in _stretches(folder).items():
        visits: list[Visit] = []
        wanted = [label for names in GROUPS.values() for label in names if label in detector.labels]
        analyze(folder / "videos" / video, detector=detector, clock=clock, labels=wanted, found=visits.append)
        scores += [compare(video, group, stretches, visits) for group, stretches in groups.items()]
    return tuple(scores)


def compare(video: str, group: str, stretches: Sequence[Stretch], visits: Sequence[Visit]) -> ClipScore:
    """Score the visits of one clip for one group."""
    shown = [s for s in stretches if s.visible == "yes"]
    perhaps = [s for s in stretches if s.visible == "partial"]
    ours = [visit for visit in visits if visit.label in GROUPS[group]]
    right = [visit for visit in ours if any(_overlap(visit, s) for s in shown)]
    false = [visit for visit in ours if visit not in right and not any(_overlap(visit, s) for s in perhaps)]
    return ClipScore(
        video=video,
        group=group,
        intervals=len(shown),
        found=sum(any(_overlap(visit, s) for visit in ours) for s in shown),
        right=len(right),
        false=len(false),
        empty_s=sum(s.end_s - s.start_s for s in stretches if s.visible == "no"),
    )


def total(scores: Sequence[ClipScore], group: str) -> Total:
    """Return recall, precision and false events per hour over all clips of a group; 1.0 and 0.0 where nothing was asked."""
    ours = [s for s in scores if s.group == group]
    intervals, right, false = sum(s.intervals for s in ours), sum(s.right for s in ours), sum(s.false for s in ours)
    empty = [s for s in ours if s.intervals == 0]
    empty_h = sum(s.empty_s for s in empty) / 3600
    return Total(
        group=group,
        recall=sum(s.found for s in ours) / intervals if intervals else 1.0,
        precision=right / (right + false) if right + false else 1.0,
        false_per_h=sum(s.false for s in empty) / empty_h if empty_h else 0.0,
    )


def table(scores: Sequence[ClipScore]) -> str:
    """Return the scores as a Markdown table, a line per clip and group, then the totals."""
    lines = [
        "| clip | what | visits | found | recall | right events | false events | precision |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for s in scores:
        recall = f"{s.found / s.intervals:.2f}" if s.intervals else "-"
        precision = f"{s.right / (s.right + s.false):.2f}" if s.right + s.false else "-"
        lines.append(f"| {s.video} | {s.group} | {s.intervals} | {s.found} | {recall} | {s.right} | {s.false} | {precision} |")
    for group in GROUPS:
        whole = total(scores, group)
        false = f"{whole.false_per_h:.1f} an hour of clips without"
        lines.append(f"| **all** | {group} | | | {whole.recall:.2f} | | {false} | {whole.precision:.2f} |")
    return "\n".join(lines)


def _overlap(visit: Visit, stretch: Stretch) -> bool:
    return visit.start_s <= stretch.end_s and visit.end_s >= stretch.start_s


def _stretches(folder: Path) -> dict[str, dict[str, list[Stretch]]]:
    path = folder / "labels" / "segments.csv"
    clips: dict[str, dict[str, list[Stretch]]] = {}
    try:
        with path.open(newline="") as file:
            for row in csv.DictReader(file):
                stretch = Stretch(start_s=float(row["start_s"]), end_s=float(row["end_s"]), visible=row["visible"])
                clips.setdefault(row["video"], {}).setdefault(row["label"], []).append(stretch)
    except FileNotFoundError as error:
        raise ConfigFault(f"{folder} holds no labelled clips: {path} is missing") from error
    except (KeyError, ValueError) as error:
        raise ConfigFault(f"{path} is not a table of video,start_s,end_s,label,visible") from error
    return clips
