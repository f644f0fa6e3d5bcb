"""How many visits are found and how many are invented: `analyze` over labelled clips, against what a person saw in them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from hearthwatch.detect.detection import Detector
from hearthwatch.detect.load import load_detector
from hearthwatch.detect.store import Store
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


def measure(
    store: Store, folder: Path, *, clock: Clock, names: Sequence[str] = ()
) -> Iterator[tuple[str, tuple[ClipScore, ...]]]:
    """Score the models of those `names`, or all that are present, one after the other; yield each when it is done."""
    for name in names or [model.name for model in store.present()]:
        detector = load_detector(name, store, clock=clock)
        yield detector.name, score(folder, detector, clock=clock)
        detector.close()


def markdown(scored: Mapping[str, Sequence[ClipScore]], group: str = "person") -> str:
    """Return a table with a line per clip that is judged for `group` and a column per model, then the totals.

    A cell holds "found/visits", then how many events were right and how many false.
    """
    clips = {s.video: s.intervals for scores in scored.values() for s in scores if s.group == group}
    lines = [f"| {group}: clip | visits | " + " | ".join(scored) + " |", "|---|---|" + "---|" * len(scored)]
    for video, visits in clips.items():
        cells = [_cell(s) for scores in scored.values() for s in scores if (s.video, s.group) == (video, group)]
        lines.append(f"| {video} | {visits} | " + " | ".join(cells) + " |")
    totals = [total(scores, group) for scores in scored.values()]
    for what, values in (
        ("recall", [f"{whole.recall:.2f}" for whole in totals]),
        ("precision", [f"{whole.precision:.2f}" for whole in totals]),
        ("false an hour of clips without", [f"{whole.false_per_h:.1f}" for whole in totals]),
    ):
        lines.append(f"| **{what}** | | " + " | ".join(values) + " |")
    return "\n".join(lines) + "\n"


def json_lines(model: str, scores: Sequence[ClipScore]) -> str:
    """Return the scores of one model as lines of JSON: a line per clip and group, then one per group."""
    clips = [{"kind": "clip", "model": model, **asdict(one)} for one in scores]
    totals = [{"kind": "total", "model": model, **asdict(total(scores, group))} for group in GROUPS]
    return "\n".join(json.dumps(one) for one in (*clips, *totals))


def _cell(one: ClipScore) -> str:
    found = f"{one.found}/{one.intervals}" if one.intervals else "-"
    return f"{found}, {one.right} right" + (f", **{one.false} false**" if one.false else "")


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
