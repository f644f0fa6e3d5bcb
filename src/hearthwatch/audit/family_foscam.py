"""Both generations of Foscam: what `get_params.cgi` and the `get…` commands tell, and the menus of their web pages."""

from __future__ import annotations

from hearthwatch.audit.family import OFF, ON, Family, Tell
from hearthwatch.audit.finding import CheckId

_USERS = "Device Management → Users Settings"

FOSCAM_MJPEG = Family(
    tells={
        CheckId.UPNP: (Tell(key=r"params\.upnp_enable"),),
        CheckId.DDNS: (Tell(key=r"params\.ddns_service", weak=r"[1-9]\d*", safe=r"0"),),
        CheckId.NTP: (Tell(key=r"params\.ntp_enable", weak=OFF, safe=ON),),
        CheckId.EMAIL_CLEAR: (Tell(key=r"params\.mail_tls", weak=r"0", safe=r"[12]", only_if=(r"params\.mail_svr", r".+")),),
        CheckId.FTP_CLEAR: (Tell(key=r"params\.ftp_svr", weak=r".+", safe=r""),),
    },
    menus={
        CheckId.PASSWORD: _USERS,
        CheckId.PASSWORD_SHARED: _USERS,
        CheckId.ACCOUNT_EXTRA: f"{_USERS} (empty the row)",
        CheckId.ACCOUNT_PASSWORD: _USERS,
        CheckId.FIRMWARE: "Device Management → Upgrade Device Firmware, with Foscam's file for exactly this model",
        CheckId.INTERNET: "Device Management → Basic Network Settings (no gateway), or close it off at the router",
        CheckId.P2P: "there is no switch for it: close the camera off at the router",
        CheckId.UPNP: "Device Management → UPnP Settings",
        CheckId.DDNS: "Device Management → DDNS Service Settings (DDNS Service: None)",
        CheckId.STATUS_OPEN: "no setting: only newer firmware, or a router that lets nobody but this machine reach it, helps",
        CheckId.CLOCK: "Device Management → Date & Time Settings",
        CheckId.NTP: "Device Management → Date & Time Settings → Sync with NTP Server",
        CheckId.EMAIL_CLEAR: "Device Management → Mail Service Settings → SSL Encryption",
        CheckId.FTP_CLEAR: "Device Management → FTP Service Settings (this camera knows no encrypted FTP: empty it)",
    },
    lacks=frozenset(
        {
            CheckId.SNMP, CheckId.BONJOUR, CheckId.MULTICAST, CheckId.RTMP, CheckId.ONVIF_OPEN, CheckId.AUTO_REBOOT,
            CheckId.LOCKOUT, CheckId.ACCESS_ALARM, CheckId.ADDRESS_FILTER,
        }
    ),
    gateway=r"params\.gateway",
    fixed_address=Tell(key=r"params\.ip", weak=r"|0\.0\.0\.0", safe=r"\d+(?:\.\d+){3}"),
    min_password_chars=8,
    told_passwords=tuple((f"params.user{slot}_name", f"params.user{slot}_pwd") for slot in range(1, 9)),
    open_door=("/get_status.cgi", b"var "),
    url_credentials=True,
    has_https=False,
)  # fmt: skip

FOSCAM_HD = Family(
    tells={
        CheckId.P2P: (Tell(key=r"P2PEnable\.enable"),),
        CheckId.UPNP: (Tell(key=r"UPnPConfig\.isEnable"),),
        CheckId.DDNS: (Tell(key=r"DDNSConfig\.isEnable"),),
        CheckId.NTP: (Tell(key=r"SystemTime\.timeSource", weak=r"1", safe=r"0"),),
        CheckId.EMAIL_CLEAR: (Tell(key=r"SMTPConfig\.tls", weak=r"0", safe=r"[12]", only_if=(r"SMTPConfig\.isEnable", ON)),),
        CheckId.FTP_CLEAR: (Tell(key=r"FtpConfig\.ftpAddr", weak=r".+", safe=r""),),
        CheckId.AUTO_REBOOT: (Tell(key=r"TimingRebootConfig\.isEnable"),),
        CheckId.ADDRESS_FILTER: (Tell(key=r"FirewallConfig\.(?:isEnable|rule)", weak=r"0", safe=r"1"),),
        CheckId.HTTPS_OFF: (Tell(key=r"PortInfo\.httpsPort", weak=r"0", safe=r"[1-9]\d*"),),
    },
    menus={
        CheckId.PASSWORD: "Settings → Basic Settings → User Accounts → Change password",
        CheckId.PASSWORD_SHARED: "Settings → Basic Settings → User Accounts → Change password",
        CheckId.ACCOUNT_EXTRA: "Settings → Basic Settings → User Accounts (delete the row)",
        CheckId.ACCOUNT_PASSWORD: "Settings → Basic Settings → User Accounts → Change password",
        CheckId.FIRMWARE: "Settings → System → Firmware Upgrade, with Foscam's file for exactly this model",
        CheckId.INTERNET: "Settings → Network → IP Configuration (no gateway), or close it off at the router",
        CheckId.P2P: "Settings → Network → P2P",
        CheckId.UPNP: "Settings → Network → UPnP",
        CheckId.DDNS: "Settings → Network → DDNS",
        CheckId.HTTPS_OFF: "Settings → Network → Port → HTTPS Port",
        CheckId.STATUS_OPEN: "no setting: only newer firmware, or a router that lets nobody but this machine reach it, helps",
        CheckId.ONVIF_OPEN: "Settings → Network → Port → ONVIF Port (older models have no log-in for it: switch it off)",
        CheckId.LOCKOUT: "Settings → System → Firewall (let in only the addresses of your home)",
        CheckId.ADDRESS_FILTER: "Settings → System → Firewall (allow only this machine and the devices you use)",
        CheckId.CLOCK: "Settings → Basic Settings → Camera Time",
        CheckId.NTP: "Settings → Basic Settings → Camera Time → Sync with NTP server",
        CheckId.EMAIL_CLEAR: "Settings → Network → Mail → Need SSL/TLS",
        CheckId.FTP_CLEAR: "Settings → Network → FTP (this camera knows no encrypted FTP: empty it)",
        CheckId.AUTO_REBOOT: "Settings → System → Auto Reboot",
    },
    lacks=frozenset({CheckId.SNMP, CheckId.BONJOUR, CheckId.MULTICAST, CheckId.RTMP, CheckId.ACCESS_ALARM}),
    gateway=r"IPInfo\.gate",
    fixed_address=Tell(key=r"IPInfo\.isDHCP"),
    open_door=("/cgi-bin/CGIProxy.fcgi?cmd=getPortInfo", b"<result>0</result>"),
    url_credentials=True,
)
