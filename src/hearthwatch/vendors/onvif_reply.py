"""What the answers of an ONVIF camera mean: identity, clock, services, accounts, addresses. Elements to nouns, no network.

Each takes the one element in the body of an answer. Wire facts: reference notes 1.5, recorded replies in the tests.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from hearthwatch.kit.errors import BadReply, Unsupported
from hearthwatch.kit.units import from_datetime
from hearthwatch.vendors.device import Account, DeviceIdentity, LocalUs
from hearthwatch.vendors.onvif_soap import Answer
from hearthwatch.vendors.onvif_xml import Element

MAX_ACCOUNTS = 256
_MAX_SCOPES = 64
_MAX_CHARS = 200
_MAX_URI_CHARS = 1024
_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}[:-]?){5}[0-9A-Fa-f]{2}")
_NO_MACS = frozenset({"00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"})
_BUILD = re.compile(r"(?:\bbuild |_)(\d{2})(\d{2})(\d{2})(?:\d{2})?\b", re.IGNORECASE)
_ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})T(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,6})\d*)?\s*(Z|[+-]\d{2}:\d{2})?", re.ASCII
)
_NO_LOG = re.compile(r"(?:no available system logs?|no (?:system )?logs?)\.?", re.IGNORECASE)
_SCOPE = "onvif://www.onvif.org/"


@dataclass(frozen=True, slots=True, kw_only=True)
class DateAndTime:
    """The camera's clock. `local_us` in its own zone; either is None when it does not say, or says nonsense."""

    by_ntp: bool
    zone: str
    summer_time: bool
    utc_us: LocalUs | None
    local_us: LocalUs | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """A door of the camera. Port 0, which Axis lists beside 80, is none."""

    name: str
    is_enabled: bool
    ports: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    token: str
    mac: str
    addresses: tuple[str, ...]
    is_dhcp: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeServers:
    from_dhcp: bool
    servers: tuple[str, ...]


def expect(content: Element, name: str) -> Element:
    """Return `content` when it is what was asked for. Raises BadReply when it answers something else."""
    if content.name != name:
        raise BadReply(f"the answer is a {content.name[:60]} in place of a {name}")
    return content


def identity(
    content: Element, *, interfaces: Sequence[Interface] = (), scopes: Sequence[str] = (), host: str = ""
) -> DeviceIdentity:
    """`GetDeviceInformation`, `GetNetworkInterfaces` and `GetScopes`. A serial number that is the camera's address without dots
    is none: it changes with the address."""
    expect(content, "GetDeviceInformationResponse")
    firmware = content.said("FirmwareVersion")[:_MAX_CHARS]
    serial = content.said("SerialNumber")[:_MAX_CHARS]
    addresses = {host, *(address for one in interfaces for address in one.addresses)}
    if not serial.strip("0.-: ") or serial in {one.replace(".", "") for one in addresses} | addresses:
        serial = ""
    name = next((scope.removeprefix("name/") for scope in scopes if scope.startswith("name/")), "")
    return DeviceIdentity(
        vendor=content.said("Manufacturer")[:_MAX_CHARS],
        model=content.said("Model")[:_MAX_CHARS],
        name=name[:_MAX_CHARS],
        mac=next((one.mac for one in interfaces if one.mac), ""),
        serial=serial,
        firmware=firmware,
        build_date=_build_date(firmware),
        hardware=content.said("HardwareId")[:_MAX_CHARS],
    )


def _build_date(firmware: str) -> dt.date | None:
    """`V5.1.6 build 140401` (Hikvision, TRENDnet) and `v3.1.0.2649_23083101` (Reolink)."""
    for year, month, day in _BUILD.findall(firmware):
        try:
            return dt.date(2000 + int(year), int(month), int(day))
        except ValueError:
            continue
    return None


def date_and_time(content: Element) -> DateAndTime:
    """`GetSystemDateAndTime`."""
    found = expect(content, "GetSystemDateAndTimeResponse").find("SystemDateAndTime")
    if found is None:
        raise BadReply("the clock: the answer has no date")
    return DateAndTime(
        by_ntp=found.said("DateTimeType").upper() == "NTP",
        zone=found.said("TimeZone", "TZ")[:_MAX_CHARS],
        summer_time=is_true(found.said("DaylightSavings")),
        utc_us=_date_of(found.find("UTCDateTime")),
        local_us=_date_of(found.find("LocalDateTime")),
    )


def _date_of(element: Element | None) -> LocalUs | None:
    if element is None:
        return None
    names = (("Date", "Year"), ("Date", "Month"), ("Date", "Day"), ("Time", "Hour"), ("Time", "Minute"), ("Time", "Second"))
    return _local([number(element.said(*path), -1) for path in names])


def _local(parts: Sequence[int], micro: int = 0) -> LocalUs | None:
    """`parts` from the year to the second; leap seconds are the second before."""
    year, month, day, hour, minute, second = parts
    try:
        return LocalUs(from_datetime(dt.datetime(year, month, day, hour, minute, min(second, 59), micro, tzinfo=dt.UTC)))
    except ValueError:
        return None


