"""How an ONVIF camera stands in the network, and what is written to change it. Elements to nouns, no network.

Wire facts: ONVIF Device Management (GetNetworkInterfaces, GetNetworkDefaultGateway, GetDNS, GetNetworkProtocols and their
setters); the readers are held to recorded replies, the setters were never recorded.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

from hearthwatch.kit.errors import BadReply, Unsupported
from hearthwatch.vendors.network import Network, NetworkChange
from hearthwatch.vendors.onvif_reply import expect, is_true, number, protocols
from hearthwatch.vendors.onvif_xml import Element, quoted

_PORTS = {"http_port": "HTTP", "https_port": "HTTPS", "rtsp_port": "RTSP"}
_MAX_DNS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """One interface of the camera, by ONVIF's name for it."""

    token: str
    is_dhcp: bool
    address: str
    netmask: str


def wire(content: Element, host: str) -> Wire:
    """Return the interface that has the address `host`, else the first one with an IPv4 address.

    Bosch writes its address under LinkLocal, too: what counts is the part that `DHCP` names."""
    found: list[Wire] = []
    for one in expect(content, "GetNetworkInterfacesResponse").all("NetworkInterfaces")[:16]:
        config = one.find("IPv4", "Config")
        if config is None:
            continue
        is_dhcp = is_true(config.said("DHCP"))
        part = config.find("FromDHCP" if is_dhcp else "Manual")
        address = _ipv4(part.said("Address")) if part else ""
        if part is not None and address:
            netmask = _netmask(number(part.said("PrefixLength"), -1))
            found.append(Wire(token=one.attribute("token"), is_dhcp=is_dhcp, address=address, netmask=netmask))
    if not found:
        raise BadReply("the network settings: the camera names no address of its own")
    return next((one for one in found if one.address == host), found[0])


def network(of: Wire, *, gateway: Element | None, dns: Element | None, doors: Element | None) -> Network:
    """Return all of it; what the camera does not tell is None."""
    gateways = [one.text for one in gateway.walk() if one.name == "IPv4Address"] if gateway else []
    information = dns.find("DNSInformation") if dns else None
    from_dhcp = information is not None and is_true(information.said("FromDHCP"))
    servers = information.all("DNSFromDHCP" if from_dhcp else "DNSManual") if information else []
    ports = {one.name.upper(): next((port for port in one.ports if port), 0) for one in protocols(doors)} if doors else {}
    return Network(
        is_dhcp=of.is_dhcp,
        address=of.address,
        netmask=of.netmask,
        gateway=next((ip for text in gateways if (ip := _ipv4(text))), ""),
        dns=tuple(dict.fromkeys(ip for one in servers if (ip := _ipv4(one.said("IPv4Address")))))[:_MAX_DNS],
        **{name: ports.get(protocol, 0) for name, protocol in _PORTS.items()},
    )


def writing(change: NetworkChange, wanted: Network, of: Wire, doors: Element | None) -> list[tuple[str, str]]:
    """Return the operations that bring `change` about, and their content; the one after which the camera is elsewhere last.
    `doors` as in `network`: what is closed stays closed."""
    found: list[tuple[str, str]] = []
    if change.dns is not None:
        servers = "".join(_host("DNSManual", ip) for ip in change.dns)
        found.append(("SetDNS", f"<FromDHCP>false</FromDHCP>{servers}"))
    if change.gateway is not None:
        found.append(("SetNetworkDefaultGateway", f"<IPv4Address>{wanted.gateway}</IPv4Address>"))
    if change.is_dhcp is not None or change.fixes_address:
        found.append(("SetNetworkInterfaces", _interface(wanted, of)))
    names = [name for name in change.names if name.endswith("_port")]
    there = {one.name.upper(): one.is_enabled for one in protocols(doors)} if doors else {}
    if any(_PORTS.get(name) not in there for name in names):
        raise Unsupported("by ONVIF not all of these ports can be changed on this camera")
    if names:
        found.append(("SetNetworkProtocols", "".join(_door(_PORTS[name], there, getattr(wanted, name)) for name in names)))
    return found


def _door(protocol: str, there: Mapping[str, bool], port: int) -> str:
    on = "true" if there[protocol] else "false"
    content = f"<tt:Name>{protocol}</tt:Name><tt:Enabled>{on}</tt:Enabled><tt:Port>{port}</tt:Port>"
    return f"<NetworkProtocols>{content}</NetworkProtocols>"


def _interface(wanted: Network, of: Wire) -> str:
    manual = ""
    if not wanted.is_dhcp:
        address = f"<tt:Address>{wanted.address}</tt:Address><tt:PrefixLength>{_prefix(wanted.netmask)}</tt:PrefixLength>"
        manual = f"<tt:Manual>{address}</tt:Manual>"
    dhcp = f"<tt:DHCP>{'true' if wanted.is_dhcp else 'false'}</tt:DHCP>"
    ipv4 = f"<tt:IPv4><tt:Enabled>true</tt:Enabled>{manual}{dhcp}</tt:IPv4>"
    return (
        f"<InterfaceToken>{quoted(of.token)}</InterfaceToken>"
        f"<NetworkInterface><tt:Enabled>true</tt:Enabled>{ipv4}</NetworkInterface>"
    )


def _host(tag: str, ip: str) -> str:
    return f"<{tag}><tt:Type>IPv4</tt:Type><tt:IPv4Address>{ip}</tt:IPv4Address></{tag}>"


def _ipv4(text: str) -> str:
    try:
        ip = ipaddress.IPv4Address(text)
    except ValueError:
        return ""
    return "" if ip.is_unspecified else str(ip)


def _netmask(bits: int) -> str:
    return str(ipaddress.IPv4Network((0, bits)).netmask) if 0 < bits <= 32 else ""


def _prefix(netmask: str) -> int:
    try:
        return ipaddress.IPv4Network(f"0.0.0.0/{netmask}").prefixlen
    except ValueError:
        raise Unsupported(f"{netmask[:40]!r} is no netmask such as 255.255.255.0") from None
