"""The recorder's end of a guest: a guest may be late, die, fall silent or pour; the pump hears of it and never hangs."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import pytest

from hearthwatch.feeds.packet import Codec, Kind, Packet, Stream, StreamChanged, StreamInfo, VideoInfo
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.clock import FakeClock, Stop
from hearthwatch.kit.errors import BadReply, HearthwatchError, Refused, Unreachable, Unsupported
from hearthwatch.kit.units import CameraId, MonoNs, WallUs
from hearthwatch.run.guestline import GuestFeed, GuestLine
from hearthwatch.run.messages import CloseStream, Failed, FaultKind, FromGuest, GuestMedia, Opened, OpenStream, ToGuest

INFO = StreamInfo(video=VideoInfo(codec=Codec.H264, extradata=b"\x01", width_px=64, height_px=48))


def packet(number: int, size: int = 10) -> Packet:
    return Packet(
        camera=CameraId("odd"),
        stream=Stream.MAIN,
        kind=Kind.VIDEO,
        data=number.to_bytes(size, "big"),
        pts_ticks=number,
        dts_ticks=number,
        is_key=number == 0,
        received_ns=MonoNs(number),
        wall_us=WallUs(number),
    )


class Guest:
    """The other end of the line, played by the test."""

    def __init__(self, line: GuestLine) -> None:
        ours, theirs = socket.socketpair()
        self.channel: Channel[Any] = Channel(theirs, ToGuest)
        line.connect(Channel(ours, FromGuest))

    def asked(self, what: type) -> Any:
        message = self.channel.receive()
        assert isinstance(message, what)
        return message

    def answer(self, stream: Stream = Stream.MAIN) -> int:
        """Open what is asked for and return its token."""
        token = self.asked(OpenStream).token
        self.channel.send(Opened(stream=stream, token=token, info=INFO))
        return token

    def pour(self, token: int, numbers: range, *, size: int = 10) -> None:
        for number in numbers:
            self.channel.send(GuestMedia(token=token, packet=packet(number, size)))

    def fail(self, token: int, kind: FaultKind, info: StreamInfo | None = None) -> None:
        self.channel.send(Failed(stream=Stream.MAIN, token=token, kind=kind, text="why", info=info))


class Reader:
    """The pump's side: opens and reads in threads, as pumps do."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.line = GuestLine()
        self.stop = Stop()
        self._threads = ThreadPoolExecutor(4)
        self.guests: list[Guest] = []

    def guest(self) -> Guest:
        self.guests.append(Guest(self.line))
        return self.guests[-1]

    def opening(self, stream: Stream = Stream.MAIN) -> Future[Any]:
        return self._threads.submit(GuestFeed(self.line, stream, self.clock).open, self.stop)

    def does(self, work: Any, *args: Any) -> Future[Any]:
        return self._threads.submit(work, *args)

    def opened(self, guest: Guest) -> tuple[Any, int]:
        opening = self.opening()
        token = guest.answer()
        return opening.result(), token

    def passing(self, waiting: Future[Any], seconds: float) -> Any:
        """Let `seconds` pass again and again until `waiting` has its result, and return that."""
        while not wait([waiting], 0.05).done:
            self.clock.advance(seconds)
        return waiting.result()

    def end(self) -> None:
        self.stop.set()
        for guest in self.guests:
            guest.channel.close()
        self._threads.shutdown()


@pytest.fixture
def reader() -> Iterator[Reader]:
    reader = Reader()
    yield reader
    reader.end()


def numbers(feed: Any, count: int) -> list[int]:
    packets = iter(feed)
    return [next(packets).pts_ticks for _ in range(count)]


def test_packets_come_through_in_order(reader: Reader) -> None:
    guest = reader.guest()
    feed, token = reader.opened(guest)
    assert feed.info == INFO
    guest.pour(token, range(3))
    assert numbers(feed, 3) == [0, 1, 2]
    feed.close()
    assert guest.asked(CloseStream).stream is Stream.MAIN


def test_packets_of_an_earlier_opening_are_not_taken_for_this_one(reader: Reader) -> None:
    guest = reader.guest()
    first, old = reader.opened(guest)
    first.close()
    guest.asked(CloseStream)
    feed, token = reader.opened(guest)
    guest.pour(old, range(5))
    guest.pour(token, range(7, 8))
    assert numbers(feed, 1) == [7]


def test_a_late_close_of_an_earlier_opening_does_not_close_the_newer(reader: Reader) -> None:
    guest = reader.guest()
    first, _old = reader.opened(guest)
    feed, token = reader.opened(guest)
    first.close()
    guest.pour(token, range(1))
    assert numbers(feed, 1) == [0]


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (FaultKind.UNREACHABLE, Unreachable),
        (FaultKind.REFUSED, Refused),
        (FaultKind.UNSUPPORTED, Unsupported),
        (FaultKind.BAD_REPLY, BadReply),
    ],
)
@pytest.mark.parametrize("when", ["opening", "reading"])
def test_the_guests_error_is_the_feeds(reader: Reader, kind: FaultKind, error: type[HearthwatchError], when: str) -> None:
    guest = reader.guest()
    if when == "opening":
        opening = reader.opening()
        guest.fail(guest.asked(OpenStream).token, kind)
        with pytest.raises(error, match="why"):
            opening.result()
        return
    feed, token = reader.opened(guest)
    guest.pour(token, range(1))
    guest.fail(token, kind)
    packets = iter(feed)
    assert next(packets).pts_ticks == 0
    with pytest.raises(error, match="why"):
        next(packets)


