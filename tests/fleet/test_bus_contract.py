"""One contract for every engine of the bus (fleet/bus.py): what `ENGINES` names has to keep all of it."""

from __future__ import annotations

import asyncio
import random

import pytest
from tests.fleet.buses import ENGINES, bus_of

from hearthwatch.fleet.letter import MAX_BODY_BYTES, Letter, LetterKind
from hearthwatch.kit.errors import HearthwatchError, Refused, StorageFailed, StorageFault, Unreachable
from hearthwatch.kit.units import CameraId, WallUs

pytestmark = [pytest.mark.wired, pytest.mark.waits]

MESSAGE_BYTES = 512 * 1024


@pytest.fixture(params=list(ENGINES))
async def bus(request, tmp_path):
    async with bus_of(request.param, tmp_path) as made:
        yield made


def a_letter(seq: int, *, key: str = "", size: int = 20, kind: LetterKind = LetterKind.EVENT) -> Letter:
    body = b'"' + b"x" * (size - 2) + b'"'
    return Letter(
        kind=kind, key=key or f"E{seq}", seq=seq, at_us=WallUs(1_700_000_000_000_000 + seq), camera=CameraId("front"), body=body
    )


class Ledger:
    """A hub's ledger, which can be full for a while or hold its writer up."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, LetterKind, str], Letter] = {}
        self.times = 0
        self.calls = 0
        self.full = 0
        self.open = asyncio.Event()
        self.open.set()

    async def keep(self, received) -> None:
        self.calls += 1
        await self.open.wait()
        if self.full:
            self.full -= 1
            raise StorageFailed(StorageFault.NO_SPACE, "the disk is full")
        for one in received:
            self.times += 1
            thing = (one.node, one.letter.kind, one.letter.key)
            if thing not in self.kept or self.kept[thing].seq < one.letter.seq:
                self.kept[thing] = one.letter

    def of(self, node) -> set[int]:
        return {letter.seq for (one, *_), letter in self.kept.items() if one == node}

    async def until(self, node, wanted) -> None:
        async with asyncio.timeout(60):
            while self.of(node) != set(wanted):  # noqa: ASYNC110 the mailroom tells nobody
                await asyncio.sleep(0.02)


async def surely(work):
    """Do what a relay and a node's line do: try again until it is done."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await work()
            except Unreachable:
                await asyncio.sleep(0.1)


async def speak_on(line) -> None:
    for _ in range(1000):
        await line.send(b"anybody?")
        await asyncio.sleep(0.01)


async def test_letters_of_several_nodes_are_kept_each_as_its_own(bus):
    ledger = Ledger()
    bus.keeping(ledger.keep)
    large = a_letter(99, size=MAX_BODY_BYTES, kind=LetterKind.ALERT)
    await asyncio.gather(
        surely(lambda: bus.postbox(bus.a).post([a_letter(seq) for seq in range(200)])),
        surely(lambda: bus.postbox(bus.b).post([large])),
    )
    await ledger.until(bus.a, range(200))
    await ledger.until(bus.b, [99])
    assert ledger.kept[bus.b, LetterKind.ALERT, "E99"] == large


async def test_what_the_ledger_does_not_take_comes_again_and_doubles_in_any_order_do_no_harm(bus):
    ledger = Ledger()
    ledger.full = 2
    bus.keeping(ledger.keep)
    postbox, rng = bus.postbox(bus.a), random.Random(1)
    letters = [a_letter(seq, key=f"E{seq % 5}") for seq in range(40)]
    for _ in range(2):
        rng.shuffle(letters)
        for some in (letters[:25], letters[15:]):
            await surely(lambda some=some: postbox.post(some))
    await ledger.until(bus.a, range(35, 40))
    assert ledger.calls > 2
    assert ledger.full == 0


async def test_none_is_acknowledged_before_it_is_kept(bus):
    """Where letters wait beside the node the hub's end has to give back what it did not keep; else their poster waits."""
    ledger = Ledger()
    ledger.open.clear()
    bus.keeping(ledger.keep)
    posting = asyncio.create_task(surely(lambda: bus.postbox(bus.a).post([a_letter(1)])))
    async with asyncio.timeout(60):
        while not ledger.calls:  # noqa: ASYNC110 the mailroom tells nobody
            await asyncio.sleep(0.02)
    if bus.keeps_meanwhile:
        await posting
    else:
        assert not posting.done()
    await bus.idle()  # the hub's process dies while it writes
    assert not ledger.kept
    ledger.open.set()
    await bus.kill()
    await bus.back()
    bus.keeping(ledger.keep)
    await posting
    await ledger.until(bus.a, [1])


async def test_a_hub_that_is_killed_and_comes_back_gets_everything(bus):
    ledger = Ledger()
    bus.keeping(ledger.keep)
    postbox = bus.postbox(bus.a)
    await surely(lambda: postbox.post([a_letter(seq) for seq in range(10)]))
    await bus.kill()
    posting = asyncio.create_task(surely(lambda: postbox.post([a_letter(seq) for seq in range(10, 60)])))
    if bus.keeps_meanwhile:
        await posting
    else:
        with pytest.raises(Unreachable):
            await postbox.post([a_letter(60)])
    await bus.back()
    bus.keeping(ledger.keep)
    await posting
    await surely(lambda: postbox.post([a_letter(60)]))
    await ledger.until(bus.a, range(61))


