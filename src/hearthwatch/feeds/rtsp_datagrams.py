"""RTSP over one TCP connection for cameras that send their pictures by datagrams only: RTP over UDP (RFC 2326, 12.39) goes in,
interleaved frames come out.

Packets are put in order again and each comes once, so that what is missing is missing for good; only the camera's own address
is heard and spoken to.
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import threading
from dataclasses import dataclass, field

from hearthwatch.feeds.rtsp_message import MAX_BODY_BYTES, MAX_HEADER_BYTES, format_interleaved
from hearthwatch.kit.clock import Clock

_READ_BYTES = 65_536
_POLL_MS = 40
_PATIENCE_NS = 120_000_000
"""How long a packet is waited for that others have overtaken."""
_MOST_WAITING = 256
_PORT_TRIES = 20
_RECEIVE_BYTES = 1 << 20
_FIRST_RTP = b"\x80" + bytes(11)
_FIRST_RTCP = b"\x80\xc9\x00\x01" + bytes(4)
"""Sent once to where the camera sends from, so that a firewall in between lets it through."""
_CSEQ = re.compile(rb"(?im)^cseq[ \t]*:[ \t]*(\d{1,9})")
_LENGTH = re.compile(rb"(?im)^content-length[ \t]*:[ \t]*(\d{1,9})")
_TRANSPORT = re.compile(rb"(?im)^transport[ \t]*:([^\r\n]*)")
_INTERLEAVED = re.compile(rb"interleaved=(\d{1,3})")
_SERVER_PORT = re.compile(rb"server_port=(\d{1,5})")


class InOrder:
    """RTP packets of one track in the order of their numbers, each once; a gap is waited for only so long."""

    def __init__(self) -> None:
        self._next: int | None = None
        self._ssrc = b""
        self._waiting: dict[int, bytes] = {}
        self._since_ns = 0

    def take(self, packet: bytes, now_ns: int) -> list[bytes]:
        """Return what may be handed on now that `packet` came."""
        if len(packet) < 13:
            return []
        number, ssrc = int.from_bytes(packet[2:4], "big"), packet[8:12]
        out: list[bytes] = []
        if ssrc != self._ssrc:
            out, self._ssrc, self._next = self._give_up(), ssrc, number
        assert self._next is not None
        ahead = number - self._next & 0xFFFF
        if ahead >= 0x8000:
            return out  # late or twice
        if ahead > _MOST_WAITING:
            out += self._give_up()
            self._next = number
        if not self._waiting:
            self._since_ns = now_ns
        self._waiting.setdefault(number, packet)
        return out + self._ready(now_ns)

    def late(self, now_ns: int) -> list[bytes]:
        """Return what waited long enough for packets that will not come."""
        if not self._waiting or now_ns - self._since_ns < _PATIENCE_NS:
            return []
        assert self._next is not None
        start = self._next
        self._next = min(self._waiting, key=lambda number: number - start & 0xFFFF)
        return self._ready(now_ns)

    def _ready(self, now_ns: int) -> list[bytes]:
        found = []
        while self._next in self._waiting:
            found.append(self._waiting.pop(self._next))
            self._next = self._next + 1 & 0xFFFF
            self._since_ns = now_ns
        return found

    def _give_up(self) -> list[bytes]:
        start = self._next or 0
        found = [self._waiting[number] for number in sorted(self._waiting, key=lambda number: number - start & 0xFFFF)]
        self._waiting.clear()
        return found


@dataclass(slots=True, kw_only=True)
class _Lane:
    """One track: its two sockets, the channel pair it has towards our client, and where the camera has it."""

    rtp: socket.socket
    rtcp: socket.socket
    channel: int
    camera_port: int = 0
    order: InOrder = field(default_factory=InOrder)


def bridged(camera: socket.socket, camera_ip: str, clock: Clock) -> socket.socket:
    """Return a socket that speaks RTSP with interleaved frames in the place of `camera`, which is closed when that one is."""
    ours, theirs = socket.socketpair()
    for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        ours.setsockopt(socket.SOL_SOCKET, option, camera.getsockopt(socket.SOL_SOCKET, option, 16))
    bridge = _Bridge(theirs, camera, camera_ip, clock)
    threading.Thread(target=bridge.run, name="rtsp-datagrams", daemon=True).start()
    return ours


class _Bridge:
    """Owns both sockets; ends when either side does."""

    def __init__(self, client: socket.socket, camera: socket.socket, camera_ip: str, clock: Clock) -> None:
        self._client, self._camera, self._ip, self._clock = client, camera, camera_ip, clock
        self._family = socket.AF_INET6 if ":" in camera_ip else socket.AF_INET
        self._from_client, self._from_camera = bytearray(), bytearray()
        self._lanes: list[_Lane] = []
        self._asked: dict[bytes, _Lane] = {}
        self._by_fd: dict[int, tuple[_Lane, bool]] = {}
        self._poll = select.poll()

    def run(self) -> None:
        with contextlib.ExitStack() as stack:
            stack.callback(self._close)
            for sock in (self._client, self._camera):
                self._poll.register(sock, select.POLLIN)
            with contextlib.suppress(OSError, ValueError):
                while self._turn():
                    pass

    def _turn(self) -> bool:
        for fd, _event in self._poll.poll(_POLL_MS):
            if fd in self._by_fd:
                self._datagrams(*self._by_fd[fd])
            elif fd == self._client.fileno():
                if not self._read(self._client, self._from_client):
                    return False
                self._to_camera()
            elif not self._read(self._camera, self._from_camera):
                return False
            else:
                self._to_client()
        for lane in self._lanes:
            self._hand_on(lane, lane.order.late(self._clock.mono_ns()))
        return True

    def _read(self, sock: socket.socket, into: bytearray) -> bool:
        try:
            data = sock.recv(_READ_BYTES)
        except BlockingIOError:
            return True
        into += data
        return bool(data) and len(into) < MAX_HEADER_BYTES + MAX_BODY_BYTES + 2 * _READ_BYTES

    def _datagrams(self, lane: _Lane, is_rtp: bool) -> None:
        sock = lane.rtp if is_rtp else lane.rtcp
        with contextlib.suppress(BlockingIOError):
            for _ in range(64):
                data, peer = sock.recvfrom(_READ_BYTES)
                if peer[0].partition("%")[0] != self._ip:
                    continue
                if is_rtp:
                    self._hand_on(lane, lane.order.take(data, self._clock.mono_ns()))
                else:
                    self._client.sendall(format_interleaved(lane.channel + 1, data))

    def _hand_on(self, lane: _Lane, packets: list[bytes]) -> None:
        if packets:
            self._client.sendall(b"".join(format_interleaved(lane.channel, one) for one in packets))

    def _to_camera(self) -> None:
        data = self._from_client
        while len(data) >= 4:
            if data[0] == 0x24:
                end = 4 + int.from_bytes(data[2:4], "big")
                if len(data) < end:
                    return
                self._report(data[1], bytes(data[4:end]))
            else:
                end = data.find(b"\r\n\r\n") + 4
                if end < 4:
                    return
                self._camera.sendall(self._asking(bytes(data[:end])))
            del data[:end]

    def _report(self, channel: int, data: bytes) -> None:
        for lane in self._lanes:
            if lane.channel + 1 == channel and lane.camera_port:
                lane.rtcp.sendto(data, (self._ip, lane.camera_port + 1))

    def _asking(self, head: bytes) -> bytes:
        """Return a request as the camera gets it: a SETUP asks for datagrams."""
        found = _TRANSPORT.search(head)
        if not head.startswith(b"SETUP ") or found is None:
            return head
        channel = int(asked[1]) if (asked := _INTERLEAVED.search(found[1])) else 0
        lane = next((one for one in self._lanes if one.channel == channel), None) or self._open(channel)
        if number := _CSEQ.search(head):
            self._asked[number[1]] = lane
        port = lane.rtp.getsockname()[1]
        return head[: found.start(1)] + f" RTP/AVP;unicast;client_port={port}-{port + 1}".encode() + head[found.end(1) :]

    def _open(self, channel: int) -> _Lane:
        for _ in range(_PORT_TRIES):
            rtp = socket.socket(self._family, socket.SOCK_DGRAM)
            rtp.bind(("", 0))
            port = rtp.getsockname()[1]
            rtcp = socket.socket(self._family, socket.SOCK_DGRAM)
            try:
                if port % 2:
                    raise OSError("RTP has even ports")
                rtcp.bind(("", port + 1))
            except OSError:
                rtp.close()
                rtcp.close()
                continue
            rtp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BYTES)
            lane = _Lane(rtp=rtp, rtcp=rtcp, channel=channel)
            self._lanes.append(lane)
            for sock in (rtp, rtcp):
                sock.setblocking(False)
                self._poll.register(sock, select.POLLIN)
                self._by_fd[sock.fileno()] = (lane, sock is rtp)
            return lane
        raise OSError("no two ports are free beside each other")

    def _to_client(self) -> None:
        data = self._from_camera
        while len(data) >= 4:
            if data[0] == 0x24:
                end = 4 + int.from_bytes(data[2:4], "big")
                if len(data) < end:
                    return
                self._client.sendall(data[:end])
            else:
                head_end = data.find(b"\r\n\r\n") + 4
                length = int(found[1]) if (found := _LENGTH.search(data, 0, max(0, head_end))) else 0
                end = head_end + length
                if head_end < 4 or len(data) < end:
                    if head_end < 4 and len(data) > MAX_HEADER_BYTES:
                        raise ValueError
                    return
                self._client.sendall(self._answering(bytes(data[:head_end])) + data[head_end:end])
            del data[:end]

    def _answering(self, head: bytes) -> bytes:
        """Return an answer as our client gets it: datagrams look like interleaved frames to it."""
        number, found = _CSEQ.search(head), _TRANSPORT.search(head)
        lane = self._asked.pop(number[1], None) if number else None
        if lane is None or found is None or b"/tcp" in found[1].lower():
            return head
        if port := _SERVER_PORT.search(found[1]):
            lane.camera_port = int(port[1])
            for sock, data, at in ((lane.rtp, _FIRST_RTP, 0), (lane.rtcp, _FIRST_RTCP, 1)):
                with contextlib.suppress(OSError, OverflowError):
                    sock.sendto(data, (self._ip, lane.camera_port + at))
        channels = f" RTP/AVP/TCP;unicast;interleaved={lane.channel}-{lane.channel + 1}".encode()
        return head[: found.start(1)] + channels + head[found.end(1) :]

    def _close(self) -> None:
        for sock in (self._client, self._camera, *(sock for lane in self._lanes for sock in (lane.rtp, lane.rtcp))):
            sock.close()
