"""The fan-out of one stream: late taps start at a key frame, a slow peer loses whole groups, a lost peer costs nobody else."""

from __future__ import annotations

import socket
import threading

import pytest

from hearthwatch.feeds.packet import Codec, Gap, GapReason, Kind, Packet, Run, RunId, Stream, StreamInfo, VideoInfo
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.errors import Unreachable
from hearthwatch.kit.mailbox import GopBox
from hearthwatch.kit.units import US_PER_S, CameraId, MonoNs, WallUs
from hearthwatch.run.messages import Begin, End, Flow, Media
from hearthwatch.run.taps import Line, StreamHub

CAMERA = CameraId("front")
INFO = StreamInfo(video=VideoInfo(codec=Codec.H264, extradata=b"\x01", width_px=64, height_px=48))
RUN = Run(id=RunId("r1"), camera=CAMERA, stream=Stream.SUB, start_us=WallUs(0))


def packet(number: int, *, gop: int = 10, size: int = 10) -> Packet:
    return Packet(
        camera=CAMERA,
        stream=Stream.SUB,
        kind=Kind.VIDEO,
        data=number.to_bytes(size, "big"),
        pts_ticks=number * 9000,
        dts_ticks=number * 9000,
        is_key=number % gop == 0,
        received_ns=MonoNs(number),
        wall_us=WallUs(number * US_PER_S // 10),
    )


def hub_with(count: int) -> StreamHub:
    hub = StreamHub()
    hub.begin(RUN, INFO)
    for number in range(count):
        hub.take(packet(number))
    return hub


def drained(box: GopBox[Flow]) -> list[Flow]:
    items: list[Flow] = []
    while (item := box.get(0)) is not None:
        items.append(item)
    return items


def test_a_late_tap_gets_the_opening_and_the_newest_group_of_pictures() -> None:
    box: GopBox[Flow] = GopBox("t", 1 << 20)
    hub = hub_with(34)
    hub.add_tap(box)
    hub.take(packet(34))
    items = drained(box)
    assert items[0] == Begin(run=RUN, info=INFO)
    assert [item.packet.pts_ticks // 9000 for item in items[1:] if isinstance(item, Media)] == [30, 31, 32, 33, 34]


def test_the_end_of_a_run_empties_what_is_held() -> None:
    box: GopBox[Flow] = GopBox("t", 1 << 20)
    hub = hub_with(15)
    gap = Gap(camera=CAMERA, stream=Stream.SUB, start_us=WallUs(1), end_us=None, reason=GapReason.CAMERA)
    hub.end(gap)
    hub.add_tap(box)
    assert drained(box) == []
    assert hub.gop_around(WallUs(0)) == (None, ())


def test_a_removed_tap_gets_nothing_more() -> None:
    box: GopBox[Flow] = GopBox("t", 1 << 20)
    hub = hub_with(1)
    hub.add_tap(box)
    drained(box)
    hub.remove_tap(box)
    hub.take(packet(1))
    assert drained(box) == []


@pytest.mark.parametrize(
    ("at", "expected"),
    [(25, list(range(20, 26))), (20, [20]), (18, list(range(10, 19))), (99, list(range(20, 28))), (3, [])],
)
def test_the_packets_around_a_moment_start_at_its_key_frame(at: int, expected: list[int]) -> None:
    hub = hub_with(28)
    info, packets = hub.gop_around(WallUs(at * US_PER_S // 10))
    assert [each.pts_ticks // 9000 for each in packets] == expected
    assert (info is None) == (not expected)


def test_a_hub_that_would_hold_too_much_holds_nothing_until_the_next_key_frame() -> None:
    hub = StreamHub()
    hub.begin(RUN, INFO)
    for number in range(5):
        hub.take(packet(number, gop=1000, size=4 << 20))
    assert hub.gop_around(WallUs(0)) == (None, ())


def test_a_line_sends_a_stream_to_its_peer_and_starts_afresh_with_a_new_one() -> None:
    hub = hub_with(12)
    line = Line("looker", 1 << 20)
    seen: list[list[object]] = []
    for _ in range(2):
        ours, theirs = socket.socketpair()
        line.connect(Channel(ours, Begin), {(CAMERA, Stream.SUB): hub})
        peer: Channel[Flow] = Channel(theirs, Flow)
        seen.append([peer.receive() for _ in range(3)])
        peer.close()
    line.close()
    for items in seen:
        assert isinstance(items[0], Begin)
        assert [item.packet.pts_ticks // 9000 for item in items[1:] if isinstance(item, Media)] == [10, 11]


def test_a_line_without_a_peer_says_so() -> None:
    line = Line("house", 1 << 20)
    assert (
        line.send(End(gap=Gap(camera=CAMERA, stream=Stream.SUB, start_us=WallUs(1), end_us=None, reason=GapReason.US))) is False
    )


def test_a_peer_that_is_gone_never_blocks_the_stream() -> None:
    hub = hub_with(1)
    line = Line("looker", 1 << 16)
    ours, theirs = socket.socketpair()
    line.connect(Channel(ours, Begin), {(CAMERA, Stream.SUB): hub})
    theirs.close()
    finished = threading.Event()

    def feed() -> None:
        for number in range(1, 500):
            hub.take(packet(number, size=1000))
        finished.set()

    threading.Thread(target=feed, daemon=True).start()
    assert finished.wait(60)
    line.close()


def test_a_channel_tells_the_end_of_its_peer() -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    channel: Channel[Flow] = Channel(ours, Flow)
    with pytest.raises(Unreachable):
        channel.receive()
    channel.close()
