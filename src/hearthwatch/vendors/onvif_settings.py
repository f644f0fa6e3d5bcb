"""The settings of an ONVIF camera by name: what its answers hold, as flat keys, and the few of them that can be written safely.

`NetworkProtocols.HTTP.Enabled`, `Hostname.Name`, `VideoEncoderConfigurations.000.RateControl.BitrateLimit`. What changes by
itself (dates, counters) is left out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hearthwatch.kit.errors import Unsupported
from hearthwatch.vendors.device import Setting
from hearthwatch.vendors.onvif_reply import access_policy, is_true, number
from hearthwatch.vendors.onvif_services import topics
from hearthwatch.vendors.onvif_soap import Answer, Ns
from hearthwatch.vendors.onvif_xml import Element, quoted
from hearthwatch.vendors.redaction import is_secret

MAX_SETTINGS = 5000
_MAX_CHARS = 1000
_VOLATILE = frozenset({"UTCDateTime", "LocalDateTime", "UseCount", "LastClockSynchronization"})
_KEY_CHARS = re.compile(r"[^\w :/-]")
_WRITABLE = re.compile(r"NetworkProtocols\.(?P<protocol>\w{1,20})\.(?:Enabled|Port)|Hostname\.Name|DiscoveryMode|NTP\..{1,60}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Settings that one operation reads. `top` begins their keys; `many`: several objects, told apart by token or name."""

    top: str
    operation: str
    service: Ns = Ns.DEVICE
    many: bool = False


SECTIONS: tuple[Section, ...] = (
    Section(top="Scopes", operation="GetScopes"),
    Section(top="AccessPolicy", operation="GetAccessPolicy"),
    Section(top="DNS", operation="GetDNS"),
    Section(top="SystemDateAndTime", operation="GetSystemDateAndTime"),
    Section(top="DiscoveryMode", operation="GetDiscoveryMode"),
    Section(top="DynamicDNS", operation="GetDynamicDNS"),
    Section(top="EventTopics", operation="GetEventProperties", service=Ns.EVENTS),
    Section(top="Events", operation="GetServiceCapabilities", service=Ns.EVENTS),
    Section(top="Hostname", operation="GetHostname"),
    Section(top="IPAddressFilter", operation="GetIPAddressFilter"),
    Section(top="NTP", operation="GetNTP"),
    Section(top="NetworkDefaultGateway", operation="GetNetworkDefaultGateway"),
    Section(top="NetworkInterfaces", operation="GetNetworkInterfaces", many=True),
    Section(top="NetworkProtocols", operation="GetNetworkProtocols", many=True),
    Section(top="Profiles", operation="GetProfiles", service=Ns.MEDIA, many=True),
    Section(top="RelayOutputs", operation="GetRelayOutputs", many=True),
    Section(top="Users", operation="GetUsers", many=True),
    Section(top="VideoEncoderConfigurations", operation="GetVideoEncoderConfigurations", service=Ns.MEDIA, many=True),
    Section(top="VideoSourceConfigurations", operation="GetVideoSourceConfigurations", service=Ns.MEDIA, many=True),
    Section(top="ZeroConfiguration", operation="GetZeroConfiguration"),
)
"""The first is one that every account may read."""


def section_settings(section: Section, answer: Answer) -> tuple[Setting, ...]:
    """Return what the answer to `section` holds, by key. The access policy, a file, is told by its SHA-256."""
    content = answer.content
    found: dict[str, str] = {}
    if section.operation == "GetAccessPolicy":
        found[f"{section.top}.sha256"] = hashlib.sha256(access_policy(answer)).hexdigest()
    elif section.operation == "GetEventProperties":
        found = {f"{section.top}[{topic}]": "offered" for topic in topics(content)}
    elif section.operation == "GetScopes":
        found = {f"{section.top}[{one.said('ScopeItem')[:200]}]": one.said("ScopeDef") for one in content.all("Scopes")}
    else:
        items = content.children
        if section.many:
            _flatten_many(items, section.top, found)
        else:
            for one in items:
                _flatten(one, section.top if len(items) == 1 else f"{section.top}.{one.name}", found)
    return tuple(Setting(key=key, value=value, is_secret=_is_secret(key, value)) for key, value in found.items())


def _is_secret(key: str, value: str) -> bool:
    """What ONVIF calls a token is the name of an object."""
    return not key.endswith("Token") and is_secret(key, value)


