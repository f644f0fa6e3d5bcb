"""Where a Dahua or Amcrest camera says that it stands in the network, and whom it refuses. Tables to nouns, no network."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hearthwatch.kit.errors import BadReply, Unsupported
from hearthwatch.vendors.dahua_reply import Pairs
from hearthwatch.vendors.device import address_of
from hearthwatch.vendors.network import Network

_PORT = re.compile(r"[1-9][0-9]{0,4}")
_INTERFACE = re.compile(r"[A-Za-z][A-Za-z0-9]{1,15}")
_MAX_PLACES = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressList:
    """`AccessFilter`: its list of addresses, in its places. `refuses`: those on it are kept out, else only they come in."""

    is_on: bool
    refuses: bool
    addresses: tuple[str, ...]


def interface_of(tables: Pairs) -> str:
    """Return the interface whose address counts."""
    name = tables.get("table.Network.DefaultInterface", "eth0").strip()
    if not _INTERFACE.fullmatch(name):
        raise BadReply("the network settings: no name of an interface")
    return name


def network(tables: Pairs) -> Network:
    """`getConfig` of `Network`, and of `Web`, `Https`, `RTSP` and `DVRIP` as far as the camera has them."""
    where = f"table.Network.{interface_of(tables)}"
    if f"{where}.IPAddress" not in tables:
        raise BadReply("the network settings: the answer has no address")
    servers = [address_of(tables.get(f"{where}.DnsServers[{n}]", "")) for n in range(2)]
    is_dhcp = tables.get(f"{where}.DhcpEnable", "").lower()
    return Network(
        is_dhcp=is_dhcp == "true" if is_dhcp in {"true", "false"} else None,
        address=address_of(tables[f"{where}.IPAddress"]) or "",
        netmask=address_of(tables.get(f"{where}.SubnetMask", "")) or "",
        gateway=address_of(tables.get(f"{where}.DefaultGateway", "")) or "",
        dns=tuple(dict.fromkeys(ip for ip in servers if ip)),
        http_port=_port(tables, "Web.Port"),
        https_port=_port(tables, "Https.Port"),
        rtsp_port=_port(tables, "RTSP.Port"),
        media_port=_port(tables, "DVRIP.TCPPort"),
    )


def _port(tables: Pairs, key: str) -> int:
    text = tables.get(f"table.{key}", "").strip()
    return int(text) if _PORT.fullmatch(text) and int(text) < 65_536 else 0


def access_filter(tables: Pairs) -> AddressList:
    """`getConfig&name=AccessFilter`. Raises Unsupported for a table of another form: a wrong guess could shut everybody out."""
    is_on, kind = tables.get("table.AccessFilter.Enable", "").lower(), tables.get("table.AccessFilter.Type", "")
    if is_on not in {"true", "false"} or kind not in {"BannedList", "TrustList"}:
        raise Unsupported("this model keeps its list of addresses in a form that we do not know: use its own page")
    addresses: list[str] = []
    for place in range(_MAX_PLACES):
        text = tables.get(f"table.AccessFilter.{kind}[{place}]")
        if text is None:
            break
        addresses.append(text.strip())
    return AddressList(is_on=is_on == "true", refuses=kind == "BannedList", addresses=tuple(addresses))
