from __future__ import annotations

import os
import socket
import struct
import threading
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hearthwatch.kit.channel import MAX_MESSAGE_BYTES, Channel
from hearthwatch.kit.errors import BadReply, Unreachable


class Hello(msgspec.Struct, frozen=True, tag=True):
    name: str
    data: bytes = b""


class Count(msgspec.Struct, frozen=True, tag=True):
    number: int


Pair = tuple[Channel[Hello | Count], Channel[Hello | Count]]


@pytest.fixture
def pair() -> Iterator[Pair]:
    left, right = socket.socketpair()
    left.settimeout(60)
    right.settimeout(60)
    a, b = Channel[Hello | Count](left, Hello | Count), Channel[Hello | Count](right, Hello | Count)
    yield a, b
    a.close()
    b.close()


def test_messages_arrive_in_order_and_as_what_they_were(pair: Pair) -> None:
    sent: list[Hello | Count] = [Hello("x", b"\0\xff"), Count(5), Hello("")]
    for message in sent:
        pair[0].send(message)
    assert [pair[1].receive() for _ in sent] == sent


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    messages=st.lists(
        st.builds(Hello, st.text(), st.binary(max_size=300)) | st.builds(Count, st.integers(0, 2**63)), max_size=20
    )
)
def test_any_messages_survive_any_cutting_of_the_stream(messages: list[Hello | Count]) -> None:
    left, right = socket.socketpair()
    sender, receiver = Channel[Count](left, Count), Channel[Hello | Count](right, Hello | Count)

    def feed() -> None:
        for message in messages:
            sender.send(message)
        sender.close()

    thread = threading.Thread(target=feed)
    thread.start()
    got = [receiver.receive() for _ in messages]
    with pytest.raises(Unreachable):
        receiver.receive()
    thread.join()
    receiver.close()
    assert got == messages


def on_the_wire(body: bytes) -> bytes:
    """Return `body` behind the head that a Channel writes: its length in four bytes, then what no descriptors look like."""
    left, right = socket.socketpair()
    sender = Channel[Count](left, Count)
    sender.send(Count(1))
    sender.close()
    with right:
        sent = right.recv(1000)
    head = sent[: len(sent) - len(msgspec.msgpack.encode(Count(1)))]
    return struct.pack("!I", len(body)) + bytes(len(head) - 4) + body


def ends() -> tuple[socket.socket, Channel[Hello | Count]]:
    """Return a raw end and a Channel that fails rather than waits for ever."""
    left, right = socket.socketpair()
    right.settimeout(60)
    return left, Channel[Hello | Count](right, Hello | Count)


@given(st.binary(max_size=200))
def test_any_bytes_are_messages_or_a_clear_error(data: bytes) -> None:
    left, receiver = ends()
    with left:
        left.sendall(data)
    messages: list[Hello | Count] = []
    with pytest.raises((BadReply, Unreachable)):
        messages.extend(iter(receiver.receive, None))
    assert all(isinstance(message, Hello | Count) for message in messages)
    receiver.close()


@given(st.binary(max_size=60).filter(bool))
def test_any_body_is_a_message_or_a_bad_reply_and_the_next_one_is_read(body: bytes) -> None:
    left, receiver = ends()
    with left:
        left.sendall(on_the_wire(body) + on_the_wire(b"\xc1"))
        try:
            assert isinstance(receiver.receive(), Hello | Count)
        except BadReply as error:
            assert error.sample == body[:64]
        with pytest.raises(BadReply):
            receiver.receive()
    receiver.close()


def test_sec_22_a_size_beyond_the_limit_is_refused_before_any_memory_is_taken() -> None:
    left, receiver = ends()
    with left:
        left.sendall(struct.pack("!I", MAX_MESSAGE_BYTES + 1) + on_the_wire(b"")[4:])
        with pytest.raises(BadReply, match="over the limit"):
            receiver.receive()
    receiver.close()


def test_a_message_beyond_the_limit_is_not_sent(pair: Pair) -> None:
    with pytest.raises(ValueError, match="over the limit"):
        pair[0].send(Hello("x", bytes(MAX_MESSAGE_BYTES)))


def test_the_end_of_the_peer_is_unreachable_both_ways(pair: Pair) -> None:
    pair[1].close()
    with pytest.raises(Unreachable):
        pair[0].receive()
    with pytest.raises(Unreachable):
        pair[0].send(Count(1))


def test_file_descriptors_come_with_their_message(pair: Pair) -> None:
    read_end, write_end = os.pipe()
    pair[0].send(Count(1), fds=(write_end,))
    os.close(write_end)
    message, (received,) = pair[1].receive_with_fds()
    assert message == Count(1)
    os.write(received, b"through")
    os.close(received)
    assert os.read(read_end, 100) == b"through"
    os.close(read_end)


def test_of_messages_read_at_once_each_gets_its_own_descriptors(pair: Pair) -> None:
    read_end, write_end = os.pipe()
    pair[0].send(Count(1))
    pair[0].send(Count(2), fds=(write_end,))
    pair[0].send(Count(3))
    os.close(write_end)
    got = [pair[1].receive_with_fds() for _ in range(3)]
    assert [(message, len(fds)) for message, fds in got] == [(Count(1), 0), (Count(2), 1), (Count(3), 0)]
    os.close(got[1][1][0])
    os.close(read_end)


def test_unwanted_file_descriptors_are_closed(pair: Pair) -> None:
    read_end, write_end = os.pipe()
    pair[0].send(Count(1), fds=(write_end,))
    os.close(write_end)
    pair[1].receive()
    assert os.read(read_end, 1) == b"", "somebody still holds the write end"
    os.close(read_end)


def test_sec_22_a_peer_that_sends_descriptors_without_end_fills_no_table() -> None:
    """Descriptors that no message claims, as many at once as the kernel takes: beyond a limit they are all let go."""
    here, there = socket.socketpair()
    channel: Channel[Hello | Count] = Channel(here, Hello | Count)
    read_end, write_end = os.pipe()
    with there:
        body = msgspec.msgpack.encode(Count(1))
        for _ in range(40):
            socket.send_fds(there, [struct.pack("!IB", len(body), 0) + body], [write_end] * 4)
        os.close(write_end)
        for _ in range(16):
            channel.receive()
        with pytest.raises(BadReply, match="descriptors"):
            channel.receive()
    channel.close()
    assert os.read(read_end, 1) == b"", "somebody still holds the write end"
    os.close(read_end)


def test_close_ends_a_receive_in_another_thread(pair: Pair) -> None:
    ended = threading.Event()

    def wait() -> None:
        with pytest.raises(Unreachable):
            pair[0].receive()
        ended.set()

    thread = threading.Thread(target=wait)
    thread.start()
    pair[0].close()
    assert ended.wait(60)
    thread.join()
