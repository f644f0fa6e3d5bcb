"""The baseline: how a camera should be set, in our words, translated to the settings of its family. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from hearthwatch.copies import diff as differ
from hearthwatch.copies.copy import BaselineOptions, KeptSetting, Proposal, Skipped, Want
from hearthwatch.copies.families import why_read_only
from hearthwatch.copies.restore import locks_us_out
from hearthwatch.vendors.device import Vendor

_ON_OFF = MappingProxyType({"true": "false", "1": "0", "on": "off", "yes": "no", "enable": "disable"})
_MAX_NAME_BYTES = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """Which keys say so. `on` and `off` are written where the keys hold no plain switch; None: it cannot be told so."""

    keys: str
    on: str | None = ""
    off: str | None = ""


_SAID = MappingProxyType(
    {
        "overlay": "name and time in the picture",
        "ntp": "clock from the network",
        "p2p": "access through the maker's cloud",
        "ddns": "a name on the Internet (DDNS)",
        "upnp": "opening ports of the router (UPnP)",
        "snmp": "SNMP",
        "bonjour": "Bonjour",
        "multicast": "multicast",
        "mail": "mails",
        "onvif_password": "password for ONVIF",
        "https": "HTTPS",
        "sub_stream": "the small stream",
    }
)
_RULES: Mapping[Vendor, Mapping[str, _Rule]] = MappingProxyType(
    {
        Vendor.DAHUA: {
            "overlay": _Rule(keys=r"VideoWidget\[0\]\.(?:ChannelTitle|TimeTitle)\.EncodeBlend"),
            "ntp": _Rule(keys=r"NTP\.Enable"),
            "p2p": _Rule(keys=r"T2UServer\.Enable"),
            "ddns": _Rule(keys=r"DDNS\[\d+\]\.Enable"),
            "upnp": _Rule(keys=r"UPnP\.Enable"),
            "snmp": _Rule(keys=r"SNMP\.Enable"),
            "bonjour": _Rule(keys=r"Bonjour\.Enable"),
            "multicast": _Rule(keys=r"Multicast\.(?:.*\.)?Enable"),
            "mail": _Rule(keys=r"Email\.Enable"),
            "onvif_password": _Rule(keys=r"UserGlobal\.OnvifLoginCheck"),
            "https": _Rule(keys=r"HTTPS\.Enable"),
            "sub_stream": _Rule(keys=r"Encode\[0\]\.ExtraFormat\[0\]\.VideoEnable"),
        },
        Vendor.FOSCAM_MJPEG: {
            "ntp": _Rule(keys=r"params\.ntp_enable"),
            "ddns": _Rule(keys=r"params\.ddns_service", on=None, off="0"),
            "upnp": _Rule(keys=r"params\.upnp_enable"),
            "mail": _Rule(keys=r"params\.alarm_mail"),
        },
        Vendor.FOSCAM_HD: {
            "overlay": _Rule(keys=r"OSDSetting\.isEnable(?:DevName|TimeStamp)"),
            "ntp": _Rule(keys=r"SystemTime\.timeSource", on="0", off="1"),
            "p2p": _Rule(keys=r"P2PEnable\.enable"),
            "ddns": _Rule(keys=r"DDNSConfig\.isEnable"),
            "upnp": _Rule(keys=r"UPnPConfig\.isEnable"),
            "mail": _Rule(keys=r"SMTPConfig\.isEnable"),
        },
        Vendor.ONVIF: {
            "bonjour": _Rule(keys=r"DiscoveryMode", on="Discoverable", off="NonDiscoverable"),
            "https": _Rule(keys=r"NetworkProtocols\.HTTPS\.Enabled"),
        },
        Vendor.REOLINK: {
            "overlay": _Rule(keys=r"Osd\[0\]\.(?:osdChannel|osdTime)\.enable"),
            "ntp": _Rule(keys=r"Ntp\.enable"),
            "p2p": _Rule(keys=r"P2p\.enable"),
            "ddns": _Rule(keys=r"Ddns\.enable"),
            "upnp": _Rule(keys=r"Upnp\.enable"),
            "mail": _Rule(keys=r"(?:Email|EmailV20)(?:\[0\])?\.(?:schedule\.)?enable"),
            "https": _Rule(keys=r"NetPort\.httpsEnable"),
        },
    }
)
_NAME_KEYS = MappingProxyType(
    {
        Vendor.DAHUA: r"General\.MachineName|ChannelTitle\[0\]\.Name",
        Vendor.FOSCAM_MJPEG: r"params\.alias",
        Vendor.FOSCAM_HD: r"DevName\.devName",
        Vendor.REOLINK: r"DevName\.name|Osd\[0\]\.osdChannel\.name",
    }
)
_SERVER_KEYS = MappingProxyType(
    {
        Vendor.DAHUA: r"NTP\.Address",
        Vendor.FOSCAM_MJPEG: r"params\.ntp_svr",
        Vendor.FOSCAM_HD: r"SystemTime\.ntpServer",
        Vendor.REOLINK: r"Ntp\.server",
        Vendor.ONVIF: r"NTP\.NTPManual\.DNSname",
    }
)


def proposal(
    now: Iterable[KeptSetting], options: BaselineOptions, name: str, vendor: Vendor, *, tls: bool = False
) -> tuple[Proposal, tuple[KeptSetting, ...]]:
    """Return what to write so that the camera, which has the settings `now`, is as `options` ask; and those settings.

    What this camera cannot be told is named among the skipped: unknown is never as good as done.
    """
    before = {one.key: one for one in now}
    wanted: dict[str, str] = {}
    skipped: list[Skipped] = []
    for wish, want in _wishes(options):
        rule = _RULES.get(vendor, {}).get(wish)
        found = {} if rule is None else dict(_values(before, rule, on=want is Want.ON))
        if found:
            wanted |= found
        else:
            skipped.append(Skipped(what=f"{_SAID[wish]}: {want}", why="this camera has no setting for it that we know"))
    if options.name:
        wanted |= dict.fromkeys(_matching(before, _NAME_KEYS.get(vendor)), _fitting(name))
    if options.ntp_server and options.ntp is Want.ON:
        wanted |= dict.fromkeys(_matching(before, _SERVER_KEYS.get(vendor)), options.ntp_server)
    after = {key: KeptSetting(key=key, value=value, is_secret=False) for key, value in wanted.items()}
    different = [key for key in sorted(after) if not differ.is_same(before[key], after[key])]
    why_not = {key: why_read_only(vendor, key) or locks_us_out(after[key], vendor, tls=tls) for key in different}
    keys = [key for key, why in why_not.items() if not why]
    skipped += [Skipped(what=key, why=why) for key, why in why_not.items() if why]
    proposal = Proposal(keys=tuple(keys), diff=differ.of_keys(before, after, keys, vendor), skipped=tuple(skipped))
    return proposal, tuple(after.values())


def _wishes(options: BaselineOptions) -> Iterator[tuple[str, Want]]:
    for wish in _SAID:
        want = getattr(options, wish)
        if want is not Want.LEAVE:
            yield wish, want


def _matching(before: Mapping[str, KeptSetting], pattern: str | None) -> list[str]:
    return [] if pattern is None else [key for key in before if re.fullmatch(pattern, key, re.IGNORECASE)]


def _values(before: Mapping[str, KeptSetting], rule: _Rule, *, on: bool) -> Iterator[tuple[str, str]]:
    """Yield the keys and what they are to be: the other side of the switch they hold now, where it is one."""
    said = rule.on if on else rule.off
    if said is None:
        return
    for key in _matching(before, rule.keys):
        if said:
            yield key, said
            continue
        value = before[key].value.lower()
        for yes, no in _ON_OFF.items():
            if value in {yes, no}:
                yield key, before[key].value if (value == yes) is on else (yes if on else no)


def _fitting(name: str) -> str:
    """Return the name as cameras take it: no control characters, at most 31 bytes."""
    clean = " ".join("".join(char for char in name if char.isprintable() and char not in "&=?#%'\"\\<>").split())
    while len(clean.encode()) > _MAX_NAME_BYTES:
        clean = clean[:-1]
    return clean.rstrip()
