"""What the restream sends is what our own reader reads: units there and back, by our own description."""

from __future__ import annotations

import struct

import pytest
from tests.devices.rtp_maker import H264_PPS, H264_SPS, H265_PPS, H265_SPS, H265_VPS, h264_slice, h265_slice

from hearthwatch.feeds.depacketize import AccessUnit, Depacketizer
from hearthwatch.feeds.nal import ParameterSets, length_prefixed, sets_of_extradata
from hearthwatch.feeds.packet import AudioInfo, Codec, Kind, Packet, Stream, StreamInfo, VideoInfo
from hearthwatch.feeds.packetize import PAYLOAD_BYTES, RtpTrack
from hearthwatch.feeds.rtp import Track
from hearthwatch.feeds.rtsp_offer import audio_of, video_of
from hearthwatch.feeds.sdp import parse_sdp
from hearthwatch.feeds.sdp_offer import payload_type, tracks, write_sdp
from hearthwatch.kit.units import MonoNs, WallUs, camera_id

H264 = ParameterSets(codec=Codec.H264, sps=(H264_SPS,), pps=(H264_PPS,)).video_info()
H265 = ParameterSets(codec=Codec.H265, vps=(H265_VPS,), sps=(H265_SPS,), pps=(H265_PPS,)).video_info()
AAC = AudioInfo(codec=Codec.AAC, extradata=bytes.fromhex("1408"), sample_hz=16_000, channels=1)
PCMU = AudioInfo(codec=Codec.PCMU, extradata=b"", sample_hz=8000, channels=1)
PCMA = AudioInfo(codec=Codec.PCMA, extradata=b"", sample_hz=8000, channels=1)
BASE = "rtsp://127.0.0.1:8554/front/main/"


def packet(data: bytes, kind: Kind = Kind.VIDEO, *, pts: int = 0, key: bool = False) -> Packet:
    return Packet(
        camera=camera_id("front"),
        stream=Stream.MAIN,
        kind=kind,
        data=data,
        pts_ticks=pts,
        dts_ticks=pts,
        is_key=key,
        received_ns=MonoNs(0),
        wall_us=WallUs(1_700_000_000_500_000),
    )


def sender(info: VideoInfo | AudioInfo, start: int = 0xFFFF_FF00) -> RtpTrack:
    return RtpTrack(info, payload_type=payload_type(info), ssrc=7, sequence=65_534, start=start)


def read(kind: int, depacketizer: Depacketizer, packets: list[bytes]) -> list[AccessUnit]:
    track = Track(kind, depacketizer)
    for one in packets:
        track.take(bytearray(one), 0, len(one), len(one))
    assert depacketizer.losses.lost_packets == depacketizer.losses.malformed_packets == 0
    return depacketizer.ready


@pytest.mark.parametrize(("info", "maker"), [(H264, h264_slice), (H265, h265_slice)], ids=["h264", "h265"])
def test_pictures_come_back_byte_for_byte_with_their_parameter_sets(info: VideoInfo, maker: object) -> None:
    media, depacketizer = video_of(parse_sdp(write_sdp(StreamInfo(video=info), "front"), BASE))
    assert media.control == BASE + "track1"
    assert depacketizer.sets == sets_of_extradata(info.codec, info.extradata)
    key = length_prefixed([maker(PAYLOAD_BYTES * 3 + 17, key=True)])  # type: ignore[operator]
    other = length_prefixed([maker(40), maker(PAYLOAD_BYTES - 3, first=False)])  # type: ignore[operator]
    track = sender(info)
    sent = track.packets(packet(key, key=True), 0) + track.packets(packet(other, pts=9000), 0)
    assert max(map(len, sent)) <= PAYLOAD_BYTES + 12
    first, second = read(payload_type(info), depacketizer, sent)
    assert first.is_key
    assert first.data.endswith(key)
    assert bytes(second.data) == other
    assert (second.timestamp - first.timestamp) & 0xFFFF_FFFF == 9000  # over the wrap of both numbers


def test_sound_comes_back_with_its_kind_and_rate() -> None:
    for info, data in ((AAC, b"a frame of sound" * 9), (PCMU, bytes(320)), (PCMA, bytes(range(160)))):
        sdp = write_sdp(StreamInfo(video=H264, audio=info), "front")
        found = audio_of(parse_sdp(sdp, BASE))
        assert found is not None
        media, depacketizer, heard = found
        assert heard == info
        assert media.control == BASE + "track2"
        units = read(payload_type(info), depacketizer, sender(info).packets(packet(data, Kind.AUDIO), 0))
        assert b"".join(bytes(unit.data) for unit in units) == data


def test_a_picture_that_brings_its_sets_gets_them_once() -> None:
    whole = length_prefixed([H264_SPS, H264_PPS, h264_slice(50, key=True)])
    _, depacketizer = video_of(parse_sdp(write_sdp(StreamInfo(video=H264), "front"), BASE))
    (unit,) = read(96, depacketizer, sender(H264).packets(packet(whole, key=True), 0))
    assert bytes(unit.data).count(H264_SPS) <= 1


def test_what_has_no_payload_is_not_offered() -> None:
    mjpeg = VideoInfo(codec=Codec.MJPEG, extradata=b"", width_px=640, height_px=480)
    assert tracks(StreamInfo(video=mjpeg, audio=PCMU)) == (PCMU,)
    assert tracks(StreamInfo(video=mjpeg)) == ()


def test_a_report_ties_the_stamp_to_our_clock() -> None:
    track = sender(H264, start=1000)
    one = packet(length_prefixed([h264_slice(50, key=True)]), pts=90_000, key=True)
    sent = track.packets(one, 2_000_000)
    assert struct.unpack("!I", sent[0][4:8])[0] == track.stamp(one, 2_000_000) == 1000 + 90_000 + 180_000
    report = track.report(track.stamp(one, 2_000_000), one.wall_us)
    head, kind, words, ssrc, seconds, fraction, stamp, count, octets = struct.unpack("!BBHIIIIII", report[:28])
    assert (head, kind, words, ssrc, stamp, count) == (0x80, 200, 6, 7, 271_000, len(sent))
    assert (seconds - 2_208_988_800, fraction) == (1_700_000_000, 0x8000_0000)
    assert octets == sum(len(each) - 12 for each in sent)
    assert len(report) % 4 == 0
    assert report[29] == 202
    assert len(report) == 28 + 4 * (struct.unpack("!H", report[30:32])[0] + 1)
