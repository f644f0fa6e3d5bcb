"""The gate between libav and an RTSP camera. libav follows wherever a camera sends it, with the password: so it is let to
connect to this process alone, which connects to the one address that was checked and hands on what belongs to a stream.

An answer that leads elsewhere ends the connection, and where datagrams come from is said by us.
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import ssl
import threading
from typing import Self

from hearthwatch.feeds.rtsp_message import MAX_BODY_BYTES, MAX_HEADER_BYTES
from hearthwatch.kit.errors import BadReply, HearthwatchError, Redirected, Unreachable

_CONNECT_S = 5.0
_STALL_S = 60.0
"""How long libav may take nothing: it is held back while the recorder is."""
_MOST_CONNECTIONS = 3
"""One is the rule; libav may come again after a refused log-in."""
_MOST_BEFORE_PLAY = 30
"""Answers to one opening: seven, and twice as many with a log-in."""
_READ_BYTES = 65_536
_STATUS = re.compile(rb"RTSP/\d\.\d +(\d{3})")
_LENGTH = re.compile(rb"(?im)^content-length[ \t]*:[ \t]*(\d{1,9})[ \t]*\r?$")
_TRANSPORT = re.compile(rb"(?im)^(transport[ \t]*:)([^\r\n]*)")
_LOCATION = re.compile(rb"(?im)^location[ \t]*:[^\r\n]*\r?\n")


class Gate:
    """Listens on a port of this machine for libav, and for nobody else once it came. Its thread ends with `close`."""

    def __init__(self, address: tuple[str, int], *, tls_host: str | None) -> None:
        """`address` is where the camera is; `tls_host` its name where it speaks TLS."""
        self._address = address
        self._tls_host = tls_host
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1)
        self.port: int = self._listener.getsockname()[1]
        self.fault: HearthwatchError | None = None
        """Why it ended a connection: libav itself only sees that it ended."""
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="libav-gate", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._closed.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        for _ in range(_MOST_CONNECTIONS):
            try:
                inner, _peer = self._listener.accept()
            except OSError:
                return
            with inner:
                try:
                    with self._camera() as outer:
                        _Passage(inner, outer, self._address[0]).run(self._closed)
                except HearthwatchError as error:
                    self.fault = error
                    return
                except OSError as error:
                    self.fault = Unreachable(f"the connection broke ({error.strerror or error})")
                    self.fault.__cause__ = error
        self.fault = self.fault or BadReply("has libav connect again and again")

    def _camera(self) -> socket.socket:
        sock = socket.create_connection(self._address, _CONNECT_S)
        if self._tls_host is None:
            return sock
        context = ssl.create_default_context()
        context.check_hostname = False  # as cameras have it: self-signed, so that it keeps listeners out but proves nothing
        context.verify_mode = ssl.CERT_NONE
        return context.wrap_socket(sock, server_hostname=self._tls_host)


class _Passage:
    """One connection of libav and one of the camera's, until either ends."""

    def __init__(self, inner: socket.socket, outer: socket.socket, camera_ip: str) -> None:
        self._inner, self._outer = inner, outer
        self._camera_ip = camera_ip.encode()
        self._data = bytearray()
        self._answers = 0
        self._plays = False

    def run(self, closed: threading.Event) -> None:
        """Raises HearthwatchError for what is not let through, OSError for a connection that breaks."""
        poll = select.poll()
        for sock, patience_s in ((self._inner, _STALL_S), (self._outer, _CONNECT_S)):
            sock.settimeout(patience_s)
            poll.register(sock, select.POLLIN)
        while not closed.is_set():
            for fd, _event in poll.poll(250):
                if fd == self._inner.fileno():
                    data = self._inner.recv(_READ_BYTES)
                    self._plays = self._plays or b"PLAY " in data
                    self._outer.sendall(data)
                else:
                    data = self._outer.recv(_READ_BYTES)
                    self._data += data
                    self._hand_on()
                    while isinstance(self._outer, ssl.SSLSocket) and self._outer.pending():
                        self._data += self._outer.recv(_READ_BYTES)
                        self._hand_on()
                if not data:
                    return

    def _hand_on(self) -> None:
        """Let every whole frame and message of the camera's pass."""
        data, at, out = self._data, 0, bytearray()
        while len(data) - at >= 4:
            if data[at] == 0x24:
                end = at + 4 + (data[at + 2] << 8 | data[at + 3])
                if end > len(data):
                    break
                out += data[at:end]
            else:
                found = self._message(at)
                if found is None:
                    break
                message, end = found
                out += message
            at = end
        del data[:at]
        if out:
            self._inner.sendall(out)

    def _message(self, at: int) -> tuple[bytes, int] | None:
        """Return the message at `at` as libav may see it, and where it ends; None while it is not whole. Raises BadReply."""
        head_end = self._data.find(b"\r\n\r\n", at, at + MAX_HEADER_BYTES + 4)
        if head_end < 0:
            if len(self._data) - at > MAX_HEADER_BYTES:
                raise BadReply(f"sends a header of more than {MAX_HEADER_BYTES} bytes")
            return None
        head = bytes(self._data[at : head_end + 4])
        length = int(found[1]) if (found := _LENGTH.search(head)) else 0
        if length > MAX_BODY_BYTES:
            raise BadReply(f"announces a body of {length} bytes (at most {MAX_BODY_BYTES} are taken)")
        end = head_end + 4 + length
        if end > len(self._data):
            return None
        return self._allowed(head) + bytes(self._data[head_end + 4 : end]), end

    def _allowed(self, head: bytes) -> bytes:
        status = _STATUS.match(head)
        if status is not None:
            if status[1].startswith(b"3"):
                raise Redirected("redirects to another address, which is not followed: set the camera's own address")
            self._answers += 1
            if not self._plays and self._answers > _MOST_BEFORE_PLAY:
                raise BadReply("answers more than anybody asked")
        return _TRANSPORT.sub(self._transport, _LOCATION.sub(b"", head))

    def _transport(self, found: re.Match[bytes]) -> bytes:
        """Have datagrams come from, and go to, the camera itself."""
        parts = [part for part in found[2].split(b";") if not part.strip().lower().startswith((b"source=", b"destination="))]
        if b"/tcp" not in parts[0].lower():
            parts.append(b"source=" + self._camera_ip)
        return found[1] + b";".join(parts)
