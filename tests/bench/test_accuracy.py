from __future__ import annotations

import json
from pathlib import Path

import pytest

from hearthwatch.bench.accuracy import ClipScore, Stretch, compare, json_lines, markdown, score, total
from hearthwatch.detect.load import load_detector
from hearthwatch.detect.store import Store
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import ConfigFault
from hearthwatch.run.analyze import Visit


def visit(start_s: float, end_s: float, label: str = "person") -> Visit:
    return Visit(label=label, start_s=start_s, end_s=end_s, score=0.8, box=(0, 0, 1, 1))


STRETCHES = [
    Stretch(start_s=0, end_s=10, visible="no"),
    Stretch(start_s=10, end_s=11, visible="partial"),
    Stretch(start_s=11, end_s=20, visible="yes"),
    Stretch(start_s=20, end_s=30, visible="no"),
    Stretch(start_s=30, end_s=40, visible="yes"),
]


def test_overlap_counts_partial_does_not_and_other_labels_are_ignored() -> None:
    result = compare("a.mp4", "person", STRETCHES, [visit(12, 13), visit(10.2, 10.8), visit(22, 25), visit(35, 36, "car")])
    assert (result.intervals, result.found, result.right, result.false) == (2, 1, 1, 1)


def test_one_long_event_finds_both_visits_it_spans() -> None:
    result = compare("a.mp4", "person", STRETCHES, [visit(12, 35)])
    assert (result.found, result.right, result.false) == (2, 1, 0)


def test_false_events_an_hour_are_those_of_clips_that_show_none() -> None:
    def clip(intervals: int, false: int) -> ClipScore:
        return ClipScore(
            video="a", group="person", intervals=intervals, found=intervals, right=intervals, false=false, empty_s=1800
        )

    whole = total([clip(2, 1), clip(0, 1), clip(0, 0)], "person")
    assert whole.recall == 1.0
    assert whole.precision == 0.5
    assert whole.false_per_h == 1.0


def test_the_table_has_a_line_per_clip_and_a_column_per_model() -> None:
    def clip(video: str, visits: int, found: int, right: int, false: int) -> ClipScore:
        return ClipScore(
            video=video, group="person", intervals=visits, found=found, right=right, false=false, empty_s=0 if visits else 1800
        )

    good = (clip("a.mp4", 4, 4, 3, 0), clip("b.mp4", 0, 0, 0, 0))
    bad = (clip("a.mp4", 4, 2, 2, 0), clip("b.mp4", 0, 0, 0, 2))
    lines = markdown({"good": good, "bad": bad}).splitlines()
    assert lines[2:] == [
        "| a.mp4 | 4 | 4/4, 3 right | 2/4, 2 right |",
        "| b.mp4 | 0 | -, 0 right | -, 0 right, **2 false** |",
        "| **recall** | | 1.00 | 0.50 |",
        "| **precision** | | 1.00 | 0.50 |",
        "| **false an hour of clips without** | | 0.0 | 4.0 |",
    ]
    first, *_rest, person, _vehicle, _animal = map(json.loads, json_lines("bad", bad).splitlines())
    assert (first["kind"], first["model"], first["found"]) == ("clip", "bad", 2)
    assert (person["kind"], person["group"], person["false_per_h"]) == ("total", "person", 4.0)


def test_a_folder_without_labels_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigFault, match=r"segments\.csv is missing"):
        score(tmp_path, object(), clock=SystemClock())  # type: ignore[arg-type]


@pytest.mark.wired
def test_people_in_real_clips_by_day_and_infrared_are_found_and_empty_halls_stay_empty(test_data: Path, tmp_path: Path) -> None:
    clips = ("worker_zone.mp4", "ir_hall_person.mp4", "ir_hall_lights_off.mp4", "street_brightness.avi")
    for name in ("videos", "labels"):
        (tmp_path / name).mkdir()
    for clip in clips:
        (tmp_path / "videos" / clip).symlink_to(test_data / "videos" / clip)
    rows = (test_data / "labels" / "segments.csv").read_text().splitlines(keepends=True)
    (tmp_path / "labels" / "segments.csv").write_text("".join(r for r in rows if r.startswith(("video,", *clips))))
    clock = SystemClock()
    detector = load_detector("nanodet_plus_m_416", Store(folder=test_data / "models"), clock=clock)
    whole = total(score(tmp_path, detector, clock=clock), "person")
    assert whole.recall == 1.0
    assert whole.false_per_h == 0.0
