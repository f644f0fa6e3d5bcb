"""Finding cameras that announce themselves by mDNS (Bonjour): asked for a few seconds, then silent again.

Whoever is in the network can announce anything: an announcement is only a reason to look at the address it names.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

from zeroconf import Error, IPVersion, ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from hearthwatch.kit.errors import Unreachable

SERVICES = (
    "_rtsp._tcp.local.",
    "_axis-video._tcp.local.",
    "_onvif._tcp.local.",
    "_psia._tcp.local.",
    "_CGI._tcp.local.",
    "_http._tcp.local.",
)
"""What cameras call themselves; printers and routers say `_http`, too, and are sorted out when they are looked at."""
_MAX_NAMES = 128
_MAX_CHARS = 100
_ANSWER_MS = 1500
_ADDRESSES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """A service somebody announces: all of it is hearsay."""

    host: str
    port: int
    service: str
    name: str


async def browse(*, wait_s: float = 3.0) -> tuple[Announced, ...]:
    """Return the IPv4 services announced within `wait_s`. Raises Unreachable when this machine is in no network."""
    names: dict[tuple[str, str], None] = {}

    def heard(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        if state_change is ServiceStateChange.Added and len(names) < _MAX_NAMES and len(name) <= 255:
            names.setdefault((service_type, name))

    try:
        network = AsyncZeroconf(ip_version=IPVersion.V4Only)
    except OSError as error:
        raise Unreachable(f"cannot listen for cameras that announce themselves ({error.strerror or error})") from error
    try:
        browser = AsyncServiceBrowser(network.zeroconf, list(SERVICES), handlers=[heard])
        await asyncio.sleep(wait_s)
        found = await asyncio.gather(*(_resolved(network, service, name) for service, name in tuple(names)))
        await browser.async_cancel()
    finally:
        await network.async_close()
    return tuple(dict.fromkeys(one for some in found for one in some))


async def _resolved(network: AsyncZeroconf, service: str, name: str) -> tuple[Announced, ...]:
    info = None
    with contextlib.suppress(Error, ValueError, OSError):
        info = AsyncServiceInfo(service, name)
        if not await info.async_request(network.zeroconf, _ANSWER_MS):
            return ()
    if info is None:
        return ()
    label = name.removesuffix(f".{service}")[:_MAX_CHARS]
    return tuple(
        Announced(host=host, port=info.port or 0, service=service, name=label)
        for host in info.parsed_addresses(IPVersion.V4Only)[:_ADDRESSES]
    )