def _flatten(element: Element, key: str, found: dict[str, str]) -> None:
    if len(found) >= MAX_SETTINGS:
        return
    for name, value in element.attributes.items():
        if name not in {"token", "Name"}:
            found[f"{key}.{name.rpartition(':')[2]}"] = value[:_MAX_CHARS]
    if not element.children:
        if not element.attributes or element.text:
            found[key] = element.text[:_MAX_CHARS]
        return
    by_name: dict[str, list[Element]] = {}
    for child in element.children:
        if child.name not in _VOLATILE:
            by_name.setdefault(child.name, []).append(child)
    for name, children in by_name.items():
        if all(not child.children and not child.attributes for child in children):
            found[f"{key}.{name}"] = ",".join(child.text for child in children)[:_MAX_CHARS]
        elif len(children) == 1:
            _flatten(children[0], f"{key}.{name}", found)
        else:
            _flatten_many(children, f"{key}.{name}", found)


def _flatten_many(elements: Sequence[Element], key: str, found: dict[str, str]) -> None:
    for place, element in enumerate(elements):
        mark = _mark(element, place)
        _flatten(element, f"{key}{mark}" if f"{key}{mark}" not in found else f"{key}[{place}]", found)


def _mark(element: Element, place: int) -> str:
    """Return how one of several is told apart: by its token or name, else by its place."""
    name = element.attribute("token") or element.attribute("Name") or element.said("Username") or element.said("Name")
    name = _KEY_CHARS.sub("_", name)[:60]
    return f".{name}" if name else f"[{place}]"


def check_writable(settings: Sequence[Setting]) -> None:
    """Raises Unsupported for a key that we do not write: ONVIF wants whole objects back, and firmware forgets parts of large
    ones."""
    odd = [setting.key for setting in settings if not _WRITABLE.fullmatch(setting.key)]
    if odd:
        shown = ", ".join(sorted(odd)[:5])
        raise Unsupported(f"by ONVIF {shown} cannot be written: use the camera's own page")


def writing(settings: Sequence[Setting], now: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the operations that write `settings` (see `check_writable`), and their content; `now` is what the camera has."""
    wanted = {setting.key: setting.value for setting in settings}
    after = {**now, **wanted}
    found: list[tuple[str, str]] = []
    if "Hostname.Name" in wanted:
        found.append(("SetHostname", f"<Name>{quoted(wanted['Hostname.Name'])}</Name>"))
    if "DiscoveryMode" in wanted:
        found.append(("SetDiscoveryMode", f"<DiscoveryMode>{quoted(wanted['DiscoveryMode'])}</DiscoveryMode>"))
    if any(key.startswith("NTP.") for key in wanted):
        found.append(("SetNTP", _ntp(after)))
    names = sorted({match["protocol"] for key in wanted if (match := _WRITABLE.fullmatch(key)) and match["protocol"]})
    if names:
        found.append(("SetNetworkProtocols", "".join(_protocol(name, after) for name in names)))
    return found


def _protocol(name: str, after: Mapping[str, str]) -> str:
    if after.get(f"NetworkProtocols.{name}.Name") is None:
        raise Unsupported(f"the camera has no {name}")
    enabled, ports = after.get(f"NetworkProtocols.{name}.Enabled", ""), after.get(f"NetworkProtocols.{name}.Port", "")
    numbers = [one for one in ports.split(",") if 0 < number(one, 0) < 65_536]  # Axis lists a port 0 and does not take it back
    written = "".join(f"<tt:Port>{one}</tt:Port>" for one in numbers)
    on = "true" if is_true(enabled) else "false"
    return f"<NetworkProtocols><tt:Name>{quoted(name)}</tt:Name><tt:Enabled>{on}</tt:Enabled>{written}</NetworkProtocols>"


def _ntp(after: Mapping[str, str]) -> str:
    if is_true(after.get("NTP.FromDHCP", "false")):
        return "<FromDHCP>true</FromDHCP>"
    return "<FromDHCP>false</FromDHCP>" + host(
        "NTPManual", after.get("NTP.NTPManual.DNSname") or after.get("NTP.NTPManual.IPv4Address", "")
    )


def host(tag: str, name: str) -> str:
    """Return a name or IPv4 address as ONVIF's NetworkHost."""
    if not name:
        raise Unsupported("give the name or address of a time server")
    if re.fullmatch(r"[0-9.]+", name):
        return f"<{tag}><tt:Type>IPv4</tt:Type><tt:IPv4Address>{name}</tt:IPv4Address></{tag}>"
    return f"<{tag}><tt:Type>DNS</tt:Type><tt:DNSname>{quoted(name)}</tt:DNSname></{tag}>"


def same(key: str, wanted: str, kept: str) -> bool:
    """Whether the camera kept what it was given, leaving out ports 0 and ways to write true."""
    if key.endswith(".Port"):
        return [one for one in wanted.split(",") if one != "0"] == [one for one in kept.split(",") if one != "0"]
    if wanted.lower() in {"true", "false", "0", "1"}:
        return is_true(wanted) == is_true(kept)
    return wanted == kept
