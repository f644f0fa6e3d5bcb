"""Every recorded RTSP reply of a real camera is read as its index says, and no mutation of one breaks anything.

`EXPECTED` was written by hand from the `expected` column of the index and the bytes themselves.
"""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearthwatch.feeds.nal import ParameterSets
from hearthwatch.feeds.packet import Codec
from hearthwatch.feeds.rtsp_message import Message, parse_message, parse_session, parse_transport
from hearthwatch.feeds.rtsp_offer import audio_of, video_of
from hearthwatch.feeds.sdp import Presentation, parse_sdp
from hearthwatch.kit.errors import HearthwatchError

SDP_BASE = "rtsp://192.168.1.9:554/live/"
GW = "rtsp://192.168.1.110:{}/H264?channel=1&subtype={}&unicast=true&proto=Onvif"
HIK = "rtsp://192.168.5.106:554/Streaming/Channels/101/"
HIK_QUERY = "?transportmode=unicast&profile=Profile_1"
ONVIF = ("application", 107, "VND.ONVIF.METADATA", 90_000)
DAHUA = "rtsp://192.168.5.111:554/cam/realmonitor?channel=1&subtype=1&unicast=true&proto=Onvif/"
DAHUA_265 = "rtsp://cam-driveway/cam/realmonitor?channel=1&subtype=2/"

