"""Typed messages over a Unix stream socket; size-limited.

On the wire: length (4 bytes, big-endian), number of file descriptors that belong to it (1 byte), one MessagePack struct.
"""

from __future__ import annotations

import array
import contextlib
import socket
import struct
import threading
from typing import Any, Generic, TypeVar

import msgspec

from hearthwatch.kit.errors import BadReply, Unreachable

M = TypeVar("M")

MAX_MESSAGE_BYTES = 32 * 1024 * 1024
_HEAD = struct.Struct("!IB")
_MAX_FDS = 4
_MAX_WAITING_FDS = 64
"""Descriptors that came with messages not yet read. A peer gone bad could otherwise fill this process's table of open files."""


def inherited(fd: int) -> socket.socket:
    """Return the Unix stream socket with that descriptor without asking the kernel about it, which a boxed process may not."""
    return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fileno=fd)


class Channel(Generic[M]):
    """One end of a socket pair; `send` from any thread, `receive` from one."""

    def __init__(self, sock: socket.socket, receives: Any) -> None:
        """`receives` is the (union) type this end decodes; anything else from the peer raises BadReply."""
        self._sock = sock
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder: msgspec.msgpack.Decoder[M] = msgspec.msgpack.Decoder(receives)
        self._send_lock = threading.Lock()
        self._buffer = bytearray()
        self._fds: list[int] = []

    def fileno(self) -> int:
        return self._sock.fileno()

    def send(self, message: object, fds: tuple[int, ...] = ()) -> None:
        """Send one message, with file descriptors if given. Raises Unreachable when the peer is gone."""
        body = self._encoder.encode(message)
        if len(body) > MAX_MESSAGE_BYTES:
            raise ValueError(f"{type(message).__name__} of {len(body)} bytes is over the limit of {MAX_MESSAGE_BYTES}")
        data = _HEAD.pack(len(body), len(fds)) + body
        try:
            with self._send_lock:
                if fds:
                    sent = socket.send_fds(self._sock, [data], list(fds))
                    data = data[sent:]
                if data:
                    self._sock.sendall(data)
        except OSError as error:
            raise Unreachable(f"the process at the other end is gone ({error.strerror or error})") from error

    def receive(self) -> M:
        """Return the next message. Raises Unreachable at the end of the stream, BadReply for what is no message."""
        message, fds = self.receive_with_fds()
        for fd in fds:
            socket.close(fd)
        return message

    def receive_with_fds(self) -> tuple[M, list[int]]:
        """Return the next message and the file descriptors that came with it."""
        while len(self._buffer) < _HEAD.size:
            self._read(_HEAD.size)
        length, fd_count = _HEAD.unpack_from(self._buffer)
        if length > MAX_MESSAGE_BYTES:
            raise BadReply(f"a message of {length} bytes is over the limit of {MAX_MESSAGE_BYTES}")
        whole = _HEAD.size + length
        while len(self._buffer) < whole:
            self._read(whole - len(self._buffer))
        body = bytes(memoryview(self._buffer)[_HEAD.size : whole])
        del self._buffer[:whole]
        # one read may bring the bytes of several messages: the count says whose descriptors these are
        fds, self._fds = self._fds[:fd_count], self._fds[fd_count:]
        try:
            return self._decoder.decode(body), fds
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise BadReply(f"not a message we know: {error}", body[:64]) from error

    def _read(self, wanted: int) -> None:
        try:
            data, ancillary, _flags, _address = self._sock.recvmsg(max(wanted, 65_536), socket.CMSG_SPACE(_MAX_FDS * 4))
        except OSError as error:
            raise Unreachable(f"the process at the other end is gone ({error.strerror or error})") from error
        for level, kind, payload in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                fds = array.array("i")
                fds.frombytes(payload[: len(payload) - len(payload) % fds.itemsize])
                self._fds.extend(fds)
        if len(self._fds) > _MAX_WAITING_FDS:
            self._let_go()
            raise BadReply(f"more than {_MAX_WAITING_FDS} descriptors came that belong to no message")
        if not data:
            raise Unreachable("the process at the other end closed the connection")
        self._buffer += data

    def _let_go(self) -> None:
        for fd in self._fds:
            socket.close(fd)
        self._fds = []

    def close(self) -> None:
        """End both directions; a `receive` waiting in another thread returns with Unreachable."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()
