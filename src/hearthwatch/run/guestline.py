"""The recorder's end of a guest: a Feed whose packets another process reads with libav."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from itertools import count

from hearthwatch.feeds.packet import Packet, Stream, StreamChanged, StreamInfo
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.clock import Stop
from hearthwatch.kit.errors import BadReply, HearthwatchError, Refused, Unreachable, Unsupported
from hearthwatch.run.messages import CloseStream, Failed, FaultKind, FromGuest, GuestMedia, Opened, OpenStream

_OPEN_LIMIT_S = 30.0
_QUEUE_PACKETS = 512
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
        self._queues: dict[int, queue.Queue[_Item]] = {}
        self._streams: dict[Stream, int] = {}
        self._tokens = count(1)

    def connect(self, channel: Channel[FromGuest]) -> None:
        with self._lock:
            old, self._channel = self._channel, channel
            self._fail_all("its reader was started anew")
        self._linked.set()
        if old is not None:
            old.close()
        threading.Thread(target=self._listen, args=(channel,), name="from-guest", daemon=True).start()

    def _listen(self, channel: Channel[FromGuest]) -> None:
        try:
            while True:
                message = channel.receive()
                with self._lock:
                    waiting = self._queues.get(message.token)
                if waiting is not None:
                    waiting.put(message)  # a full queue holds the guest back, never another camera
        except (Unreachable, BadReply):
            with self._lock:
                if self._channel is channel:
                    self._channel = None
                    self._linked.clear()
                    self._fail_all("its reader ended")

    def _fail_all(self, why: str) -> None:
        for stream, token in self._streams.items():
            waiting = self._queues.get(token)
            if waiting is not None and not waiting.full():
                waiting.put(Failed(stream=stream, token=token, kind=FaultKind.UNREACHABLE, text=why))

    def open(self, stream: Stream) -> tuple[int, queue.Queue[_Item]]:
        """Ask the guest to open `stream`; the answers come through the queue. A guest just starting is waited for."""
        self._linked.wait(_LINK_WAIT_S)
        with self._lock:
            channel = self._channel
            token = next(self._tokens)
            waiting: queue.Queue[_Item] = queue.Queue(_QUEUE_PACKETS)
            self._queues[token] = waiting
            self._streams[stream] = token
        if channel is None:
            self.close(stream, token)
            raise Unreachable("its reader is not running yet")
        channel.send(OpenStream(stream=stream, token=token))
        return token, waiting

    def close(self, stream: Stream, token: int) -> None:
        with self._lock:
            waiting = self._queues.pop(token, None)
            channel = self._channel if self._streams.get(stream) == token else None
        while waiting is not None and not waiting.empty():
            waiting.get_nowait()
        if channel is not None:
            try:
                channel.send(CloseStream(stream=stream))
            except Unreachable:
                return


class GuestFeed:
    """A Feed over a GuestLine."""

    def __init__(self, line: GuestLine, stream: Stream) -> None:
        self._line = line
        self._stream = stream

    def open(self, stop: Stop) -> OpenGuestFeed:
        """See Feed.open."""
        token, waiting = self._line.open(self._stream)
        for _ in range(round(_OPEN_LIMIT_S / _POLL_S)):
            try:
                answer = waiting.get(timeout=_POLL_S)
            except queue.Empty:
                if stop.is_set():
                    break
                continue
            if isinstance(answer, Opened):
                return OpenGuestFeed(self._line, self._stream, token, info=answer.info, waiting=waiting, stop=stop)
            if isinstance(answer, Failed):
                self._line.close(self._stream, token)
                raise _error(answer)
        self._line.close(self._stream, token)
        raise Unreachable("the source did not open in time")


class OpenGuestFeed:
    """See OpenFeed."""

    def __init__(
        self,
        line: GuestLine,
        stream: Stream,
        token: int,
        *,
        info: StreamInfo,
        waiting: queue.Queue[_Item],
        stop: Stop,
    ) -> None:
        self.info = info
        self._line = line
        self._stream = stream
        self._token = token
        self._waiting = waiting
        self._stop = stop

    def __iter__(self) -> Iterator[Packet]:
        silent_polls = 0
        while not self._stop.is_set():
            try:
                item = self._waiting.get(timeout=_POLL_S)
            except queue.Empty:
                silent_polls += 1
                if silent_polls * _POLL_S >= _SILENT_S:
                    raise Unreachable(f"nothing came from its reader for {_SILENT_S:.0f} s") from None
                continue
            silent_polls = 0
            if isinstance(item, GuestMedia):
                yield item.packet
            elif isinstance(item, Failed):
                raise _error(item)

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
        case FaultKind.CHANGED if failed.info is not None:
            return StreamChanged(failed.text, failed.info)
        case _:
            return Unreachable(failed.text)
