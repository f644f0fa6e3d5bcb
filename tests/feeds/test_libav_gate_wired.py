"""What a camera can make libav do behind the gate: reach nobody else, be asked but a few times, get no password elsewhere."""

from __future__ import annotations

import socket
from itertools import islice

import pytest
from tests.devices import hostile_rtsp as hostile
from tests.devices.hostile_rtsp import Hostile, Script, Talk
from tests.devices.rtp_maker import interleaved
from tests.faults.bent_camera import BentCamera, Part, QuickClock, Show
from tests.recording.packet_maker import make

from hearthwatch.feeds.guest import guest_feed_for
from hearthwatch.feeds.packet import OpenFeed, Stream
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.kit.clock import Stop, SystemClock
from hearthwatch.kit.errors import BadReply, HearthwatchError, Redirected, Unsupported
from hearthwatch.kit.units import CameraId, MonoNs

pytestmark = pytest.mark.wired


def opened(url: str, *, transport: str = "udp", allow_loopback: bool = True) -> OpenFeed:
    source = Source(
        camera=CameraId("odd"),
        stream=Stream.MAIN,
        kind=SourceKind.LIBAV,
        url=url,
        user="admin",
        password="hunter22",
        transport=transport,
        allow_loopback=allow_loopback,
    )
    return guest_feed_for(source, clock=SystemClock(), started_ns=MonoNs(0)).open(Stop())


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_sec_17_libav_follows_no_redirect_to_another_host_nor_to_itself(transport: str) -> None:
    with Hostile(hostile.asks_for_a_password('Basic realm="x"')) as other:
        for location in (other.url, "HERE/again", "rtsp://127.0.0.2:1/x"):
            with Hostile(hostile.redirects_to(location)) as camera:
                with pytest.raises(Redirected, match="redirects to another address"):
                    opened(camera.url, transport=transport)
                assert len(camera.requests) <= 3
                assert camera.connections == 1
        assert other.connections == 0


def test_sec_18_a_redirect_to_itself_is_asked_but_once() -> None:
    with Hostile(hostile.redirects_to_itself) as camera:
        with pytest.raises(Redirected, match="redirects"):
            opened(camera.url)
        assert len(camera.requests) <= 3


def test_sec_17_loopback_is_refused_before_libav_hears_of_it() -> None:
    with Hostile(hostile.says_nothing) as camera:
        with pytest.raises(Unsupported, match="allow_loopback"):
            opened(camera.url, allow_loopback=False)
        assert camera.connections == 0


def test_sec_17_libav_sends_no_datagram_to_where_a_camera_says_it_sends_from() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as victim:
        victim.bind(("127.0.0.2", 0))
        victim.settimeout(0.5)
        port = victim.getsockname()[1]

        def elsewhere(talk: Talk) -> None:
            while True:
                method, _, fields = talk.request()
                if method == "SETUP":
                    ports = fields["transport"].partition("client_port=")[2].partition(";")[0]
                    fields[">Session"] = "7"
                    fields[">Transport"] = (
                        f"RTP/AVP/UDP;unicast;destination=127.0.0.2;source=127.0.0.2;client_port={ports};server_port={port}-{port + 1}"
                    )
                talk.reply(fields, body=hostile.SDP if method == "DESCRIBE" else "")
                if method == "PLAY":
                    return

        with Hostile(elsewhere) as camera, pytest.raises(HearthwatchError):
            opened(camera.url)
        with pytest.raises(TimeoutError):
            victim.recv(1)


_FLOODS: dict[str, Script] = {
    "endless header": hostile.says_for_ever(b"RTSP/1.0 200 OK\r\n" + b"X: " + b"y" * 5000),
    "huge body": hostile.says(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 99999999\r\n\r\n"),
    "answers nobody asked for": hostile.says_for_ever(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n" * 50),
}


@pytest.mark.parametrize("name", _FLOODS)
def test_sec_18_what_floods_libav_ends_at_the_gate(name: str) -> None:
    with Hostile(_FLOODS[name]) as camera, pytest.raises(BadReply, match=r"header|body|more than anybody asked"):
        opened(camera.url)


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_stream_passes_the_gate_whole_whatever_else_comes_in_between(transport: str) -> None:
    made = make(frames=30, fps=15, gop=15)
    camera = BentCamera(
        show=Show([Part(made=made, count=45, fps=15)]),
        clock=QuickClock(1),
        wire=lambda channel, packet: (
            (interleaved(9, b"of another channel"), interleaved(channel, packet))
            if transport == "tcp"
            else (interleaved(channel, packet),)
        ),
    )
    with Hostile(camera.serve) as server:
        feed = opened(server.url, transport=transport)
        packets = list(islice(feed, 20))
        camera.stop.set()
        feed.close()
    places = [next(at for at, one in enumerate(made.packets) if one.data.endswith(packet.data)) for packet in packets]
    assert places == [(places[0] + count) % len(made.packets) for count in range(20)]
