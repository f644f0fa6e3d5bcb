"""The house between its looker and the hub: what it says where nobody looks, and that only the newest picture is waited for."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

from tests.fleet.glances import answer_to, glance

from hearthwatch.detect.glance import Answer, Glance
from hearthwatch.kit.errors import Refused, Unreachable, Unsupported
from hearthwatch.run.glance_desk import GlanceDesk
from hearthwatch.run.glance_messages import AskHub, HubSaid


class Hub:
    """A hub in this process; `fails` is what it raises."""

    def __init__(self, fails: Exception | None = None) -> None:
        self.fails = fails
        self.work = self
        self.cancelled = 0
        self.go = asyncio.Event()
        self.go.set()

    def offers(self, _node: object) -> Hub:
        return self

    async def offer(self, glance: Glance) -> Answer:
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.fails is not None:
            raise self.fails
        return answer_to(glance)


async def said(hub: Hub | None, *asked: AskHub) -> list[HubSaid]:
    heard: list[HubSaid] = []
    desk = GlanceDesk(SimpleNamespace(hub=hub, node=None), heard.append)
    for question in asked:
        desk.take(question)
        await asyncio.sleep(0)
    if hub is not None:
        hub.go.set()
    while desk._under_way:
        await asyncio.gather(*desk._under_way.values(), return_exceptions=True)
        await asyncio.sleep(0)
    await desk.close()
    return heard


async def test_the_answer_goes_back_under_the_number_of_its_question() -> None:
    asked = glance("gate", 7)
    assert await said(Hub(), AskHub(token=3, glance=asked)) == [HubSaid(token=3, answer=answer_to(asked))]


async def test_a_machine_without_a_hub_says_so_at_once() -> None:
    (heard,) = await said(None, AskHub(token=1, glance=glance()))
    assert (heard.answer, heard.is_away, "joined no hub" in heard.why) == (None, True, True)


async def test_why_nobody_looked_is_said_and_whether_it_is_this_picture_alone() -> None:
    for error, is_away in ((Unreachable("gone"), True), (Refused("not wanted"), True), (Unsupported("broken"), False)):
        (heard,) = await said(Hub(error), AskHub(token=1, glance=glance()))
        assert (heard.answer, heard.why, heard.is_away) == (None, str(error), is_away)


async def test_a_newer_picture_of_a_camera_ends_the_wait_for_the_older() -> None:
    hub = Hub()
    hub.go.clear()
    heard = await said(
        hub, *(AskHub(token=n, glance=glance(camera, n)) for n, camera in ((1, "gate"), (2, "gate"), (3, "yard")))
    )
    assert sorted(one.token for one in heard) == [2, 3]
    assert hub.cancelled == 1
