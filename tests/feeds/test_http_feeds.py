"""MJPEG and snapshot feeds against an emulated camera in all its moods."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Iterator

import pytest
from tests.devices.http_camera import FRAMINGS, PASSWORD, USER, HttpCamera, picture

from hearthwatch.feeds.factory import feed_for
from hearthwatch.feeds.jpeg_poll import JpegFeed
from hearthwatch.feeds.mjpeg import MjpegFeed
from hearthwatch.feeds.packet import Codec, OpenFeed, Packet, Stream, StreamChanged
from hearthwatch.feeds.pump import Lives
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.kit.clock import FakeClock, Stop, SystemClock
from hearthwatch.kit.errors import BadReply, ConfigFault, HearthwatchError, Refused, Unreachable, Unsupported
from hearthwatch.kit.units import NS_PER_S, CameraId

pytestmark = pytest.mark.wired


@pytest.fixture
def camera() -> Iterator[HttpCamera]:
    device = HttpCamera()
    yield device
    device.close()


def source(url: str, kind: SourceKind, **more: object) -> Source:
    settings = {"user": USER, "password": PASSWORD, "allow_loopback": True, "poll_s": 0.01, **more}
    return Source(camera=CameraId("front"), stream=Stream.MAIN, kind=kind, url=url, **settings)  # type: ignore[arg-type]


SILENT_S = 3.0
"""For cameras that are to be given up: what they do send has to come within it."""


def opened(url: str, kind: SourceKind, stop: Stop | None = None, *, read_timeout_s: float = 60.0, **more: object) -> OpenFeed:
    feed_class = MjpegFeed if kind is SourceKind.MJPEG else JpegFeed
    feed = feed_class(source(url, kind, **more), clock=SystemClock(), rng=random.Random(1), read_timeout_s=read_timeout_s)
    return feed.open(stop or Stop())


def all_of(feed: OpenFeed) -> tuple[list[Packet], HearthwatchError]:
    packets: list[Packet] = []
    try:
        packets.extend(feed)
    except HearthwatchError as error:
        return packets, error
    finally:
        feed.close()
    pytest.fail("a stream never ends without an error")


@pytest.mark.parametrize("name", FRAMINGS)
def test_every_framing_gives_the_same_pictures(camera: HttpCamera, name: str) -> None:
    packets, error = all_of(opened(camera.url(f"/mjpeg/{name}"), SourceKind.MJPEG))
    assert [packet.data for packet in packets] == [picture(index) for index in range(5)]
    assert isinstance(error, Unreachable)
    assert all(packet.is_key for packet in packets)
    ticks = [packet.dts_ticks for packet in packets]
    assert ticks == sorted(ticks)


def test_chunked_stream_is_read_too(camera: HttpCamera) -> None:
    packets, _ = all_of(opened(camera.url("/mjpeg-chunked"), SourceKind.MJPEG))
    assert len(packets) == 4, "the last part has no boundary after it, so that nobody knows whether it is whole"
    assert packets[0].data == picture(0)


def test_info_tells_codec_and_size_before_the_first_packet(camera: HttpCamera) -> None:
    feed = opened(camera.url("/mjpeg/plain"), SourceKind.MJPEG)
    video = feed.info.video
    feed.close()
    assert (video.codec, video.width_px, video.height_px, video.extradata) == (Codec.MJPEG, 64, 48, b"")


def test_change_of_size_is_a_changed_stream(camera: HttpCamera) -> None:
    packets, error = all_of(opened(camera.url("/mjpeg-growing"), SourceKind.MJPEG))
    assert len(packets) == 1
    assert isinstance(error, StreamChanged)
    assert error.info.video.width_px == 128


@pytest.mark.parametrize("scheme", ["digest", "basic", "both"])
@pytest.mark.parametrize(("path", "kind"), [("/mjpeg/plain", SourceKind.MJPEG), ("/jpeg", SourceKind.JPEG)])
def test_log_in(camera: HttpCamera, scheme: str, path: str, kind: SourceKind) -> None:
    feed = opened(camera.url(f"/{scheme}{path}?a=1&b=2"), kind)
    assert next(iter(feed)).data
    feed.close()
    assert camera.authorizations[0] == ""
    assert camera.authorizations[1].startswith("Basic" if scheme == "basic" else "Digest")


@pytest.mark.parametrize("scheme", ["digest", "basic"])
def test_wrong_password_is_tried_once_and_never_shown(camera: HttpCamera, scheme: str) -> None:
    with pytest.raises(Refused, match=r"front/main at 127\.0\.0\.1: wrong user name or password") as caught:
        opened(camera.url(f"/{scheme}/jpeg"), SourceKind.JPEG, password="hunter2")
    assert len(camera.requests) == 2
    assert "hunter2" not in str(caught.value)


def test_unknown_log_in_is_refused_without_a_try(camera: HttpCamera) -> None:
    with pytest.raises(Refused, match="negotiate"):
        opened(camera.url("/kerberos/jpeg"), SourceKind.JPEG)
    assert len(camera.requests) == 1


@pytest.mark.parametrize(
    ("path", "kind", "fault", "words"),
    [
        ("/nowhere", SourceKind.MJPEG, BadReply, "nothing under this path"),
        ("/nowhere", SourceKind.JPEG, BadReply, "nothing under this path"),
        ("/forbidden", SourceKind.MJPEG, Refused, "403"),
        ("/redirect", SourceKind.MJPEG, BadReply, "another address, which is not followed"),
        ("/jpeg", SourceKind.MJPEG, BadReply, "set poll_s for this camera, such as 1"),
        ("/mjpeg/plain", SourceKind.JPEG, BadReply, "set kind = 'mjpeg'"),
        ("/text-part", SourceKind.MJPEG, BadReply, "No MJ stream"),
        ("/html", SourceKind.MJPEG, BadReply, "text instead of pictures.*Please log in"),
        ("/html", SourceKind.JPEG, BadReply, "Please log in"),
        ("/huge", SourceKind.JPEG, BadReply, "claims 32000x32000"),
        ("/mjpeg-huge", SourceKind.MJPEG, BadReply, "claims 32000x32000"),
        ("/broken", SourceKind.MJPEG, BadReply, "does not speak HTTP"),
        ("/wrong-length", SourceKind.JPEG, BadReply, "wrong length"),
        ("/cut", SourceKind.JPEG, Unreachable, "in the middle"),
        ("/silent", SourceKind.MJPEG, Unreachable, "no picture for"),
        ("/endless-header", SourceKind.MJPEG, BadReply, "header of more than 16384 bytes"),
        ("/endless-part", SourceKind.MJPEG, BadReply, "more than 8388608 bytes"),
        ("/endless-jpeg", SourceKind.JPEG, BadReply, "more than 26214400 bytes"),
    ],
)
def test_sec_18_misbehaviour_has_a_clear_error(
    camera: HttpCamera, path: str, kind: SourceKind, fault: type[HearthwatchError], words: str
) -> None:
    with pytest.raises(fault, match=words) as caught:
        opened(camera.url(path), kind, read_timeout_s=SILENT_S if path == "/silent" else 60.0)
    assert "front/main at 127.0.0.1" in str(caught.value) or "JPEG" in str(caught.value)
    assert len(camera.requests) == 1


def test_sec_22_endless_part_costs_no_more_than_its_limit(camera: HttpCamera) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(BadReply):
            opened(camera.url("/endless-part"), SourceKind.MJPEG)
        assert tracemalloc.get_traced_memory()[1] < 30 * 1024 * 1024
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("path", ["/stalled", "/trickling"])
def test_camera_that_stops_or_trickles_is_given_up(camera: HttpCamera, path: str) -> None:
    packets, error = all_of(opened(camera.url(path), SourceKind.MJPEG, read_timeout_s=SILENT_S))
    assert len(packets) == 1
    assert isinstance(error, Unreachable)
    assert "no picture for" in str(error)


class AskedTwice(Stop):
    """Set once it was asked twice while `armed`: first by the loop between two pictures, then by the read that waits."""

    armed = False
    asked = 0

    def is_set(self) -> bool:
        self.asked += self.armed
        return self.asked > 1


def test_stop_ends_a_waiting_read_without_an_error(camera: HttpCamera) -> None:
    stop, clock = AskedTwice(), SystemClock()
    feed = opened(camera.url("/stalled"), SourceKind.MJPEG, stop)
    reading = iter(feed)
    next(reading)
    stop.armed = True
    since_ns = clock.mono_ns()
    assert list(reading) == []
    assert clock.mono_ns() - since_ns < 30 * NS_PER_S, "the stop ends it, not the 60 s without a picture"
    feed.close()


@pytest.mark.parametrize(("path", "connections"), [("/jpeg", 1), ("/jpeg-chunked", 1), ("/jpeg-closing", 4)])
def test_polling_keeps_the_connection_where_the_camera_does(camera: HttpCamera, path: str, connections: int) -> None:
    feed = opened(camera.url(path), SourceKind.JPEG)
    reading = iter(feed)
    packets = [next(reading) for _ in range(4)]
    feed.close()
    assert [packet.data for packet in packets] == [picture(index) for index in range(1, 5)]
    assert camera.connections == connections


def test_nobody_listening_is_unreachable_and_loopback_refused_unless_allowed(camera: HttpCamera) -> None:
    with pytest.raises(Unsupported, match="allow_loopback"):
        opened(camera.url("/jpeg"), SourceKind.JPEG, allow_loopback=False)
    url = camera.url("/jpeg")
    camera.close()
    with pytest.raises(Unreachable, match=r"cannot connect \(Connection refused\)"):
        opened(url, SourceKind.JPEG)


@pytest.mark.parametrize("url", ["ftp://192.0.2.1/a", "http:///a", "http://h/a b", "http://h/a\r\nX: y"])
def test_odd_url_is_a_config_fault(url: str) -> None:
    with pytest.raises(ConfigFault):
        opened(url, SourceKind.JPEG)


def test_factory_chooses_by_kind() -> None:
    kinds = {SourceKind.MJPEG: "MjpegFeed", SourceKind.JPEG: "JpegFeed", SourceKind.RTSP: "RtspFeed"}
    for kind, name in kinds.items():
        feed = feed_for(source("http://192.0.2.1/", kind), clock=SystemClock(), rng=random.Random(1))
        assert type(feed).__name__ == name


class WatchedClock(FakeClock):
    """Notes how long each sleep was."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []

    def sleep(self, stop: Stop, seconds: float) -> bool:
        self.slept.append(seconds)
        return super().sleep(stop, seconds)


def test_long_pause_between_pictures_shows_signs_of_life(camera: HttpCamera) -> None:
    clock = WatchedClock()
    feed = JpegFeed(source(camera.url("/jpeg"), SourceKind.JPEG, poll_s=600.0), clock=clock, rng=random.Random(1)).open(Stop())
    reading = iter(feed)
    first, second = next(reading), next(reading)
    feed.close()
    assert second.received_ns - first.received_ns == 600 * NS_PER_S
    assert max(clock.slept) <= 5
    assert isinstance(feed, Lives)
    assert second.received_ns - feed.beat_ns <= 5 * NS_PER_S
