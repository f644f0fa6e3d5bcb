"""Cameras that lie, loop, go silent and flood: each a clear error in bounded time, requests and memory."""

from __future__ import annotations

import random
import threading

import pytest
from tests.devices import hostile_rtsp as hostile
from tests.devices.hostile_rtsp import Hostile, Script, Talk
from tests.devices.rtp_maker import RtpMaker, interleaved, sender_report
from tests.feeds.rtsp_viewer import feed, taken, watching

from hearthwatch.feeds import rtsp_stream
from hearthwatch.feeds.nal import split_length_prefixed
from hearthwatch.feeds.packet import Kind, Packet, StreamChanged
from hearthwatch.feeds.rtsp_message import MAX_BODY_BYTES
from hearthwatch.kit.clock import Stop
from hearthwatch.kit.errors import BadReply, HearthwatchError, Redirected, Refused, Unreachable, Unsupported

pytestmark = pytest.mark.wired

DIGEST = 'Digest realm="cam", nonce="n{n}", qop="auth", algorithm=MD5'

OPENING: dict[str, tuple[Script, type[HearthwatchError], str, int]] = {
    # script, error, part of the message, most requests
    "redirects to itself": (hostile.redirects_to_itself, Redirected, "redirects again and again", 3),
    "redirects elsewhere": (hostile.redirects_to("rtsp://10.0.0.9/live"), Redirected, "10.0.0.9.*not followed", 2),
    "redirects to another port": (hostile.redirects_to("rtsp://127.0.0.1:1/live"), BadReply, "not followed", 2),
    "redirects to HTTP": (hostile.redirects_to("http://127.0.0.1/x.m3u8"), BadReply, "not followed", 2),
    "redirects nowhere": (hostile.redirects_to(""), BadReply, "not followed", 2),
    "redirects into another request": (hostile.redirects_to("HERE\tx"), BadReply, "not followed", 2),
    "asks for the password for ever": (hostile.asks_for_a_password(DIGEST), Refused, "wrong user name or password", 3),
    "asks with Basic for ever": (hostile.asks_for_a_password('Basic realm="c"'), Refused, "wrong user name", 3),
    "calls every nonce stale": (hostile.asks_for_a_password(DIGEST + ", stale=true"), Refused, "wrong user name", 4),
    "asks in a way nobody speaks": (hostile.asks_for_a_password("Negotiate"), Refused, "negotiate", 2),
    "says 404": (hostile.answers_describe("404 Not Found"), BadReply, "no stream at '/live'", 2),
    "says 403": (hostile.answers_describe("403 Forbidden"), Refused, "may not watch", 2),
    "says 454": (hostile.answers_setup("454 Session Not Found"), Unreachable, "454", 3),
    "says 453": (hostile.answers_setup("453 Not Enough Bandwidth"), Unreachable, "too many viewers", 3),
    "says 461": (hostile.answers_setup("461 Unsupported Transport"), Unsupported, 'transport = "udp"', 3),
    "says 503": (hostile.answers_describe("503 Service Unavailable"), Unreachable, "503", 2),
    "says 551": (hostile.answers_describe("551 Option not supported"), Unsupported, "551", 2),
    "says 999": (hostile.answers_describe("999 Nonsense"), BadReply, "999", 2),
    "describes nothing": (hostile.answers_describe("200 OK"), BadReply, "describes nothing", 2),
    "sends over UDP though asked for TCP": (
        hostile.answers_setup("200 OK", "RTP/AVP;unicast;client_port=5-6;server_port=7-8"),
        Unsupported,
        'transport = "udp"',
        3,
    ),
    "speaks HTTP": (hostile.says(b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n"), BadReply, "looks like HTTP", 1),
    "speaks SSH": (hostile.says(b"SSH-2.0-x\r\n"), BadReply, "does not speak RTSP", 1),
    "sends noise": (hostile.says_for_ever(bytes(range(0x80, 0x100)) * 50), BadReply, "does not speak RTSP", 1),
    "hangs up": (hostile.says(b""), Unreachable, "closed the connection", 1),
    "hangs up half way": (hostile.says(b"RTSP/1.0 200 OK\r\nCSe"), Unreachable, "closed the connection", 1),
    "sends half": (
        hostile.says(b"RTSP/1.0 200 OK\r\nCSe", then_silent=True),
        Unreachable,
        "OPTIONS: (did not answer|has sent nothing)",
        1,
    ),
    "is silent": (hostile.says_nothing, Unreachable, "OPTIONS: (did not answer|has sent nothing)", 1),
    "sends an endless header": (
        hostile.says_for_ever(b"RTSP/1.0 200 OK\r\n" + b"X: " + b"y" * 5000),
        BadReply,
        "16384 bytes",
        1,
    ),
    "sends a negative length": (hostile.says(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: -1\r\n\r\n"), BadReply, "-1", 1),
    "sends a huge length": (
        hostile.says(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 4294967296\r\n\r\n"),
        BadReply,
        str(MAX_BODY_BYTES),
        1,
    ),
    "never ends its body": (
        hostile.says(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 60000\r\n\r\nabc", then_silent=True),
        Unreachable,
        "did not answer|has sent nothing",
        1,
    ),
    "lies about CSeq": (hostile.lies_about_cseq, BadReply, "was not asked", 1),
    "repeats old answers": (hostile.repeats_old_answers, Unreachable, "did not answer", 2),
    "sends frames instead of answers": (hostile.says_for_ever(interleaved(0, b"x" * 500)), Unreachable, "did not answer", 1),
    "has a megabyte of sprop": (hostile.describes(hostile.large_sprop()), BadReply, "at most", 2),
    "offers no picture": (hostile.describes("v=0\nm=audio 0 RTP/AVP 0\n"), BadReply, "no picture", 2),
    "offers JPEG": (hostile.describes("v=0\nm=video 0 RTP/AVP 26\n"), Unsupported, "JPEG", 2),
    "plays silence": (hostile.plays(lambda talk, maker: None), Unreachable, "sent nothing", 5),
    "plays without a key frame and hangs up": (
        hostile.plays(lambda talk, maker: talk.frames(maker.other_unit()), polite=False),
        Unreachable,
        "closed the connection",
        5,
    ),
    "plays another channel only": (
        hostile.plays(lambda talk, maker: hostile.drips(talk, RtpMaker(payload_type=97))),
        Unreachable,
        "no picture",
        5,
    ),
    "plays a picture of nonsense size": (
        hostile.plays(lambda talk, maker: talk.frames(maker.unit([b"\x67\x42\0\x1e\xff", b"\x68\xce", b"\x65\x88abc"]))),
        BadReply,
        "parameter set",
        5,
    ),
}


SILENCE = ("did not answer", "sent nothing", "no picture")


def patience_s(error: type[HearthwatchError], part: str) -> float:
    """Short where it is the camera's silence that is told of; what it does say may come as late as it likes."""
    return 1.0 if error is Unreachable and any(words in part for words in SILENCE) else 60.0


@pytest.mark.parametrize("name", OPENING)
def test_sec_18_camera_that(name: str) -> None:
    script, error, part, most_requests = OPENING[name]
    with Hostile(script) as camera:
        with pytest.raises(error, match=part) as caught:
            feed(camera.url, user="admin", password="hunter22", read_timeout_s=patience_s(error, part)).open(Stop())
        assert len(camera.requests) <= most_requests
        assert camera.connections == 1
    assert "hunter22" not in str(caught.value)
    assert str(caught.value).startswith("front/main at 127.0.0.1:")


def test_wrong_password_is_tried_exactly_once() -> None:
    with Hostile(hostile.asks_for_a_password(DIGEST)) as camera:
        with pytest.raises(Refused):
            feed(camera.url, user="admin", password="hunter22").open(Stop())
        assert camera.methods == ["OPTIONS", "DESCRIBE", "DESCRIBE"]
        assert sum("Authorization: Digest" in head for head in camera.requests) == 1


def test_no_password_is_sent_to_a_camera_that_does_not_ask() -> None:
    with Hostile(hostile.answers_describe("404 Not Found")) as camera:
        with pytest.raises(BadReply):
            feed(camera.url, user="admin", password="hunter22").open(Stop())
        assert not any("Authorization" in head for head in camera.requests)


def test_sec_18_same_host_redirect_is_followed_once_on_the_same_connection() -> None:
    with Hostile(hostile.redirects_to("HERE/moved")) as camera:
        with pytest.raises(BadReply, match="SETUP: has no stream"):
            feed(camera.url).open(Stop())
        assert camera.connections == 1
        assert camera.requests[2].startswith(f"DESCRIBE {camera.url}/moved ")


def test_stop_ends_a_wait_for_an_answer() -> None:
    stop, asked, ended = Stop(), threading.Event(), threading.Event()

    def script(talk: Talk) -> None:
        talk.request()
        asked.set()
        talk.silence()

    with Hostile(script) as camera:

        def watch() -> None:
            with pytest.raises(Unreachable, match="stopped while waiting for an answer"):
                feed(camera.url, read_timeout_s=60.0).open(stop)
            ended.set()

        watcher = threading.Thread(target=watch)
        watcher.start()
        assert asked.wait(30)
        stop.set()
        assert ended.wait(30)
        watcher.join()


STREAMING: dict[str, tuple[Script, type[HearthwatchError], str]] = {
    "falls silent": (hostile.plays(hostile.one_gop), Unreachable, "stream: has sent nothing for 1 s"),
    "hangs up": (hostile.plays(hostile.one_gop, polite=False), Unreachable, "stream: closed the connection"),
    "says goodbye": (hostile.plays(hostile.leaves), Unreachable, "ended the stream"),
    "lies about a length": (hostile.plays(hostile.lying_length), BadReply, "lost its place"),
    "announces a frame it never sends": (hostile.plays(hostile.too_long_length), Unreachable, "sent nothing"),
    "sends anything but pictures": (hostile.plays(hostile.drips), Unreachable, "no picture"),
    "asks us for ever": (hostile.plays(hostile.asks_us_for_ever), BadReply, "asks us more"),
    "changes its picture": (hostile.plays(hostile.other_size), StreamChanged, "1280x720 to "),
}


@pytest.mark.parametrize("name", STREAMING)
def test_playing_camera_that(name: str) -> None:
    script, error, part = STREAMING[name]
    packets: list[Packet] = []

    def watch(url: str) -> None:
        with watching(url, read_timeout_s=patience_s(error, part)) as opened:
            assert opened.info.video.width_px == 1280
            packets.extend(iter(opened))

    with Hostile(script) as camera, pytest.raises(error, match=part) as caught:
        watch(camera.url)
    # what comes in one piece with the answer to PLAY fails PLAY; a frame cut short by its length looks like a whole one
    assert len(packets) == 5 + ("length" in name) or "PLAY:" in str(caught.value)
    if isinstance(caught.value, StreamChanged):
        assert caught.value.info.video.width_px != 1280


def test_a_changed_picture_goes_on_over_the_same_connection_with_its_key_frame() -> None:
    with Hostile(hostile.plays(hostile.other_size)) as camera, watching(camera.url) as opened:
        packets: list[Packet] = []
        with pytest.raises(StreamChanged) as changed:
            packets.extend(iter(opened))
        assert (len(packets), changed.value.goes_on) == (5, True)
        assert opened.info == changed.value.info
        first = taken(opened, 1)
        assert first[0].is_key
        assert first[0].dts_ticks == packets[-1].dts_ticks + 3000
        assert camera.connections == 1


def test_stamps_run_over_the_32_bit_wrap() -> None:
    with Hostile(hostile.plays(lambda talk, maker: hostile.one_gop(talk, maker, 20))) as camera, watching(camera.url) as opened:
        packets = taken(opened, 20)
    assert [packet.pts_ticks for packet in packets] == [index * 3000 for index in range(20)]
    assert opened.lost_packets == 0


def test_another_sender_goes_on_with_its_key_frame() -> None:
    with Hostile(hostile.plays(hostile.another_sender)) as camera, watching(camera.url) as opened:
        packets = taken(opened, 10)
    assert [packet.is_key for packet in packets] == [True, *[False] * 4] * 2
    assert opened.losses[Kind.VIDEO].skipped_units == 1


def test_wrong_sprop_gives_way_to_what_the_stream_says() -> None:
    def script(talk: Talk) -> None:
        hostile.playing(talk, hostile.wrong_sprop())
        hostile.one_gop(talk, RtpMaker())
        talk.until_gone()

    with Hostile(script) as camera, watching(camera.url) as opened:
        assert len(taken(opened, 5)) == 5
        assert (opened.info.video.width_px, opened.info.video.height_px) == (1280, 720)


def test_sprop_alone_is_enough() -> None:
    from tests.devices.rtp_maker import h264_slice

    def script(talk: Talk) -> None:
        hostile.playing(talk, hostile.wrong_sprop())
        maker = RtpMaker()
        talk.frames(maker.unit([h264_slice(50, key=True)]) + maker.other_unit())
        talk.until_gone()

    with Hostile(script) as camera, watching(camera.url) as opened:
        packets = taken(opened, 2)
    assert len(split_length_prefixed(packets[0].data)) == 1
    assert opened.info.video.width_px == 1280


def test_frames_before_the_answer_to_play_are_not_lost() -> None:
    def script(talk: Talk) -> None:
        maker = RtpMaker()
        while True:
            method, _, fields = talk.request()
            if method == "SETUP":
                fields[">Transport"], fields[">Session"] = fields["transport"], "1"
            if method == "PLAY":
                talk.frames(maker.key_unit())
            talk.reply(fields, body=hostile.SDP if method == "DESCRIBE" else "")
            if method == "PLAY":
                talk.frames(maker.other_unit())

    with Hostile(script) as camera, watching(camera.url) as opened:
        assert [packet.is_key for packet in taken(opened, 2)] == [True, False]


def test_channels_are_those_the_camera_says() -> None:
    def script(talk: Talk) -> None:
        hostile.playing(talk, transport="RTP/AVP/TCP;unicast;interleaved=4-5;ssrc= x")
        talk.frames(RtpMaker().key_unit(), channel=4)
        talk.until_gone()

    with Hostile(script) as camera, watching(camera.url) as opened:
        assert taken(opened, 1)[0].is_key


def test_a_picture_whose_sound_cannot_be_set_up_is_still_a_picture() -> None:
    def script(talk: Talk) -> None:
        while True:
            method, url, fields = talk.request()
            status = "459 Aggregate Operation Not Allowed" if url.endswith("sound") else "200 OK"
            if method == "SETUP":
                fields[">Transport"], fields[">Session"] = fields["transport"], "1"
            sdp = hostile.SDP + "m=audio 0 RTP/AVP 0\na=control:sound\n"
            talk.reply(fields, status, body=sdp if method == "DESCRIBE" else "")
            if method == "PLAY":
                talk.frames(RtpMaker().key_unit())

    with Hostile(script) as camera, watching(camera.url) as opened:
        assert taken(opened, 1)[0].is_key
        assert opened.info.audio is None


def test_the_session_is_torn_down() -> None:
    with Hostile(hostile.plays(hostile.one_gop)) as camera, watching(camera.url) as opened:
        taken(opened, 5)
    # only now has the camera read all: whoever says goodbye waits half a second for it
    assert camera.methods == ["OPTIONS", "DESCRIBE", "SETUP", "PLAY", "TEARDOWN"]
    assert "Session: 77" in camera.requests[-1]


def test_questions_of_the_camera_are_answered() -> None:
    with Hostile(hostile.plays(hostile.asks_us)) as camera, watching(camera.url) as opened:
        assert len(taken(opened, 10)) == 10


def test_keep_alive_is_sent_at_half_the_session_and_logs_in_again() -> None:
    def script(talk: Talk) -> None:
        maker, challenged = RtpMaker(), False
        hostile.playing(talk, session="77; timeout=2")
        hostile.one_gop(talk, maker)
        while True:
            method, _, fields = talk.request()
            if method == "GET_PARAMETER" and not challenged:
                challenged = True
                fields[">WWW-Authenticate"] = DIGEST.format(n=1)
                talk.reply(fields, "401 Unauthorized")
            else:
                talk.reply(fields, "200 OK" if method == "TEARDOWN" else "451 Parameter Not Understood")
            talk.frames(maker.other_unit())

    with Hostile(script) as camera, watching(camera.url, user="admin", password="x") as opened:
        taken(opened, 8)
    first, second, *others, last = camera.methods[4:]
    assert (first, second, last) == ("GET_PARAMETER", "GET_PARAMETER", "TEARDOWN")
    assert set(others) == {"OPTIONS"}, "as often as seconds passed"
    assert "Authorization" in camera.requests[5]


def test_a_lost_session_is_unreachable() -> None:
    def script(talk: Talk) -> None:
        hostile.playing(talk, session="77;timeout=2")
        hostile.one_gop(talk, RtpMaker())
        while True:
            talk.reply(talk.request()[2], "454 Session Not Found")

    with Hostile(script) as camera, watching(camera.url) as opened, pytest.raises(Unreachable, match="lost our session"):
        taken(opened, 1000)


def test_a_lying_sender_report_does_no_harm() -> None:
    def run(talk: Talk, maker: RtpMaker) -> None:
        hostile.one_gop(talk, maker)
        talk.frames([sender_report(maker.ssrc, 0, 5), b"\x80\xc8\xff\xff", b"", b"\xff" * 40], channel=1)
        hostile.one_gop(talk, maker)

    with Hostile(hostile.plays(run)) as camera, watching(camera.url) as opened:
        assert len(taken(opened, 10)) == 10
        assert opened.camera_clock is not None


def test_pictures_without_a_key_frame_are_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(talk: Talk, maker: RtpMaker) -> None:
        while True:
            talk.frames(maker.other_unit())

    monkeypatch.setattr(rtsp_stream, "KEY_WAIT_S", 0.3)
    with Hostile(hostile.plays(run)) as camera, pytest.raises(BadReply, match="no key frame within"):
        feed(camera.url).open(Stop())


def test_corrupted_pictures_neither_stop_the_stream_nor_end_the_client() -> None:
    """Bits flipped inside slices cannot be told from whole ones here: the decoder's box deals with them."""
    rng = random.Random(5)

    def run(talk: Talk, maker: RtpMaker) -> None:
        talk.frames(maker.key_unit())
        for _ in range(200):
            (packet,) = maker.other_unit()
            noisy = bytearray(packet)
            for _ in range(20):
                noisy[rng.randrange(14, len(noisy))] ^= 1 << rng.randrange(8)
            talk.frames([bytes(noisy)])

    with Hostile(hostile.plays(run)) as camera, watching(camera.url) as opened:
        assert len(taken(opened, 201)) == 201


def test_sec_17_loopback_is_refused_unless_allowed() -> None:
    with Hostile(hostile.says_nothing) as camera:
        with pytest.raises(Unsupported, match="allow_loopback"):
            feed(camera.url, allow_loopback=False).open(Stop())
        assert camera.connections == 0


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "rtsps://127.0.0.1/", "rtsp:///x", "rtsp://127.0.0.1:99999/", "rtsp://[/"]
)
def test_addresses_that_are_none_of_ours(url: str) -> None:
    with pytest.raises(Unsupported):
        feed(url).open(Stop())
