"""NAL units and parameter sets, against what libav reads from the same files and what real cameras announce."""

from __future__ import annotations

import base64
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthwatch.feeds import nal
from hearthwatch.feeds.packet import Codec
from hearthwatch.feeds.sps import h264_sps, h265_sps
from hearthwatch.kit.errors import BadReply

CLIPS = ["indoor_one_by_one", "walkway_people", "worker_zone", "suburb_cars", "ir_night_cat", "highway_traffic"]


@pytest.mark.parametrize("name", CLIPS)
def test_size_and_record_are_what_libav_reads(test_data: Path, name: str) -> None:
    with av.open(str(test_data / "videos" / f"{name}.mp4")) as container:
        context = container.streams.video[0].codec_context
        theirs = context.extradata
        sets = nal.sets_of_extradata(Codec.H264, theirs)
        info = sets.video_info()
        assert (info.width_px, info.height_px) == (context.width, context.height)
    assert nal.sets_of_extradata(Codec.H264, info.extradata) == sets
    assert info.extradata[:4] == theirs[:4]
    assert info.extradata[4] == 0xFF


@pytest.mark.parametrize(
    ("camera", "sps", "size"),
    [
        ("gw main", "Z00AKpWoHgCJ+WbgICAgQAAAAAE=", (1920, 1080)),
        ("gw sub", "Z00AHpWoLQ9puAgICBAAAAAB", (720, 480)),
        ("geovision", "Z01AMpWgCoAwfiZuAgICgAAB9AAAdTBC", (2688, 1520)),
        ("reolink", "Z2QAM6zoAoALWQ==", (2560, 1440)),
        ("dahua", "Z2QAHqwsaoLA9puCgIKgAAADACAAAAMD0IAA", (704, 480)),
        ("foscam", "Z00AH5WoFAFuQA==", (1280, 720)),
        ("hikvision", "Z00AKZpkA8ARPyzUBAQFAAADA+gAAOpgBA==", (1920, 1080)),
        ("hikvision pcm", "Z2QAM6wVFKAyAOP5f/AAEAAWyAAAH0AAB1MAIA==", (3200, 1800)),
    ],
)
def test_h264_sets_that_cameras_announce(camera: str, sps: str, size: tuple[int, int]) -> None:
    facts = h264_sps(nal.cleaned(base64.b64decode(sps)))
    assert (facts.width_px, facts.height_px) == size, camera


def test_h265_sets_that_a_dahua_announces() -> None:
    vps = base64.b64decode("QAEMAf//AWAAAAMAsAAAAwAAAwBarAwAAAMABAAAAwAyqA==")
    sps = base64.b64decode("QgEBAWAAAAMAsAAAAwAAAwBaoAWCAeFja5JFL83BQYFBAAADAAEAAAMADKE=")
    pps = base64.b64decode("RAHA8saNA7NA")
    sets = nal.sets_of(Codec.H265, [vps, sps, pps])
    info = sets.video_info()
    assert (info.width_px, info.height_px) == (704, 480)
    assert nal.sets_of_extradata(Codec.H265, info.extradata) == sets
    # general_profile_space..general_level_idc stand unescaped behind the version, as decoders expect
    assert info.extradata[:13].hex() == "01016000000" + "0b00000000000" + "5a"


def test_trailing_start_code_of_a_camera_is_removed() -> None:
    assert nal.cleaned(bytes.fromhex("68ee3c8000000001")) == bytes.fromhex("68ee3c80")
    assert nal.cleaned(bytes.fromhex("68ee3c80")) == bytes.fromhex("68ee3c80")


@given(st.lists(st.binary(min_size=1, max_size=40).map(lambda b: b"\x65" + b.replace(b"\0", b"\1") + b"\x80"), max_size=6))
def test_annexb_and_length_prefix_keep_every_unit(nals: list[bytes]) -> None:
    assert nal.split_annexb(b"".join(b"\0\0\0\1" + one for one in nals)) == nals
    assert nal.split_annexb(b"".join(b"\0\0\1" + one for one in nals)) == nals
    assert nal.split_length_prefixed(nal.length_prefixed(nals)) == nals


def test_lengths_that_lie_are_refused() -> None:
    with pytest.raises(BadReply):
        nal.split_length_prefixed(b"\0\0\0\5abc")


@pytest.mark.parametrize(("codec", "kind", "key"), [(Codec.H264, 5, True), (Codec.H264, 1, False), (Codec.H264, 7, False)])
def test_key_of_h264(codec: Codec, kind: int, key: bool) -> None:
    assert nal.is_key(codec, bytes([0x60 | kind])) is key


@pytest.mark.parametrize(
    ("kind", "key", "is_slice"), [(19, True, True), (21, True, True), (1, False, True), (33, False, False)]
)
def test_key_of_h265(kind: int, key: bool, is_slice: bool) -> None:
    unit = bytes([kind << 1, 1])
    assert nal.is_key(Codec.H265, unit) is key
    assert nal.is_slice(Codec.H265, unit) is is_slice


def test_new_sets_replace_only_their_kind() -> None:
    old = nal.sets_of(Codec.H264, [b"\x67a", b"\x68b"])
    new = old.updated(nal.sets_of(Codec.H264, [b"\x68c"]))
    assert (new.sps, new.pps) == ((b"\x67a",), (b"\x68c",))


def test_giant_picture_is_refused() -> None:
    bits = "01000010" + "0" * 8 + "00011110" + "1" + "1" + "1" + "1" + "1" + "0"  # baseline, ids and counts 0
    huge = f"{1 << 14:b}"  # ue: 2^14 - 1 macroblocks, 262144 pixels
    bits += "0" * (len(huge) - 1) + huge + "1" + "1" + "1" + "0" + "0" + "1"
    bits += "0" * (-len(bits) % 8)
    with pytest.raises(BadReply, match="262144"):
        h264_sps(b"\x67" + int(bits, 2).to_bytes(len(bits) // 8, "big"))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_size_or_a_bad_reply(data: bytes) -> None:
    for parse in (lambda: h264_sps(b"\x67" + data), lambda: h265_sps(b"\x42\x01" + data)):
        try:
            facts = parse()
        except BadReply:
            continue
        assert 0 < facts.width_px <= 16_384


@given(st.sampled_from([Codec.H264, Codec.H265]), st.binary(max_size=120))
def test_any_extradata_gives_sets_or_a_bad_reply(codec: Codec, data: bytes) -> None:
    for record in (b"\1" + data, data):
        try:
            nal.sets_of_extradata(codec, record).video_info()
        except BadReply:
            continue
