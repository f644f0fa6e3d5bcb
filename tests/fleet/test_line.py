"""Requests over a line: many at once, each at its own pace, and what is left of them when the line breaks."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest
from tests.fleet.line_pair import HeldLine, line_pair

from hearthwatch.fleet import line_frames as frames
from hearthwatch.fleet import line_node
from hearthwatch.fleet.asker import Asker, Question, asker_of
from hearthwatch.fleet.line_frames import Allowance, Ask, Body, Credit, End, Head, Said, Waiting
from hearthwatch.fleet.line_hub import Lines
from hearthwatch.fleet.node import node_id
from hearthwatch.kit.errors import BadReply, Unreachable

NODE = node_id("beachaaa")
ADA = Asker(name="Ada", role="owner", cameras=None, address="192.168.1.7", private=True, proved_s=12.0)
MIB = 1024 * 1024


def question(path: str, **changed: object) -> Question:
    whole: dict = {"kind": "http", "method": "GET", "query": "", "headers": (), "has_body": False, "asker": ADA}
    return Question(path=path, **(whole | changed))


@dataclass
class Viewer:
    """Who asked: what they got, and a hand on how fast they take it."""

    incoming: list[dict] = field(default_factory=list)
    got: list[dict] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    leaves: asyncio.Event = field(default_factory=asyncio.Event)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    kind: str = "http"

    def __post_init__(self) -> None:
        self.open.set()

    async def receive(self) -> dict:
        if self.incoming:
            return self.incoming.pop(0)
        await self.leaves.wait()
        return {"type": f"{self.kind}.disconnect", "code": 1001}

    async def send(self, message: dict) -> None:
        await self.open.wait()
        self.got.append(message)
        self.news.set()

    async def until(self, is_true: Callable[[Viewer], bool]) -> None:
        async with asyncio.timeout(60):
            while not is_true(self):
                self.news.clear()
                await self.news.wait()

    @property
    def body(self) -> bytes:
        return b"".join(each.get("body", b"") for each in self.got)

    @property
    def status(self) -> int:
        return self.got[0]["status"]


@dataclass
class House:
    """The node's application: what it was asked, and answers to order."""

    asked: list[dict] = field(default_factory=list)
    sent_bytes: int = 0
    left: asyncio.Event = field(default_factory=asyncio.Event)
    stuck: asyncio.Event = field(default_factory=asyncio.Event)
    second: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: dict, receive, send) -> None:
        self.asked.append(scope)
        if len(self.asked) == 2:
            self.second.set()
        await getattr(self, scope["path"].strip("/").replace("-", "_"))(receive, send)

    async def echo(self, receive, send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message["body"]
            more = message["more_body"]
        await send({"type": "http.response.start", "status": 201, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": body})

    async def big(self, _receive, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            for number in range(64):
                await send({"type": "http.response.body", "body": bytes([number]) * 100_000, "more_body": True})
                self.sent_bytes += 100_000
            await send({"type": "http.response.body", "body": b""})
        except OSError:
            self.left.set()
            raise

    async def early(self, _receive, send) -> None:
        await send({"type": "http.response.start", "status": 413, "headers": []})
        await send({"type": "http.response.body", "body": b"too much"})

    async def broken(self, _receive, _send) -> None:
        raise RuntimeError("a bug")

    async def waits(self, receive, send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        assert (await receive())["type"] == "http.disconnect"
        self.left.set()

    async def talk(self, receive, send) -> None:
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            said = message.get("text")
            await send({"type": "websocket.send", "text": said} if said else {"type": "websocket.send", "bytes": bytes(MIB)})
            if said == "bye":
                await send({"type": "websocket.close", "code": 4401, "reason": "logged out"})
        self.left.set()

    async def refuses(self, receive, send) -> None:
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": "no"})


@dataclass
class Joined:
    lines: Lines
    house: House
    hub_line: HeldLine
    node_line: HeldLine

    async def ask(self, path: str, viewer: Viewer | None = None, **changed: object) -> Viewer:
        viewer = viewer or Viewer()
        async with asyncio.timeout(60):
            await self.lines.ask(NODE, question(path, **changed), viewer.receive, viewer.send)
        return viewer


@pytest.fixture
async def joined() -> AsyncIterator[Joined]:
    hub_line, node_line = line_pair()
    house, lines = House(), Lines()
    ends = [asyncio.create_task(lines.answer(NODE, hub_line)), asyncio.create_task(line_node.answer(node_line, house))]
    await asyncio.sleep(0)
    yield Joined(lines, house, hub_line, node_line)
    await hub_line.close()
    await asyncio.wait_for(asyncio.gather(*ends), 60)


async def test_a_request_is_answered_and_says_who_asks(joined: Joined) -> None:
    viewer = await joined.ask("/echo", query="a=1", headers=(("accept", "*/*"),))
    assert viewer.status == 201
    assert viewer.got[0]["headers"] == [(b"content-type", b"text/plain")]
    (scope,) = joined.house.asked
    assert asker_of(scope) == ADA
    assert (scope["query_string"], scope["headers"], scope["client"]) == (b"a=1", [(b"accept", b"*/*")], ("192.168.1.7", 0))


async def test_a_body_goes_over_whole_however_large(joined: Joined) -> None:
    sent = bytes(range(256)) * 4096
    viewer = Viewer(
        incoming=[{"type": "http.request", "body": sent[:7], "more_body": True}, {"type": "http.request", "body": sent[7:]}]
    )
    await joined.ask("/echo", viewer, method="POST", has_body=True)
    assert viewer.body == sent


async def test_an_answer_that_comes_before_the_body_is_read_counts(joined: Joined) -> None:
    viewer = Viewer(incoming=[{"type": "http.request", "body": bytes(MIB), "more_body": True}])
    await joined.ask("/early", viewer, method="POST", has_body=True)
    assert (viewer.status, viewer.body) == (413, b"too much")


async def test_a_slow_viewer_stops_only_himself(joined: Joined) -> None:
    slow = Viewer()
    slow.open.clear()
    asking = asyncio.create_task(joined.ask("/big", slow))
    for _ in range(20):
        assert len((await joined.ask("/big")).body) == 6_400_000
    assert joined.house.sent_bytes - 20 * 6_400_000 <= frames.WINDOW_BYTES + 100_000  # no more than his window waits
    slow.open.set()
    await asking
    assert len(slow.body) == 6_400_000


async def test_who_leaves_ends_what_was_asked(joined: Joined) -> None:
    viewer = Viewer()
    asking = asyncio.create_task(joined.ask("/waits", viewer))
    await viewer.until(lambda viewer: viewer.body == b"begun")
    viewer.leaves.set()
    await asking
    await asyncio.wait_for(joined.house.left.wait(), 60)


async def test_who_leaves_a_download_ends_it(joined: Joined) -> None:
    viewer = Viewer()
    asking = asyncio.create_task(joined.ask("/big", viewer))
    await viewer.until(lambda viewer: len(viewer.body) > 0)
    viewer.open.clear()
    viewer.leaves.set()
    await asking
    await asyncio.wait_for(joined.house.left.wait(), 60)
    assert joined.house.sent_bytes < 6_400_000


async def test_a_websocket_talks_both_ways_in_messages_of_any_size(joined: Joined) -> None:
    viewer = Viewer(kind="websocket", incoming=[{"type": "websocket.connect"}, {"type": "websocket.receive", "text": "hello"}])
    viewer.incoming += [{"type": "websocket.receive", "bytes": b"more"}, {"type": "websocket.receive", "text": "bye"}]
    await joined.ask("/talk", viewer, kind="websocket")
    assert [each["type"].rpartition(".")[2] for each in viewer.got] == ["accept", "send", "send", "send", "close"]
    assert viewer.got[1]["text"] == "hello"
    assert viewer.got[2]["bytes"] == bytes(MIB)
    assert viewer.got[4] == {"type": "websocket.close", "code": 4401, "reason": "logged out"}


async def test_a_websocket_that_the_node_refuses_is_refused(joined: Joined) -> None:
    viewer = Viewer(kind="websocket", incoming=[{"type": "websocket.connect"}])
    await joined.ask("/refuses", viewer, kind="websocket")
    assert [each["type"] for each in viewer.got] == ["websocket.close"]


async def test_a_viewer_who_closes_a_websocket_ends_it_at_the_node(joined: Joined) -> None:
    viewer = Viewer(kind="websocket", incoming=[{"type": "websocket.connect"}])
    asking = asyncio.create_task(joined.ask("/talk", viewer, kind="websocket"))
    await viewer.until(lambda viewer: bool(viewer.got))
    viewer.leaves.set()
    await asking
    await asyncio.wait_for(joined.house.left.wait(), 60)


async def test_a_line_that_breaks_ends_each_request(joined: Joined) -> None:
    begun, unanswered = Viewer(), Viewer()
    asking = [asyncio.create_task(joined.ask("/waits", begun))]
    await begun.until(lambda viewer: viewer.body == b"begun")
    joined.house.waits = lambda _receive, _send: joined.house.stuck.wait()  # type: ignore[method-assign, assignment]
    asking.append(asyncio.create_task(joined.ask("/waits", unanswered)))
    await asyncio.wait_for(joined.house.second.wait(), 60)
    await joined.hub_line.close()
    joined.house.stuck.set()
    for task in asking:
        with pytest.raises(Unreachable):
            await asyncio.wait_for(task, 60)
    assert not unanswered.got
    assert begun.got[-1]["more_body"]
    with pytest.raises(Unreachable, match="no line"):
        await joined.ask("/echo")


async def test_a_bug_at_the_node_is_no_answer_and_ends_nothing_else(joined: Joined) -> None:
    with pytest.raises(Unreachable, match="before it answered"):
        await joined.ask("/broken")
    assert (await joined.ask("/echo")).status == 201


async def test_a_newer_line_takes_the_place_of_the_old(joined: Joined) -> None:
    hub_line, node_line = line_pair()
    ends = [asyncio.create_task(joined.lines.answer(NODE, hub_line)), asyncio.create_task(line_node.answer(node_line, House()))]
    await asyncio.sleep(0)
    await joined.hub_line.close()
    assert (await joined.ask("/echo")).status == 201
    await joined.lines.cut(NODE)
    await asyncio.wait_for(asyncio.gather(*ends), 60)
    assert NODE not in joined.lines.open


async def test_no_more_than_so_many_things_are_asked_at_once(joined: Joined) -> None:
    viewers = [Viewer() for _ in range(frames.MOST_STREAMS)]
    asking = [asyncio.create_task(joined.ask("/waits", viewer)) for viewer in viewers]
    for viewer in viewers:
        await viewer.until(lambda viewer: viewer.body == b"begun")
    with pytest.raises(Unreachable, match="128 things"):
        await joined.ask("/echo")
    for viewer in viewers:
        viewer.leaves.set()
    await asyncio.gather(*asking)
    assert (await joined.ask("/echo")).status == 201


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\xff" * 50,
        bytes(frames.MAX_FRAME_BYTES + 1),
        frames.encode(Head(99, 200)),
        frames.encode(Ask(1, "http", "GET", "/api/v1/cameras", "", (), False, ADA)),
    ],
)
async def test_a_node_that_breaks_the_rules_is_hung_up_on(said: bytes) -> None:
    hub_line, node_line = line_pair()
    lines = Lines()
    answering = asyncio.create_task(lines.answer(NODE, hub_line))
    await node_line.send(said)
    await asyncio.wait_for(answering, 60)
    assert NODE not in lines.open


async def test_a_node_that_sends_more_than_there_is_room_for_is_hung_up_on() -> None:
    hub_line, node_line = line_pair()
    lines, viewer = Lines(), Viewer()
    viewer.open.clear()
    answering = asyncio.create_task(lines.answer(NODE, hub_line))
    await asyncio.sleep(0)
    asking = asyncio.create_task(lines.ask(NODE, question("/x"), viewer.receive, viewer.send))
    with contextlib.suppress(Unreachable):
        await node_line.send(frames.encode(Head(1, 200)))
        for _ in range(100):
            await node_line.send(frames.encode(Body(1, bytes(frames.PIECE_BYTES), last=False)))
    await asyncio.wait_for(answering, 60)
    viewer.open.set()
    with pytest.raises(Unreachable):
        await asking
    assert node_line.sent_bytes < 2 * frames.WINDOW_BYTES


@pytest.mark.parametrize(
    "said",
    [
        b"\x00",
        frames.encode(Ask(1, "http", "get /", "/x", "", (), False, ADA)),
        frames.encode(Ask(1, "http", "GET", "/x" * 4096, "", (), False, ADA)),
        frames.encode(Ask(0, "http", "GET", "/x", "", (), False, ADA)),
    ],
)
async def test_a_hub_that_breaks_the_rules_is_hung_up_on(said: bytes) -> None:
    hub_line, node_line = line_pair()
    house = House()
    answering = asyncio.create_task(line_node.answer(node_line, house))
    await hub_line.send(said)
    await asyncio.wait_for(answering, 60)
    assert not house.asked


def test_every_frame_is_read_as_it_was_written() -> None:
    for frame in (
        Ask(7, "websocket", "GET", "/api/v1/live", "stream=sub", (("accept", "*/*"),), False, ADA),
        Head(7, 200, (("etag", '"x"'),)),
        Body(7, b"abc", last=False),
        Said(7, b"abc", text=True, last=True),
        Credit(7, 99),
        End(7, 4401, "logged out"),
    ):
        assert frames.decode(frames.encode(frame)) == frame


def test_credit_for_nothing_is_refused() -> None:
    allowance = Allowance()
    allowance.spend(Body(1, bytes(1000), last=False))
    allowance.give(Credit(1, 1064))
    with pytest.raises(BadReply):
        allowance.give(Credit(1, 1))


def test_many_empty_frames_fill_a_window_too() -> None:
    for frame in (Body(1, b"", last=False), Head(1, 200)):
        with pytest.raises(BadReply):
            _flood(Waiting(), frame)


def _flood(waiting: Waiting, frame: Body | Head) -> None:
    for _ in range(frames.WINDOW_BYTES):
        waiting.put(frame)
