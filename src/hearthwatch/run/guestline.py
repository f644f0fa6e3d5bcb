"""The recorder's end of a guest: a Feed whose packets another process reads with libav."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import count

from hearthwatch.feeds.packet import Packet, Stream, StreamChanged, StreamInfo
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.clock import Clock, Stop
from hearthwatch.kit.errors import BadReply, HearthwatchError, Redirected, Refused, Unreachable, Unsupported
from hearthwatch.kit.mailbox import Closed, Lossless
from hearthwatch.kit.units import NS_PER_S
from hearthwatch.run.messages import CloseStream, Failed, FaultKind, FromGuest, GuestMedia, Opened, OpenStream

_OPEN_LIMIT_S = 30.0
_BOX_PACKETS = 512
_POLL_S = 0.25
_SILENT_S = 10.0
_LINK_WAIT_S = 5.0

_Item = Opened | GuestMedia | Failed


class GuestLine:
    """One guest process; survives its restarts, which its feeds see as Unreachable."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._linked = threading.Event()
        self._channel: Channel[FromGuest] | None = None
        self._boxes: dict[int, Lossless[_Item]] = {}
        self._streams: dict[Stream, int] = {}
        self._tokens = count(1)

    def connect(self, channel: Channel[FromGuest]) -> None:
        """Use `channel` from now on; what came by an earlier one comes to its end."""
        with self._lock:
            old, self._channel = self._channel, channel
            self._close_all()
        self._linked.set()
        if old is not None:
            old.close()
        threading.Thread(target=self._listen, args=(channel,), name="from-guest", daemon=True).start()

    def _listen(self, channel: Channel[FromGuest]) -> None:
        try:
            while True:
                self._put(channel.receive())
        except (Unreachable, BadReply):
            with self._lock:
                if self._channel is channel:
                    self._channel = None
                    self._linked.clear()
                    self._close_all()
            channel.close()

    def _put(self, message: _Item) -> None:
        with self._lock:
            box = self._boxes.get(message.token)
        if box is not None:
            try:
                box.put(message)  # a full box holds the guest back, never another camera
            except Closed:
                return

    def _close_all(self) -> None:
        for box in self._boxes.values():
            box.close()

    def wait_linked(self, seconds: float) -> bool:
        """Wait for a guest that is just starting; True when there is one."""
        return self._linked.wait(seconds)

    def open(self, stream: Stream) -> tuple[int, Lossless[_Item]]:
        """Ask the guest to open `stream`; the answers come through the box."""
        with self._lock:
            channel = self._channel
            token = next(self._tokens)
            box: Lossless[_Item] = Lossless(f"guest/{stream}", _BOX_PACKETS)
            self._boxes[token] = box
            self._streams[stream] = token
        try:
            if channel is None:
                raise Unreachable("its reader is not running yet")
            channel.send(OpenStream(stream=stream, token=token))
        except Unreachable:
            self.close(stream, token)
            raise
        return token, box

    def close(self, stream: Stream, token: int) -> None:
        """Take nothing more of that opening."""
        with self._lock:
            box = self._boxes.pop(token, None)
            channel = self._channel if self._streams.get(stream) == token else None
        if box is not None:
            box.close()
        if channel is not None:
            try:
                channel.send(CloseStream(stream=stream))
            except Unreachable:
                return


class GuestFeed:
    """A Feed over a GuestLine."""

    def __init__(self, line: GuestLine, stream: Stream, clock: Clock) -> None:
        self._line = line
        self._stream = stream
        self._clock = clock

    def open(self, stop: Stop) -> OpenGuestFeed:
        """See Feed.open."""
        asked_ns = self._clock.mono_ns()
        while not self._line.wait_linked(_POLL_S) and not stop.is_set():
            if self._clock.mono_ns() - asked_ns >= _LINK_WAIT_S * NS_PER_S:
                break
        token, box = self._line.open(self._stream)
        opened = OpenGuestFeed(self._line, self._stream, token, box=box, clock=self._clock, stop=stop)
        try:
            opened.wait_until_open()
        except HearthwatchError:
            opened.close()
            raise
        return opened


class OpenGuestFeed:
    """See OpenFeed; `info` is there once it is open."""

    info: StreamInfo

    def __init__(self, line: GuestLine, stream: Stream, token: int, *, box: Lossless[_Item], clock: Clock, stop: Stop) -> None:
        self._line = line
        self._stream = stream
        self._token = token
        self._box = box
        self._clock = clock
        self._stop = stop

    def wait_until_open(self) -> None:
        """Raises what the guest's feed raised, Unreachable when nothing came of it."""
        for answer in self._items(_OPEN_LIMIT_S, "the source did not open in time"):
            if isinstance(answer, Opened):
                self.info = answer.info
                return
        raise Unreachable("the opening was given up")

    def __iter__(self) -> Iterator[Packet]:
        for item in self._items(_SILENT_S, f"nothing came from its reader for {_SILENT_S:.0f} s"):
            if isinstance(item, GuestMedia):
                yield item.packet

    def _items(self, patience_s: float, silent: str) -> Iterator[_Item]:
        """Yield what comes until `stop`. Raises the guest's error, or Unreachable(`silent`) when nothing came for so long."""
        heard_ns = self._clock.mono_ns()
        while not self._stop.is_set():
            try:
                item = self._box.get(_POLL_S)
            except Closed:
                raise Unreachable("its reader ended") from None
            now_ns = self._clock.mono_ns()
            if isinstance(item, Failed):
                raise _error(item)
            if item is not None:
                heard_ns = now_ns
                yield item
            elif now_ns - heard_ns >= patience_s * NS_PER_S:
                raise Unreachable(silent)

    def close(self) -> None:
        self._line.close(self._stream, self._token)


def _error(failed: Failed) -> HearthwatchError:
    match failed.kind:
        case FaultKind.REFUSED:
            return Refused(failed.text)
        case FaultKind.UNSUPPORTED:
            return Unsupported(failed.text)
        case FaultKind.BAD_REPLY:
            return BadReply(failed.text)
        case FaultKind.REDIRECTED:
            return Redirected(failed.text)
        case FaultKind.CHANGED if failed.info is not None:
            return StreamChanged(failed.text, failed.info)
        case _:
            return Unreachable(failed.text)
