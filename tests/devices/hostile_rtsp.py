"""RTSP cameras that misbehave: a threaded server whose every connection runs a script.

`with Hostile(script) as camera:` serves `script(Talk)` on a loopback port; `camera.requests` records every request head.
The scripts below are the misbehaviours; `playing` answers as a good camera up to PLAY, and a script goes on from there.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

from tests.devices.rtp_maker import H264_PPS, OTHER_SPS, RtpMaker, goodbye, h264_slice, interleaved

SDP = """v=0
o=- 1 1 IN IP4 0.0.0.0
s=hostile
t=0 0
a=control:*
m=video 0 RTP/AVP 96
a=rtpmap:96 H264/90000
a=control:track1
"""
PUBLIC = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"


class Gone(Exception):
    """The client left."""


class Talk:
    """One connection, as a script sees it."""

    def __init__(self, server: Hostile, sock: socket.socket) -> None:
        self.server = server
        self._sock = sock
        self._rest = b""

    @property
    def url(self) -> str:
        return self.server.url

    def request(self) -> tuple[str, str, dict[str, str]]:
        """Return method, URL and fields (lower-case names) of the next request; frames of ours are passed over."""
        while True:
            if self._rest[:1] == b"$" and len(self._rest) >= 4:
                length = 4 + int.from_bytes(self._rest[2:4], "big")
                if len(self._rest) >= length:
                    self._rest = self._rest[length:]
                    continue
            elif b"\r\n\r\n" in self._rest:
                head, _, self._rest = self._rest.partition(b"\r\n\r\n")
                self.server.requests.append(head.decode())
                first, *lines = head.decode().split("\r\n")
                method, url, _ = first.split(" ")
                return method, url, {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            self._more()

    def _more(self) -> None:
        data = self._sock.recv(65_536)
        if not data:
            raise Gone
        self._rest += data

    def send(self, data: bytes) -> None:
        self._sock.sendall(data)

    def reply(self, fields: dict[str, str], status: str = "200 OK", body: str = "", cseq: str | None = None) -> None:
        """Answer the request that had `fields`; other keys of it that a server would echo are left to the script."""
        lines = [f"RTSP/1.0 {status}", f"CSeq: {fields.get('cseq', '0') if cseq is None else cseq}"]
        lines += [f"{name[1:]}: {value}" for name, value in fields.items() if name.startswith(">")]
        if body:
            lines += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
        self.send(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    def frames(self, packets: Iterable[bytes], channel: int = 0) -> None:
        self.send(b"".join(interleaved(channel, packet) for packet in packets))

    def until_gone(self) -> None:
        """Answer keep-alive and teardown politely until the client leaves."""
        while True:
            self.reply(self.request()[2])

    def silence(self) -> None:
        while True:
            self._more()


Script = Callable[[Talk], None]


class Hostile:
    """The server; ends its connections when the test does."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.requests: list[str] = []
        self.connections = 0
        self._socks: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.faults: list[BaseException] = []

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/live"

    @property
    def methods(self) -> list[str]:
        return [head.split(" ", 1)[0] for head in self.requests]

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for sock in (self._listener, *self._socks):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        for sock in (self._listener, *self._socks):
            sock.close()
        if kind is None and self.faults:
            raise self.faults[0]

    def _start(self, run: Callable[[], None]) -> None:
        thread = threading.Thread(target=run, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self.connections += 1
                self._socks.append(sock)
                self._start(lambda sock=sock: self._run(sock))  # type: ignore[misc]

    def _run(self, sock: socket.socket) -> None:
        try:
            self._script(Talk(self, sock))
        except (Gone, OSError):
            pass
        except BaseException as error:
            self.faults.append(error)
        finally:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def playing(talk: Talk, sdp: str = SDP, *, session: str = "77;timeout=60", transport: str | None = None) -> None:
    """Be a good camera up to the answer to PLAY."""
    while True:
        method, _, fields = talk.request()
        if method == "OPTIONS":
            fields[">Public"] = PUBLIC
        elif method == "SETUP":
            fields[">Transport"] = transport if transport is not None else fields["transport"]
            fields[">Session"] = session
        talk.reply(fields, body=sdp if method == "DESCRIBE" else "")
        if method == "PLAY":
            return


def redirects_to_itself(talk: Talk) -> None:
    while True:
        method, _, fields = talk.request()
        if method == "DESCRIBE":
            fields[">Location"] = talk.url
            talk.reply(fields, "302 Found")
        else:
            talk.reply(fields)


def redirects_to(location: str) -> Script:
    def script(talk: Talk) -> None:
        while True:
            method, url, fields = talk.request()
            if method == "DESCRIBE" and not url.endswith("/moved"):
                fields[">Location"] = location.replace("HERE", talk.url)
                talk.reply(fields, "301 Moved Permanently")
            else:
                talk.reply(
                    fields, body=SDP if method == "DESCRIBE" else "", status="200 OK" if method != "SETUP" else "404 Not Found"
                )

    return script


def asks_for_a_password(challenge: str, *, accept_after: int | None = None) -> Script:
    """Answer everything but OPTIONS with 401; `{n}` in `challenge` counts."""

    def script(talk: Talk) -> None:
        count = 0
        while True:
            method, _, fields = talk.request()
            if method != "OPTIONS" and (accept_after is None or count < accept_after):
                fields[">WWW-Authenticate"] = challenge.format(n=count)
                count += 1
                talk.reply(fields, "401 Unauthorized")
            else:
                talk.reply(fields, "404 Not Found" if method == "DESCRIBE" else "200 OK")

    return script


def answers_describe(status: str) -> Script:
    def script(talk: Talk) -> None:
        while True:
            method, _, fields = talk.request()
            talk.reply(fields, status if method == "DESCRIBE" else "200 OK")

    return script


def answers_setup(status: str, transport: str = "") -> Script:
    def script(talk: Talk) -> None:
        while True:
            method, _, fields = talk.request()
            if method == "SETUP" and transport:
                fields[">Transport"] = transport
            talk.reply(fields, status if method == "SETUP" else "200 OK", body=SDP if method == "DESCRIBE" else "")

    return script


def says(data: bytes, *, then_silent: bool = False) -> Script:
    """Say `data` to the first request, whatever it was."""

    def script(talk: Talk) -> None:
        talk.request()
        talk.send(data)
        if then_silent:
            talk.silence()

    return script


def says_for_ever(data: bytes) -> Script:
    def script(talk: Talk) -> None:
        talk.request()
        while True:
            talk.send(data)

    return script


def says_nothing(talk: Talk) -> None:
    talk.silence()


def lies_about_cseq(talk: Talk) -> None:
    while True:
        _, _, fields = talk.request()
        talk.reply(fields, cseq="4711")


def repeats_old_answers(talk: Talk) -> None:
    _, _, fields = talk.request()
    talk.reply(fields)
    while True:
        talk.send(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n" * 50)


def describes(sdp: str) -> Script:
    def script(talk: Talk) -> None:
        playing(talk, sdp)
        talk.until_gone()

    return script


def plays(run: Callable[[Talk, RtpMaker], None], *, polite: bool = True) -> Script:
    """Play, run the misbehaviour, then (`polite`) go on answering."""

    def script(talk: Talk) -> None:
        playing(talk)
        run(talk, RtpMaker())
        if polite:
            talk.until_gone()

    return script


def one_gop(talk: Talk, maker: RtpMaker, pictures: int = 5) -> None:
    talk.frames(maker.key_unit())
    for _ in range(pictures - 1):
        talk.frames(maker.other_unit())


def other_size(talk: Talk, maker: RtpMaker) -> None:
    one_gop(talk, maker)
    talk.frames(maker.unit([OTHER_SPS, H264_PPS, h264_slice(400, key=True)]))
    one_gop(talk, maker)


def wrong_sprop() -> str:
    return SDP + "a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0IAH5WoFAFuQA==,aM48gA==\n"


def large_sprop() -> str:
    return SDP + "a=fmtp:96 sprop-parameter-sets=" + "Z" * 1_000_000 + "\n"


def leaves(talk: Talk, maker: RtpMaker) -> None:
    one_gop(talk, maker)
    talk.frames([goodbye(maker.ssrc)], channel=1)


def another_sender(talk: Talk, maker: RtpMaker) -> None:
    one_gop(talk, maker)
    maker.ssrc, maker.sequence, maker.timestamp = 42, 9, 1_000_000
    talk.frames(maker.other_unit())
    one_gop(talk, maker)


def lying_length(talk: Talk, maker: RtpMaker) -> None:
    one_gop(talk, maker)
    packet = maker.other_unit()[0]
    talk.send(b"$\0" + (len(packet) - 7).to_bytes(2, "big") + packet)
    one_gop(talk, maker)


def too_long_length(talk: Talk, maker: RtpMaker) -> None:
    one_gop(talk, maker)
    talk.send(b"$\0\xff\xff" + b"x" * 100)


def drips(talk: Talk, maker: RtpMaker) -> None:
    """Keep the connection lively without ever sending a picture: other channels only."""
    one_gop(talk, maker)
    while True:
        talk.frames([b"x" * 100], channel=9)


def asks_us(talk: Talk, maker: RtpMaker) -> None:
    one_gop(talk, maker)
    talk.send(b"OPTIONS rtsp://you/ RTSP/1.0\r\nCSeq: 5\r\n\r\nANNOUNCE rtsp://you/ RTSP/1.0\r\nCSeq: 6\r\n\r\n")
    one_gop(talk, maker)


def asks_us_for_ever(talk: Talk, maker: RtpMaker) -> None:
    one_gop(talk, maker)
    while True:
        talk.send(b"REDIRECT rtsp://you/ RTSP/1.0\r\nCSeq: 5\r\n\r\n")
