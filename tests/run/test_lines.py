"""The house's ends of its links to recorder and looker, over real socket pairs with the peer played by the test."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.run.findings import a_picture, moved, seen
from tests.run.leaping_loop import leap
from tests.run.states import looker, recorder
from tests.run.test_taps import INFO, RUN, packet

from hearthwatch.feeds.packet import Gap, GapReason, Stream
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording.segment import FootageClass
from hearthwatch.run.lines import LookerLine, RecorderLine
from hearthwatch.run.messages import Begin, Done, End, HouseToLooker, HouseToRecorder, Keep, Mark, Media, Subscribe, Unsubscribe
from hearthwatch.web.doors import LiveEnd, LiveStart

CAMERA = CameraId("front")


class Recorder:
    """A line and the recorder at its other end."""

    def __init__(self) -> None:
        self.states: asyncio.Queue[Any] = asyncio.Queue()
        self.line = RecorderLine(asyncio.get_running_loop(), self.states.put_nowait)
        self._ends: list[Channel[Any]] = []
        self.connect()

    def connect(self) -> None:
        ours, theirs = socket.socketpair()
        self._ends.append(Channel(theirs, HouseToRecorder))
        self._ours: Channel[Any] = Channel(ours, RecorderLine.decodes())
        self.line.connect(self._ours)

    def send(self, message: object) -> None:
        self._ends[-1].send(message)

    async def heard(self) -> Any:
        return await asyncio.to_thread(self._ends[-1].receive)

    def close(self) -> None:
        for end in (*self._ends, self._ours):
            end.close()


@pytest.fixture
async def peer() -> AsyncIterator[Recorder]:
    peer = Recorder()
    yield peer
    peer.close()


async def test_what_is_to_be_kept_is_asked_for_and_counted_when_it_is_committed(peer: Recorder) -> None:
    asking = asyncio.create_task(peer.line.keep(CAMERA, WallUs(1), WallUs(2), pinned=True))
    asked = await peer.heard()
    assert asked == Keep(token=asked.token, camera=CAMERA, start_us=WallUs(1), end_us=WallUs(2), pinned=True)
    peer.send(Done(token=asked.token + 7, count=99))
    peer.send(Done(token=asked.token, count=3))
    assert await asking == 3


async def test_answers_find_their_question_in_any_order(peer: Recorder) -> None:
    asking = [asyncio.create_task(peer.line.keep(CAMERA, WallUs(at), WallUs(at + 1), pinned=True)) for at in range(3)]
    asked = {(message := await peer.heard()).start_us: message.token for _ in asking}
    for at in (2, 0, 1):
        peer.send(Done(token=asked[WallUs(at)], count=at))
    assert await asyncio.gather(*asking) == [0, 1, 2]


async def test_what_the_recorder_refuses_is_an_error_with_its_words(peer: Recorder) -> None:
    asking = asyncio.create_task(peer.line.mark(CAMERA, WallUs(1), WallUs(2), FootageClass.EVENT))
    asked = await peer.heard()
    assert isinstance(asked, Mark)
    peer.send(Done(token=asked.token, error="no space left"))
    with pytest.raises(StorageFailed, match="no space left"):
        await asking


async def test_without_a_recorder_nothing_is_kept_and_it_is_said() -> None:
    line = RecorderLine(asyncio.get_running_loop(), lambda _: None)
    with pytest.raises(StorageFailed, match="being restarted"):
        await line.keep(CAMERA, WallUs(1), WallUs(2), pinned=True)


async def test_a_recorder_that_is_gone_is_said(peer: Recorder) -> None:
    peer.close()
    with pytest.raises(StorageFailed, match="did not answer"):
        await peer.line.keep(CAMERA, WallUs(1), WallUs(2), pinned=True)


async def test_a_recorder_that_is_replaced_leaves_no_question_waiting(peer: Recorder) -> None:
    asking = asyncio.create_task(peer.line.keep(CAMERA, WallUs(1), WallUs(2), pinned=True))
    await peer.heard()
    peer.connect()
    with pytest.raises(StorageFailed, match="did not answer"):
        await asyncio.wait_for(asking, 60)


def test_a_recorder_that_does_not_answer_is_given_up() -> None:
    async def work() -> None:
        peer = Recorder()
        try:
            with pytest.raises(StorageFailed, match="did not answer"):
                await peer.line.keep(CAMERA, WallUs(1), WallUs(2), pinned=True)
        finally:
            peer.close()

    leap(work())


async def test_states_come_in_order_on_the_loop(peer: Recorder) -> None:
    for text in ("a", "b", "c"):
        peer.send(recorder(text))
    assert [(await peer.states.get()).disk_error for _ in range(3)] == ["a", "b", "c"]


async def test_a_stream_is_asked_for_while_somebody_watches_and_again_after_a_restart(peer: Recorder) -> None:
    live = peer.line.hub.subscribe(CAMERA, Stream.SUB)
    first = asyncio.create_task(anext(live))
    assert await peer.heard() == Subscribe(camera=CAMERA, stream=Stream.SUB)
    peer.send(Begin(run=RUN, info=INFO))
    assert await first == LiveStart(run=RUN, info=INFO)
    peer.send(Media(packet=packet(0)))
    assert await anext(live) == packet(0)
    gap = Gap(camera=CAMERA, stream=Stream.SUB, start_us=WallUs(5), end_us=None, reason=GapReason.CAMERA)
    peer.send(End(gap=gap))
    assert await anext(live) == LiveEnd(gap=gap)
    peer.connect()
    assert await peer.heard() == Subscribe(camera=CAMERA, stream=Stream.SUB)
    await live.aclose()
    assert await peer.heard() == Unsubscribe(camera=CAMERA, stream=Stream.SUB)


async def test_findings_come_in_order_and_states_apart() -> None:
    findings: asyncio.Queue[Any] = asyncio.Queue()
    states: asyncio.Queue[Any] = asyncio.Queue()
    line = LookerLine(asyncio.get_running_loop(), on_state=states.put_nowait, on_finding=findings.put_nowait)
    ours, theirs = socket.socketpair()
    channel: Channel[Any] = Channel(ours, LookerLine.decodes())
    line.connect(channel)
    end: Channel[Any] = Channel(theirs, HouseToLooker)
    sent = [seen(), a_picture(), moved(), seen("t2")]
    for message in sent:
        end.send(message)
        end.send(looker())
    assert [await findings.get() for _ in sent] == sent
    assert [await states.get() for _ in sent] == [looker()] * len(sent)
    end.close()
    channel.close()
