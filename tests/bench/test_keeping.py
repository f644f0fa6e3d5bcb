"""The guard of the recording benchmarks: the same coded pictures, and how many are missing at the end."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthwatch.bench.keeping import coded, in_common
from hearthwatch.bench.rtsp_server import Mount, encoded


def frames(*numbers: int) -> list[bytes]:
    return [number.to_bytes(2, "big") for number in numbers]


def test_the_later_start_counts() -> None:
    assert in_common(frames(3, 4, 5), frames(1, 2, 3, 4, 5)) == (3, 0)
    assert in_common(frames(1, 2, 3, 4, 5), frames(3, 4, 5)) == (3, 0)


def test_what_a_kill_cut_off_is_missing() -> None:
    assert in_common(frames(1, 2, 3), frames(1, 2, 3, 4, 5)) == (3, 2)


def test_a_lost_or_changed_frame_ends_the_row() -> None:
    assert in_common(frames(1, 2, 4, 5), frames(1, 2, 3, 4, 5)) == (2, 3)
    assert in_common(frames(1, 2, 9, 4, 5), frames(1, 2, 3, 4, 5)) == (2, 3)


@pytest.mark.parametrize(("ours", "peer"), [((), (1, 2)), ((1, 2), ()), ((7, 8), (1, 2))])
def test_nothing_in_common(ours: tuple[int, ...], peer: tuple[int, ...]) -> None:
    assert in_common(frames(*ours), frames(*peer)) == (0, len(peer))


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 40))
def test_two_views_of_one_looped_stream_are_found_to_be_the_same(ours_at: int, peer_at: int, length: int) -> None:
    loop = [number % 20 for number in range(120)]
    ours, peer = frames(*loop[ours_at : ours_at + length + 40]), frames(*loop[peer_at : peer_at + length + 40])
    common, missing = in_common(ours, peer)
    assert common > length
    assert missing <= 20 + abs(ours_at - peer_at)


@pytest.mark.wired
def test_coded_pictures_are_those_of_the_file(tmp_path: Path) -> None:
    clip = encoded(Mount(fps=25, length_s=4, gop_s=1))
    whole = coded([clip])
    assert len(whole) == len(set(whole)) == 100
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(clip.read_bytes())
    assert coded([clip, cut]) == whole * 2


def test_a_file_that_a_kill_left_empty_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    assert coded([tmp_path / "empty.mp4"]) == []
