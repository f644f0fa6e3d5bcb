"""A burst out of the main stream: each moment's picture, also of a stream that falters."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

import pytest
from tests.web.test_live import CAMERA, INFO, RUN, Asked, packet

from hearthwatch.feeds.packet import Packet, Stream
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import Unreachable
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.run import burst
from hearthwatch.run.job_messages import Jpeg, WantJpeg
from hearthwatch.run.messages import Media
from hearthwatch.web.fanout import LiveHub


class Counting:
    """A job whose picture is the number of packets it was sent before it was asked."""

    def __init__(self) -> None:
        self.sent = 0
        self.made: queue.Queue[Jpeg | None] = queue.Queue()

    def send(self, message: object) -> None:
        if isinstance(message, Media):
            self.sent += 1
        elif isinstance(message, WantJpeg):
            self.made.put(Jpeg(jpeg=b"%d" % self.sent))

    def receive(self) -> Jpeg:
        jpeg = self.made.get()
        if jpeg is None:
            raise Unreachable("closed")
        return jpeg

    def close(self) -> None:
        self.made.put(None)


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    found = Counting()

    @asynccontextmanager
    async def job() -> AsyncGenerator[Counting]:
        yield found

    monkeypatch.setattr(burst, "job", job)
    monkeypatch.setattr(burst, "_LATE_S", 0.01)
    monkeypatch.setattr(burst, "_FIRST_PACKET_S", 0.05)
    return found


def at(number: int, seconds: float, *, key: bool = False) -> Packet:
    return replace(packet(number, key=key), stream=Stream.MAIN, wall_us=WallUs(round(seconds * US_PER_S)))


@asynccontextmanager
async def street() -> AsyncGenerator[LiveHub]:
    """A hub whose stream somebody watches already, so that it has what a burst begins with."""
    hub = LiveHub(Asked())
    async with aclosing(hub.subscribe(CAMERA, Stream.MAIN)) as watching:
        first = asyncio.create_task(anext(watching))
        await asyncio.sleep(0)
        hub.begin(replace(RUN, stream=Stream.MAIN), INFO)
        await first
        yield hub
        assert len(hub.counts()) == 1, "the burst has left"


DUE = tuple(WallUs(seconds * US_PER_S) for seconds in (1, 2, 3))


async def test_a_stream_that_is_silent_for_a_while_still_gives_the_pictures_after_it(counting: Counting) -> None:
    pictures: list[bytes] = []
    async with street() as hub:
        hub.take(at(1, 0.5, key=True))
        async with aclosing(burst.from_stream(hub, CAMERA, DUE, FakeClock(wall_us=3 * US_PER_S))) as given:
            async for jpeg in given:
                pictures.append(jpeg)
                if len(pictures) == 1:
                    hub.take(at(2, 9))
    assert pictures[0] == b"1"
    assert len(pictures) == len(DUE)


async def test_a_stream_without_a_picture_is_said_to_give_none(counting: Counting) -> None:
    async with street() as hub, aclosing(burst.from_stream(hub, CAMERA, DUE, FakeClock())) as given:
        with pytest.raises(Unreachable, match="gives no picture at the moment"):
            await anext(given)


async def test_packets_between_two_moments_come_before_the_second_picture(counting: Counting) -> None:
    async with street() as hub:
        for number, seconds in enumerate((0.5, 0.9, 1.1, 1.9, 2.5, 3.5)):
            hub.take(at(number, seconds, key=number == 0))
        async with aclosing(burst.from_stream(hub, CAMERA, DUE, FakeClock(wall_us=0))) as given:
            assert [jpeg async for jpeg in given] == [b"2", b"4", b"5"]
