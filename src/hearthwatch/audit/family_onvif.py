"""Cameras asked by ONVIF, of any maker: it tells little, so most has to be looked up on their own page. Hikvision's menus
stand for the many that are built alike."""

from __future__ import annotations

from collections.abc import Mapping

from hearthwatch.audit.family import OFF, ON, Family, Tell
from hearthwatch.audit.finding import CheckId

_HIK_SECURITY = "Configuration → System → Security → Security Service"

_MENUS: Mapping[CheckId, str] = {
    CheckId.PASSWORD: "the page of the camera: users or accounts → change password",
    CheckId.PASSWORD_SHARED: "the page of the camera: users or accounts → change password",
    CheckId.ACCOUNT_EXTRA: "the page of the camera: users or accounts → delete",
    CheckId.ACCOUNT_PASSWORD: "the page of the camera: users or accounts → change password",
    CheckId.FIRMWARE: "the page of the camera: maintenance or system → upgrade, with the maker's file for exactly this model",
    CheckId.INTERNET: "the page of the camera: network → TCP/IP (no gateway), or close it off at the router",
    CheckId.P2P: "the page of the camera: network → cloud, platform access or P2P",
    CheckId.UPNP: "the page of the camera: network → UPnP or NAT",
    CheckId.DDNS: "the page of the camera: network → DDNS",
    CheckId.BONJOUR: "the page of the camera: network → ONVIF discovery, Bonjour",
    CheckId.HTTPS_OFF: "the page of the camera: network → HTTPS",
    CheckId.CERTIFICATE: "the page of the camera: network → HTTPS → certificate",
    CheckId.LOCKOUT: "the page of the camera: security → lock after wrong passwords",
    CheckId.CLOCK: "the page of the camera: system → date and time",
    CheckId.NTP: "the page of the camera: system → date and time → NTP",
    CheckId.EMAIL_CLEAR: "the page of the camera: network → e-mail → SSL/TLS",
    CheckId.FTP_CLEAR: "the page of the camera: network → FTP",
    CheckId.AUTO_REBOOT: "the page of the camera: maintenance → automatic restart",
}
_LACKS = frozenset({CheckId.RTMP, CheckId.STATUS_OPEN, CheckId.SNMP, CheckId.MULTICAST})
_TELLS: Mapping[CheckId, tuple[Tell, ...]] = {
    CheckId.HTTPS_OFF: (Tell(key=r"NetworkProtocols\.HTTPS\.Enabled", weak=OFF, safe=ON),),
    CheckId.DDNS: (Tell(key=r"DynamicDNS\.Type", weak=r"ClientUpdates|ServerUpdates", safe=r"NoUpdate"),),
    CheckId.BONJOUR: (Tell(key=r"DiscoveryMode", weak=r"Discoverable", safe=r"NonDiscoverable"),),
    CheckId.NTP: (Tell(key=r"SystemDateAndTime\.DateTimeType", weak=r"Manual", safe=r"NTP"),),
}

ONVIF = Family(
    tells=_TELLS,
    menus=_MENUS,
    lacks=_LACKS | {CheckId.ACCESS_ALARM, CheckId.ONVIF_OPEN, CheckId.ADDRESS_FILTER},
    gateway=r"NetworkDefaultGateway\..*",
    fixed_address=Tell(key=r"NetworkInterfaces[.\[].*\.IPv4\.Config\.DHCP"),
    universal_clock=True,
)

HIKVISION = Family(
    tells=_TELLS,
    menus={
        CheckId.PASSWORD: "Configuration → System → User Management → Modify",
        CheckId.PASSWORD_SHARED: "Configuration → System → User Management → Modify",
        CheckId.ACCOUNT_EXTRA: "Configuration → System → User Management → Delete",
        CheckId.ACCOUNT_PASSWORD: "Configuration → System → User Management → Modify",
        CheckId.FIRMWARE: "Configuration → System → Maintenance → Upgrade, with the maker's file for exactly this model",
        CheckId.INTERNET: "Configuration → Network → Basic Settings → TCP/IP (no gateway), or close it off at the router",
        CheckId.P2P: "Configuration → Network → Advanced Settings → Platform Access",
        CheckId.UPNP: "Configuration → Network → Basic Settings → NAT → Enable UPnP",
        CheckId.DDNS: "Configuration → Network → Basic Settings → DDNS",
        CheckId.BONJOUR: "Configuration → Network → Advanced Settings → Network Service → Enable Bonjour, Multicast Discovery",
        CheckId.TELNET: _HIK_SECURITY,
        CheckId.SSH: f"{_HIK_SECURITY} → Enable SSH",
        CheckId.SNMP: "Configuration → Network → Advanced Settings → SNMP",
        CheckId.MULTICAST: "Configuration → Network → Basic Settings → TCP/IP → Enable Multicast Discovery",
        CheckId.HTTPS_OFF: "Configuration → Network → Advanced Settings → HTTPS",
        CheckId.CERTIFICATE: "Configuration → Network → Advanced Settings → HTTPS → Create Self-signed Certificate",
        CheckId.LOCKOUT: f"{_HIK_SECURITY} → Enable Illegal Login Lock",
        CheckId.ACCESS_ALARM: "Configuration → Event → Basic Event → Exception → Illegal Login → Notify Surveillance Center",
        CheckId.CLOCK: "Configuration → System → System Settings → Time Settings",
        CheckId.NTP: "Configuration → System → System Settings → Time Settings → NTP",
        CheckId.EMAIL_CLEAR: "Configuration → Network → Advanced Settings → Email → Enable SSL/TLS",
        CheckId.FTP_CLEAR: "Configuration → Network → Advanced Settings → FTP",
        CheckId.AUTO_REBOOT: "Configuration → System → Maintenance → Auto Reboot",
    },
    lacks=frozenset({CheckId.RTMP, CheckId.STATUS_OPEN, CheckId.ONVIF_OPEN, CheckId.ADDRESS_FILTER}),
    gateway=r"NetworkDefaultGateway\..*",
    fixed_address=Tell(key=r"NetworkInterfaces[.\[].*\.IPv4\.Config\.DHCP"),
    universal_clock=True,
)
