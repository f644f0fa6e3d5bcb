"""What is loaded, and what is refused."""

import csv
import dataclasses

import pytest

from hearthwatch.detect.load import load_detector
from hearthwatch.detect.model import COCO_LABELS, HOG, MODELS, Runtime
from hearthwatch.detect.store import FileState, Store, model_named
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import ConfigFault, StorageFailed, StorageFault

from .models import PARAM, WEIGHTS, made_up, place

MODEL = made_up(param=PARAM, weights=WEIGHTS)


def test_files_are_read_in_order(tmp_path):
    place(tmp_path, param=PARAM, weights=WEIGHTS)
    store = Store(folder=tmp_path)
    assert store.state(MODEL) is FileState.PRESENT
    assert store.read(MODEL) == (PARAM, WEIGHTS)


@pytest.mark.parametrize(
    "altered",
    [WEIGHTS[:-1] + b"S", WEIGHTS + b"s", WEIGHTS[:-1], b""],
    ids=["one byte changed", "longer", "shorter", "empty"],
)
def test_an_altered_file_is_refused_and_the_message_says_what_to_do(tmp_path, altered):
    place(tmp_path, param=PARAM, weights=altered)
    store = Store(folder=tmp_path)
    assert store.state(MODEL) is FileState.WRONG
    with pytest.raises(StorageFailed, match=r"weights\.bin.*sha256 differs.*not loaded.*models fetch made-up") as failure:
        store.read(MODEL)
    assert failure.value.fault is StorageFault.BROKEN


def test_a_better_model_that_was_passed_over_for_its_file_is_not_passed_over_in_silence(tmp_path):
    store = Store(folder=tmp_path)
    assert store.passed_over(HOG.name) == ""
    best = next(model for model in MODELS if model.for_alerts and model.runtime is Runtime.NCNN)
    (tmp_path / best.files[0].name).write_bytes(b"something else")
    assert "is not the file we know" in store.passed_over(HOG.name)
    assert store.passed_over(best.name) == ""


def test_a_missing_file_is_told_with_the_place_to_put_it(tmp_path):
    place(tmp_path, param=PARAM)
    store = Store(folder=tmp_path)
    assert store.state(MODEL) is FileState.MISSING
    with pytest.raises(StorageFailed, match=r"weights\.bin is missing.*models fetch made-up.*" + tmp_path.name) as failure:
        store.read(MODEL)
    assert failure.value.fault is StorageFault.MISSING


def test_hand_placed_files_come_first_and_a_wrong_one_does_not_hide_the_right_one(tmp_path):
    place(tmp_path / "fetched", param=PARAM)
    place(tmp_path / "mine", param=b"other", weights=WEIGHTS)
    store = Store(folder=tmp_path / "fetched", hand_placed=tmp_path / "mine")
    assert store.read(MODEL) == (PARAM, WEIGHTS)


def test_auto_without_files_is_the_basic_detector(tmp_path):
    store = Store(folder=tmp_path / "nothing")
    assert store.choose("auto") is HOG
    assert store.present() == (HOG,)
    assert load_detector("auto", store, clock=FakeClock()).name == "hog"


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(ConfigFault, match="did you mean 'yolox_nano_416'"):
        model_named("yolox_nano")


def test_a_named_model_without_files_is_not_replaced_silently(tmp_path):
    with pytest.raises(StorageFailed, match="nanodet_plus_m_416 is not here"):
        load_detector("nanodet_plus_m_416", Store(folder=tmp_path), clock=FakeClock())


def test_a_file_that_cannot_be_read_is_said(tmp_path):
    (tmp_path / "param.bin").mkdir()
    store = Store(folder=tmp_path)
    assert store.state(MODEL) is FileState.WRONG
    with pytest.raises(StorageFailed, match=r"reading .*param\.bin"):
        store.read(MODEL)


def test_the_list_is_complete_and_pinned():
    assert len(COCO_LABELS) == len(set(COCO_LABELS)) == 80
    assert len({model.name for model in MODELS}) == len(MODELS)
    for model in MODELS:
        assert model.licence
        assert model.note
        assert (model.runtime is Runtime.HOG) == (not model.files)
        for file in model.files:
            assert len(file.sha256) == 64
            assert len(file.commit) == 40
            assert file.size_bytes < 4 * 1024 * 1024


def test_the_list_agrees_with_the_recorded_material(test_data):
    """Every file we name is in MANIFEST.csv with the same hash, size and commit."""
    with (test_data / "MANIFEST.csv").open(newline="") as file:
        rows = {row[0]: row for row in csv.reader(file)}
    labels = (test_data / "models" / "coco80.txt").read_text().split("\n")
    assert tuple(label for label in labels if label) == COCO_LABELS
    for model in MODELS:
        for known in model.files:
            _file, sha256, size, repo, path, commit = rows[f"models/{known.name}"][:6]
            mine = dataclasses.astuple(known)
            assert mine == (known.name, sha256, int(size), repo, path, commit)
