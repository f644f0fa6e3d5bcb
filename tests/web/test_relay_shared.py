"""One upstream however many look: the first and the late, the quick and the slow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest
from tests.web.streams import Streams, mjpeg_streams, number_of

from hearthwatch.feeds.packet import Codec, Stream, StreamInfo, VideoInfo
from hearthwatch.kit.errors import Unreachable
from hearthwatch.kit.units import CameraId, camera_id
from hearthwatch.web.doors import CameraState
from hearthwatch.web.relay.multipart import Multipart
from hearthwatch.web.relay.shared import SharedPictures

FRONT = camera_id("front")
KEY = (FRONT, Stream.MAIN)


class Decoder:
    """A PictureDoor that makes pictures when told; `started` counts its decoders."""

    def __init__(self) -> None:
        self.started = 0
        self.snapshots = 0
        self.running = 0
        self.made: asyncio.Queue[bytes] = asyncio.Queue()

    async def snapshot(self, camera: CameraId) -> bytes:
        self.snapshots += 1
        await asyncio.sleep(0)
        return b"decoded"

    async def mjpeg(self, camera: CameraId) -> AsyncGenerator[bytes]:
        self.started += 1
        self.running += 1
        try:
            while True:
                yield await self.made.get()
        finally:
            self.running -= 1


def shared(streams: Streams, decoder: Decoder) -> SharedPictures:
    return SharedPictures(decoder, streams.hub, streams, streams.clock)


async def test_ten_viewers_of_a_camera_that_sends_jpegs_are_one_upstream_and_no_decoder() -> None:
    streams, decoder = mjpeg_streams("front"), Decoder()
    pictures = shared(streams, decoder)
    viewers = [pictures.best_mjpeg(FRONT) for _ in range(10)]
    firsts = [number_of(await anext(viewer)) for viewer in viewers]
    assert firsts == [0] * 10  # the late ones have the last picture at once
    streams.give(KEY)
    assert [number_of(await anext(viewer)) for viewer in viewers] == [1] * 10
    assert streams.opened[KEY] == pictures.upstreams == 1
    assert decoder.started == 0
    for viewer in viewers:
        await viewer.aclose()
    await pictures.close()
    assert not streams.watched


async def test_a_slow_viewer_misses_pictures_and_no_other_does() -> None:
    streams = mjpeg_streams("front")
    pictures = shared(streams, Decoder())
    async with aclosing(pictures.best_mjpeg(FRONT)) as slow, aclosing(pictures.best_mjpeg(FRONT)) as quick:
        assert number_of(await anext(slow)) == number_of(await anext(quick)) == 0
        for number in range(1, 30):
            streams.give(KEY)
            assert number_of(await anext(quick)) == number
        assert number_of(await anext(slow)) == 29
    await pictures.close()


async def test_a_decoder_is_started_once_for_all_and_ends_after_the_last() -> None:
    h264 = StreamInfo(video=VideoInfo(codec=Codec.H264, extradata=b"", width_px=640, height_px=360))
    streams, decoder = Streams({KEY: (h264, lambda _: (b"", True))}), Decoder()
    pictures = shared(streams, decoder)
    decoder.made.put_nowait(b"one")
    async with aclosing(pictures.mjpeg(FRONT)) as first, aclosing(pictures.best_mjpeg(FRONT)) as second:
        assert await anext(first) == await anext(second) == b"one"
    assert decoder.started == decoder.running == 1  # it lingers: who comes again at once waits for no start
    async with aclosing(pictures.mjpeg(FRONT)) as again:
        assert await anext(again) == b"one"
    assert decoder.started == 1
    await pictures.close()
    assert decoder.running == 0


async def test_snapshots_asked_for_at_once_are_one() -> None:
    streams, decoder = Streams({}), Decoder()
    pictures = shared(streams, decoder)
    assert await asyncio.gather(*(pictures.snapshot(FRONT) for _ in range(10))) == [b"decoded"] * 10
    assert decoder.snapshots == 1
    await pictures.close()


async def test_a_camera_that_breaks_off_ends_the_answer_and_a_private_one_gives_none() -> None:
    streams = mjpeg_streams("front")
    pictures = shared(streams, Decoder())
    async with aclosing(pictures.best_mjpeg(FRONT)) as viewer:
        await anext(viewer)
        streams.end(KEY)
        with pytest.raises(Unreachable, match="no picture"):
            await anext(viewer)
    streams.state = CameraState.PRIVATE
    with pytest.raises(Unreachable, match="private"):
        await anext(pictures.best_mjpeg(FRONT))
    with pytest.raises(Unreachable, match="private"):
        await pictures.snapshot(FRONT)
    await pictures.close()


async def test_a_picture_that_holds_a_boundary_of_another_answer_is_no_part() -> None:
    one, other = Multipart(), Multipart()
    boundary = one.opening()
    assert other.opening() != boundary
    body = other.opening() + other.part(b"first" + boundary) + other.part(b"second")
    pieces = body.split(other.opening())
    assert len(pieces) == 4
    assert pieces[1].endswith(b"first" + boundary + b"\r\n")
