"""RTP by datagrams: put in order, each once, from the camera alone; whole pictures come out or none."""

from __future__ import annotations

import random
import socket
from itertools import islice, pairwise

import pytest
from tests.devices.hostile_rtsp import Hostile
from tests.devices.rtp_maker import interleaved
from tests.faults.bent_camera import BentCamera, Part, QuickClock, Show, marked, source
from tests.recording.packet_maker import make

from hearthwatch.bench.rtsp_server import Mount, RtspServer
from hearthwatch.feeds.packet import Codec, Kind, OpenFeed, Stream
from hearthwatch.feeds.rtsp import RtspFeed
from hearthwatch.feeds.rtsp_datagrams import InOrder
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.kit.clock import Stop, SystemClock
from hearthwatch.kit.errors import Refused
from hearthwatch.kit.units import CameraId

MS = 1_000_000


def packet(number: int, ssrc: int = 7) -> bytes:
    return b"\x80\x60" + (number & 0xFFFF).to_bytes(2, "big") + bytes(4) + ssrc.to_bytes(4, "big") + b"x"


def numbers(packets: list[bytes]) -> list[int]:
    return [int.from_bytes(one[2:4], "big") for one in packets]


def test_swapped_and_doubled_packets_come_in_order_and_once() -> None:
    order, out = InOrder(), []
    for number in (65_534, 0, 65_535, 65_535, 2, 1, 1, 3):
        out += order.take(packet(number), 0)
    assert numbers(out) == [65_534, 65_535, 0, 1, 2, 3]


def test_a_lost_packet_is_waited_for_only_so_long() -> None:
    order = InOrder()
    assert numbers(order.take(packet(5), 0)) == [5]
    assert order.take(packet(7), 10 * MS) == []
    assert order.late(100 * MS) == []
    assert numbers(order.late(131 * MS)) == [7]
    assert order.take(packet(6), 140 * MS) == [], "too late"
    assert numbers(order.take(packet(8), 140 * MS)) == [8]


def test_a_leap_of_the_numbers_and_another_sender_start_anew() -> None:
    order = InOrder()
    order.take(packet(5), 0)
    order.take(packet(7), 0)
    assert numbers(order.take(packet(9_000), 0)) == [7, 9_000]
    order.take(packet(9_002), 0)
    assert numbers(order.take(packet(3, ssrc=8), 0)) == [9_002, 3]
    assert order.take(b"short", 0) == []


def opened(url: str, user: str = "", password: str = "") -> OpenFeed:
    wanted = Source(
        camera=CameraId("odd"),
        stream=Stream.MAIN,
        kind=SourceKind.RTSP,
        url=url,
        user=user,
        password=password,
        transport="udp",
        allow_loopback=True,
    )
    return RtspFeed(wanted, clock=SystemClock(), rng=random.Random(3)).open(Stop())


@pytest.mark.wired
def test_a_real_server_sends_picture_and_sound_by_datagrams() -> None:
    mount = Mount(path="/aac", audio="aac", fps=25, length_s=4, gop_s=1)
    with RtspServer([mount], user="admin", password="s3cret word") as camera:
        with pytest.raises(Refused):
            opened(camera.url("/aac"), "admin", "wrong")
        feed = opened(camera.url("/aac"), "admin", "s3cret word")
        packets = list(islice(feed, 60))
        feed.close()
    assert feed.info.audio is not None
    assert feed.info.audio.codec is Codec.AAC
    assert {one.kind for one in packets} == {Kind.VIDEO, Kind.AUDIO}
    assert feed.lost_packets == 0


@pytest.mark.wired
def test_datagrams_of_others_are_not_heard() -> None:
    camera = BentCamera(
        show=Show([Part(made=make(frames=30, fps=15, gop=15), count=60, fps=15)]), clock=QuickClock(1), sequence=100
    )
    shouting = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    shouting.bind(("127.0.0.2", 0))

    def wire(channel: int, one: bytes) -> list[bytes]:
        if camera.datagrams:
            foreign = bytearray(one)
            foreign[12:] = b"\x67" + bytes(len(one) - 13)
            shouting.sendto(foreign, camera.datagrams[0])
        return [interleaved(channel, one)]

    camera.wire = wire
    with Hostile(camera.serve) as server, shouting:
        feed = RtspFeed(source(server.url, transport="udp"), clock=SystemClock(), rng=random.Random(3)).open(Stop())
        found = [marked(one.data) for one in islice(feed, 30)]
        camera.stop.set()
        feed.close()
    # a datagram may be lost on a busy machine: then the rest of its group of pictures is
    assert all(now == before + 1 or (now > before and now % 15 == 0) for before, now in pairwise(found)), found
    assert set(found) <= set(range(60))
