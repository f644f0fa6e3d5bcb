"""A device of the home network as it lets itself be found: a camera's web server that answers WS-Discovery and announces itself
by mDNS, or somebody who answers nonsense. `python -m tests.devices.discoverable KIND ADDRESS KIND ADDRESS …`, in a
network namespace."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack

from zeroconf import IPVersion, ServiceInfo
from zeroconf.asyncio import AsyncZeroconf

from tests.devices import dahua, foscam_mjpeg, onvif_camera, reolink

GROUP = ("239.255.255.250", 3702)
CAMERAS = {"dahua": dahua.camera, "foscam-mjpeg": foscam_mjpeg.camera, "onvif": onvif_camera.camera, "reolink": reolink.camera}


def match(address: str, *, door: str = "", name: str = "Yard", message: str = "uuid:1") -> bytes:
    """An answer to a probe, as short as real ones."""
    door = door or f"http://{address}/onvif/device_service"
    return (
        '<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
        'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">'
        f"<s:Header><a:RelatesTo>{message}</a:RelatesTo></s:Header><s:Body><d:ProbeMatches><d:ProbeMatch>"
        f"<a:EndpointReference><a:Address>urn:uuid:{address}</a:Address></a:EndpointReference>"
        f"<d:Scopes>onvif://www.onvif.org/name/{name} onvif://www.onvif.org/hardware/E1</d:Scopes>"
        f"<d:XAddrs>{door}</d:XAddrs></d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"
    ).encode()


def nonsense(address: str = "10.77.0.66") -> Iterator[bytes]:
    """Answers that no camera gives: cut, huge, entities, foreign addresses, deep, binary, odd encodings."""
    good = match(address)
    yield from (good[:at] for at in range(0, len(good) - 1, max(1, len(good) // 40)))
    yield good + b" " * 30_000
    yield b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
    yield b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>' + good[21:].replace(
        b"Yard", b"&b;"
    )
    yield from (
        match(address, door=f"http://{other}/onvif")
        for other in ("203.0.113.7", "127.0.0.1", "169.254.169.254", "[::1]", "8.8.8.8")
        if other != address
    )
    yield from (
        match(address, door=door)
        for door in (
            "file:///etc/passwd",
            "http://",
            "//x",
            "http://a b/",
            "gopher://x/",
            "http://%00/",
            "http://10.77.0.66:99999/",
        )
    )
    yield b"<a>" * 5000
    yield b"<a" + b' b="c"' * 3000 + b"/>"
    yield from (good.replace(b"ProbeMatches", tag) for tag in (b"Probe", b"Hello", b"", b"x" * 4000))
    yield from (bytes([byte]) * size for byte in (0, 0xFF, 0x3C, 0x26) for size in (1, 100, 9000))
    yield good.decode().encode("utf-16")[:-40]
    yield b'<?xml version="1.0" encoding="cp037"?>' + good[21:]
    yield from (good.replace(b"uuid:1", bytes([byte])) for byte in range(1, 32) if byte not in b"\t\n\r")
    yield b"\xef\xbb\xbf" + b"\x00" + good


class _Answering(asyncio.DatagramProtocol):
    """Hears what is sent to the group, and answers from its own address."""

    def __init__(self, address: str, answers: list[bytes]) -> None:
        self._answers = answers
        self._mouth = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._mouth.bind((address, 0))

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if re.search(rb"Probe", data):
            for answer in self._answers:
                if len(answer) < 60_000:
                    self._mouth.sendto(answer, addr)


async def answer_probes(address: str, answers: list[bytes]) -> None:
    """Answer whoever calls for cameras in the network of `address`."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(
        socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, struct.pack("4s4s", socket.inet_aton(GROUP[0]), socket.inet_aton(address))
    )
    sock.bind(("", GROUP[1]))
    sock.setblocking(False)
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: _Answering(address, answers), sock=sock)


async def _announce(address: str, name: str, named: str) -> AsyncZeroconf:
    network = AsyncZeroconf(ip_version=IPVersion.V4Only, interfaces=[address])
    info = ServiceInfo(
        "_rtsp._tcp.local.", f"{name}._rtsp._tcp.local.", addresses=[socket.inet_aton(named)], port=554, server=f"{name}.local."
    )
    await (await network.async_register_service(info))
    return network


async def _serve(kind: str, address: str, stack: AsyncExitStack) -> None:
    if kind == "liar":
        await answer_probes(address, list(nonsense(address)))
        await _announce(address, "liar", "203.0.113.9")
        return
    camera = CAMERAS[kind]()
    camera.host, camera.port = address, 80
    await stack.enter_async_context(camera.running())
    if kind == "onvif":
        await answer_probes(address, [match(address)])
    if kind == "reolink":
        await _announce(address, "Driveway", address)


async def _main(words: list[str]) -> None:
    async with AsyncExitStack() as stack:
        for kind, address in zip(words[::2], words[1::2], strict=True):
            await _serve(kind, address, stack)
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1:]))
