"""A small HTTP/1.1 client for cameras: GET only, no redirects, log-in by Digest or Basic, everything bounded.

The deadline is for a whole answer's head and then for each picture: a camera that trickles is as silent as one that stops.
"""

from __future__ import annotations

import contextlib
import random
import re
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from hearthwatch.feeds.source import Source
from hearthwatch.kit.address import resolve
from hearthwatch.kit.clock import Clock, Stop
from hearthwatch.kit.digest import Authenticator
from hearthwatch.kit.errors import BadReply, ConfigFault, Redirected, Refused, Unreachable
from hearthwatch.kit.units import NS_PER_S

MAX_HEADER_BYTES = 16 * 1024
_SLICE_S = 0.5
_PAUSE_SLICE_S = 5.0
_READ_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Status and headers (names in lower case, repeated ones all kept) of one answer; the body is still to be read."""

    status: int
    headers: tuple[tuple[str, str], ...]

    def header(self, name: str) -> str:
        """Return the first value of `name`, empty if there is none."""
        return next((value for key, value in self.headers if key == name), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    @property
    def content_type(self) -> str:
        return self.header("content-type").partition(";")[0].strip().lower()


class HttpCamera:
    """One connection to one camera, made anew when it closes. Not for several threads."""

    def __init__(
        self,
        source: Source,
        *,
        clock: Clock,
        rng: random.Random,
        stop: Stop,
        connect_timeout_s: float = 5.0,
        read_timeout_s: float = 10.0,
    ) -> None:
        """Raises ConfigFault for a URL that is none of http or https."""
        parts = urlsplit(source.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or any(ord(c) < 33 for c in source.url):
            raise ConfigFault(f"{source.url!r} is not an address like http://192.0.2.7/video.cgi")
        self.name = f"{source.camera}/{source.stream} at {parts.hostname}"
        self._host = parts.hostname
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._tls = parts.scheme == "https"
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._allow_loopback = source.allow_loopback
        self._clock = clock
        self._stop = stop
        self._connect_timeout_s = connect_timeout_s
        self._read_timeout_s = read_timeout_s
        self._auth = Authenticator(source.user, source.password, rng)
        self._socket: socket.socket | None = None
        self._buffer = bytearray()
        self._at_end = False
        self._until_ns = 0
        self.beat_ns = clock.mono_ns()

    def pause(self, seconds: float) -> bool:
        """Wait between two requests, showing signs of life; True when stopped."""
        until_ns = self._clock.mono_ns() + round(seconds * NS_PER_S)
        while (left_s := (until_ns - self._clock.mono_ns()) / NS_PER_S) > 0:
            self.beat_ns = self._clock.mono_ns()
            if self._clock.sleep(self._stop, min(left_s, _PAUSE_SLICE_S)):
                return True
        return self._stop.is_set()

    def allow(self) -> None:
        """Give the camera the read time-out anew, for the next picture."""
        self._until_ns = self._clock.mono_ns() + round(self._read_timeout_s * NS_PER_S)

    def get(self) -> Reply:
        """Ask for the source's URL, logging in if asked to; the answer is a 200 whose body is read with `Body`.

        Raises Refused, BadReply (404, redirect, nonsense) and Unreachable.
        """
        for _ in range(4):
            reply = self._ask()
            if reply.status != 401:
                break
            self.close()
            try:
                self._auth.challenge(reply.all("www-authenticate"))
            except Refused as error:
                raise Refused(f"{self.name}: {error}") from error
        if reply.status == 401:
            raise Refused(f"{self.name}: wrong user name or password")
        if reply.status == 200:
            self._auth.accepted()
            return reply
        self.close()
        if reply.status == 403:
            raise Refused(f"{self.name}: the camera forbids this user to look at the stream (403)")
        if 300 <= reply.status < 400:
            raise Redirected(f"{self.name}: the camera sends us to another address, which is not followed; give its final URL")
        if reply.status == 404:
            raise BadReply(f"{self.name}: the camera has nothing under this path (404)")
        raise Unreachable(f"{self.name}: the camera answers with status {reply.status}")

    def _ask(self) -> Reply:
        reused = self._socket is not None and not self._at_end
        if not reused:
            self._connect()
        try:
            return self._exchange()
        except Unreachable:
            if not reused or self._stop.is_set():
                raise
        self._connect()
        return self._exchange()

    def _exchange(self) -> Reply:
        self.allow()
        self._send()
        return self._read_head()

    def _connect(self) -> None:
        self.close()
        address = resolve(self._host, self._port, self._allow_loopback)
        try:
            sock = socket.create_connection(address, self._connect_timeout_s)
            try:
                self._socket = _wrapped(sock, self._host) if self._tls else sock
            except BaseException:
                sock.close()
                raise
            self._socket.settimeout(_SLICE_S)
        except OSError as error:
            why = "no answer in time" if isinstance(error, TimeoutError) else error.strerror or str(error)
            raise Unreachable(f"{self.name}: cannot connect ({why})") from error

    def _send(self) -> None:
        assert self._socket is not None
        host = f"[{self._host}]" if ":" in self._host else self._host
        lines = [f"GET {self._target} HTTP/1.1", f"Host: {host}:{self._port}", "User-Agent: Hearthwatch", "Accept: */*"]
        if (authorization := self._auth.header("GET", self._target)) is not None:
            lines.append(f"Authorization: {authorization}")
        try:
            self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        except OSError as error:
            raise Unreachable(f"{self.name}: the connection broke ({error.strerror or error})") from error

    def _read_head(self) -> Reply:
        head = self.until(b"\r\n\r\n", b"\n\n", limit=MAX_HEADER_BYTES, what="header")
        lines = head.decode("latin-1").splitlines()
        version, _, rest = lines[0].partition(" ") if lines else ("", "", "")
        if not version.startswith("HTTP/1.") or not re.match("[0-9]{3}", rest):
            raise BadReply(f"{self.name}: what answers there does not speak HTTP", head)
        return Reply(status=int(rest[:3]), headers=parse_headers(lines[1:]))

    def more(self) -> bool:
        """Read what there is into the buffer; False at the end of the connection. Raises Unreachable when time is up."""
        if self._socket is None or self._at_end:
            return False
        if self._clock.mono_ns() >= self._until_ns:
            raise Unreachable(f"{self.name}: the camera has sent no picture for {self._read_timeout_s:.0f} s")
        while True:
            try:
                data = self._socket.recv(_READ_BYTES)
                break
            except TimeoutError as error:
                if self._stop.is_set():
                    raise Unreachable(f"{self.name}: stopped") from error
                if self._clock.mono_ns() >= self._until_ns:
                    raise Unreachable(
                        f"{self.name}: the camera has sent no picture for {self._read_timeout_s:.0f} s"
                    ) from error
            except OSError as error:
                raise Unreachable(f"{self.name}: the connection broke ({error.strerror or error})") from error
        self._at_end = not data
        self._buffer += data
        return bool(data)

    def until(self, *ends: bytes, limit: int, what: str) -> bytes:
        """Return the bytes before the first of `ends` and drop that too. Raises BadReply when there are more than `limit`."""
        searched = 0
        while True:
            found = [(at, end) for end in ends if (at := self._buffer.find(end, max(0, searched - 4))) >= 0]
            if found:
                at, end = min(found)
                if at > limit:
                    break
                data = bytes(self._buffer[:at])
                del self._buffer[: at + len(end)]
                return data
            searched = len(self._buffer)
            if searched > limit:
                break
            if not self.more():
                raise Unreachable(f"{self.name}: the camera ended the stream")
        raise BadReply(f"{self.name}: a {what} of more than {limit} bytes", bytes(self._buffer[:512]))

    def some(self) -> bytes:
        """Return what has come and is not yet read, at least a byte; empty at the end of the connection."""
        if not self._buffer:
            self.more()
        data, self._buffer = bytes(self._buffer), bytearray()
        return data

    def unread(self, data: bytes) -> None:
        """Put `data` back in front."""
        self._buffer[:0] = data

    def close(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.close()
        self._socket, self._at_end = None, False
        self._buffer.clear()


def _wrapped(sock: socket.socket, host: str) -> ssl.SSLSocket:
    """TLS as cameras have it: their certificates are self-signed, so that it keeps listeners out but proves no identity."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(sock, server_hostname=host)


def parse_headers(lines: list[str]) -> tuple[tuple[str, str], ...]:
    """Return (name in lower case, value) pairs; lines without a colon are left out."""
    pairs = (line.partition(":") for line in lines if ":" in line)
    return tuple((name.strip().lower(), value.strip()) for name, _, value in pairs)
