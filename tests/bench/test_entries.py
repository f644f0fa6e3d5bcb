"""The numbers in the pictures, and that people come when they should."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthwatch.bench import entries
from hearthwatch.bench.terms import Terms
from hearthwatch.frames.frame import Frame
from hearthwatch.kit.errors import ConfigFault


def frame(grey: np.ndarray) -> Frame:
    half = np.full((entries.HEIGHT_PX // 2, entries.WIDTH_PX // 2), 128, np.uint8)
    return Frame(camera="cam-0", seq=0, wall_us=0, received_ns=0, pts_s=0.0, y=grey, u=half, v=half)


@given(number=st.integers(0, entries.LOOP), noise=st.integers(0, 40), seed=st.integers(0, 9))
def test_a_number_is_read_back_through_noise(number, noise, seed):
    grey = np.full((entries.HEIGHT_PX, entries.WIDTH_PX), 90, np.uint8)
    entries.numbered(grey, number)
    noisy = grey.astype(int) + np.random.default_rng(seed).integers(-noise, noise + 1, grey.shape)
    assert entries.number_of(frame(np.clip(noisy, 0, 255).astype(np.uint8))) == number


@given(number=st.integers(0, entries.LOOP), cell=st.integers(0, 15))
def test_a_wrong_cell_is_noticed(number, cell):
    grey = np.zeros((entries.HEIGHT_PX, entries.WIDTH_PX), np.uint8)
    entries.numbered(grey, number)
    wide = entries.WIDTH_PX // 16
    grey[-entries.STRIP_PX :, cell * wide : (cell + 1) * wide] ^= 0xFF
    assert entries.number_of(frame(grey)) is None


def test_a_picture_without_a_number_has_none():
    assert entries.number_of(frame(np.zeros((entries.HEIGHT_PX, entries.WIDTH_PX), np.uint8))) is None


def test_a_missing_clip_is_said(tmp_path):
    with pytest.raises(ConfigFault, match="indoor_one_by_one"):
        entries.entries(Terms(rounds=1, round_s=1, data=tmp_path))


def test_a_visit_begins_with_the_first_picture_that_is_left():
    assert entries.visits(1) == set(entries.VISITS)
    assert entries.visits(2) == {number + 1 for number in entries.VISITS}
