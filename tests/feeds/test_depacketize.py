"""RTP to access units: every framing, every loss, and nothing broken ever handed on."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.devices import rtp_maker as make
from tests.devices.rtp_maker import RtpMaker

from hearthwatch.feeds.depacketize import AacDepacketizer, AccessUnit, Depacketizer, G711Depacketizer, Losses
from hearthwatch.feeds.depacketize_video import MAX_UNIT_BYTES, H264Depacketizer, H265Depacketizer, VideoDepacketizer
from hearthwatch.feeds.nal import ParameterSets, sets_of, split_length_prefixed
from hearthwatch.feeds.packet import Codec
from hearthwatch.feeds.rtp import Track, Unwrapper
from hearthwatch.kit.errors import BadReply


def video(*, h265: bool = False) -> Track:
    codec = Codec.H265 if h265 else Codec.H264
    kind = H265Depacketizer if h265 else H264Depacketizer
    return Track(96, kind(Losses(), ParameterSets(codec=codec)))


def fed(track: Track, packets: list[bytes]) -> list[AccessUnit]:
    """Return the units that came of `packets`, each packet at an odd place of a larger buffer."""
    for packet in packets:
        end = 7 + len(packet)
        assert track.take(bytearray(b"\xff" * 7 + packet + b"\xee" * 5), 7, end, end) == end
    ready = track.depacketizer.ready
    units = ready[:]
    ready.clear()
    return units


def streamed(track: Track, packets: list[bytes]) -> list[AccessUnit]:
    """Return the units that came of `packets`, all in one buffer as the connection reads them."""
    data = bytearray(b"".join(b"$\0" + len(packet).to_bytes(2, "big") + packet for packet in packets))
    at = 0
    while at < len(data):
        following = at + 4 + int.from_bytes(data[at + 2 : at + 4], "big")
        at = track.take(data, at + 4, following, len(data))
        assert at >= following
    units, track.depacketizer.ready = track.depacketizer.ready, []
    return units


def nals(unit: AccessUnit) -> list[bytes]:
    return [bytes(nal) for nal in split_length_prefixed(unit.data)]


both = pytest.mark.parametrize("h265", [False, True], ids=["h264", "h265"])


@both
def test_a_unit_is_out_at_its_marker_before_anything_else_came(h265: bool) -> None:
    maker, track = RtpMaker(h265=h265), video(h265=h265)
    (unit,) = fed(track, maker.key_unit(5000))
    assert unit.is_key
    assert unit.timestamp == 0xFFFF_F000
    assert len(nals(unit)) == 1
    assert len(nals(unit)[0]) > 5000
    assert unit.sets is not None
    assert unit.sets.is_complete
    (unit,) = fed(track, maker.other_unit())
    assert not unit.is_key
    assert unit.sets is None


@given(
    st.booleans(),
    st.lists(st.lists(st.integers(1, 4000), min_size=1, max_size=3), min_size=1, max_size=4),
    st.sampled_from((40, 100, 1000)),
    st.lists(st.tuples(st.integers(0, 400), st.sampled_from(("lose", "twice", 0, 1, 2, 3, 5, 9, 12, 13, 14, 15))), max_size=3),
    st.randoms(use_true_random=False),
)
def test_packets_read_together_mean_what_each_means_alone(
    h265: bool, pictures: list[list[int]], mtu: int, faults: list[tuple[int, str | int]], rng: random.Random
) -> None:
    maker = RtpMaker(h265=h265, mtu=mtu)
    piece = make.h265_slice if h265 else make.h264_slice
    packets = maker.key_unit(4000)
    for sizes in pictures:
        packets += maker.unit([piece(size, first=index == 0, fill=index) for index, size in enumerate(sizes)])
    for place, fault in faults:
        at = place % len(packets)
        if fault == "lose":
            del packets[at]
        elif fault == "twice":
            packets.insert(at, packets[at])
        else:
            damaged = bytearray(packets[at])
            damaged[int(fault) % len(damaged)] ^= 1 << rng.randrange(8)
            packets[at] = bytes(damaged)
    alone, together = video(h265=h265), video(h265=h265)
    assert streamed(together, packets) == fed(alone, packets)
    assert together.losses == alone.losses
    assert together.highest_sequence == alone.highest_sequence


@both
def test_middles_that_are_too_much_for_one_picture_are_not_kept(h265: bool) -> None:
    maker, track = RtpMaker(h265=h265), video(h265=h265)
    piece = make.h265_slice if h265 else make.h264_slice
    assert streamed(track, maker.unit([piece(MAX_UNIT_BYTES + 5000, key=True)])) == []
    assert track.losses.damaged_units == 1


@both
def test_without_a_marker_the_next_time_stamp_ends_the_unit(h265: bool) -> None:
    maker, track = RtpMaker(h265=h265), video(h265=h265)
    piece = make.h265_slice(2500, key=True) if h265 else make.h264_slice(2500, key=True)
    assert fed(track, maker.unit([piece], marker=False)) == []
    (unit,) = fed(track, maker.other_unit()[:1])[:1]
    assert nals(unit) == [piece]


@given(
    st.booleans(),
    st.lists(st.tuples(st.booleans(), st.lists(st.integers(1, 4000), min_size=1, max_size=4)), min_size=1, max_size=8),
    st.integers(40, 1500),
)
def test_whatever_is_packetized_comes_out_the_same(h265: bool, pictures: list[tuple[bool, list[int]]], mtu: int) -> None:
    maker, track = RtpMaker(h265=h265, mtu=mtu), video(h265=h265)
    piece = make.h265_slice if h265 else make.h264_slice
    fed(track, maker.key_unit())
    for key, sizes in pictures:
        sent = [piece(size, key=key, first=index == 0, fill=index + 1) for index, size in enumerate(sizes)]
        (unit,) = fed(track, maker.unit(sent))
        assert nals(unit) == sent
        assert unit.is_key is key
    assert track.losses == Losses()


@both
def test_aggregation_packets_are_taken_apart(h265: bool) -> None:
    maker, track = RtpMaker(h265=h265), video(h265=h265)
    if h265:
        sent = [
            make.H265_VPS,
            make.H265_SPS,
            make.H265_PPS,
            make.h265_slice(50, key=True),
            make.h265_slice(9, key=True, first=False),
        ]
    else:
        sent = [make.H264_SPS, make.H264_PPS, make.h264_slice(50, key=True), make.h264_slice(9, key=True, first=False)]
    (unit,) = fed(track, [maker.packet(make.aggregated(sent, h265=h265), marker=True)])
    assert nals(unit) == sent[-2:]
    assert unit.sets is not None
    assert unit.sets.is_complete


@pytest.mark.parametrize("together", [False, True], ids=["one by one", "together"])
def test_decoding_order_numbers_are_skipped_where_they_are(together: bool) -> None:
    depacketizer = H265Depacketizer(Losses(), ParameterSets(codec=Codec.H265), has_don=True)
    track, maker = Track(96, depacketizer), RtpMaker(h265=True)
    picture = make.h265_slice(300, key=True)
    whole = [nal[:2] + b"\x00\x07" + nal[2:] for nal in (make.H265_VPS, make.H265_SPS, make.H265_PPS)]
    head, kind, body = bytes((picture[0] & 0x81 | 49 << 1, picture[1])), picture[0] >> 1 & 0x3F, picture[2:]
    parts = [body[:100], body[100:200], body[200:-1], body[-1:]]
    fragments = [
        head + bytes((kind | 0x80 * (part is parts[0]) | 0x40 * (part is parts[-1]),)) + b"\x00\x08" * (part is parts[0]) + part
        for part in parts
    ]
    sent = [*whole, *fragments]
    packets = [maker.packet(payload, marker=payload is sent[-1]) for payload in sent]
    (unit,) = streamed(track, packets) if together else fed(track, packets)
    assert nals(unit)[-1] == picture
    assert unit.sets is not None


def test_delimiters_and_filler_are_left_out_and_sei_is_kept() -> None:
    maker, track = RtpMaker(), video()
    sei = b"\x06\x05\x04abcd\x80"
    picture = make.h264_slice(20, key=True)
    (unit,) = fed(track, maker.unit([b"\x09\xf0", make.H264_SPS, make.H264_PPS, sei, picture, b"\x0c\xff\xff\x80"]))
    assert nals(unit) == [sei, picture]


def test_parameter_sets_with_a_stamp_and_marker_of_their_own_belong_to_the_next_picture() -> None:
    maker, track = RtpMaker(), video()
    assert fed(track, maker.unit([make.H264_SPS])) == []
    assert fed(track, maker.unit([make.H264_PPS])) == []
    (unit,) = fed(track, maker.unit([make.h264_slice(30, key=True)]))
    assert unit.sets is not None
    assert unit.sets.sps == (make.H264_SPS,)


def test_parameter_sets_in_fragments() -> None:
    maker, track = RtpMaker(mtu=5), video()
    (unit,) = fed(track, maker.key_unit(30))
    assert unit.sets is not None
    assert (unit.sets.sps, unit.sets.pps) == ((make.H264_SPS,), (make.H264_PPS,))
    assert len(nals(unit)) == 1


def test_changed_sets_are_told_with_the_key_frame_and_only_then() -> None:
    maker, track = RtpMaker(), video()
    (before,) = fed(track, maker.key_unit())
    (same,) = fed(track, maker.key_unit())
    assert same.sets is before.sets
    (changed,) = fed(track, maker.unit([make.OTHER_SPS, make.H264_PPS, make.h264_slice(9, key=True)]))
    assert changed.sets == sets_of(Codec.H264, [make.OTHER_SPS, make.H264_PPS])


def test_nothing_is_handed_on_before_the_first_key_frame() -> None:
    maker, track = RtpMaker(), video()
    assert fed(track, maker.other_unit() + maker.other_unit()) == []
    assert track.losses.skipped_units == 2
    assert len(fed(track, maker.key_unit())) == 1


@both
@pytest.mark.parametrize("missing", [0, 1, 2, -1], ids=["first", "second", "third", "last"])
def test_a_lost_packet_costs_everything_up_to_the_next_key_frame(h265: bool, missing: int) -> None:
    maker, track = RtpMaker(h265=h265, mtu=500), video(h265=h265)
    assert len(fed(track, maker.key_unit())) == 1
    broken = maker.other_unit(3000)
    del broken[missing]
    assert fed(track, broken) == []
    assert fed(track, maker.other_unit() + maker.other_unit()) == []
    assert track.losses.lost_packets == 1
    assert track.losses.damaged_units >= 1
    (unit,) = fed(track, maker.key_unit())
    assert unit.is_key


@both
def test_a_lost_picture_before_a_key_frame_does_not_cost_the_key_frame(h265: bool) -> None:
    maker, track = RtpMaker(h265=h265), video(h265=h265)
    fed(track, maker.key_unit())
    maker.other_unit(4000)
    (unit,) = fed(track, maker.key_unit())
    assert unit.is_key
    assert track.losses.lost_packets == 3


def test_a_lost_whole_picture_is_noticed() -> None:
    maker, track = RtpMaker(), video()
    fed(track, maker.key_unit())
    maker.other_unit()
    assert fed(track, maker.other_unit()) == []
    assert track.losses.lost_packets == 1
    assert track.losses.skipped_units == 1


@given(st.booleans(), st.sets(st.integers(0, 119), max_size=12), st.integers(0, 65_535))
def test_no_loss_ever_breaks_the_chain_of_references(h265: bool, missing: set[int], sequence: int) -> None:
    """Whatever is lost, what comes out is whole, and between a picture and its key frame nothing is missing."""
    maker, track = RtpMaker(h265=h265, mtu=700, sequence=sequence), video(h265=h265)
    piece = make.h265_slice if h265 else make.h264_slice
    sent: list[tuple[list[bytes], bytes, bool]] = []
    for index in range(30):
        key = index % 8 == 0
        picture = piece(1500 + index, key=key, fill=index + 1)
        sets = [make.H265_VPS, make.H265_SPS, make.H265_PPS] if h265 else [make.H264_SPS, make.H264_PPS]
        sent.append((maker.unit([*(sets if key else []), picture]), picture, key))
    units, at, whole, pieces = [], 0, [], 3
    for packets, picture, _ in sent:
        kept = [packet for offset, packet in enumerate(packets) if at + offset not in missing]
        if kept[-pieces:] == packets[-pieces:]:
            whole.append(picture)
        at += len(packets)
        units += fed(track, kept)
    order = [picture for _, picture, _ in sent]
    came = [order.index(nals(unit)[0]) for unit in units]
    assert all(nals(unit)[0] in whole for unit in units)
    for index in came:
        start = max(at for at in range(index + 1) if sent[at][2])
        assert all(at in came for at in range(start, index + 1))
    if not missing:
        assert came == list(range(30))


def test_a_packet_that_comes_twice_or_late_is_dropped() -> None:
    maker, track = RtpMaker(), video()
    key = maker.key_unit()
    assert len(fed(track, key)) == 1
    assert fed(track, key) == []
    assert track.losses.foreign_packets == len(key)
    assert len(fed(track, maker.other_unit())) == 1


def test_another_sender_starts_anew_at_its_key_frame() -> None:
    maker, track = RtpMaker(), video()
    fed(track, maker.key_unit())
    maker.ssrc, maker.sequence, maker.timestamp = 99, 5, 77
    assert fed(track, maker.other_unit()) == []
    (unit,) = fed(track, maker.key_unit())
    assert unit.is_key
    assert track.losses.lost_packets == 0


def test_a_camera_that_marks_every_slice_is_understood_after_one_damaged_picture() -> None:
    maker, track = RtpMaker(), video()
    fed(track, maker.key_unit())
    first, second = make.h264_slice(40), make.h264_slice(50, first=False)

    def marked_twice(*, key: bool = False) -> list[bytes]:
        sets = [make.H264_SPS, make.H264_PPS] if key else []
        packets = maker.unit([*sets, make.h264_slice(40, key=key)], step=0)
        return packets + maker.unit([make.h264_slice(50, key=key, first=False)])

    fed(track, marked_twice())
    fed(track, marked_twice())
    units = fed(track, marked_twice(key=True) + marked_twice() + maker.unit([first, second]))
    assert [len(nals(unit)) for unit in units] == [2, 2]
    assert [unit.is_key for unit in units] == [True, False]


@pytest.mark.parametrize(
    "payload",
    [b"\x1c", b"\x1c\x80", b"\x78\xff\xff\x41", b"\x78\x00", b"\x78\x00\x00\x41", b"\x19abc", b"\x1f", b"\x00abc", b"\x5e\x01"],
    ids=lambda payload: payload.hex(),
)
def test_payloads_that_make_no_sense_are_counted_and_damage_only_their_picture(payload: bytes) -> None:
    maker, track = RtpMaker(), video()
    fed(track, maker.key_unit())
    assert fed(track, [maker.packet(payload, marker=True)]) == []
    assert track.losses.malformed_packets == 1
    maker.timestamp += 3000
    assert len(fed(track, maker.key_unit())) == 1


def test_an_endless_picture_is_given_up() -> None:
    maker, track = RtpMaker(mtu=60_000), video()
    fed(track, maker.key_unit())
    endless = maker.unit([make.h264_slice(MAX_UNIT_BYTES + 1000)])
    assert fed(track, endless) == []
    assert track.losses.damaged_units == 1
    depacketizer = track.depacketizer
    assert isinstance(depacketizer, VideoDepacketizer)
    assert depacketizer._parts == []


def test_header_extensions_csrcs_and_padding_are_skipped() -> None:
    maker, track = RtpMaker(), video()
    (packet,) = maker.unit([make.h264_slice(10, key=True)])
    extended = bytes([packet[0] | 0x10 | 0x20 | 2]) + packet[1:12] + b"CSRCCSRC" + b"\xbe\xde\0\1abcd" + packet[12:] + b"\0\0\3"
    (unit,) = fed(track, [extended])
    assert nals(unit) == [packet[12:]]


@pytest.mark.parametrize("first", [0x00, 0x40, 0xC0, 0xB0, 0x8F, 0xA0], ids=hex)
def test_headers_that_make_no_sense_are_counted(first: int) -> None:
    track = video()
    assert fed(track, [bytes([first]) + RtpMaker().packet(b"\x41" + b"\xff" * 8, marker=True)[1:]]) == []
    assert track.losses.malformed_packets == 1


@given(st.booleans(), st.lists(st.tuples(st.binary(max_size=40), st.booleans(), st.integers(0, 3)), max_size=30))
def test_any_bytes_are_survived(h265: bool, payloads: list[tuple[bytes, bool, int]]) -> None:
    maker, track = RtpMaker(h265=h265), video(h265=h265)
    for payload, marker, skip in payloads:
        maker.sequence += skip
        maker.timestamp += skip * 1000
        fed(track, [maker.packet(payload, marker=marker)])
    maker.timestamp += 9000
    maker.sequence += 1
    units = fed(track, maker.key_unit() + maker.key_unit())
    assert units[-1].is_key


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(-(2**31), 2**31 - 1), max_size=20))
def test_stamps_unwrap_to_the_nearest(start: int, steps: list[int]) -> None:
    unwrap = Unwrapper()
    assert unwrap(start) == 0
    total = 0
    for step in steps:
        total += step
        assert unwrap((start + total) & 0xFFFF_FFFF) == total


def sound(depacketizer: Depacketizer, packets: list[bytes]) -> list[AccessUnit]:
    return fed(Track(97, depacketizer), packets)


def test_aac_units_behind_their_headers_each_with_its_stamp() -> None:
    maker = RtpMaker(payload_type=97, timestamp=5)
    units = sound(
        AacDepacketizer(Losses(), {"mode": "AAC-hbr"}, 1024), [maker.packet(make.aac_payload([b"abc", b"defgh"]), marker=True)]
    )
    assert [(unit.data, unit.timestamp) for unit in units] == [(b"abc", 5), (b"defgh", 1029)]


def test_aac_unit_over_two_packets() -> None:
    maker = RtpMaker(payload_type=97)
    whole = make.aac_payload([b"0123456789"])
    pieces = [maker.packet(whole[:-4], marker=False), maker.packet(whole[:4] + b"6789", marker=True)]
    (unit,) = sound(AacDepacketizer(Losses(), {}, 1024), pieces)
    assert unit.data == b"0123456789"


@given(st.binary(min_size=1, max_size=60), st.booleans())
def test_any_aac_bytes_are_survived(payload: bytes, low: bool) -> None:
    maker = RtpMaker(payload_type=97)
    depacketizer = AacDepacketizer(Losses(), {"mode": "AAC-lbr"} if low else {}, 1024)
    units = sound(depacketizer, [maker.packet(payload, marker=True), maker.packet(make.aac_payload([b"fine"]), marker=True)])
    if not low:
        assert units[-1].data == b"fine"


def test_g711_is_passed_through() -> None:
    maker = RtpMaker(payload_type=97)
    (unit,) = sound(G711Depacketizer(Losses()), [maker.packet(b"\x7f" * 160, marker=False)])
    assert unit.data == b"\x7f" * 160


def test_track_of_another_payload_type_is_ignored_without_a_loss() -> None:
    maker, track = RtpMaker(), video()
    fed(track, maker.key_unit())
    maker.payload_type = 107
    assert fed(track, [maker.packet(b"<xml/>", marker=True)]) == []
    maker.payload_type = 96
    assert len(fed(track, maker.other_unit())) == 1
    assert track.losses.lost_packets == 0


def test_random_noise_never_grows_what_is_held() -> None:
    rng = random.Random(3)
    maker, track = RtpMaker(), video()
    depacketizer = track.depacketizer
    assert isinstance(depacketizer, VideoDepacketizer)
    for _ in range(3000):
        maker.timestamp += 90
        fed(track, [maker.packet(bytes([0x66]) + rng.randbytes(20), marker=False)])
    assert len(depacketizer._parts) < 40_000


def test_sets_that_make_no_sense_are_a_bad_reply() -> None:
    with pytest.raises(BadReply):
        sets_of(Codec.H264, [b"\x67", b"\x68"]).video_info()


def test_sequence_numbers_are_counted_over_their_wrap() -> None:
    maker, track = RtpMaker(sequence=65_534), video()
    packets = maker.key_unit() + maker.other_unit()
    fed(track, packets)
    assert track.highest_sequence == 65_534 + len(packets) - 1
    assert track.losses.lost_packets == 0