# media: kind, payload type, encoding, clock, URL for SETUP; then the codec and size we take, the sound we take
EXPECTED: dict[str, dict[str, Any]] = {
    "gw_main_describe.txt": {
        "media": [
            ("video", 96, "H264", 90_000, GW.format(5050, 0) + "/video"),
            ("audio", 8, "PCMU", 8000, GW.format(5050, 0) + "/audio"),
        ],
        "base": GW.format(5050, 0),
        "picture": (Codec.H264, 1920, 1080),
        "sound": (Codec.PCMU, 8000),
        "body": 451,
    },
    "gw_sub_describe.txt": {
        "media": [("video", 96, "H264", 90_000, GW.format(5049, 1) + "/video")],
        "base": GW.format(5049, 1),
        "picture": (Codec.H264, 720, 480),
        "sound": None,
        "body": 338,
    },
    "geovision_sdp.txt": {
        "media": [
            ("video", 105, "H264", 90_000, "rtsp://192.168.5.237/media/video1/video"),
            (*ONVIF, "rtsp://192.168.5.237/media/video1/metadata"),
        ],
        "picture": (Codec.H264, 2688, 1520),
        "sound": None,
    },
    "reolink_describe.txt": {
        "media": [
            ("video", 96, "H264", 90_000, "rtsp://192.168.5.206/h264Preview_01_main/trackID=1"),
            ("audio", 97, "MPEG4-GENERIC", 16_000, "rtsp://192.168.5.206/h264Preview_01_main/trackID=2"),
        ],
        "base": "rtsp://192.168.5.206/h264Preview_01_main/",
        "picture": (Codec.H264, 2560, 1440),
        "sound": (Codec.AAC, 16_000),
        "body": 734,
    },
    "dahua_describe_h264_aac_onvif.txt": {
        "media": [
            ("video", 96, "H264", 90_000, DAHUA + "trackID=0"),
            ("audio", 97, "MPEG4-GENERIC", 48_000, DAHUA + "trackID=1"),
            (*ONVIF, DAHUA + "trackID=4"),
        ],
        "base": DAHUA,
        "picture": (Codec.H264, 704, 480),
        "sound": (Codec.AAC, 48_000),
        "body": 705,
    },
    "dahua_describe_h265_pcma.txt": {
        "media": [
            ("video", 98, "H265", 90_000, DAHUA_265 + "trackID=0"),
            ("audio", 8, "PCMA", 8000, DAHUA_265 + "trackID=1"),
        ],
        "base": DAHUA_265,
        "picture": (Codec.H265, 704, 480),
        "sound": (Codec.PCMA, 8000),
        "body": 531,
    },
    "foscam_describe.txt": {
        "media": [
            ("video", 96, "H264", 90_000, "rtsp://192.168.5.107:65534/videoMain/track1"),
            ("audio", 0, "PCMU", 8000, "rtsp://192.168.5.107:65534/videoMain/track2"),
        ],
        "base": "rtsp://192.168.5.107:65534/videoMain/",
        "picture": (Codec.H264, 1280, 720),
        "sound": (Codec.PCMU, 8000),
        "body": 518,
    },
    "hikvision_describe.txt": {
        "media": [
            ("video", 96, "H264", 90_000, HIK + "trackID=1" + HIK_QUERY),
            (*ONVIF, HIK + "trackID=3" + HIK_QUERY),
        ],
        "base": HIK,
        "picture": (Codec.H264, 1920, 1080),
        "sound": None,
        "body": 902,
        "play": HIK + HIK_QUERY,
    },
    "bugsdp2.sdp": {
        "media": [("video", 96, "H264", 90_000, SDP_BASE + "track0"), ("audio", 8, "PCMA", 8000, SDP_BASE + "track1")],
        "picture": (Codec.H264, 1280, 720),
        "sound": (Codec.PCMA, 8000),
    },
    "bugsdp3.sdp": {
        "media": [
            ("video", 96, "H264", 90_000, SDP_BASE + "track1"),
            ("audio", 97, "MPEG4-GENERIC", 16_000, SDP_BASE + "track2"),
            ("audio", 8, "PCMA", 8000, SDP_BASE + "track3"),
        ],
        "picture": (Codec.H264, 2560, 1920),
        "sound": (Codec.AAC, 16_000),
        "back": [False, False, True],
    },
    "bugsdp5.sdp": {
        "media": [
            ("video", 99, "H264", 90_000, SDP_BASE + "trackID=1"),
            ("audio", 127, "MPEG4-GENERIC", 8000, SDP_BASE + "trackID=2"),
        ],
        "picture": (Codec.H264, 1920, 1080),
        "sound": (Codec.AAC, 8000),
    },
    "hikvisionpcm.sdp": {
        "media": [
            ("video", 96, "H264", 90_000, "rtsp://192.168.1.12:554/Streaming/channels/101/trackID=1"),
            ("audio", 11, "PCM", 48_000, "rtsp://192.168.1.12:554/Streaming/channels/101/trackID=2"),
        ],
        "picture": (Codec.H264, 3200, 1800),
        "sound": None,
        "play": "rtsp://192.168.1.12:554/Streaming/channels/101/",
    },
    "gw_main_setup_audio.txt": {"cseq": 3, "session": ("9a90de54", 60), "tcp": True, "channels": (2, 3)},
    "gw_main_setup_video.txt": {"cseq": 2, "session": ("9a90de54", 60), "tcp": True, "channels": (0, 1)},
    "gw_sub_setup.txt": {"cseq": 2, "session": ("9b0d0e54", 60), "tcp": True, "channels": (0, 1)},
    "reolink_setup.txt": {"cseq": 4, "session": ("F8F8E425", None), "tcp": True, "channels": (0, 1)},
    "dahua_setup.txt": {"cseq": 4, "session": ("634214675641", 60), "tcp": True, "channels": (0, 1)},
    "hikvision_setup.txt": {"cseq": 2, "session": ("708345999", 60), "tcp": True, "channels": (0, 1)},
    "hikvision_setup_ssrc_space.txt": {"cseq": 3, "session": ("708886412", 60), "tcp": True, "channels": (0, 1)},
    "luckfox_rkipc_setup_tcp.txt": {"cseq": 2, "session": ("12345678", None), "tcp": True, "channels": (0, 1)},
    "luckfox_rkipc_setup_udp.txt": {"cseq": 2, "session": ("12345678", None), "tcp": False, "channels": None},
    "gw_main_play.txt": {
        "cseq": 4,
        "session": ("9a90de54", 120),
        "rtp-info": "url=rtsp://192.168.1.110:5050/H264/video;seq=271;rtptime=1621990950",
    },
    "gw_sub_play.txt": {
        "cseq": 3,
        "session": ("9b0d0e54", 120),
        "rtp-info": "url=rtsp://192.168.1.110:5049/H264/video;seq=273;rtptime=1621810809",
    },
    "reolink_play.txt": {
        "cseq": 6,
        "session": ("F8F8E425", None),
        "rtp-info": "url=trackID=1;seq=16852;rtptime=1070938629;ssrc=dcc4a0d8,url=trackID=2;seq=39409;rtptime=3075976528;ssrc=9fc9fff8",
    },
    "dahua_play.txt": {
        "cseq": 7,
        "session": ("634214684047", None),
        "rtp-info": "url=trackID=0;seq=47121;rtptime=3475222385,url=trackID=1;seq=45186;rtptime=2234446919,"
        "url=trackID=4;seq=36583;rtptime=816418535",
    },
    "hikvision_play.txt": {
        "cseq": 3,
        "session": ("708345999", None),
        "rtp-info": f"url={HIK}trackID=1{HIK_QUERY};seq=24104;rtptime=1270711678",
    },
    "dahua_options.txt": {
        "cseq": 5,
        "session": ("136527041864", None),
        "public": "OPTIONS, DESCRIBE, ANNOUNCE, SETUP, PLAY, RECORD, PAUSE, TEARDOWN, SET_PARAMETER, GET_PARAMETER",
    },
    "reolink_teardown.txt": {"cseq": 7},
}