def test_a_changed_stream_says_what_it_is_now(reader: Reader) -> None:
    guest = reader.guest()
    feed, token = reader.opened(guest)
    guest.fail(token, FaultKind.CHANGED, INFO)
    with pytest.raises(StreamChanged) as caught:
        numbers(feed, 1)
    assert caught.value.info == INFO


def test_a_guest_that_is_just_starting_is_waited_for(reader: Reader) -> None:
    opening = reader.opening()
    guest = reader.guest()
    guest.answer()
    assert opening.result().info == INFO


def test_a_guest_that_fell_silent_is_given_up_after_ten_seconds(reader: Reader) -> None:
    guest = reader.guest()
    feed, token = reader.opened(guest)
    guest.pour(token, range(1))
    packets = iter(feed)
    next(packets)
    reader.clock.advance(9.9)
    guest.pour(token, range(1, 2))
    assert next(packets).pts_ticks == 1
    reader.clock.advance(9.9)
    waiting = reader.does(next, packets)
    reader.clock.advance(0.2)
    with pytest.raises(Unreachable, match="10 s"):
        waiting.result()


def test_a_source_that_does_not_open_is_given_up_and_its_late_answer_is_nothing(reader: Reader) -> None:
    guest = reader.guest()
    opening = reader.opening()
    token = guest.asked(OpenStream).token
    with pytest.raises(Unreachable, match="did not open in time"):
        reader.passing(opening, 31)
    assert guest.asked(CloseStream).stream is Stream.MAIN
    guest.channel.send(Opened(stream=Stream.MAIN, token=token, info=INFO))
    feed, _token = reader.opened(guest)
    feed.close()


def test_a_pump_that_is_told_to_stop_stops_waiting(reader: Reader) -> None:
    guest = reader.guest()
    feed, _token = reader.opened(guest)
    reader.stop.set()
    assert list(feed) == []


@pytest.mark.parametrize("how", ["dies", "is started anew", "talks nonsense"])
def test_a_guest_that_is_gone_ends_its_feeds_after_what_it_had_sent(reader: Reader, how: str) -> None:
    guest = reader.guest()
    feed, token = reader.opened(guest)
    guest.pour(token, range(3))
    assert numbers(feed, 1) == [0]
    if how == "dies":
        guest.channel.close()
    elif how == "is started anew":
        reader.guest()
    else:
        guest.channel.send(CloseStream(stream=Stream.MAIN))
    with pytest.raises(Unreachable):
        list(feed)
    feed.close()


def test_after_a_restart_the_stream_is_opened_from_the_new_guest(reader: Reader) -> None:
    reader.opened(reader.guest())
    guest = reader.guest()
    feed, token = reader.opened(guest)
    guest.pour(token, range(1))
    assert numbers(feed, 1) == [0]


def test_a_guest_that_dies_while_a_stream_opens_is_heard_at_once(reader: Reader) -> None:
    guest = reader.guest()
    opening = reader.opening()
    guest.asked(OpenStream)
    guest.channel.close()
    with pytest.raises(Unreachable):
        opening.result()


HELD = 512
"""What the line holds before it holds anybody back."""


class Poured:
    """A guest that sends more than the line holds, until it is held back."""

    def __init__(self, reader: Reader, guest: Guest, token: int) -> None:
        self.sent = 0
        self._guest = guest
        self._token = token
        self.done = reader.does(self._pour)

    def _pour(self) -> None:
        try:
            for number in range(20_000):
                self._guest.channel.send(GuestMedia(token=self._token, packet=packet(number, 1000)))
                self.sent = number
        except Unreachable:
            return

    def held_back(self) -> int:
        """Return what was sent when the line was full and no more went out for a while: the only sign of a send that blocks."""
        waited = threading.Event()
        before = -1
        while before != self.sent or (before < HELD and not self.done.done()):
            before = self.sent
            waited.wait(0.1)
        return before


def test_a_full_line_holds_the_guest_back_and_loses_nothing(reader: Reader) -> None:
    guest = reader.guest()
    feed, token = reader.opened(guest)
    poured = Poured(reader, guest, token)
    assert HELD <= poured.held_back() < 19_999
    assert numbers(feed, 2000) == list(range(2000))


def test_a_full_line_can_be_closed_and_opened_again(reader: Reader) -> None:
    guest = reader.guest()
    feed, token = reader.opened(guest)
    poured = Poured(reader, guest, token)
    poured.held_back()
    reader.does(feed.close).result(60)
    poured.done.result(60)
    guest.asked(CloseStream)
    feed, token = reader.opened(guest)
    guest.pour(token, range(1))
    assert numbers(feed, 1) == [0]


@pytest.mark.parametrize("how", ["dies", "is started anew"])
def test_a_guest_that_is_gone_with_a_full_line_is_heard_of_after_the_last_packet(reader: Reader, how: str) -> None:
    """And nobody waits for the 10 s of silence: the clock stands still."""
    guest = reader.guest()
    feed, token = reader.opened(guest)
    poured = Poured(reader, guest, token)
    poured.held_back()
    if how == "dies":
        guest.channel.close()
    else:
        reader.does(reader.guest).result(60)
    with pytest.raises(Unreachable, match="reader"):
        reader.does(list, feed).result(60)
    reader.does(feed.close).result(60)


@pytest.mark.parametrize("guests", [0, 1])
def test_without_a_guest_it_is_waited_for_one_and_nothing_is_left_behind(reader: Reader, guests: int) -> None:
    for _ in range(guests):
        reader.guest().channel.close()
    opening = reader.opening()
    with pytest.raises(Unreachable):
        reader.passing(opening, 6)
    assert reader.line._boxes == {}  # what is left behind is nothing but memory that never comes back
