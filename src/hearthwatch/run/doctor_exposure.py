"""The doctor's look from outside: which of our ports others can reach, what goes over them in clear, what the router opens."""

from __future__ import annotations

import asyncio
import ipaddress
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from hearthwatch.run.check import Check, ok, warn
from hearthwatch.run.config import Config
from hearthwatch.run.from_outside import from_outside
from hearthwatch.web.welcome_doors import FromOutside, RouterSays

_SUBJECT = "listening"
_OUTSIDE = "from outside"
_PROC = Path("/proc")
_LISTEN = "0A"
_ROUTER_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A TCP port one of our processes listens on."""

    address: ipaddress.IPv4Address | ipaddress.IPv6Address
    port: int

    @property
    def is_everywhere(self) -> bool:
        return not self.address.is_loopback


def exposure(config: Config, *, proc: Path = _PROC) -> Iterator[Check]:
    """Yield what of this house others can reach. `proc` is for tests."""
    found = listeners(proc)
    if not found:
        yield ok(_SUBJECT, "no process of this user's Hearthwatch listens now")
    open_ = sorted({one.port for one in found if one.is_everywhere})
    for port in open_:
        yield _told(port, config, [str(one.address) for one in found if one.is_everywhere and one.port == port])
    if found and not open_:
        yield ok(_SUBJECT, "on this machine alone: no other device reaches the page")
    yield from _seen_outside({config.web.https_port, config.web.port, *open_})


def _told(port: int, config: Config, addresses: Collection[str]) -> Check:
    where = f"port {port} ({', '.join(sorted(addresses))})"
    for ports, what, is_well in _known(config):
        if port in ports:
            return ok(_SUBJECT, f"{where}: {what}") if is_well else warn(_SUBJECT, f"{where}: {what}")
    return warn(_SUBJECT, f"{where}: not in this configuration; does another house run, or this one with other settings?")


def _known(config: Config) -> Iterator[tuple[Collection[int], str, bool]]:
    """Yield what may listen beyond this machine: its ports, what goes over them, and whether that is well."""
    web, porch, relay = config.web, config.porch, config.restream
    yield (web.https_port,), "the page, by HTTPS", True
    yield (web.port,), "the page in clear, for the proxies of web.trusted_proxies alone; keep others off it", False
    if porch.enabled:
        narrow = porch.address not in {"0.0.0.0", "::"}  # noqa: S104 what the owner wrote is looked at
        what = "cameras' mails and files in clear, "
        what += "at porch.address" if narrow else "from every network: set porch.address to the one the cameras are in"
        yield (porch.smtp_port, porch.ftp_port), what, narrow
        yield range(porch.passive_first_port, porch.passive_last_port + 1), "a camera's upload", narrow
    if relay.enabled:
        yield (relay.port,), "the cameras' video by RTSP, in clear: for your own network only", False
    pages = config.proxy.page_port
    yield range(pages, pages + len(config.cameras)), "a camera's own page, by HTTPS, while it is used", True


def listeners(proc: Path = _PROC) -> tuple[Listener, ...]:
    """Return what processes of Hearthwatch listen on, as far as this user may see it."""
    ours = _sockets(proc)
    found = {
        Listener(address=_address(local), port=int(local.rpartition(":")[2], 16))
        for name in ("tcp", "tcp6")
        for local, state, inode in _rows(proc / "net" / name)
        if state == _LISTEN and inode in ours
    }
    return tuple(sorted(found, key=lambda one: (one.port, str(one.address))))


def _rows(path: Path) -> Iterator[tuple[str, str, str]]:
    try:
        lines = path.read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return
    for line in lines:
        fields = line.split()
        yield fields[1], fields[3], fields[9]


def _address(local: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return an address as the kernel writes it: 32-bit words, each with its lowest byte first."""
    raw = bytes.fromhex(local.rpartition(":")[0])
    turned = b"".join(raw[at : at + 4][::-1] for at in range(0, len(raw), 4))
    return ipaddress.IPv4Address(turned) if len(turned) == 4 else ipaddress.IPv6Address(turned)


def _sockets(proc: Path) -> frozenset[str]:
    found: set[str] = set()
    for folder in proc.glob("[0-9]*"):
        try:
            if b"hearthwatch.run." not in (folder / "cmdline").read_bytes():
                continue
            links = [os.readlink(path) for path in (folder / "fd").iterdir()]  # noqa: PTH115 a link that leads nowhere
        except OSError:  # gone, or another user's
            continue
        found |= {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")}
    return frozenset(found)


def _seen_outside(ports: Collection[int]) -> Iterator[Check]:
    try:
        found = asyncio.run(asyncio.wait_for(from_outside(ports), _ROUTER_S))
    except TimeoutError:
        yield ok(_OUTSIDE, "the router does not answer, so what it opens is not known: look at its own page")
        return
    yield from outside(found)


def outside(found: FromOutside) -> Iterator[Check]:
    """Yield what is open to the internet, as far as can be seen from within."""
    pages = [f"{each.outer_port}" for each in found.openings if each.is_page]
    if pages:
        yield warn(
            _OUTSIDE,
            f"the router leads everybody's port {', '.join(pages)} to the page: take that away and use WireGuard or Tailscale",
        )
    if found.public:
        yield warn(
            _OUTSIDE,
            f"{', '.join(found.public)} leads here from anywhere unless a firewall is in between: let none in but your own",
        )
    if found.opens:
        yield warn(_OUTSIDE, "the router opens ports for any program that asks (UPnP): switch that off on its own page")
    if found.says in {RouterSays.NONE, RouterSays.SILENT}:
        yield ok(_OUTSIDE, "the router tells nothing of what it opens: look at its own page for port forwardings")
    elif not pages:
        yield ok(_OUTSIDE, "the router opens nothing to the page, as it says")
