"""The restream's server: who comes in, what is refused and how, and that nothing sent to it does more than end itself."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.feeds.packet_maker import AVCC_320X180
from tests.web.restream_bench import PASSWORD, USER, Reader, connected, restreaming
from tests.web.streams import MJPEG, Streams

from hearthwatch.feeds.nal import length_prefixed
from hearthwatch.feeds.packet import Codec, Stream, StreamInfo, VideoInfo
from hearthwatch.feeds.sdp import parse_sdp
from hearthwatch.kit.errors import BadReply
from hearthwatch.kit.units import camera_id
from hearthwatch.web.doors import CameraState
from hearthwatch.web.relay.restream import Restream
from hearthwatch.web.relay.rtsp_request import interleaved_pair, parse_request, place_of

H264 = StreamInfo(video=VideoInfo(codec=Codec.H264, extradata=AVCC_320X180, width_px=320, height_px=180))
TCP = "RTP/AVP/TCP;unicast;interleaved=0-1"
FRONT = camera_id("front")
KEY = (FRONT, Stream.MAIN)


def unit(number: int) -> tuple[bytes, bool]:
    is_key = number % 10 == 0
    return length_prefixed([bytes([0x65 if is_key else 0x41, 0x88]) + number.to_bytes(4, "big") * 50]), is_key


def streams() -> Streams:
    return Streams({KEY: (H264, unit), (FRONT, Stream.SUB): (H264, unit), (camera_id("old"), Stream.MAIN): (MJPEG, unit)})


@pytest.fixture
async def cameras() -> Streams:
    return streams()


@pytest.fixture
async def server(cameras: Streams) -> AsyncIterator[Restream]:
    async with restreaming(cameras, most_per_address=4) as running:
        yield running


async def logged_in(reader: Reader, path: str = "/front") -> Reader:
    reader.authorization = await reader.digest("DESCRIBE", path)
    return reader


async def playing(reader: Reader, path: str = "/front") -> Reader:
    await logged_in(reader, path)
    status, _, sdp = await reader.ask("DESCRIBE", path)
    assert status == 200
    (media,) = parse_sdp(sdp, reader.url(f"{path}/")).media
    status, fields, _ = await reader.ask("SETUP", f"{path}/track1", Transport=TCP)
    assert status == 200
    assert fields["transport"].startswith(TCP)
    assert media.encoding == "H264"
    session = fields["session"].partition(";")[0]
    status, fields, _ = await reader.ask("PLAY", path, Session=session)
    assert status == 200
    assert "seq=" in fields["rtp-info"]
    return reader


async def test_a_reader_gets_the_stream_from_its_key_frame_at_once(server: Restream, cameras: Streams) -> None:
    async with connected(server) as reader:
        await playing(reader)
        channel, report = await reader.frame()
        assert (channel, report[1]) == (1, 200)
        channel, first = await reader.frame()
        assert channel == 0
        assert first[12] & 0x1F == 7  # its parameter sets come first
        seen = [first]
        while seen[-1][12] & 0x1F != 5:
            seen.append((await reader.frame())[1])
        cameras.give(KEY)
        assert (await reader.frame())[1][12] & 0x1F == 1
        assert cameras.opened[KEY] >= 1
        assert server.clients == 1


async def test_readers_of_one_stream_are_one_upstream(server: Restream, cameras: Streams) -> None:
    async with connected(server) as one, connected(server) as other:
        await playing(one)
        opened = cameras.opened[KEY]
        await playing(other)
        assert cameras.opened[KEY] == opened


async def test_sec_24_nobody_comes_in_without_the_password(server: Restream, cameras: Streams) -> None:
    async with connected(server) as reader:
        assert (await reader.ask("OPTIONS", "*"))[0] == 200
        for method in ("DESCRIBE", "SETUP", "PLAY", "GET_PARAMETER", "TEARDOWN", "ANNOUNCE"):
            status, fields, body = await reader.ask(method, "/front", Transport=TCP)
            assert status == 401
            assert fields["www-authenticate"].startswith("Digest ")
            assert not body
        assert not cameras.opened
        reader.authorization = await reader.digest("DESCRIBE", "/front", password="wrong")
        assert (await reader.ask("DESCRIBE"))[0] == 401
        reader.authorization = await reader.digest("DESCRIBE", "/front")
        assert (await reader.ask("DESCRIBE", "/old"))[0] == 401  # an answer holds for what was asked
        reader.authorization = "Digest response=x"
        assert (await reader.ask("DESCRIBE"))[0] == 401
        assert await reader.reader.read() == b""  # three wrong ones end the connection


async def test_basic_is_taken_on_this_machine(server: Restream) -> None:
    async with connected(server) as reader:
        reader.authorization = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        assert (await reader.ask("DESCRIBE"))[0] == 200
    async with connected(server) as reader:
        reader.authorization = "Basic " + base64.b64encode(f"{USER}:".encode()).decode()
        assert (await reader.ask("DESCRIBE"))[0] == 401


async def test_who_tries_passwords_is_shut_out(server: Restream) -> None:
    for _ in range(4):
        async with connected(server) as reader:
            reader.authorization = "Basic eDp5"
            for _ in range(3):
                if (await reader.ask("DESCRIBE"))[0] != 401:
                    raise AssertionError
    async with connected(server) as reader:
        assert await reader.reader.read() == b""


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/front", 200),
        ("/front/", 200),
        ("/front/sub", 200),
        ("/nobody", 404),
        ("/hidden", 404),
        ("/../front", 404),
        ("/old", 415),
    ],
)
async def test_addresses_mean_one_thing_or_nothing(server: Restream, path: str, status: int) -> None:
    async with connected(server) as reader:
        await logged_in(reader, path)
        assert (await reader.ask("DESCRIBE", path))[0] == status


async def test_a_private_camera_is_not_served(server: Restream, cameras: Streams) -> None:
    cameras.state = CameraState.PRIVATE
    async with connected(server) as reader:
        await logged_in(reader)
        assert (await reader.ask("DESCRIBE"))[0] == 503
    assert not cameras.opened


async def test_udp_is_refused_politely_and_wrong_steps_too(server: Restream) -> None:
    async with connected(server) as reader:
        await logged_in(reader, "/nobody")
        assert (await reader.ask("DESCRIBE", "/nobody"))[0] == 404
        assert (await reader.ask("SETUP", "/front/track1", Transport=TCP))[0] == 455
        assert (await reader.ask("DESCRIBE"))[0] == 200
        assert (await reader.ask("SETUP", "/front/track1", Transport="RTP/AVP;unicast;client_port=5000-5001"))[0] == 461
        assert (await reader.ask("SETUP", "/front/track2", Transport=TCP))[0] == 404
        assert (await reader.ask("SETUP", "/old/track1", Transport=TCP))[0] == 404
        assert (await reader.ask("PLAY"))[0] == 455
        assert (await reader.ask("SETUP", "/front/track1", Transport=f"RTP/AVP/UDP;client_port=1-2,{TCP}"))[0] == 200
        assert (await reader.ask("PLAY", Session="another"))[0] == 454
        assert (await reader.ask("RECORD"))[0] == 405
        assert (await reader.ask("DESCRIBE", Require="com.example.x"))[0] == 551
        assert (await reader.ask("GET_PARAMETER"))[0] == 200
        assert (await reader.ask("TEARDOWN"))[0] == 200
        assert await reader.reader.read() == b""


async def test_reports_and_keep_alives_in_between_are_read(server: Restream, cameras: Streams) -> None:
    async with connected(server) as reader:
        await playing(reader)
        reader.writer.write(b"$\x01\x00\x08" + bytes(8) + b"\r\n")
        status, fields, _ = await reader.ask("GET_PARAMETER", "/front")
        assert status == 200
        assert fields["session"].endswith("timeout=60")


async def test_a_stream_that_changes_ends_for_its_reader(server: Restream, cameras: Streams) -> None:
    async with connected(server) as reader:
        await playing(reader)
        larger = VideoInfo(codec=Codec.H264, extradata=AVCC_320X180, width_px=640, height_px=360)
        cameras.begin(KEY, StreamInfo(video=larger))
        async with asyncio.timeout(60):
            await reader.reader.read()
            assert await reader.reader.read() == b""


async def test_too_many_from_one_address_are_turned_away(server: Restream) -> None:
    async with connected(server) as a, connected(server) as b, connected(server) as c, connected(server) as d:
        for one in (a, b, c, d):
            assert (await one.ask("OPTIONS", "*"))[0] == 200
        async with connected(server) as e:
            assert await e.reader.read() == b""
    assert server.refused == 1


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"DESCRIBE rtsp://x/front RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 99999999\r\n\r\n",
        b"DESCRIBE rtsp://x/front RTSP/1.0\r\nCSeq: 1\r\nContent-Length: -1\r\n\r\n",
        b"DESCRIBE rtsp://x/fr\x00nt RTSP/1.0\r\n\r\n",
        b"DESCRIBE rtsp://x/front RTSP/1.0\r\nCSeq 1\r\n\r\n",
        b"DESCRIBE rtsp://x/front RTSP/1.0\r\n" + b"A: b\r\n" * 100 + b"\r\n",
        b"\xff\xfe\xfd\r\n\r\n",
        b"A" * 20_000,
        b"\r\n\r\n\r\nX\r\n\r\n",
    ],
)
async def test_what_is_no_request_ends_the_connection_and_nothing_else(server: Restream, data: bytes) -> None:
    async with connected(server) as reader:
        reader.writer.write(data)
        async with asyncio.timeout(60):
            answer = await reader.reader.read()
        assert answer == b"" or answer.startswith((b"RTSP/1.0 400", b"RTSP/1.0 413"))
    async with connected(server) as reader:
        assert (await reader.ask("OPTIONS", "*"))[0] == 200


@given(st.binary(max_size=300))
def test_no_bytes_do_more_than_be_refused(data: bytes) -> None:
    for head in (data, b"DESCRIBE " + data + b" RTSP/1.0", b"DESCRIBE rtsp://x/y RTSP/1.0\r\n" + data):
        try:
            request = parse_request(head)
        except BadReply:
            continue
        assert request.cseq.isdigit()
        place_of(request.url)


@given(st.text(max_size=80))
def test_transports_are_read_or_not(text: str) -> None:
    pair = interleaved_pair(text)
    assert pair is None or pair == (-1, -1) or all(0 <= one < 256 for one in pair)