async def test_a_line_carries_messages_both_ways_in_order(bus):
    async def echo(node, line):
        async for message in line:
            await line.send(node.encode() + message)

    bus.answering(echo)
    line = await surely(bus.dialer(bus.a))
    messages = [b"", b"x", *(bytes([number]) * (MESSAGE_BYTES - 8) for number in range(6)), b"last"]

    async def send() -> None:
        for message in messages:
            await line.send(message)

    sending = asyncio.create_task(send())
    got = []
    async with asyncio.timeout(60):
        async for message in line:
            got.append(message)
            if len(got) == len(messages):
                break
    await sending
    assert got == [bus.a.encode() + message for message in messages]
    with pytest.raises(ValueError, match="bytes at most"):
        await line.send(bytes(MESSAGE_BYTES + 1))
    await line.close()


async def test_the_end_of_a_line_is_seen_at_both_ends(bus):
    ended = asyncio.Queue()

    async def answer(_node, line):
        async for message in line:
            if message == b"go":
                return
        ended.put_nowait("node's")

    bus.answering(answer)
    line = await surely(bus.dialer(bus.a))
    await line.send(b"stay")
    await line.close()
    async with asyncio.timeout(60):
        assert await ended.get() == "node's"
    line = await surely(bus.dialer(bus.a))
    await line.send(b"go")
    async with asyncio.timeout(60):
        assert [message async for message in line] == []
    with pytest.raises(Unreachable):
        await speak_on(line)
    await line.close()


async def test_a_hub_that_dies_ends_the_line_and_can_be_dialled_when_it_is_back(bus):
    async def answer(_node, line):
        async for message in line:
            await line.send(message)

    bus.answering(answer)
    line = await surely(bus.dialer(bus.a))
    await bus.kill()
    async with asyncio.timeout(60):
        assert [message async for message in line] == []
    await line.close()
    with pytest.raises(Unreachable):
        await bus.dialer(bus.a)()
    await bus.back()
    if not bus.keeps_meanwhile:
        bus.answering(answer)
    line = await surely(bus.dialer(bus.a))
    await line.send(b"hello")
    async with asyncio.timeout(60):
        assert await anext(aiter(line)) == b"hello"
    await line.close()


async def test_a_second_line_of_a_node_ends_its_first_and_nobody_else_s(bus):
    here = asyncio.Queue()

    async def answer(node, line):
        here.put_nowait(node)
        async for message in line:
            await line.send(message)

    bus.answering(answer)
    first, other = await surely(bus.dialer(bus.a)), await surely(bus.dialer(bus.b))
    second = await surely(bus.dialer(bus.a))
    async with asyncio.timeout(60):
        assert [message async for message in first] == []
        for line in (second, other):
            await line.send(b"still here")
            assert await anext(aiter(line)) == b"still here"
    answered = [here.get_nowait() for _ in range(here.qsize())]
    assert set(answered) == {bus.a, bus.b}
    assert answered.count(bus.a) >= 2  # more where a dial was tried again
    for line in (first, second, other):
        await line.close()


async def test_a_slow_reader_holds_its_sender_up_and_loses_nothing(bus):
    reading = asyncio.Event()
    got = []
    count = 64

    async def answer(_node, line):
        await reading.wait()
        async for message in line:
            got.append(message[0])
            if len(got) == count:
                return

    bus.answering(answer)
    line = await surely(bus.dialer(bus.a))
    sent = []

    async def send() -> None:
        for number in range(count):
            await line.send(bytes([number]) * MESSAGE_BYTES)
            sent.append(number)

    sending = asyncio.create_task(send())
    before = -1
    async with asyncio.timeout(60):
        while len(sent) != before:  # no message in a second: it waits
            before = len(sent)
            await asyncio.sleep(1)
    assert len(sent) * MESSAGE_BYTES <= 16 * 1024 * 1024, "what is on its way is bounded, however much there is to say"
    reading.set()
    async with asyncio.timeout(60):
        await sending
        assert [message async for message in line] == []
    assert got == list(range(count))
    await line.close()


async def test_a_revoked_node_is_cut_and_cannot_come_back(bus):
    if not bus.can_revoke:
        pytest.skip("the hub's own house is not revoked")
    ledger = Ledger()

    async def answer(_node, line):
        async for message in line:
            await line.send(message)

    bus.keeping(ledger.keep)
    bus.answering(answer)
    line, other = await surely(bus.dialer(bus.a)), await surely(bus.dialer(bus.b))
    for node in (bus.a, bus.b):
        await surely(lambda node=node: bus.postbox(node).post([a_letter(1)]))
        await ledger.until(node, [1])
    await bus.revoke(bus.a)
    async with asyncio.timeout(60):
        assert [message async for message in line] == []
    for _ in range(3):
        with pytest.raises((Refused, Unreachable)):
            await bus.dialer(bus.a)()
    try:
        await bus.postbox(bus.a).post([a_letter(2)])
    except HearthwatchError as error:
        assert isinstance(error, Refused)
    else:
        assert bus.keeps_meanwhile
    await surely(lambda: bus.postbox(bus.b).post([a_letter(2)]))
    await ledger.until(bus.b, [1, 2])
    assert ledger.of(bus.a) == {1}
    await line.close()
    await other.close()
