"""RTSP messages and descriptions beyond the tapes: what the surprises list names, and every bound."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.devices import rtp_maker

from hearthwatch.feeds.rtcp import Goodbye, SenderReport, parse_rtcp, receiver_report
from hearthwatch.feeds.rtsp_message import MAX_BODY_BYTES, format_interleaved, format_request, parse_message, parse_session
from hearthwatch.feeds.rtsp_offer import audio_of, video_of
from hearthwatch.feeds.sdp import parse_sdp, resolved
from hearthwatch.kit.errors import BadReply, HearthwatchError, Unsupported


def parsed(data: bytes) -> object:
    return parse_message(data, 0, len(data))


@pytest.mark.parametrize("newline", [b"\r\n", b"\n"])
def test_reply_with_either_newline_and_any_case(newline: bytes) -> None:
    data = newline.join([b"RTSP/1.0 200 OK", b"Cseq: 7", b"CONTENT-LENGTH:3", b"X-Odd", b"", b"abc$"])
    message, end = parse_message(data, 0, len(data)) or (None, 0)
    assert message is not None
    assert (message.cseq, message.body, data[end:]) == (7, b"abc", b"$")


def test_request_of_the_camera_is_told_from_a_reply() -> None:
    data = b"GET_PARAMETER rtsp://x/ RTSP/1.0\r\nCSeq: 1\r\n\r\n"
    message, _ = parse_message(data, 0, len(data)) or (None, 0)
    assert message is not None
    assert (message.method, message.status) == ("GET_PARAMETER", 0)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "looks like HTTP"),
        (b"SSH-2.0-OpenSSH_9\r\n\r\n", "does not speak RTSP"),
        (b"\x16\x03\x01\x02\x00 tls", "does not speak RTSP"),
        (b"RTSP/1.0 abc\r\n\r\n", "not RTSP"),
        (b"OK\r\n\r\n", "not RTSP"),
        (b"RTSP/1.0 200 OK\r\nContent-Length: -5\r\n\r\n", "-5"),
        (b"RTSP/1.0 200 OK\r\nContent-Length: 99999999999\r\n\r\n", "99999999999"),
        (b"RTSP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1), "at most"),
        (b"RTSP/1.0 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", "128 header fields"),
        (b"RTSP/1.0 200 OK\r\nX: " + b"y" * 20_000, "more than 16384"),
    ],
)
def test_nonsense_is_a_bad_reply(data: bytes, says: str) -> None:
    with pytest.raises(BadReply, match=says):
        parsed(data)


def test_a_request_cannot_be_broken_out_of() -> None:
    for url in ("rtsp://c/\r\nX: y", "rtsp://c/ x", "rtsp://c/\0"):
        with pytest.raises(ValueError, match="control"):
            format_request("DESCRIBE", url, 1)
    with pytest.raises(ValueError, match="control"):
        format_request("DESCRIBE", "rtsp://c/", 1, (("Session", "a\r\nX: y"),))


@given(st.binary(max_size=300))
def test_any_bytes_are_a_message_or_none_or_a_bad_reply(data: bytes) -> None:
    for prefix in (b"", b"RTSP/1.0 200 OK\r\n", b"RTSP/1.0 200 OK\r\nContent-Length: "):
        try:
            parse_message(prefix + data, 0, len(prefix + data))
        except BadReply:
            continue


@given(st.integers(0, 255), st.binary(max_size=70))
def test_interleaved_frame(channel: int, payload: bytes) -> None:
    frame = format_interleaved(channel, payload)
    assert frame[:2] == bytes([0x24, channel])
    assert int.from_bytes(frame[2:4], "big") == len(frame) - 4


@pytest.mark.parametrize("text", ["", ";timeout=60", "a b", "\x01", "x" * 300])
def test_session_without_an_id_is_refused(text: str) -> None:
    with pytest.raises(BadReply):
        parse_session(text)


def sdp(*lines: str) -> bytes:
    return "\r\n".join(["v=0", "s=x", "t=0 0", *lines]).encode()


def test_payload_type_followed_by_a_tab() -> None:
    found = parse_sdp(sdp("m=video 0 RTP/AVP 96\t", "a=rtpmap:96\tH264/90000", "a=control:t1"), "rtsp://c/")
    assert (found.media[0].payload_type, found.media[0].encoding) == (96, "H264")


@pytest.mark.parametrize(
    ("base", "control", "url"),
    [
        ("192.168.1.5:554/live/", "track1", "rtsp://192.168.1.5:554/live/track1"),
        ("rtsp://c/live", "track1", "rtsp://c/live/track1"),
        ("rtsp://c/live", "*", "rtsp://c/live"),
        ("rtsp://c/live", "rtsp://d/other", "rtsp://d/other"),
        ("rtsp://c/live?a=b", "track1", "rtsp://c/live?a=b/track1"),
        ("rtsp://c/live/", "/track1", "rtsp://c/live/track1"),
    ],
)
def test_control_address(base: str, control: str, url: str) -> None:
    assert resolved(control, base) == url


@pytest.mark.parametrize("control", ["a b", "x" * 3000, "http://evil/", "file:///etc/passwd", "rtsp://[", "tr\x01ack"])
def test_control_address_that_makes_no_sense(control: str) -> None:
    with pytest.raises(BadReply):
        resolved(control, "rtsp://c/")


def test_sendonly_sound_is_a_back_channel_unless_the_picture_is_sendonly_too() -> None:
    lines = ["m=audio 0 RTP/AVP 0", "a=sendonly", "a=control:a"]
    picture = ["m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000"]
    assert audio_of(parse_sdp(sdp(*picture, *lines), "rtsp://c/")) is None
    assert audio_of(parse_sdp(sdp(*picture, "a=sendonly", *lines), "rtsp://c/")) is not None


def test_unknown_codec_says_what_to_do() -> None:
    with pytest.raises(Unsupported, match=r"JPEG, not H\.264 or H\.265"):
        video_of(parse_sdp(sdp("m=video 0 RTP/AVP 26"), "rtsp://c/"))


def test_bounds_of_a_description() -> None:
    with pytest.raises(BadReply, match="without any media"):
        parse_sdp(b"hello", "rtsp://c/")
    with pytest.raises(BadReply, match="more than 16 media"):
        parse_sdp(sdp(*["m=video 0 RTP/AVP 96"] * 17), "rtsp://c/")
    with pytest.raises(BadReply, match="at most"):
        parse_sdp(b"a" * 70_000, "rtsp://c/")


@given(st.text(max_size=300))
def test_any_description_is_read_or_refused(text: str) -> None:
    for lines in (
        text,
        f"m=video 0 RTP/AVP 96\na={text}",
        f"m=audio 0 RTP/AVP 97\na=rtpmap:97 mpeg4-generic/{text}\na=fmtp:97 {text}",
    ):
        try:
            found = parse_sdp(lines.encode("utf-8", "replace"), "rtsp://c/")
            audio_of(found)
            video_of(found)
        except HearthwatchError:
            continue


def test_sender_report_gives_the_cameras_clock() -> None:
    compound = rtp_maker.sender_report(7, 2_208_988_800 + 1_000_000_000, 90_000) + rtp_maker.goodbye(7)
    report, bye = parse_rtcp(compound)
    assert isinstance(report, SenderReport)
    assert (report.ssrc, report.camera_us, report.rtp_timestamp) == (7, 1_000_000_000_500_000, 90_000)
    assert bye == Goodbye(ssrcs=(7,))


def test_sender_report_of_the_second_ntp_era() -> None:
    (report,) = parse_rtcp(rtp_maker.sender_report(7, 100, 0))
    assert isinstance(report, SenderReport)
    assert report.camera_us == ((1 << 32) - 2_208_988_800 + 100) * 1_000_000 + 500_000


def test_receiver_report_is_a_whole_compound() -> None:
    data = receiver_report(1, 2, lost_packets=3, highest_sequence=4, ntp_middle=5, delay_s=0.5)
    assert len(data) == 32 + 20
    assert (data[1], data[33]) == (201, 202)
    assert int.from_bytes(data[2:4], "big") == 7
    assert 32 + 4 * (int.from_bytes(data[34:36], "big") + 1) == len(data)


@given(st.binary(max_size=80))
def test_any_rtcp_is_survived(data: bytes) -> None:
    parse_rtcp(data)
    parse_rtcp(b"\x81\xc8" + data)
    parse_rtcp(b"\x9f\xcb\0\1" + data)