def rows(test_data: Path) -> dict[str, Path]:
    found = {}
    for index in sorted((test_data / "tapes" / "rtsp").glob("*/INDEX.csv")):
        with index.open(newline="") as file:
            found.update({Path(row["file"]).name: test_data / "tapes" / row["file"] for row in csv.DictReader(file)})
    return found


def test_every_tape_has_its_expectation(test_data: Path) -> None:
    assert set(rows(test_data)) == set(EXPECTED)
    assert len(EXPECTED) == 28


def presentation_of(data: bytes) -> tuple[Presentation, Message | None]:
    if not data.startswith(b"RTSP/"):
        return parse_sdp(data, SDP_BASE), None
    parsed = parse_message(data, 0, len(data))
    assert parsed is not None
    message, end = parsed
    assert end == len(data)
    return parse_sdp(message.body, message.field("content-base") or SDP_BASE), message


@pytest.mark.parametrize("name", [name for name, want in EXPECTED.items() if "media" in want])
def test_description(test_data: Path, name: str) -> None:
    want = EXPECTED[name]
    presentation, message = presentation_of(rows(test_data)[name].read_bytes())
    kinds = {"application": "other"}
    wanted = [(kinds.get(kind, kind), *rest) for kind, *rest in want["media"]]
    assert [(m.kind.value, m.payload_type, m.encoding, m.clock_hz, m.control) for m in presentation.media] == wanted
    assert [media.is_back_channel for media in presentation.media] == want.get("back", [False] * len(wanted))
    assert presentation.control == want.get("play", want.get("base", SDP_BASE))
    if message:
        assert (message.status, len(message.body), message.field("content-base")) == (200, want["body"], want["base"])
    _, pictures = video_of(presentation)
    info = pictures.sets.video_info()
    assert (info.codec, info.width_px, info.height_px) == want["picture"]
    sound = audio_of(presentation)
    assert (sound and (sound[2].codec, sound[2].sample_hz)) == want["sound"]


@pytest.mark.parametrize("name", [name for name, want in EXPECTED.items() if "media" not in want])
def test_reply(test_data: Path, name: str) -> None:
    want = EXPECTED[name]
    data = rows(test_data)[name].read_bytes()
    parsed = parse_message(data, 0, len(data))
    assert parsed is not None
    message, end = parsed
    assert (end, message.status, message.reason, message.cseq) == (len(data), 200, "OK", want["cseq"])
    if "session" in want:
        session = parse_session(message.field("session") or "")
        assert (session.id, session.timeout_s) == want["session"]
    if "tcp" in want:
        transport = parse_transport(message.field("transport") or "")
        assert (transport.is_tcp, transport.channels) == (want["tcp"], want["channels"])
    for field in ("rtp-info", "public"):
        assert message.field(field) == want.get(field)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_reply_cut_anywhere_is_waited_for(test_data: Path, name: str) -> None:
    data = rows(test_data)[name].read_bytes()
    if data.startswith(b"RTSP/"):
        assert all(parse_message(data, 0, cut) is None for cut in range(4, len(data)))


@settings(max_examples=300)
@given(st.sampled_from(sorted(EXPECTED)), st.integers(0, 2**32), st.integers(1, 12))
def test_mutated_tapes_are_read_or_refused(test_data: Path, name: str, seed: int, changes: int) -> None:
    data = bytearray(rows(test_data)[name].read_bytes())
    rng = random.Random(seed)
    for _ in range(changes):
        at = rng.randrange(len(data))
        match rng.randrange(4):
            case 0:
                data[at] = rng.randrange(256)
            case 1:
                del data[at : at + rng.randrange(1, 20)]
            case 2:
                data[at:at] = bytes(data[at : at + rng.randrange(1, 200)])
            case _:
                data[at:at] = rng.choice(
                    [b"\r\n", b":", b";", b"=", b"\0", b"99999999999", b"-1", b"a=control:../..\r\n", b"m=\r\n"]
                )
        if not data:
            return
    try:
        if bytes(data).startswith(b"v="):
            presentation = parse_sdp(bytes(data), SDP_BASE)
        else:
            parsed = parse_message(data, 0, len(data))
            if parsed is None:
                return
            message = parsed[0]
            parse_transport(message.field("transport") or "")
            if message.field("session"):
                parse_session(message.field("session") or "")
            presentation = parse_sdp(message.body, message.field("content-base") or SDP_BASE)
        audio_of(presentation)
        _, pictures = video_of(presentation)
        assert isinstance(pictures.sets, ParameterSets)
        pictures.sets.video_info()
    except HearthwatchError:
        pass
