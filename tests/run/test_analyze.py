from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
import pytest
from tests.motion.scene import Yard, block

from hearthwatch.detect.detection import Detection, Looked
from hearthwatch.frames.frame import Frame
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import ConfigFault
from hearthwatch.run.analyze import Summary, Visit, analyze


class Bright:
    """A detector that calls whatever is very bright a person."""

    name = "bright"
    labels = ("person", "car")

    def __init__(self) -> None:
        self.asked = 0

    def detect(self, frame: Frame, regions: Sequence[Box]) -> Looked:
        self.asked += 1
        rows, columns = np.nonzero(frame.y > 200)
        found = []
        if rows.size > 40:
            width, height = frame.width_px, frame.height_px
            box = Box(
                x0=columns.min() / width,
                y0=rows.min() / height,
                x1=(columns.max() + 1) / width,
                y1=(rows.max() + 1) / height,
            )
            found.append(Detection(label="person", score=0.8, box=box))
        return Looked(
            camera=frame.camera,
            frame_seq=frame.seq,
            wall_us=frame.wall_us,
            detections=tuple(found),
            regions=tuple(regions),
            model=self.name,
            took_ms=1.0,
        )

    def close(self) -> None: ...


def film(path: Path, *, fps: int = 10, codec: str = "mpeg4", seconds: float = 16, walks: tuple[float, float] = (3, 9)) -> Path:
    yard = Yard(320, 180, fps=fps, noise=1.0)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=fps)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        stream.bit_rate = 2_000_000

        def paint(luma: np.ndarray, at_s: float) -> np.ndarray:
            return block(luma, 0.15 * (at_s - walks[0]), 0.9, 0.1, 0.4, 240) if walks[0] <= at_s < walks[1] else luma

        for frame in yard.frames(seconds, paint):
            picture = av.VideoFrame.from_ndarray(frame.y, format="gray").reformat(format="yuv420p")
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def run(path: Path, detector: Bright | None = None, labels: Sequence[str] = ()) -> tuple[list[Visit], Summary]:
    visits: list[Visit] = []
    summary = analyze(path, detector=detector or Bright(), clock=FakeClock(), labels=labels, found=visits.append)
    return visits, summary


@pytest.mark.long
@pytest.mark.parametrize(("name", "fps"), [("a.avi", 10), ("a.mp4", 25), ("a.mkv", 5)])
def test_a_visit_is_found_in_any_file_at_any_rate(tmp_path: Path, name: str, fps: int) -> None:
    detector = Bright()
    visits, summary = run(film(tmp_path / name, fps=fps), detector)
    (visit,) = visits
    assert visit.label == "person"
    assert abs(visit.start_s - 3.2) < 0.5
    assert abs(visit.end_s - 9) < 0.7
    assert summary.frames_decoded == 16 * fps
    assert summary.frames_detected == detector.asked
    assert summary.frames_detected < summary.frames_decoded / 2
    assert abs(summary.video_s - 16) < 0.3


@pytest.mark.long
def test_the_same_file_gives_the_same_answer(tmp_path: Path) -> None:
    path = film(tmp_path / "a.avi")
    assert run(path)[0] == run(path)[0]


@pytest.mark.long
def test_lines_are_what_the_design_promises(tmp_path: Path) -> None:
    (visit,), summary = run(film(tmp_path / "a.avi"))
    event = json.loads(visit.line())
    assert list(event) == ["kind", "label", "start_s", "end_s", "score", "box"]
    assert event["kind"] == "event"
    assert len(event["box"]) == 4
    assert all(0 <= edge <= 1 for edge in event["box"])
    told = json.loads(summary.line())
    assert list(told) == ["kind", "video_s", "wall_s", "cpu_s", "frames_decoded", "frames_detected"]
    assert told["kind"] == "summary"


@pytest.mark.long
def test_only_the_wanted_labels_are_told_and_unknown_ones_refused(tmp_path: Path) -> None:
    path = film(tmp_path / "a.avi")
    assert run(path, labels=["car"])[0] == []
    with pytest.raises(ConfigFault, match="did you mean 'person'"):
        run(path, labels=["persn"])


def test_an_empty_yard_has_no_visits(tmp_path: Path) -> None:
    assert run(film(tmp_path / "a.avi", walks=(99, 99)))[0] == []


def test_a_file_cut_short_is_analyzed_as_far_as_it_goes(tmp_path: Path) -> None:
    path = film(tmp_path / "a.avi")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    visits, summary = run(path)
    assert visits
    assert 20 < summary.frames_decoded < 160


@pytest.mark.parametrize("content", [b"", b"no video at all\n" * 99, b"RIFF\xff\xff\xff\xffAVI LIST"])
def test_what_is_no_video_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.mp4"
    path.write_bytes(content)
    with pytest.raises(ConfigFault, match=r"notes\.mp4"):
        run(path)
    with pytest.raises(ConfigFault, match="there is no file"):
        run(tmp_path / "gone.mp4")


def test_a_file_of_sound_only_is_said_to_have_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
        container.mux(stream.encode(None))
    with pytest.raises(ConfigFault, match="no video track"):
        run(path)
