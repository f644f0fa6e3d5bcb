"""What we know of each family's settings: which change by themselves, cannot be written, or belong to one camera alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from hearthwatch.copies.copy import Topic
from hearthwatch.vendors.capability import Service
from hearthwatch.vendors.device import Vendor

_SIGNS: Mapping[Vendor, frozenset[str]] = MappingProxyType(
    {
        Vendor.FOSCAM_MJPEG: frozenset({"params", "misc", "camera"}),
        Vendor.FOSCAM_HD: frozenset({"UPnPConfig", "PortInfo", "P2PEnable", "OSDSetting", "DDNSConfig", "VideoStreamParam"}),
        Vendor.REOLINK: frozenset({"NetPort", "P2p", "Upnp", "DevName", "LocalLink", "Enc", "Osd", "SysCfg"}),
        Vendor.DAHUA: frozenset({"General", "Network", "Encode", "T2UServer", "UPnP", "MotionDetect", "VideoWidget", "NTP"}),
        Vendor.ONVIF: frozenset(
            {"NetworkProtocols", "NetworkInterfaces", "SystemDateAndTime", "Profiles", "Scopes", "DiscoveryMode"}
        ),
    }
)
_PASSING = re.compile(
    r"(?:^|[._\]])(?:up_?time|run_?time|(?:cur(?:rent)?|local|now|last|boot|update|modify)_?(?:date|time)|last_?(?:login|seen|reboot)"
    r"|session(?:_?id)?|nonce|(?:access_?|push_?)?token|counter|rx_?bytes|tx_?bytes|cpu_?(?:usage|load)|temperature|signal(?:_?level)?"
    r"|rssi|(?:free|used|remain)_?(?:space|bytes|size)|battery(?:_?percent)?)(?:\[\d+\])?$",
    re.IGNORECASE,
)
"""On any camera: counters, clocks, tokens."""
_VOLATILE: Mapping[Vendor, re.Pattern[str]] = MappingProxyType(
    {
        Vendor.DAHUA: re.compile(
            r"DDNS\[\d+\]\.(?:Status|LastAddress|RegisterIP)|.*\.(?:Random|VKey|OnlineStatus|RegStatus|LinkStatus)"
            r"|T2UServer\.(?:Status|State)|Upgrade(?:Info)?\..*|WLan\..*\.(?:LinkQuality|Connected)"
        ),
        Vendor.FOSCAM_MJPEG: re.compile(r"params\.(?:now|ddns_status|upnp_status|p2p_status|alarm_status)"),
        Vendor.FOSCAM_HD: re.compile(
            r"SystemTime\.(?:year|mon|day|hour|minute|min|sec)|WifiConfig\.(?:isConnected|connectedAP)"
        ),
        Vendor.REOLINK: re.compile(
            r"Time\.(?:.*\.)?(?:year|mon|day|hour|min|sec)|Wifi\..*(?:signal|State)|(?:Ddns|Upnp|P2p)\.(?:.*\.)?(?:state|status)"
            r"|Ptz.*\.(?:pos|Pcurpos|Tcurpos|cur.*)"
        ),
    }
)
_ACCOUNTS = "accounts are not written from a copy: change them under the camera's own users"
_FIXED = "the camera tells it, but does not take it"
_PAGE = "this camera takes it from its own page only"
_READ_ONLY: Mapping[Vendor, tuple[tuple[re.Pattern[str], str], ...]] = MappingProxyType(
    {
        Vendor.DAHUA: (
            (re.compile(r".*\.(?:SerialNo|PhysicalAddress|DeviceID|UUID)|(?:VersionInfo|MachineInfo|DeviceInfo)\..*"), _FIXED),
            (re.compile(r"(?:User|Users|Group|Groups|UserManager)(?:\[\d+\])?\..*"), _ACCOUNTS),
        ),
        Vendor.FOSCAM_MJPEG: (
            (re.compile(r"params\.user\d.*"), _ACCOUNTS),
            (re.compile(r"params\.(?:id|sys_ver|app_ver)"), _FIXED),
            (
                re.compile(
                    r"params\.(?!alias$|tz$|ntp_enable$|ntp_svr$|upnp_enable$|(?:alarm|ddns|ftp|mail)_\w+$).*"
                    r"|camera\.(?!(?:resolution|brightness|contrast|mode|flip)$).*"
                ),
                _PAGE,
            ),
        ),
        Vendor.FOSCAM_HD: (
            (re.compile(r"P2PInfo\..*|IPInfo\.mac|DevInfo\..*"), _FIXED),
            (re.compile(r"WifiConfig\..*"), _PAGE),
        ),
        Vendor.ONVIF: (
            (
                re.compile(r"(?!NetworkProtocols\.\w+\.(?:Enabled|Port)$|Hostname\.Name$|DiscoveryMode$|NTP\.).*"),
                "by ONVIF it is not written: change it on the camera's own page",
            ),
        ),
        Vendor.REOLINK: (
            (re.compile(r"P2p\.uid|LocalLink\.(?:mac|activeLink)|CertificateInfo\..*|.*\.(?:ver|version)"), _FIXED),
        ),
    }
)  # fmt: skip
_NETWORK: Mapping[Vendor, re.Pattern[str]] = MappingProxyType(
    {
        Vendor.DAHUA: re.compile(
            r"Network\..*|WLan(?:\[\d+\])?\..*|(?:Web|HTTP|RTSP|DVRIP|HTTPS)\.(?:.*\.)?Port|PPPoE\..*|IEEE8021X.*",
            re.IGNORECASE,
        ),
        Vendor.FOSCAM_MJPEG: re.compile(r"params\.(?:ip|mask|gateway|dns|port|wifi_.*|pppoe_.*)"),
        Vendor.FOSCAM_HD: re.compile(r"(?:IPInfo|WifiConfig|PortInfo)\..*"),
        Vendor.REOLINK: re.compile(r"(?:LocalLink|Wifi)\..*|NetPort\..*Port"),
        Vendor.ONVIF: re.compile(r"(?:NetworkInterfaces|NetworkDefaultGateway|DNS)\..*|NetworkProtocols\..*\.Port"),
    }
)
_NAMES: Mapping[Vendor, re.Pattern[str]] = MappingProxyType(
    {
        Vendor.DAHUA: re.compile(
            r"General\.(?:MachineName|MachineID|LocalNo)|ChannelTitle\[\d+\]\.Name|.*\.(?:SerialNo|PhysicalAddress|UUID|DeviceID|MacAddr(?:ess)?)"
            r"|DDNS\[\d+\]\.(?:HostName|DefaultHostName)|Network\.Hostname|UPnP\.HostName"
        ),
        Vendor.FOSCAM_MJPEG: re.compile(r"params\.(?:alias|id|ddns_host|ftp_dir|ftp_filename|dev\d_.*)"),
        Vendor.ONVIF: re.compile(r"Hostname\..*|Scopes\..*|Users\..*"),
        Vendor.FOSCAM_HD: re.compile(r"(?:DevName|P2PInfo)\..*|DDNSConfig\.(?:hostName|factoryDDNS)"),
        Vendor.REOLINK: re.compile(
            r"DevName\..*|Osd\[\d+\]\.osdChannel\.name|P2p\.uid|.*\.mac|(?:Email|EmailV20)(?:\[\d+\])?\.nickName"
        ),
    }
)  # fmt: skip
_DOORS: Mapping[Vendor, tuple[str, str]] = MappingProxyType(
    {
        Vendor.DAHUA: (r"Web\.Enable", r"HTTPS\.Enable"),
        Vendor.REOLINK: (r"NetPort\.httpEnable", r"NetPort\.httpsEnable"),
        Vendor.ONVIF: (r"NetworkProtocols\.HTTP\.Enabled", r"NetworkProtocols\.HTTPS\.Enabled"),
    }
)
"""What serves HTTP, and what serves HTTPS."""
_SERVICES: Mapping[Service, tuple[str, ...]] = MappingProxyType(
    {
        Service.P2P: ("T2UServer.", "P2PEnable.", "P2PInfo.", "P2p."),
        Service.UPNP: ("UPnP.", "UPnPConfig.", "Upnp.", "params.upnp_"),
        Service.DDNS: ("DDNS[", "DDNSConfig.", "Ddns.", "params.ddns_", "DynamicDNS."),
        Service.SNMP: ("SNMP.",),
        Service.BONJOUR: ("Bonjour.", "DiscoveryMode"),
        Service.MULTICAST: ("Multicast.",),
        Service.MAIL: ("Email", "SMTPConfig.", "params.alarm_mail"),
        Service.FTP: ("Ftp", "NAS", "params.ftp_"),
        Service.TELNET: ("Telnet.",),
        Service.SSH: ("SSHD.",),
        Service.HTTP: ("Web.Enable", "NetPort.http", "NetworkProtocols.HTTP."),
        Service.HTTPS: ("HTTPS.", "Https.", "NetPort.https", "NetworkProtocols.HTTPS."),
        Service.RTSP: ("RTSP.", "NetPort.rtsp", "NetworkProtocols.RTSP."),
        Service.RTMP: ("NetPort.rtmp",),
        Service.ONVIF: ("ONVIF.", "OnvifAgentStat.", "NetPort.onvif"),
        Service.ONVIF_LOGIN: ("UserGlobal.",),
        Service.LOCKOUT: ("General.Lock", "SysCfg.", "LoginFailureAlarm."),
        Service.AUTO_REBOOT: ("AutoMaint", "TimingRebootConfig."),
    }
)
_TOPICS: Mapping[Topic, tuple[str, ...]] = MappingProxyType(
    {
        Topic.ACCOUNTS: ("params.user", "User", "Users", "UserManager", "UserGlobal."),
        Topic.CLOCK: (
            "NTP.", "Locales.", "General.CurrentTime", "SystemTime.", "SystemDateAndTime.", "Ntp.", "Time.", "params.ntp_",
            "params.tz", "params.daylight",
        ),
        Topic.FILTER: ("AccessFilter.", "FirewallConfig.", "IPAddressFilter", "IPFilter"),
        Topic.NETWORK: (
            "Network", "WLan", "Web.", "RTSP.Port", "IPInfo.", "PortInfo.", "WifiConfig.", "LocalLink.", "NetPort.", "DNS",
            "params.ip", "params.mask", "params.gateway", "params.dns", "params.port",
        ),
        Topic.ANYTHING: ("",),
    }
)  # fmt: skip
_FIRST = re.compile(r"[^.\[]+")


def family_of(keys: Iterable[str]) -> Vendor:
    """Return whose settings these are, by the names of their sections; ONVIF when they are nobody's we know."""
    found = {match[0] for key in keys if (match := _FIRST.match(key))}
    vendor, signs = max(_SIGNS.items(), key=lambda row: len(found & row[1]))
    return vendor if found & signs else Vendor.ONVIF


