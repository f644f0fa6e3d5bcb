from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.recording.packet_maker import START_US, make

from hearthwatch.feeds.packet import Codec, Kind, RunId, Stream
from hearthwatch.kit.errors import BadReply
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording.boxes import fragment, init_segment
from hearthwatch.recording.label import Label, label_box
from hearthwatch.recording.walk import Footage, cut_zeroed_tail, read_footage


def a_file(codec: Codec = Codec.H264, audio: Codec | None = None) -> tuple[bytes, list[int]]:
    """A file of four fragments and where each of them ends."""
    made = make(codec, audio=audio)
    label = Label(
        run=RunId("r"), camera=CameraId("front"), stream=Stream.MAIN, sequence=1, start_us=WallUs(START_US), info=made.info
    )
    data = init_segment(made.info, extra=label_box(label))
    video = [packet for packet in made.packets if packet.kind is Kind.VIDEO]
    sound = [packet for packet in made.packets if packet.kind is Kind.AUDIO]
    ends = []
    for number in range(4):
        share = len(sound) // 4
        after = video[15 * number + 15].dts_ticks if number < 3 else None
        data += fragment(
            number + 1,
            video[15 * number : 15 * number + 15],
            sound[share * number : share * (number + 1)],
            next_video_dts=after,
        )
        ends.append(len(data))
    return data, ends


WHOLE, ENDS = a_file()


def read(data: bytes) -> Footage:
    return read_footage(io.BytesIO(data))


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265, Codec.MJPEG, Codec.MPEG4])
@pytest.mark.parametrize("audio", [None, Codec.AAC, Codec.PCMA])
def test_what_was_written_is_read_back(codec: Codec, audio: Codec | None) -> None:
    data, ends = a_file(codec, audio)
    found = read(data)
    made = make(codec, audio=audio)
    video = [packet for packet in made.packets if packet.kind is Kind.VIDEO]
    assert found.label.info == made.info
    assert [one.end for one in found.fragments] == ends
    assert (found.frames, found.keyframes) == (60, sum(packet.is_key for packet in video))
    assert found.duration_us == 4_000_000
    at = 0
    for one in found.fragments:
        offset = one.data
        for size in one.video.sizes:
            assert data[offset : offset + size] == video[at].data
            offset += size
            at += 1
    assert cut_zeroed_tail(io.BytesIO(data), found) == len(data)


@given(st.integers(0, len(WHOLE)))
def test_a_cut_costs_the_last_fragment_at_most(at: int) -> None:
    if at < ENDS[0] and at < len(WHOLE):
        try:
            assert read(WHOLE[:at]).fragments == ()
        except BadReply:
            return
        return
    found = read(WHOLE[:at])
    whole = max(end for end in ENDS if end <= at)
    assert found.whole_bytes == whole
    assert found.fragments == read(WHOLE[:whole]).fragments


@given(st.integers(ENDS[0], len(WHOLE) - 1))
def test_zeroes_for_an_end_that_never_reached_the_disk_cost_one_fragment_at_most(at: int) -> None:
    data = WHOLE[:at] + bytes(len(WHOLE) - at)
    found = read(data)
    end = cut_zeroed_tail(io.BytesIO(data), found)
    assert end in ENDS
    whole = max(end for end in ENDS if end <= at)
    assert end == whole or 0 < end - at < 16  # so few zeroes at the end of a fragment may be a camera's padding


@given(st.binary(max_size=400))
def test_no_bytes_make_it_fail_otherwise(data: bytes) -> None:
    with pytest.raises(BadReply):
        read(data)


@settings(max_examples=300)
@given(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=12))
def test_damage_anywhere_is_survived(at: int, noise: bytes) -> None:
    data = WHOLE[:at] + noise + WHOLE[at + len(noise) :]
    try:
        found = read(data)
    except BadReply:
        return
    assert found.whole_bytes <= len(data)
    for one in found.fragments:
        assert one.end <= len(data)
        assert one.data + sum(part.size_bytes for part in (one.video, one.audio) if part) == one.end
    assert cut_zeroed_tail(io.BytesIO(data), found) <= len(data)


def test_a_box_that_claims_the_whole_disk_ends_the_walk() -> None:
    huge = b"\0\0\0\x01moof" + (1 << 62).to_bytes(8, "big")
    assert read(WHOLE + huge).whole_bytes == len(WHOLE)
    assert read(WHOLE + b"\0\0\0\0moof" + bytes(100)).whole_bytes == len(WHOLE)
