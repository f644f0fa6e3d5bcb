"""The demo camera: the same scene for the same seed, two streams on one clock, and a walker that is found where one is."""

from __future__ import annotations

from itertools import islice

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hearthwatch.feeds.demo import DemoFeed
from hearthwatch.feeds.packet import Codec, Packet, Stream
from hearthwatch.feeds.scene import Scene, SceneOptions, parse_scene
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.kit.clock import FakeClock, Stop
from hearthwatch.kit.errors import ConfigFault
from hearthwatch.kit.units import CameraId


def feed(
    clock: FakeClock, stream: Stream = Stream.SUB, url: str = "demo://street?seed=3", started_ns: int | None = None
) -> DemoFeed:
    source = Source(camera=CameraId("demo"), stream=stream, kind=SourceKind.DEMO, url=url)
    return DemoFeed(source, clock=clock, started_ns=clock.mono_ns() if started_ns is None else started_ns)


def frames_of(opened, packets: list[Packet]) -> list[NDArray[np.uint8]]:
    context = av.CodecContext.create("h264", "r")
    context.extradata = opened.info.video.extradata
    pictures = [frame for packet in packets for frame in context.decode(av.Packet(packet.data))]
    return [frame.to_ndarray(format="bgr24") for frame in pictures + context.decode(None)]


def person_in(hog: cv2.HOGDescriptor, picture: NDArray[np.uint8]) -> bool:
    _, weights = hog.detectMultiScale(picture, winStride=(8, 8), padding=(8, 8), scale=1.05)
    return bool(np.max(weights, initial=0.0) > 0.3)


@pytest.fixture(scope="module")
def hog() -> cv2.HOGDescriptor:
    descriptor = cv2.HOGDescriptor()
    descriptor.setSVMDetector(cv2.HOGDescriptor_getDefaultPeopleDetector())
    return descriptor


@pytest.mark.long
@pytest.mark.parametrize(("stream", "size"), [(Stream.MAIN, (1280, 720)), (Stream.SUB, (640, 360))])
def test_packets_decode_at_their_size_and_pace(stream: Stream, size: tuple[int, int]) -> None:
    clock = FakeClock()
    opened = feed(clock, stream).open(Stop())
    start_ns = clock.mono_ns()
    packets = list(islice(opened, 45))
    video = opened.info.video
    assert (video.codec, video.width_px, video.height_px) == (Codec.H264, *size)
    assert [packet.dts_ticks for packet in packets] == [index * 9_000 for index in range(45)]
    assert [index for index, packet in enumerate(packets) if packet.is_key] == [0, 20, 40]
    assert all(abs(packet.received_ns - start_ns - index * 10**8) < 10**6 for index, packet in enumerate(packets))
    pictures = frames_of(opened, packets)
    assert len(pictures) == 45
    assert pictures[0].shape == (size[1], size[0], 3)


def test_same_seed_is_the_same_stream_and_another_seed_another() -> None:
    streams = [
        [p.data for p in islice(feed(FakeClock(), url=f"demo://street?seed={seed}").open(Stop()), 5)] for seed in (1, 1, 2)
    ]
    assert streams[0] == streams[1]
    assert streams[0] != streams[2]


def test_both_streams_and_a_later_opening_show_the_same_moment() -> None:
    options = SceneOptions(seed=4)
    small = Scene(options, 640, 360).frame(11.3)[:360].astype(int)
    large = Scene(options, 1280, 720).frame(11.3)[:720]
    shrunk = cv2.resize(large, (640, 360), interpolation=cv2.INTER_AREA).astype(int)
    assert np.mean(np.abs(small - shrunk)) < 3
    clock = FakeClock()
    started_ns = clock.mono_ns()
    clock.advance(10.04)
    packet = next(iter(feed(clock, started_ns=started_ns).open(Stop())))
    assert packet.dts_ticks == 100 * 9_000


def test_stop_ends_the_stream() -> None:
    stop, packets = Stop(), []
    for packet in feed(FakeClock()).open(stop):
        packets.append(packet)
        if len(packets) == 3:
            stop.set()
    assert len(packets) == 3


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1, 9))
def test_walker_of_every_seed_size_and_speed_is_found_by_the_built_in_detector(hog: cv2.HOGDescriptor, seed: int) -> None:
    """In most frames; the few in which legs cross on a dark road may be missed."""
    size, speed = (0.8, 1.0, 1.2)[seed % 3], (0.7, 1.0, 1.5)[seed // 3]
    url = f"demo://street?seed={seed}&size={size}&speed={speed}&first_s=0"
    crossing_s = 640 / 170 / (0.82 * speed * size)
    opened = feed(FakeClock(), url=url).open(Stop())
    pictures = frames_of(opened, list(islice(opened, round(crossing_s * 10))))
    inside = pictures[len(pictures) // 6 : -len(pictures) // 6]
    chosen = inside[:: max(1, len(inside) // 8)][:8]
    assert sum(person_in(hog, picture) for picture in chosen) >= 6


@pytest.mark.long
def test_street_without_walker_shows_nobody(hog: cv2.HOGDescriptor) -> None:
    scene = Scene(SceneOptions(seed=5, walker=False, headlights=True), 640, 360)
    for at_s in range(0, 200, 20):
        assert not person_in(hog, cv2.cvtColor(scene.frame(at_s + 0.3), cv2.COLOR_YUV2BGR_I420))


def test_before_the_first_walker_the_street_is_empty() -> None:
    with_walker, without = (Scene(SceneOptions(walker=walker), 640, 360) for walker in (True, False))
    for at_s, same in ((0.0, True), (7.9, True), (11.0, False), (30.0, True), (56.0, False)):
        assert np.array_equal(with_walker.frame(at_s), without.frame(at_s)) is same


def test_options_are_read_from_the_url() -> None:
    options = parse_scene("demo://street?seed=9&walker=0&speed=1.5&size=0.8&fps=15&first_s=2&every_s=20&headlights=1")
    assert options == SceneOptions(seed=9, walker=False, speed=1.5, size=0.8, fps=15, first_s=2, every_s=20, headlights=True)
    assert parse_scene("demo://street") == SceneOptions()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("demo://beach", "only demo is"),
        ("demo://street?sed=1", "unknown setting 'sed'"),
        ("demo://street?fps=x", "fps must be a number"),
        ("demo://street?fps=0", "fps must be from 1 to 30"),
        ("demo://street?size=nan", "size must be from"),
    ],
)
def test_wrong_option_is_named(url: str, words: str) -> None:
    with pytest.raises(ConfigFault, match=words):
        parse_scene(url)