def instant(text: str) -> LocalUs | None:
    """Return a date as `xs:dateTime` in universal time, None for `0000-00-00T00:00:00Z` and other nonsense."""
    found = _ISO.fullmatch(text.strip())
    if not found:
        return None
    at = _local([int(found[group]) for group in range(1, 7)], int((found[7] or "0").ljust(6, "0")))
    if at is None or found[8] in {None, "Z"}:
        return at
    hours, minutes = int(found[8][1:3]), int(found[8][4:6])
    offset_us = (hours * 60 + minutes) * 60_000_000
    return LocalUs(at + (offset_us if found[8][0] == "-" else -offset_us))


def interfaces(content: Element) -> tuple[Interface, ...]:
    """`GetNetworkInterfaces`. Bosch lists one address twice, and writes its MAC with dashes."""
    found = []
    for one in expect(content, "GetNetworkInterfacesResponse").all("NetworkInterfaces")[:16]:
        config = one.find("IPv4", "Config")
        addresses = [element.said("Address") for element in config.children] if config else []
        found.append(
            Interface(
                token=one.attribute("token")[:_MAX_CHARS],
                mac=mac_of(one.said("Info", "HwAddress")),
                addresses=tuple(dict.fromkeys(text for text in addresses if _is_address(text))),
                is_dhcp=is_true(config.said("DHCP")) if config else False,
            )
        )
    return tuple(found)


def mac_of(text: str) -> str:
    """Return a MAC in lower case with colons; empty for none."""
    if not _MAC.fullmatch(text.strip()):
        return ""
    digits = re.sub(r"[^0-9a-f]", "", text.lower())
    mac = ":".join(digits[at : at + 2] for at in range(0, 12, 2))
    return "" if mac in _NO_MACS else mac


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def protocols(content: Element) -> tuple[Protocol, ...]:
    """`GetNetworkProtocols`."""
    return tuple(
        Protocol(
            name=one.said("Name")[:_MAX_CHARS],
            is_enabled=is_true(one.said("Enabled")),
            ports=tuple(number(port.text, -1) for port in one.all("Port")[:8] if 0 <= number(port.text, -1) < 65_536),
        )
        for one in expect(content, "GetNetworkProtocolsResponse").all("NetworkProtocols")[:32]
    )


def time_servers(content: Element) -> TimeServers:
    """`GetNTP`."""
    found = expect(content, "GetNTPResponse").find("NTPInformation")
    if found is None:
        raise BadReply("the time servers: the answer has none of them")
    from_dhcp = is_true(found.said("FromDHCP"))
    hosts = found.all("NTPFromDHCP" if from_dhcp else "NTPManual")[:8]
    names = (one.said("DNSname") or one.said("IPv4Address") or one.said("IPv6Address") for one in hosts)
    return TimeServers(from_dhcp=from_dhcp, servers=tuple(name[:_MAX_CHARS] for name in names if name))


def scopes(content: Element) -> tuple[str, ...]:
    """`GetScopes`: what the camera says of itself to whoever looks for cameras; ONVIF's own without their common beginning."""
    items = expect(content, "GetScopesResponse").all("Scopes")[:_MAX_SCOPES]
    return tuple(scope_of(one.said("ScopeItem")) for one in items)


def scope_of(text: str) -> str:
    """`onvif://www.onvif.org/name/AXIS%20P3818` → `name/AXIS P3818`."""
    return unquote(text[:_MAX_URI_CHARS].removeprefix(_SCOPE))[:_MAX_CHARS]


def accounts(content: Element) -> tuple[Account, ...]:
    """`GetUsers`; may be none at all."""
    found = []
    for one in expect(content, "GetUsersResponse").all("User")[:MAX_ACCOUNTS]:
        level = one.said("UserLevel")[:_MAX_CHARS]
        name = one.said("Username")[:_MAX_CHARS]
        found.append(Account(name=name, group=level, is_admin=level == "Administrator", is_built_in=False))
    return tuple(found)


def binary(element: Element, answer: Answer) -> bytes:
    """Return the bytes an element holds: base64, or beside the document (MTOM)."""
    if (include := element.find("Include")) is not None:
        return answer.attachments.get(unquote(include.attribute("href").removeprefix("cid:")), b"")
    try:
        return base64.b64decode("".join(element.text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadReply("the answer holds data that are not base64") from error


def access_policy(answer: Answer) -> bytes:
    """`GetAccessPolicy`: a file in the vendor's own form that says which account may do what."""
    data = expect(answer.content, "GetAccessPolicyResponse").find("PolicyFile", "Data")
    return binary(data, answer) if data else b""


def system_log(answer: Answer) -> str:
    """`GetSystemLog`: the text of a log. Hikvision says in good words that there is none. Raises Unsupported for a log in a
    form of the vendor's own."""
    found = expect(answer.content, "GetSystemLogResponse").find("SystemLog")
    text = found.said("String") if found else ""
    holder = found.find("Binary") if found else None
    if not text and holder is not None:
        text = _text_of(binary(holder, answer))
    return "" if _NO_LOG.fullmatch(text.strip()) else text


def _text_of(data: bytes) -> str:
    text = data.decode("utf-8", errors="replace")
    odd = sum(char == "�" or (char < " " and char not in "\t\r\n") for char in text[:4096])
    if odd * 20 > len(text[:4096]):
        raise Unsupported("the camera gives its log in a form of its own, which is no text")
    return text


def is_true(text: str) -> bool:
    return text.strip().lower() in {"true", "1"}


def number(text: str, otherwise: int) -> int:
    """Return a decimal number of up to nine digits, `otherwise` for anything else."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else otherwise
