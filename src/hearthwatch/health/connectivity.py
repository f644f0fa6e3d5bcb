"""The ways out of this box: router, name server, internet, broker, and the services beyond; which of them is broken. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

from annotated_types import Ge, Le

from hearthwatch.health.outage import Fault

ROUTER = "the router"
NAME_SERVER = "the name server"
INTERNET = "the internet beyond the router"

WAYS = frozenset({Fault.ROUTER_SILENT, Fault.NAME_SERVER_SILENT, Fault.INTERNET_LOST})
"""The common ways: while one is broken, nobody is surprised that a service behind it does not answer."""
REACHES = WAYS | {Fault.BROKER_SILENT, Fault.SERVICE_SILENT}
_GOES_ON = "Recording goes on; alerts by the internet wait until it is back."

Mark = tuple[Fault, str]
"""A fault and its subject."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectivityOptions:
    """Section `[connectivity]`: whether the router, the name server, the internet and the services you set up can be reached.
    Nobody is asked but the router, your name server, and what you configured. Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    enabled: bool = True
    """Look at all."""
    every_s: Annotated[float, Ge(1), Le(86_400)] = 180.0
    """Seconds from one look to the next; after one that failed it is looked again within 20 seconds."""
    misses: Annotated[int, Ge(1), Le(100)] = 2
    """So many looks in a row have to fail before it is told."""
    outside: str = ""
    """One more host outside to try by TCP, as `HOST:PORT`, such as a page of your own; empty: only the services you set up."""
    restart_unit: str = ""
    """systemd unit that is started when the way out stays broken, such as `restart-network.service`; docs/connectivity.md says
    how to make one. Empty: nothing is ever restarted."""
    restart_after: Annotated[int, Ge(1), Le(1000)] = 5
    """So many looks in a row have to fail before that unit is started."""
    restart_every_hours: Annotated[float, Ge(1), Le(720)] = 6.0
    """It is started at most once in so many hours, whatever was restarted in between."""


def host_port(text: str) -> tuple[str, int] | None:
    """Return host and port of `HOST:PORT`, None where it is none."""
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    is_bare = text.isascii() and text.isprintable() and " " not in text and not parts.path and "@" not in text
    return (host, port) if host and port and is_bare and not parts.query and not parts.fragment else None


class EndpointKind(StrEnum):
    SERVICE = "service"
    BROKER = "broker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Something the owner configured; `name` is what a person calls it."""

    name: str
    host: str
    port: int
    kind: EndpointKind = EndpointKind.SERVICE

    @property
    def mark(self) -> Mark:
        return (Fault.BROKER_SILENT if self.kind is EndpointKind.BROKER else Fault.SERVICE_SILENT, self.name)


class Named(StrEnum):
    """What the name server said of a host. NUMBERS: it was not asked."""

    NUMBERS = "numbers"
    KNOWN = "known"
    UNKNOWN = "unknown"
    SILENT = "silent"


class Reached(StrEnum):
    TAKEN = "taken"
    REFUSED = "refused"
    SILENT = "silent"


class RouterSign(StrEnum):
    """NONE: this machine knows no router."""

    ANSWERS = "answers"
    SILENT = "silent"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """`reached` is None where no address of it is known. `outside` the home network; so is what has no known address."""

    endpoint: Endpoint
    named: Named
    reached: Reached | None
    outside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look found; `gateway` is the router's address."""

    router: RouterSign
    gateway: str
    tried: Sequence[Tried]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that is broken now; `detail` says to a person what it is and what to do."""

    mark: Mark
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is neither in `troubles` nor in `well` cannot be told from this look: it lies behind something broken."""

    troubles: tuple[Trouble, ...]
    well: frozenset[Mark]


def verdict(look: Look) -> Verdict:
    """Tell the broken links apart."""
    is_through = any(one.outside and one.reached in {Reached.TAKEN, Reached.REFUSED} for one in look.tried)
    asked = [one.named for one in look.tried if one.named is not Named.NUMBERS]
    name_server_silent = bool(asked) and all(named is Named.SILENT for named in asked)
    way = _way(look, is_through=is_through, name_server_silent=name_server_silent)
    troubles = [] if way is None else [way]
    is_open = way is None or way.mark[0] is Fault.NAME_SERVER_SILENT
    troubles += [found for one in look.tried if is_open or not one.outside for found in _service(one, name_server_silent)]
    well = {one.endpoint.mark for one in look.tried if one.reached is Reached.TAKEN and one.named is not Named.UNKNOWN}
    if look.router is RouterSign.ANSWERS or is_through:
        well.add((Fault.ROUTER_SILENT, ROUTER))
    if is_through or (not any(one.outside for one in look.tried) and is_open):
        well.add((Fault.INTERNET_LOST, INTERNET))
    if not name_server_silent and (asked or is_open):
        well.add((Fault.NAME_SERVER_SILENT, NAME_SERVER))
    return Verdict(troubles=tuple(troubles), well=frozenset(well))


def _way(look: Look, *, is_through: bool, name_server_silent: bool) -> Trouble | None:
    if is_through:
        return _name_server_trouble() if name_server_silent else None
    if look.router is RouterSign.SILENT:
        detail = (
            f"The router ({look.gateway}) does not answer. Is it on, and is the cable or the Wi-Fi of this box in order? "
            f"{_GOES_ON}"
        )
        return Trouble(mark=(Fault.ROUTER_SILENT, ROUTER), detail=detail)
    outside = [one for one in look.tried if one.outside]
    if outside and look.router is RouterSign.NONE:
        detail = f"This box knows no router any more. Is its cable in, or its Wi-Fi on? {_GOES_ON}"
        return Trouble(mark=(Fault.ROUTER_SILENT, ROUTER), detail=detail)
    silent = [one.endpoint.name for one in outside if one.reached is not None]
    if silent:
        detail = (
            f"The router answers, but nothing beyond it does (asked: {', '.join(silent)}). Most often it is the provider's "
            f"line: look at the router's lamps. {_GOES_ON}"
        )
        return Trouble(mark=(Fault.INTERNET_LOST, INTERNET), detail=detail)
    return _name_server_trouble() if name_server_silent else None


def _name_server_trouble() -> Trouble:
    detail = (
        "No name is resolved: what this box uses as its name server (often the router) does not answer. Restart the router, or "
        "name another one in the network settings of this box. What needs a name, such as Telegram, waits until then."
    )
    return Trouble(mark=(Fault.NAME_SERVER_SILENT, NAME_SERVER), detail=detail)


def _service(one: Tried, name_server_silent: bool) -> Iterator[Trouble]:
    where = f"{one.endpoint.host}, port {one.endpoint.port}"
    if one.named is Named.UNKNOWN:
        detail = f"The name server does not know the name {one.endpoint.host}. Is it spelled right in the configuration?"
    elif one.reached is None:
        if name_server_silent:
            return
        detail = f"The name server gives no answer about {one.endpoint.host}."
    elif one.reached is Reached.SILENT:
        detail = f"Nothing answers at {where}. The way there works otherwise."
    elif one.reached is Reached.REFUSED:
        detail = f"The machine at {where} answers, but takes no connection: is the service running there?"
    else:
        return
    yield Trouble(mark=one.endpoint.mark, detail=detail)
