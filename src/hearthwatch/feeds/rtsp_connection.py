"""One TCP connection to an RTSP camera: requests and their answers, log-in, and interleaved frames handed to their takers.

Blocking socket, one thread. A wait is cut into slices so that `stop` ends it within half a second.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import struct
from collections import deque
from collections.abc import Callable, Iterator

from hearthwatch.feeds.rtsp_message import Message, format_reply, format_request, parse_message
from hearthwatch.kit.clock import Clock, Stop
from hearthwatch.kit.digest import Authenticator
from hearthwatch.kit.errors import BadReply, HearthwatchError, Refused, Unreachable, Unsupported
from hearthwatch.kit.logs import redact
from hearthwatch.kit.units import NS_PER_S, MonoNs

_BUFFER_BYTES = 256 * 1024
_LARGEST_FRAME_BYTES = 4 + 65_535 + 84 * 1024
_SLICE_S = 0.25
_SEND_TIMEOUT_S = 3
_MAX_CAMERA_REQUESTS = 32
_MAX_ATTEMPTS = 4
_STRAY = b"\r\n"
"""Line ends that some cameras leave behind a message."""

Taker = Callable[[bytearray, int, int, int], int]
"""Given the buffer, where a frame's content begins, where it ends and where the buffer ends; it may take frames that follow,
too, and returns where the next frame begins."""


def connect(address: tuple[str, int], *, timeout_s: float, clock: Clock, stop: Stop) -> socket.socket:
    """Connect to an (IP address, port). Raises Unreachable."""
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        code = sock.connect_ex(address)
        until_ns = clock.mono_ns() + round(timeout_s * NS_PER_S)
        poll = select.poll()
        poll.register(sock, select.POLLOUT)
        while code in {errno.EINPROGRESS, errno.EAGAIN}:
            if poll.poll(_SLICE_S * 1000):
                code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            elif stop.is_set():
                raise Unreachable("stopped while connecting")
            elif clock.mono_ns() >= until_ns:
                raise Unreachable(f"did not answer within {timeout_s:g} s")
        if code:
            error = OSError(code, os.strerror(code))
            reason = "refuses connections on this port" if code == errno.ECONNREFUSED else "cannot be reached"
            raise Unreachable(f"{reason} ({error.strerror})") from error
        sock.setblocking(True)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # the kernel's own time-out costs nothing a read; Python's would add a poll() to each
        seconds, micros = divmod(round(_SLICE_S * 1e6), 1_000_000)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("@ll", seconds, micros))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", _SEND_TIMEOUT_S, 0))
    except BaseException:
        sock.close()
        raise
    return sock


class Steps:
    """Says in every error which camera it was and what was being done."""

    def __init__(self, where: str) -> None:
        self._where = where

    @contextlib.contextmanager
    def named(self, step: str) -> Iterator[None]:
        try:
            yield
        except BadReply as error:
            raise type(error)(self._said(step, error), error.sample) from error.__cause__ or error
        except (Unreachable, Refused, Unsupported) as error:
            raise type(error)(self._said(step, error)) from error.__cause__ or error

    def _said(self, step: str, error: HearthwatchError) -> str:
        return redact(f"{self._where}, {step}: {error}")


class RtspConnection:
    """`takers` get the frames of their channel; `unasked` collects replies nobody waits for (to a keep-alive)."""

    def __init__(self, sock: socket.socket, *, auth: Authenticator, clock: Clock, stop: Stop, read_timeout_s: float) -> None:
        self._sock = sock
        self._auth = auth
        self._clock = clock
        self._stop = stop
        self._timeout_ns = round(read_timeout_s * NS_PER_S)
        self._data = bytearray(_BUFFER_BYTES)
        self._view = memoryview(self._data)
        self._start = 0
        self._end = 0
        self._cseq = 0
        self._camera_requests = 0
        self.takers: dict[int, Taker] = {}
        self.unasked: deque[Message] = deque(maxlen=16)
        self.session = ""
        self.received_ns = clock.mono_ns()

    def read(self) -> bool:
        """Wait for bytes, at most a slice of time; True when there are new ones. Raises Unreachable after long silence."""
        if self._start == self._end:
            self._start = self._end = 0
        elif _BUFFER_BYTES - self._start < _LARGEST_FRAME_BYTES:
            rest = self._data[self._start : self._end]
            self._start, self._end = 0, len(rest)
            self._view[: self._end] = rest
        try:
            count = self._sock.recv_into(self._view[self._end :])
        except BlockingIOError:
            if self._clock.mono_ns() - self.received_ns > self._timeout_ns:
                raise Unreachable(f"has sent nothing for {self._timeout_ns / NS_PER_S:g} s") from None
            return False
        except OSError as error:
            raise Unreachable(f"the connection broke ({error.strerror or error})") from error
        if not count:
            raise Unreachable("closed the connection")
        self.received_ns = self._clock.mono_ns()
        self._end += count
        return True

    def dispatch(self) -> None:
        """Hand every whole frame in the buffer to its taker and every message to `unasked`. Raises BadReply."""
        data, at, end, takers = self._data, self._start, self._end, self.takers
        while end - at >= 4:
            if data[at] == 0x24:
                following = at + 4 + (data[at + 2] << 8 | data[at + 3])
                if following > end:
                    break
                take = takers.get(data[at + 1])
                at = following if take is None else take(data, at + 4, following, end)
            elif data[at] in _STRAY:
                at += 1
            else:
                found = parse_message(data, at, end)
                if found is None:
                    break
                message, at = found
                self._start = at
                self._sort(message)
        self._start = at

    def _sort(self, message: Message) -> None:
        if not message.method:
            self.unasked.append(message)
            return
        self._camera_requests += 1
        if self._camera_requests > _MAX_CAMERA_REQUESTS:
            raise BadReply("asks us more than a camera should")
        known = message.method in {"OPTIONS", "GET_PARAMETER", "SET_PARAMETER", "ANNOUNCE"}
        cseq = message.cseq
        self.send(format_reply(200 if known else 501, "OK" if known else "Not Implemented", str(cseq or 0)))

    def send(self, data: bytes) -> None:
        """Send all of `data`. Raises Unreachable."""
        try:
            self._sock.sendall(data)
        except OSError as error:
            raise Unreachable(f"takes no more data ({error.strerror or error})") from error

    def ask(self, method: str, url: str, fields: tuple[tuple[str, str], ...] = ()) -> int:
        """Send a request and return its CSeq; the answer will be in `unasked`."""
        self._cseq += 1
        if self.session:
            fields = (*fields, ("Session", self.session))
        proof = self._auth.header(method, url)
        if proof:
            fields = (*fields, ("Authorization", proof))
        self.send(format_request(method, url, self._cseq, fields))
        return self._cseq

    def request(self, method: str, url: str, fields: tuple[tuple[str, str], ...] = ()) -> Message:
        """Send a request and return its answer, logging in when asked to. Raises Refused when the log-in is turned down."""
        for _ in range(_MAX_ATTEMPTS):
            reply = self._answer(self.ask(method, url, fields))
            if not self.challenged(reply):
                return reply
        raise BadReply("asks for the password again and again")

    def challenged(self, reply: Message) -> bool:
        """Tell whether `reply` asks for a (new) log-in, which the next request will hold. Raises Refused."""
        if reply.status != 401:
            self._auth.accepted()
            return False
        self._auth.challenge(reply.all("www-authenticate"))
        return True

    def _answer(self, cseq: int) -> Message:
        until_ns = MonoNs(self._clock.mono_ns() + self._timeout_ns)
        while True:
            self.dispatch()
            while self.unasked:
                reply = self.unasked.popleft()
                if reply.cseq in {cseq, None}:
                    return reply
                if reply.cseq > cseq:
                    raise BadReply(f"answers a question that was not asked (CSeq {reply.cseq} for {cseq})")
            if self._stop.is_set():
                raise Unreachable("stopped while waiting for an answer")
            if self._clock.mono_ns() > until_ns:
                raise Unreachable(f"did not answer within {self._timeout_ns / NS_PER_S:g} s")
            self.read()

    def close(self) -> None:
        self._view.release()
        self._sock.close()
