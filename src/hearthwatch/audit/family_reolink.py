"""Reolink: what the `Get…` commands tell, and the menus of its app and client."""

from __future__ import annotations

from hearthwatch.audit.family import OFF, ON, Family, Tell
from hearthwatch.audit.finding import CheckId

_PORTS = "Settings → Network → Advanced → Port Settings (Server Settings)"

REOLINK = Family(
    tells={
        CheckId.P2P: (Tell(key=r"P2p\.enable"),),
        CheckId.UPNP: (Tell(key=r"Upnp\.enable"),),
        CheckId.DDNS: (Tell(key=r"Ddns\.enable"),),
        CheckId.RTMP: (Tell(key=r"NetPort\.rtmpEnable"),),
        CheckId.HTTPS_OFF: (Tell(key=r"NetPort\.httpsEnable", weak=OFF, safe=ON),),
        CheckId.LOCKOUT: (
            Tell(key=r"SysCfg\.(?:loginLock|allowedTimes)", weak=r"0|false|[2-9]\d|\d{3,}", safe=r"true|[1-9]|1\d"),
        ),
        CheckId.NTP: (Tell(key=r"Ntp\.enable", weak=OFF, safe=ON),),
        CheckId.EMAIL_CLEAR: (
            Tell(
                key=r"Email(?:V20)?\[\d+\]\.ssl",
                weak=OFF,
                safe=ON,
                only_if=(r"Email(?:V20)?\[\d+\]\.(?:enable|schedule\.enable)", ON),
            ),
        ),
        CheckId.FTP_CLEAR: (
            Tell(
                key=r"Ftp(?:V20)?\[\d+\]\.onlyFtps",
                weak=OFF,
                safe=ON,
                only_if=(r"Ftp(?:V20)?\[\d+\]\.(?:enable|schedule\.enable)", ON),
            ),
        ),
        CheckId.AUTO_REBOOT: (Tell(key=r"AutoMaint\.enable"),),
    },
    menus={
        CheckId.PASSWORD: "Settings → System → User Management → Modify Password",
        CheckId.PASSWORD_SHARED: "Settings → System → User Management → Modify Password",
        CheckId.ACCOUNT_EXTRA: "Settings → System → User Management (delete the row)",
        CheckId.ACCOUNT_PASSWORD: "Settings → System → User Management → Modify Password",
        CheckId.FIRMWARE: "Settings → System → Maintenance → Upgrade, with Reolink's file for exactly this hardware",
        CheckId.INTERNET: "Settings → Network → General (fixed address, no gateway), or close it off at the router",
        CheckId.P2P: "Settings → Network → Advanced → UID Enable",
        CheckId.UPNP: "Settings → Network → Advanced → UPnP",
        CheckId.DDNS: "Settings → Network → Advanced → DDNS",
        CheckId.RTMP: _PORTS,
        CheckId.CREDENTIALS_IN_URL: f"{_PORTS}: RTMP off",
        CheckId.HTTPS_OFF: f"{_PORTS}: HTTPS on",
        CheckId.CERTIFICATE: "Settings → Network → Advanced → Certificate Management",
        CheckId.ONVIF_OPEN: f"{_PORTS}: ONVIF (it always asks for a log-in)",
        CheckId.LOCKOUT: "Settings → System → User Management → Login lock after wrong passwords (in Reolink Client)",
        CheckId.CLOCK: "Settings → System → Date & Time → Sync",
        CheckId.NTP: "Settings → System → Date & Time → NTP → Auto Synchronize",
        CheckId.EMAIL_CLEAR: "Settings → Surveillance → Email Alerts → SSL or TLS",
        CheckId.FTP_CLEAR: "Settings → Surveillance → FTP → Only FTPS",
        CheckId.AUTO_REBOOT: "Settings → System → Maintenance → Auto Reboot",
    },
    lacks=frozenset(
        {
            CheckId.SNMP,
            CheckId.BONJOUR,
            CheckId.MULTICAST,
            CheckId.STATUS_OPEN,
            CheckId.ONVIF_OPEN,
            CheckId.ACCESS_ALARM,
            CheckId.ADDRESS_FILTER,
        }
    ),
    gateway=r"LocalLink\.(?:static\.gateway|gateway)",
    fixed_address=Tell(key=r"LocalLink\.type", weak=r"dhcp", safe=r"static"),
)
