"""A home's router: answers SSDP and NAT-PMP on loopback, describes itself, and tells its port mappings as UPnP routers do."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import Self

from aiohttp import web

KIND = "urn:schemas-upnp-org:service:WANIPConnection:1"
DEVICE = """<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><device>
<deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:1</deviceType><friendlyName>{name}</friendlyName>
<manufacturer>ACME</manufacturer><deviceList><device><deviceList><device><serviceList><service>
<serviceType>{kind}</serviceType><controlURL>{control}</controlURL></service></serviceList>
</device></deviceList></device></deviceList></device></root>"""
REPLY = (
    '<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    '<u:{action}Response xmlns:u="' + KIND + '">{inner}</u:{action}Response></s:Body></s:Envelope>'
)
FAULT = (
    '<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><detail>'
    '<UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>{code}</errorCode></UPnPError>'
    "</detail></s:Fault></s:Body></s:Envelope>"
)


def entry(outer: int, inside: str, inner: int, what: str = "", protocol: str = "TCP", enabled: str = "1") -> str:
    return (
        f"<NewRemoteHost></NewRemoteHost><NewExternalPort>{outer}</NewExternalPort><NewProtocol>{protocol}</NewProtocol>"
        f"<NewInternalPort>{inner}</NewInternalPort><NewInternalClient>{inside}</NewInternalClient>"
        f"<NewEnabled>{enabled}</NewEnabled><NewPortMappingDescription>{what}</NewPortMappingDescription>"
    )


@dataclass
class HomeRouter:
    """`entries` end with the error `end`; `location` and `control` say where it claims to be, for hostile ones. `endless`: every
    index has an entry. `told` counts how often it said where it describes itself."""

    entries: list[str] = field(default_factory=list)
    end: str = "713"
    name: str = "Box 7"
    outer: str = "203.0.113.9"
    location: str = ""
    control: str = "/ctl"
    has_upnp: bool = True
    nat_pmp: bytes | None = None
    endless: bool = False
    body: bytes = b""
    asked: list[str] = field(default_factory=list)
    told: int = 0
    port: int = 0
    udp_port: int = 0

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/desc.xml", self._describe)
        app.router.add_post("/ctl", self._answer)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        loop = asyncio.get_running_loop()
        self._udp, _ = await loop.create_datagram_endpoint(lambda: _Udp(self), local_addr=("127.0.0.1", 0))
        self.udp_port = self._udp.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._udp.close()
        await self._runner.cleanup()

    async def _describe(self, _: web.Request) -> web.Response:
        text = DEVICE.format(name=self.name, kind=KIND, control=self.control)
        return web.Response(body=self.body or text.encode(), content_type="text/xml")

    async def _answer(self, request: web.Request) -> web.Response:
        action = request.headers["SOAPAction"].strip('"').partition("#")[2]
        self.asked.append(action)
        if action == "GetExternalIPAddress":
            inner = f"<NewExternalIPAddress>{self.outer}</NewExternalIPAddress>"
            return web.Response(text=REPLY.format(action=action, inner=inner), content_type="text/xml")
        found = re.search(r"<NewPortMappingIndex>(\d+)<", await request.text())
        index = int(found[1]) if found else 0
        if not self.endless and index >= len(self.entries):
            return web.Response(text=FAULT.format(code=self.end), status=500, content_type="text/xml")
        inner = self.entries[index % len(self.entries)]
        return web.Response(text=REPLY.format(action=action, inner=inner), content_type="text/xml")


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, router: HomeRouter) -> None:
        self._router = router

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        router = self._router
        if data == b"\0\0" and router.nat_pmp is not None:
            self._transport.sendto(router.nat_pmp, addr)
        elif data.startswith(b"M-SEARCH") and router.has_upnp:
            router.told += 1
            location = router.location or f"http://127.0.0.1:{router.port}/desc.xml"
            self._transport.sendto(f"HTTP/1.1 200 OK\r\nST: x\r\nLocation: {location}\r\n\r\n".encode(), addr)
