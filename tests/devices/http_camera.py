"""An HTTP camera to be lied to by: MJPEG in every framing, snapshots, log-ins, and each way to misbehave. Keeps a ledger."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import simplejpeg

USER, PASSWORD = "admin", "p@ss:w/rd"
REALM, NONCE = "camera", "b1946ac92492d2347c6235b8d2611184"


def picture(index: int, width_px: int = 64, height_px: int = 48) -> bytes:
    """Return a real JPEG whose grey tells `index`."""
    image = np.full((height_px, width_px, 3), index * 16 % 256, np.uint8)
    return bytes(simplejpeg.encode_jpeg(image, quality=80, colorspace="BGR"))


def claiming(width_px: int, height_px: int) -> bytes:
    """Return a small JPEG that claims to be as large as told."""
    data = bytearray(picture(1))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height_px, width_px)
    return bytes(data)


@dataclass(frozen=True, kw_only=True)
class Framing:
    """How a brand writes its multipart stream."""

    content_type: str = "multipart/x-mixed-replace; boundary=myboundary"
    line: bytes = b"--myboundary\r\n"
    length: bool = True
    part_type: bytes = b"Content-Type: image/jpeg\r\n"
    after: bytes = b"\r\n"
    blank_before: bytes = b""
    preamble: bytes = b""

    def part(self, jpeg: bytes) -> bytes:
        size = b"Content-Length: %d\r\n" % len(jpeg) if self.length else b""
        return self.line + self.part_type + size + b"\r\n" + self.blank_before + jpeg + self.after


FRAMINGS: dict[str, Framing] = {
    "plain": Framing(),
    "no-length": Framing(length=False),
    "charset-after-boundary": Framing(content_type="multipart/x-mixed-replace;boundary=myboundary;charset=utf-8"),
    "quoted-boundary": Framing(content_type='multipart/x-mixed-replace; boundary="myboundary"'),
    "dashes-in-header": Framing(content_type="multipart/x-mixed-replace;boundary=--myboundary"),
    "no-dashes-in-line": Framing(line=b"myboundary\r\n"),
    "no-dashes-no-length": Framing(line=b"myboundary\r\n", length=False),
    "foscam": Framing(
        content_type="multipart/x-mixed-replace;boundary=ipcamera",
        line=b"--ipcamera\r\n",
        part_type=b"Content-Type: image/jpeg\r\n",
    ),
    "lower-case": Framing(part_type=b"content-type:image/jpeg\r\n"),
    "octet-stream": Framing(content_type="application/octet-stream"),
    "no-content-type": Framing(content_type="", part_type=b"X-Timestamp: 12.5\r\n"),
    "no-part-header": Framing(part_type=b"", length=False),
    "blank-line-first": Framing(preamble=b"\r\n"),
    "blank-before-picture": Framing(blank_before=b"\r\n"),
    "no-line-end-after": Framing(after=b""),
    "bare-line-feeds": Framing(line=b"--myboundary\n", part_type=b"Content-Type: image/jpeg\n", after=b"\n"),
}


@dataclass
class HttpCamera:
    """Serves on a free loopback port; each path is a behaviour: `/mjpeg/NAME`, `/jpeg`, `/digest/jpeg`, ... (see `_answer`)."""

    requests: list[str] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)
    connections: int = 0
    pictures_per_stream: int = 5

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self._start(self._accept)

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def _start(self, run: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=run, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(sock)
            self._start(self._serve, sock)

    def _serve(self, sock: socket.socket) -> None:
        with sock, contextlib.suppress(OSError):
            reader = sock.makefile("rb")
            with reader:
                while line := reader.readline():
                    method, target, _ = line.decode().split(" ", 2)
                    headers = {}
                    while (header := reader.readline()) not in {b"\r\n", b""}:
                        name, _, value = header.decode().partition(":")
                        headers[name.lower()] = value.strip()
                    self.requests.append(target)
                    self.authorizations.append(headers.get("authorization", ""))
                    for data in self._answer(method, target, headers):
                        sock.sendall(data)

    def _answer(self, method: str, target: str, headers: dict[str, str]) -> Iterator[bytes]:
        path = target.split("?", maxsplit=1)[0]
        while match := re.match(r"/(digest|basic|both|kerberos)(/.*)", path):
            scheme, path = match.groups()
            if not _allowed(scheme, method, target, headers.get("authorization", "")):
                yield _refusal(scheme)
                return
        name = path.removeprefix("/mjpeg/")
        if name in FRAMINGS:
            yield from self._stream(FRAMINGS[name])
        else:
            yield from getattr(self, "_" + path.strip("/").replace("-", "_").replace("/", "_"), self._missing)()

    def _stream(self, framing: Framing) -> Iterator[bytes]:
        kind = f"Content-Type: {framing.content_type}\r\n" if framing.content_type else ""
        yield f"HTTP/1.0 200 OK\r\nServer: camera\r\n{kind}\r\n".encode() + framing.preamble
        for index in range(self.pictures_per_stream):
            yield framing.part(picture(index))
        yield framing.line
        raise ConnectionAbortedError

    def _missing(self) -> Iterator[bytes]:
        yield b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"

    def _jpeg(self) -> Iterator[bytes]:
        data = picture(len(self.requests))
        yield b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(data) + data

    def _jpeg_closing(self) -> Iterator[bytes]:
        yield b"HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\n\r\n" + picture(len(self.requests))
        raise ConnectionAbortedError

    def _jpeg_chunked(self) -> Iterator[bytes]:
        data = picture(len(self.requests))
        yield b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nTransfer-Encoding: chunked\r\n\r\n"
        for at in range(0, len(data), 100):
            yield b"%x\r\n" % len(data[at : at + 100]) + data[at : at + 100] + b"\r\n"
        yield b"0\r\n\r\n"

    def _mjpeg_chunked(self) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=myboundary\r\nTransfer-Encoding: chunked\r\n\r\n"
        stream = b"".join(Framing(length=False).part(picture(index)) for index in range(self.pictures_per_stream))
        for at in range(0, len(stream), 333):
            yield b"%x\r\n" % len(stream[at : at + 333]) + stream[at : at + 333] + b"\r\n"
        yield b"0\r\n\r\n"

    def _mjpeg_growing(self) -> Iterator[bytes]:
        yield b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=myboundary\r\n\r\n"
        yield Framing().part(picture(1)) + Framing().part(picture(2, 128, 96)) + Framing().line
        raise ConnectionAbortedError

    def _text_part(self) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=x\r\n\r\n"
        yield b"--x\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\nNo MJ stream\r\n"

    def _html(self) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 21\r\n\r\n<h1>Please log in</h1>"

    def _huge(self) -> Iterator[bytes]:
        data = claiming(32_000, 32_000)
        yield b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(data) + data

    def _mjpeg_huge(self) -> Iterator[bytes]:
        yield b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=myboundary\r\n\r\n"
        yield Framing().part(claiming(32_000, 32_000)) + Framing().line

    def _endless_part(self) -> Iterator[bytes]:
        yield b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=myboundary\r\n\r\n"
        yield b"--myboundary\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8"
        while True:
            yield b"\x00" * 65_536

    def _endless_header(self) -> Iterator[bytes]:
        yield b"HTTP/1.0 200 OK\r\n"
        while True:
            yield b"X-Filler: " + b"y" * 1000 + b"\r\n"

    def _endless_jpeg(self) -> Iterator[bytes]:
        yield b"HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8"
        while True:
            yield b"\x00" * 262_144

    def _stalled(self) -> Iterator[bytes]:
        yield b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=myboundary\r\n\r\n"
        yield Framing().part(picture(1)) + b"--myboundary\r\n"
        self._stop.wait()

    def _trickling(self) -> Iterator[bytes]:
        yield b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=myboundary\r\n\r\n"
        yield Framing().part(picture(1)) + b"--myboundary\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8"
        while not self._stop.wait(0.02):
            yield b"\x00"

    def _silent(self) -> Iterator[bytes]:
        self._stop.wait()
        yield b""

    def _redirect(self) -> Iterator[bytes]:
        yield b"HTTP/1.1 302 Found\r\nLocation: /redirect\r\nContent-Length: 0\r\n\r\n"

    def _forbidden(self) -> Iterator[bytes]:
        yield b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"

    def _broken(self) -> Iterator[bytes]:
        yield b"SSH-2.0-dropbear\r\n\r\n"

    def _wrong_length(self) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: -5\r\n\r\n"

    def _cut(self) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 100000\r\n\r\n" + picture(1)
        raise ConnectionAbortedError

    def close(self) -> None:
        self._stop.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._open:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)


def _refusal(scheme: str) -> bytes:
    digest = f'WWW-Authenticate: Digest realm="{REALM}", nonce="{NONCE}", qop="auth"\r\n'
    basic = f'WWW-Authenticate: Basic realm="{REALM}"\r\n'
    challenges = {"digest": digest, "basic": basic, "both": basic + digest, "kerberos": "WWW-Authenticate: Negotiate\r\n"}
    return f"HTTP/1.1 401 Unauthorized\r\n{challenges[scheme]}Content-Length: 0\r\n\r\n".encode()


def _allowed(scheme: str, method: str, target: str, given: str) -> bool:
    if scheme == "basic":
        return given == "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    if not given.startswith("Digest "):
        return False
    fields = dict(re.findall(r'(\w+)="?([^",]+)"?', given))

    def hashed(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    proof = (
        f"{hashed(f'{USER}:{REALM}:{PASSWORD}')}:{NONCE}:{fields['nc']}:{fields['cnonce']}:auth:{hashed(f'{method}:{target}')}"
    )
    return fields.get("uri") == target and fields["response"] == hashed(proof)
