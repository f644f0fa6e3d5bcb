"""Detectors as a whole: with made-up engines, with OpenCV's own, and with real weights on labelled pictures."""

import csv
import dataclasses
import sys

import cv2
import numpy as np
import pytest

from hearthwatch.bench.detectors import accuracy, labelled_pictures
from hearthwatch.detect.catalog import drawn_picture, listing, picture_from, self_test
from hearthwatch.detect.hog import HogDetector, score_of
from hearthwatch.detect.load import load_detector
from hearthwatch.detect.model import HOG, MODELS, Runtime
from hearthwatch.detect.network import NetworkDetector
from hearthwatch.detect.picture import frame_of
from hearthwatch.detect.store import FileState, Store, model_named
from hearthwatch.feeds.scene import Scene, SceneOptions
from hearthwatch.frames.geometry import WHOLE, Box
from hearthwatch.kit.clock import FakeClock, SystemClock
from hearthwatch.kit.errors import BadReply, StorageFailed, Unsupported

GREY = frame_of(np.full((360, 640, 3), 100, np.uint8))


class OneBox:
    """An engine of nanodet_plus_m_416 that sees one person in the middle of the input, 4 strides of 64 px wide and high."""

    def __init__(self):
        self.sizes = []
        self.poison = False
        self.closed = False

    def run(self, bgr):
        high, wide = bgr.shape[:2]
        self.sizes.append((wide, high))
        counts = [(-(-wide // s)) * (-(-high // s)) for s in (8, 16, 32, 64)]
        table = np.zeros((sum(counts), 112), np.float32)
        across = -(-wide // 64)
        row = sum(counts[:3]) + 2 * across + 3  # centre (192, 128)
        table[row, 0] = 0.8
        table[row, 80:] = -20
        table[row, 80 + np.arange(4) * 8 + 1] = 20  # one stride to each side
        if self.poison:
            table[0, 100] = np.nan
        return (table,)

    def close(self):
        self.closed = True


@pytest.fixture
def engine():
    return OneBox()


@pytest.fixture
def detector(engine):
    return NetworkDetector(MODELS[0], engine, clock=FakeClock())


def test_the_answer_is_about_the_frame_in_fractions(detector):
    looked = detector.detect(GREY, [WHOLE])

    assert (looked.camera, looked.frame_seq, looked.model, looked.regions) == ("file", 0, "nanodet_plus_m_416", (WHOLE,))
    (found,) = looked.detections
    assert (found.label, found.score) == ("person", pytest.approx(0.8))
    # Input 416x256 shows 640x360 at 0.65 (234 rows, 10 above): 128..256 across, 64..192 down.
    assert found.box.x0 == pytest.approx(128 / 416, abs=1e-3)
    assert found.box.x1 == pytest.approx(256 / 416, abs=1e-3)
    assert found.box.y0 == pytest.approx((64 - 10) / 234, abs=0.01)
    assert found.box.y1 == pytest.approx((192 - 10) / 234, abs=0.01)


def test_the_network_has_run_before_the_constructor_returns(detector, engine):
    assert engine.sizes == [(416, 256)]


def test_the_same_thing_in_two_regions_is_one_detection(detector, engine):
    region = Box(x0=0.1, y0=0.1, x1=0.9, y1=0.9)
    looked = detector.detect(GREY, [region, region])
    assert len(engine.sizes) == 3
    assert len(looked.detections) == 1


def test_no_region_is_nothing_seen(detector):
    assert detector.detect(GREY, []).detections == ()


def test_numbers_that_are_none_are_an_error_not_an_empty_street(detector, engine):
    engine.poison = True
    with pytest.raises(BadReply, match="no numbers"):
        detector.detect(GREY, [WHOLE])


def test_closing_closes_the_engine(detector, engine):
    detector.close()
    assert engine.closed


@pytest.fixture(scope="module")
def hog():
    return HogDetector(clock=FakeClock())


def test_the_built_in_detector_finds_the_drawn_person_where_it_stands(hog):
    (found, *others) = [one for one in hog.detect(drawn_picture(), [WHOLE]).detections if one.score >= 0.4]
    assert others == []
    assert found.label == "person"
    assert found.box.iou(Box(x0=295 / 640, y0=120 / 360, x1=365 / 640, y1=312 / 360)) > 0.6


def test_the_built_in_detector_finds_it_in_a_crop_too(hog):
    whole = hog.detect(drawn_picture(), [WHOLE]).detections[0]
    (found,) = [one for one in hog.detect(drawn_picture(), [whole.box.grown(0.1)]).detections if one.score >= 0.4]
    assert found.box.iou(whole.box) > 0.6


@pytest.mark.parametrize("region", [WHOLE, Box(x0=0, y0=0, x1=0.3, y1=1), Box(x0=0.5, y0=0.5, x1=0.51, y1=0.51)])
def test_the_built_in_detector_is_quiet_where_nobody_is(hog, region):
    noise = np.random.default_rng(3).integers(90, 120, (360, 640, 3), np.uint8)
    assert hog.detect(frame_of(noise), [region]).detections == ()


def test_its_scores_mean_what_scores_mean():
    assert score_of(np.array([-50, 0.6, 3.0], np.float32)).tolist() == pytest.approx([0, 0.4, 0.978], abs=0.01)


def test_a_self_test_times_and_tells_what_it_saw(hog):
    tested = self_test(hog, drawn_picture(), clock=SystemClock(), looks=3)
    assert (tested.model, tested.looks) == ("hog", 3)
    assert 0 < tested.p50_ms <= tested.p95_ms
    assert {one.label for one in tested.found} == {"person"}


def test_the_listing_without_files(tmp_path):
    rows = {row.model.name: row for row in listing(Store(folder=tmp_path))}
    assert rows["hog"].chosen
    assert rows["hog"].state is FileState.PRESENT
    assert rows["nanodet_plus_m_416"].state is FileState.MISSING
    assert sum(row.chosen for row in rows.values()) == 1


def test_a_picture_file_is_shrunk_to_what_makes_sense(tmp_path):
    cv2.imwrite(str(tmp_path / "large.png"), np.zeros((100, 3840, 3), np.uint8))
    assert picture_from(tmp_path / "large.png").width_px == 1920


@pytest.mark.parametrize("data", [b"", b"no picture", None], ids=["empty", "text", "missing"])
def test_what_is_no_picture_is_said(tmp_path, data):
    if data is not None:
        (tmp_path / "it.jpg").write_bytes(data)
    with pytest.raises(BadReply, match=r"it\.jpg"):
        picture_from(tmp_path / "it.jpg")


@pytest.fixture(scope="module")
def store(test_data, tmp_path_factory):
    return Store(folder=tmp_path_factory.mktemp("models"), hand_placed=test_data / "models")


@pytest.mark.wired
def test_auto_takes_the_default_when_its_files_are_there(store):
    detector = load_detector("auto", store, clock=SystemClock())
    assert detector.name == "nanodet_plus_m_416"
    detector.close()


@pytest.mark.wired
def test_auto_takes_the_next_best_when_a_runtime_does_not_load(store, tmp_path, monkeypatch, caplog):
    (tmp_path / "ncnn.py").write_text("raise ImportError('libgomp.so.1: cannot open shared object file')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "ncnn", raising=False)
    monkeypatch.delitem(sys.modules, "hearthwatch.detect.ncnn_runtime", raising=False)
    detector = load_detector("auto", store, clock=SystemClock())
    detector.close()
    assert detector.name == "yolox_nano_416"
    assert "ncnn cannot be loaded" in caplog.text
    with pytest.raises(Unsupported, match="libgomp"):
        load_detector("nanodet_plus_m_416", store, clock=SystemClock())


@pytest.mark.wired
@pytest.mark.parametrize("name", [model.name for model in MODELS])
def test_every_model_finds_the_drawn_person(store, name):
    detector = load_detector(name, store, clock=SystemClock())
    best = detector.detect(drawn_picture(), [WHOLE]).detections[0]
    detector.close()
    assert best.label == "person"
    assert best.score > 0.6
    assert best.box.iou(Box(x0=295 / 640, y0=120 / 360, x1=365 / 640, y1=312 / 360)) > 0.6


@pytest.mark.wired
@pytest.mark.parametrize("name", ["nanodet_plus_m_416", "yolox_nano_416"])
def test_weights_of_another_model_are_refused(store, name, tmp_path):
    model = model_named(name)
    for file in model.files:
        (tmp_path / file.name).write_bytes(bytes(file.size_bytes))
    with pytest.raises(StorageFailed, match="sha256"):
        load_detector(name, Store(folder=tmp_path), clock=SystemClock())


@pytest.mark.wired
@pytest.mark.parametrize("runtime", [Runtime.NCNN, Runtime.ONNX])
def test_files_the_runtime_cannot_read_are_an_error_with_a_name(runtime):
    from hearthwatch.detect.ncnn_runtime import NcnnEngine
    from hearthwatch.detect.onnx_runtime import OnnxEngine

    model = next(model for model in MODELS if model.runtime is runtime)
    with pytest.raises(StorageFailed, match=model.name):
        NcnnEngine(model, b"7767517\nx", b"") if runtime is Runtime.NCNN else OnnxEngine(model, b"\x08\x09junk")


@pytest.fixture(scope="module")
def voc(test_data):
    return labelled_pictures(test_data / "images" / "voc100")


@pytest.mark.wired
@pytest.mark.parametrize(
    ("name", "recall", "precision", "average"),
    [("nanodet_plus_m_416", 0.78, 0.97, 0.85), ("nanodet_plus_m_640", 0.84, 0.93, 0.89), ("yolox_nano_416", 0.84, 0.85, 0.87)],
)
def test_people_in_labelled_pictures(store, voc, name, recall, precision, average):
    detector = load_detector(name, store, clock=SystemClock())
    measured = accuracy(detector, voc)
    detector.close()

    assert (measured.pictures, measured.empty_pictures) == (100, 59)
    assert measured.recall >= recall - 0.04
    assert measured.precision >= precision - 0.04
    assert measured.average_precision >= average - 0.04  # of the part above the floor, which is most of it
    assert measured.false_pictures <= 3


@pytest.mark.wired
def test_the_default_says_yes_and_no_about_stills(store, test_data):
    """labels/stills.csv says by eye what is in each picture."""
    with (test_data / "labels" / "stills.csv").open(newline="") as file:
        wanted = [row for row in csv.DictReader(file) if row["visible"] in {"yes", "no"}]
    detector = load_detector("nanodet_plus_m_416", store, clock=SystemClock())
    found = {}
    for image in sorted({row["image"] for row in wanted}):
        looked = detector.detect(picture_from(test_data / "images" / "stills" / image), [WHOLE])
        found[image] = {one.label for one in looked.detections if one.score >= MODELS[0].default_score}
    detector.close()

    missed = [
        (row["image"], row["label"]) for row in wanted if row["visible"] == "yes" and row["label"] not in found[row["image"]]
    ]
    invented = [
        (row["image"], row["label"]) for row in wanted if row["visible"] == "no" and row["label"] in found[row["image"]]
    ]
    assert len(wanted) > 80
    assert (missed, invented) == ([], [])


@pytest.mark.wired
def test_the_default_sees_people_without_colour(store, test_data):
    picture = cv2.imread(str(test_data / "images" / "stills" / "peds_0.jpg"), cv2.IMREAD_GRAYSCALE)
    detector = load_detector("nanodet_plus_m_416", store, clock=SystemClock())
    looked = detector.detect(frame_of(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)), [WHOLE])
    detector.close()
    assert sum(one.label == "person" and one.score >= 0.4 for one in looked.detections) >= 3


def test_hog_is_listed_last_and_marked_basic():
    assert MODELS[-1] is HOG
    assert HOG.note.startswith("basic: people only")


@pytest.mark.long
@pytest.mark.parametrize("size", [0.7, 1.0, 1.3])
def test_the_built_in_detector_sees_most_of_a_walk_through_the_demo_and_nobody_before(hog, size):
    scene = Scene(SceneOptions(seed=5, size=size, first_s=5.0), 640, 360)

    def best(at_s):
        i420 = scene.frame(at_s)
        u, v = i420[360:].reshape(2, 180, 320)
        looked = hog.detect(dataclasses.replace(GREY, y=i420[:360], u=u, v=v), [WHOLE])
        return max((one.score for one in looked.detections), default=0.0)

    assert [best(at_s) for at_s in (0.0, 2.0, 4.0)] == [0.0, 0.0, 0.0]
    heights_per_s, height_px = 0.82, 0.472 * size * 360
    across_s = (640 - height_px) / (heights_per_s * height_px)
    walk = [best(5.0 + 0.5 / heights_per_s + across_s * part / 10) for part in range(11)]
    assert sum(score >= 0.4 for score in walk) >= 8
