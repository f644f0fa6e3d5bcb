"""The owner's words for settings: what a change of the best known ones means; the rest in the camera's own names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from hearthwatch.copies.copy import ChangeKind
from hearthwatch.copies.families import section_of
from hearthwatch.kit.logs import redact
from hearthwatch.vendors.device import Vendor

_ON, _OFF = frozenset({"1", "true", "on", "yes", "enable"}), frozenset({"0", "false", "off", "no", "disable"})
_MAX_VALUE = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    """`label` may hold {n} for the channel or number in the key. `switch`: on and off are said as such."""

    pattern: re.Pattern[str]
    label: str
    switch: bool
    choices: Mapping[str, str]


def _words(*rows: tuple[str, str] | tuple[str, str, dict[str, str]], switch: bool = False) -> tuple[_Word, ...]:
    return tuple(
        _Word(pattern=re.compile(row[0], re.IGNORECASE), label=row[1], switch=switch, choices=row[2] if len(row) > 2 else {})
        for row in rows
    )


_P2P, _UPNP, _DDNS = "P2P cloud access", "Opening of ports at the router (UPnP)", "Name on the Internet (DDNS)"
_NTP, _MOTION, _FTP, _MAIL = "Clock from the network (NTP)", "Motion detection", "Upload by FTP", "Mails"
_RIGHTS = {"0": "visitor", "1": "operator", "2": "administrator"}

_KNOWN: Mapping[Vendor, tuple[_Word, ...]] = MappingProxyType(
    {
        Vendor.DAHUA: (
            *_words(
                (r"T2UServer\.Enable", _P2P), (r"UPnP\.Enable", _UPNP), (r"DDNS\[\d+\]\.Enable", _DDNS),
                (r"Telnet\.Enable", "Telnet"), (r"SSHD\.Enable", "SSH"), (r"NTP\.Enable", _NTP), (r"Email\.Enable", _MAIL),
                (r"SNMP\.Enable", "SNMP"), (r"Bonjour\.Enable", "Bonjour"), (r"Multicast\..*\.?Enable", "Multicast"),
                (r"HTTPS\.Enable", "HTTPS"), (r"RTSP\.Enable", "RTSP"), (r"FTP\.Enable|Ftp\[\d+\]\.Enable", _FTP),
                (r"UserGlobal\.OnvifLoginCheck", "Password for ONVIF"),
                (r"LoginFailureAlarm\.Enable", "Alarm at wrong passwords"), (r"AccessFilter\.Enable", "Address filter"),
                (r"MotionDetect\[(?P<n>\d+)\]\.Enable", _MOTION + "{n}"),
                (r"SmartMotionDetect\[(?P<n>\d+)\]\.Enable", "Person and vehicle detection{n}"),
                (r"BlindDetect\[(?P<n>\d+)\]\.Enable", "Detection of a covered lens{n}"),
                (r"LeLensMask\[(?P<n>\d+)\]\.Enable", "Privacy mask over the lens{n}"),
                (r"Encode\[(?P<n>\d+)\]\.MainFormat\[0\]\.VideoEnable", "Main stream{n}"),
                (r"Encode\[(?P<n>\d+)\]\.ExtraFormat\[0\]\.VideoEnable", "Small stream{n}"),
                (r"Network\..*\.DhcpEnable", "Address from the router (DHCP)"),
                (r"AutoMaintain\.AutoRebootEnable", "Weekly restart"), (r"Locales\.DSTEnable", "Summer time"),
                (r"VideoWidget\[(?P<n>\d+)\]\.ChannelTitle\.EncodeBlend", "Name in the picture{n}"),
                (r"VideoWidget\[(?P<n>\d+)\]\.TimeTitle\.EncodeBlend", "Time in the picture{n}"), switch=True,
            ),
            *_words(
                (r"General\.MachineName", "Name of the camera"),
                (r"ChannelTitle\[(?P<n>\d+)\]\.Name", "Title in the picture{n}"),
                (r"NTP\.Address", "Time server"), (r"NTP\.TimeZone(?:Desc)?", "Time zone"), (r"Email\.Address", "Mail server"),
                (r"Email\.SendAddress", "Sender of mails"), (r"Email\.Receivers\[\d+\]", "Receiver of mails"),
                (r"Network\.eth\d\.IPAddress", "Network address"), (r"Network\.(?:eth\d\.)?DefaultGateway", "Router"),
                (r"Network\.(?:eth\d\.)?DnsServers\[\d+\]", "Name server (DNS)"), (r"RTSP\.Port", "RTSP port"),
                (r"(?:Web|HTTP)\.Port", "Web port"), (r"DDNS\[\d+\]\.HostName", "Name on the Internet"),
                (r"AlarmServer\.Address", "Alarm server"), (r"Email\.Password", "Password for mails"),
            ),
        ),
        Vendor.FOSCAM_MJPEG: (
            *_words(
                (r"params\.upnp_enable", _UPNP), (r"params\.ntp_enable", _NTP), (r"params\.alarm_motion_armed", _MOTION),
                (r"params\.alarm_mail", "Mail at an alarm"), (r"params\.wifi_enable", "Wi-Fi"),
                (r"params\.alarm_input_armed", "Alarm input"), (r"params\.pppoe_enable", "PPPoE"), switch=True,
            ),
            *_words(
                (r"params\.ddns_service", "Service for a name on the Internet (DDNS)", {"0": "none"}),
                (r"params\.user(?P<n>\d)_name", "Account {n}, name"), (r"params\.user(?P<n>\d)_pwd", "Account {n}, password"),
                (r"params\.user(?P<n>\d)_pri", "Account {n}, rights", _RIGHTS), (r"params\.alias", "Name of the camera"),
                (r"params\.ntp_svr", "Time server"), (r"params\.mail_svr", "Mail server"),
                (r"params\.mail_sender", "Sender of mails"),
                (r"params\.mail_receiver\d", "Receiver of mails"), (r"params\.ftp_svr", "FTP server"),
                (r"params\.ip", "Network address"),
                (r"params\.gateway", "Router"), (r"params\.dns", "Name server (DNS)"), (r"params\.port", "Web port"),
                (r"params\.wifi_ssid", "Wi-Fi network"), (r"params\.wifi_wpa_psk", "Wi-Fi password"),
                (r"params\.ddns_host", "Name on the Internet"), (r"params\.sys_ver", "Firmware"),
            ),
        ),
        Vendor.FOSCAM_HD: (
            *_words(
                (r"P2PEnable\.enable", _P2P), (r"UPnPConfig\.isEnable", _UPNP), (r"DDNSConfig\.isEnable", _DDNS),
                (r"OnvifAgentStat\.OnvifAgentStat", "ONVIF"), (r"SMTPConfig\.isEnable", _MAIL),
                (r"FtpConfig\.isEnable", _FTP),
                (r"FirewallConfig\.isEnable", "Address filter"), (r"MotionDetectConfig\.isEnable", _MOTION),
                (r"IPInfo\.isDHCP", "Address from the router (DHCP)"),
                (r"ScheduleRecordConfig\.isEnable", "Recording by schedule"),
                (r"LocalAlarmRecordConfig\.isEnableLocalAlarmRecord", "Recording of alarms"),
                (r"OSDSetting\.isEnableDevName", "Name in the picture"),
                (r"OSDSetting\.isEnableTimeStamp", "Time in the picture"),
                switch=True,
            ),
            *_words(
                (r"SystemTime\.timeSource", "Clock from", {"0": "the network (NTP)", "1": "whoever sets it"}),
                (r"SystemTime\.ntpServer", "Time server"), (r"IPInfo\.ip", "Network address"), (r"IPInfo\.gate", "Router"),
                (r"IPInfo\.dns\d", "Name server (DNS)"), (r"PortInfo\.webPort", "Web port"),
                (r"SMTPConfig\.server", "Mail server"),
                (r"SMTPConfig\.reciever", "Receivers of mails"), (r"FtpConfig\.ftpAddr", "FTP server"),
                (r"WifiConfig\.ssid", "Wi-Fi network"),
            ),
        ),
        Vendor.ONVIF: (
            *_words(
                (r"NetworkProtocols\.(?P<w>\w+)\.Enabled", "Access by {w}"), (r"NTP\.FromDHCP", _NTP + ", from the router"),
                switch=True,
            ),
            *_words(
                (r"NetworkProtocols\.(?P<w>\w+)\.Port", "Port for {w}"), (r"Hostname\.Name", "Name of the camera"),
                (r"NTP\.NTPManual\.(?:DNSname|IPv4Address)", "Time server"), (r"DiscoveryMode", "Announces itself (ONVIF)"),
                (r"Users\..*\.UserLevel", "Rights of an account"), (r"AccessPolicy\.sha256", "Rules of who may do what"),
            ),
        ),
        Vendor.REOLINK: (
            *_words(
                (r"P2p\.enable", _P2P), (r"Upnp\.enable", _UPNP), (r"Ddns\.enable", _DDNS), (r"Ntp\.enable", _NTP),
                (r"NetPort\.(?P<w>http|https|rtsp|rtmp|onvif)Enable", "Access by {w}"),
                (r"SysCfg\.loginLock", "Lock after wrong passwords"),
                (r"Email(?:V20)?(?:\[(?P<n>\d+)\])?\.(?:schedule\.)?enable", _MAIL + "{n}"),
                (r"Ftp(?:V20)?(?:\[(?P<n>\d+)\])?\.(?:schedule\.)?enable", _FTP + "{n}"),
                (r"Rec(?:V20)?(?:\[(?P<n>\d+)\])?\.(?:schedule\.)?enable", "Recording on its card{n}"),
                (r"Push(?:V20|Cfg)?(?:\[(?P<n>\d+)\])?\.(?:schedule\.)?enable", "Push messages by the maker{n}"),
                (r"AutoMaint\.enable", "Restart at fixed times"), (r"AutoUpgrade\.enable", "Firmware updates by itself"),
                (r"Mask\[(?P<n>\d+)\]\.enable", "Privacy mask{n}"),
                (r"Osd\[(?P<n>\d+)\]\.osdChannel\.enable", "Name in the picture{n}"),
                (r"Osd\[(?P<n>\d+)\]\.osdTime\.enable", "Time in the picture{n}"), switch=True,
            ),
            *_words(
                (r"DevName\.name", "Name of the camera"), (r"Osd\[(?P<n>\d+)\]\.osdChannel\.name", "Title in the picture{n}"),
                (r"Ntp\.server", "Time server"), (r"NetPort\.(?P<w>http|https|rtsp|rtmp|onvif|media)Port", "Port for {w}"),
                (r"Email(?:V20)?(?:\[\d+\])?\.smtpServer", "Mail server"),
                (r"Email(?:V20)?(?:\[\d+\])?\.addr\d", "Receiver of mails"),
                (r"LocalLink\.static\.ip", "Network address"), (r"LocalLink\.static\.gateway", "Router"),
                (r"LocalLink\.dns\.dns\d", "Name server (DNS)"), (r"Wifi\.ssid", "Wi-Fi network"),
                (r"Ddns\.domain", "Name on the Internet"),
            ),
        ),
    }
)  # fmt: skip

_TITLES = MappingProxyType(
    {
        "T2UServer": "Cloud", "P2PEnable": "Cloud", "P2PInfo": "Cloud", "P2p": "Cloud", "UPnP": "Router (UPnP)",
        "UPnPConfig": "Router (UPnP)", "Upnp": "Router (UPnP)", "upnp": "Router (UPnP)", "DDNS": "DDNS", "DDNSConfig": "DDNS",
        "Ddns": "DDNS", "ddns": "DDNS", "NTP": "Clock", "Ntp": "Clock", "ntp": "Clock", "SystemTime": "Clock", "Time": "Clock",
        "Locales": "Clock", "Email": "Mail", "EmailV20": "Mail", "SMTPConfig": "Mail", "mail": "Mail", "Ftp": "FTP",
        "FtpV20": "FTP",
        "FtpConfig": "FTP", "ftp": "FTP", "Network": "Network", "IPInfo": "Network", "LocalLink": "Network", "NetPort": "Ports",
        "PortInfo": "Ports", "WLan": "Wi-Fi", "WifiConfig": "Wi-Fi", "Wifi": "Wi-Fi", "wifi": "Wi-Fi", "user": "Accounts",
        "Https": "HTTPS", "UserGlobal": "Accounts", "Encode": "Video", "Enc": "Video", "VideoStreamParam": "Video",
        "camera": "Picture",
        "VideoWidget": "Writing in the picture", "ChannelTitle": "Writing in the picture",
        "OSDSetting": "Writing in the picture",
        "Osd": "Writing in the picture", "MotionDetect": "Motion", "MotionDetectConfig": "Motion", "MdAlarm": "Motion",
        "alarm": "Alarm", "General": "General", "general": "General", "misc": "General", "DevName": "General",
        "SysCfg": "General",
    }
)  # fmt: skip


def title_of(vendor: Vendor, key: str) -> str:
    """Return the heading that a change of `key` stands under."""
    section = section_of(vendor, key)
    return _TITLES.get(section, plain(section, 40))


def line(vendor: Vendor, key: str, kind: ChangeKind, old: str, new: str, *, is_secret: bool) -> tuple[str, bool]:
    """Return the change as a line to read, and whether it is in our own words. `old` and `new` must be fit to be shown."""
    word, label = _found(vendor, key)
    name = label or plain(key, 120)
    if is_secret:
        said = {ChangeKind.CHANGED: "changed", ChangeKind.ADDED: "set", ChangeKind.REMOVED: "removed"}[kind]
        return f"{name}: {said} (secret)", word is not None
    if word is not None and word.switch and (new.lower() in _ON or new.lower() in _OFF) and kind is not ChangeKind.REMOVED:
        return f"{name} switched {'on' if new.lower() in _ON else 'off'}", True
    choices = word.choices if word is not None else {}
    before, after = (plain(choices.get(value, value), _MAX_VALUE) or "nothing" for value in (old, new))
    match kind:
        case ChangeKind.ADDED:
            return f"{name}: new: {after}", word is not None
        case ChangeKind.REMOVED:
            return f"{name}: gone (it was {before})", word is not None
        case ChangeKind.CHANGED:
            return f"{name}: {before} → {after}", word is not None


def plain(text: str, limit: int) -> str:
    """Return what a camera says without passwords in web addresses and control characters, shortened."""
    clean = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in redact(text))
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


def _found(vendor: Vendor, key: str) -> tuple[_Word | None, str]:
    for word in _KNOWN.get(vendor, ()):
        match = word.pattern.fullmatch(key)
        if match is None:
            continue
        groups = {name: value or "" for name, value in match.groupdict().items()}
        number = groups.get("n", "")
        if vendor is not Vendor.FOSCAM_MJPEG:  # its accounts count from 1, channels of the others from 0
            number = f" (channel {int(number) + 1})" if number.isdecimal() and int(number) else ""
        return word, word.label.format(n=number, w=groups.get("w", "").upper())
    return None, ""