def section_of(vendor: Vendor, key: str) -> str:
    """Return the part of the settings that `key` belongs to, as `--section` names it."""
    first, _, rest = key.partition(".")
    if vendor is Vendor.FOSCAM_MJPEG and first == "params":
        group, underscore, _ = rest.partition("_")
        return group.rstrip("0123456789") if underscore else "general"
    return first.partition("[")[0]


def is_volatile(vendor: Vendor, key: str) -> bool:
    """Whether `key` changes by itself."""
    own = _VOLATILE.get(vendor)
    return _PASSING.search(key) is not None or (own is not None and own.fullmatch(key) is not None)


def why_read_only(vendor: Vendor, key: str) -> str:
    """Return why `key` cannot be written, "" when it can."""
    return next((why for pattern, why in _READ_ONLY.get(vendor, ()) if pattern.fullmatch(key)), "")


def is_network(vendor: Vendor, key: str) -> bool:
    """Whether `key` decides how the camera is reached."""
    pattern = _NETWORK.get(vendor)
    return pattern is not None and pattern.fullmatch(key) is not None


def is_name(vendor: Vendor, key: str) -> bool:
    """Whether `key` says which camera it is: its name, MAC or serial number."""
    pattern = _NAMES.get(vendor)
    return pattern is not None and pattern.fullmatch(key) is not None


def is_our_door(vendor: Vendor, key: str, *, tls: bool) -> bool:
    """Whether `key` switches the very server through which we come in."""
    doors = _DOORS.get(vendor)
    return doors is not None and re.fullmatch(doors[tls], key, re.IGNORECASE) is not None


def service_keys(service: Service) -> tuple[str, ...]:
    """Return how the keys begin that switching `service` may change, on a camera of any family."""
    return _SERVICES.get(service, ())


def topic_keys(topic: Topic) -> tuple[str, ...]:
    """Return how the keys begin that belong to `topic`, on a camera of any family."""
    return _TOPICS[topic]
