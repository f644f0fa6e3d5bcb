"""The libav feed against GStreamer's RTSP server, and a pump through the death of a camera."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from itertools import islice, pairwise

import av
import pytest
from tests.devices.http_camera import HttpCamera
from tests.feeds.packet_maker import ListSink
from tests.runs.break_out import comes_through

from hearthwatch.bench.rtsp_server import Mount, RtspServer
from hearthwatch.feeds.factory import feed_for
from hearthwatch.feeds.guest import guest_feed_for
from hearthwatch.feeds.packet import Codec, Gap, GapReason, Kind, Packet, Run, RunId, Stream, StreamInfo
from hearthwatch.feeds.pump import Pump
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.kit.clock import Stop, SystemClock
from hearthwatch.kit.errors import BadReply, HearthwatchError, Refused, Unreachable
from hearthwatch.kit.units import CameraId, MonoNs

pytestmark = [pytest.mark.wired, pytest.mark.waits]

H264 = Mount(path="/h264", fps=25, length_s=4, gop_s=1)
H265 = Mount(path="/h265", codec="h265", fps=25, length_s=4, gop_s=1)
AAC = Mount(path="/aac", audio="aac", fps=25, length_s=4, gop_s=1)


@pytest.fixture(scope="module")
def server() -> Iterator[RtspServer]:
    with RtspServer([H264, H265, AAC], user="admin", password="s3cret word") as camera:
        yield camera


def opened(url: str, **more: object):
    settings: dict[str, object] = {"user": "admin", "password": "s3cret word", "allow_loopback": True, **more}
    source = Source(camera=CameraId("odd"), stream=Stream.MAIN, kind=SourceKind.LIBAV, url=url, **settings)  # type: ignore[arg-type]
    return guest_feed_for(source, clock=SystemClock(), started_ns=MonoNs(0)).open(Stop())


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize(("path", "codec"), [("/h264", Codec.H264), ("/h265", Codec.H265), ("/aac", Codec.H264)])
def test_stream_over_both_transports_decodes(server: RtspServer, transport: str, path: str, codec: Codec) -> None:
    feed = opened(server.url(path), transport=transport)
    packets = list(islice(feed, 60))
    video = feed.info.video
    feed.close()
    assert (video.codec, video.width_px, video.height_px) == (codec, 640, 480)
    pictures = [packet for packet in packets if packet.kind is Kind.VIDEO]
    first_key = next(index for index, packet in enumerate(pictures) if packet.is_key)
    decoder = av.CodecContext.create("hevc" if codec is Codec.H265 else "h264", "r")
    decoder.extradata = video.extradata
    frames = [frame for packet in pictures[first_key:] for frame in decoder.decode(av.Packet(packet.data))] + decoder.decode(
        None
    )
    assert len(frames) == len(pictures) - first_key
    assert all(after.dts_ticks > before.dts_ticks for before, after in pairwise(pictures))
    assert (feed.info.audio is not None) is (path == "/aac")


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_guest_reads_it_from_behind_its_walls_by_the_cameras_name(server: RtspServer, transport: str) -> None:
    source = Source(
        camera=CameraId("odd"),
        stream=Stream.MAIN,
        kind=SourceKind.LIBAV,
        url=server.url("/aac").replace("127.0.0.1", "localhost"),
        user="admin",
        password="s3cret word",
        allow_loopback=True,
        transport=transport,
    )
    assert comes_through(source)


def test_wrong_password_and_wrong_path(server: RtspServer) -> None:
    with pytest.raises(Refused, match="wrong user name or password"):
        opened(server.url("/h264"), password="other one")
    with pytest.raises(BadReply, match="404"):
        opened(server.url("/nowhere"))


def test_death_of_the_server_ends_the_stream() -> None:
    with RtspServer([H264]) as camera:
        feed = opened(camera.url("/h264"), user="", password="")
        reading = iter(feed)
        next(reading)
        camera.kill()
        with pytest.raises(HearthwatchError) as caught:
            list(reading)
        feed.close()
    assert isinstance(caught.value, Unreachable | BadReply)


class Waiting(ListSink):
    """Lets a test wait for what it expects."""

    def __init__(self) -> None:
        super().__init__()
        self.changed = threading.Condition()

    def _note(self, item: Run | Packet | Gap) -> None:
        with self.changed:
            self.log.append(item)
            self.changed.notify_all()

    def begin(self, run: Run, info: StreamInfo) -> None:
        self.infos.append(info)
        self._note(run)

    def take(self, packet: Packet) -> None:
        self._note(packet)

    def end(self, gap: Gap) -> None:
        self._note(gap)

    def wait_for(self, packets: int, runs: int, gaps: int) -> None:
        def enough() -> bool:
            return len(self.packets) >= packets and len(self.runs) >= runs and len(self.gaps) >= gaps

        with self.changed:
            assert self.changed.wait_for(enough, 30)


class NoHealth:
    def stream_lost(self, *_: object) -> None:
        """Nobody asks."""

    def stream_back(self, *_: object) -> None:
        """Nobody asks."""


def test_pump_rides_over_a_camera_that_closes_and_comes_back() -> None:
    device = HttpCamera(pictures_per_stream=5)
    source = Source(
        camera=CameraId("front"),
        stream=Stream.MAIN,
        kind=SourceKind.MJPEG,
        url=device.url("/mjpeg/foscam"),
        allow_loopback=True,
    )
    clock, stop, sink, rng = SystemClock(), Stop(), Waiting(), random.Random(1)
    ids = iter(range(100))
    pump = Pump(
        source.camera,
        source.stream,
        feed_for(source, clock=clock, rng=rng),
        [sink],
        clock=clock,
        stop=stop,
        rng=rng,
        ids=lambda: RunId(str(next(ids))),
        health=NoHealth(),
    )
    thread = threading.Thread(target=pump.run)
    thread.start()
    try:
        sink.wait_for(packets=10, runs=2, gaps=2)
    finally:
        stop.set()
        thread.join(10)
        device.close()
    assert not thread.is_alive()
    assert {gap.reason for gap in sink.gaps[:2]} == {GapReason.CAMERA}
    first, second = sink.runs[:2]
    assert second.start_us > sink.gaps[0].start_us > first.start_us
    assert pump.state.width_px == 64


def test_redirect_reaches_nobody_else() -> None:
    camera, other = HttpCamera(), HttpCamera()
    location = other.url("/mjpeg/plain").encode()
    camera._redirect = lambda: iter([b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n"])
    try:
        with pytest.raises(HearthwatchError):
            opened(camera.url("/redirect"))
        assert camera.requests == ["/redirect"]
        assert other.requests == []
    finally:
        camera.close()
        other.close()
