"""Dahua and Amcrest: the tables of `getConfig` or of the backup document, and the menus of their web page."""

from __future__ import annotations

from hearthwatch.audit.family import OFF, ON, Family, Tell
from hearthwatch.audit.finding import CheckId

_SERVICES = "Setup → System → Safety → System Service (older: Setup → System → Safety)"

DAHUA = Family(
    tells={
        CheckId.P2P: (Tell(key=r"T2UServer\.Enable"),),
        CheckId.UPNP: (Tell(key=r"UPnP\.Enable"),),
        CheckId.DDNS: (Tell(key=r"DDNS\[\d+\]\.Enable"),),
        CheckId.TELNET: (Tell(key=r"Telnet\.Enable"),),
        CheckId.SSH: (Tell(key=r"SSHD\.Enable"),),
        CheckId.SNMP: (Tell(key=r"SNMP\.(?:Enable|SNMP\w*Enable|Snmp\w*Enable|V\dEnable)"),),
        CheckId.BONJOUR: (Tell(key=r"Bonjour\.Enable"),),
        CheckId.MULTICAST: (Tell(key=r"Multicast\.(?:\w+(?:\[\d+\])?\.)?Enable"),),
        CheckId.HTTPS_OFF: (Tell(key=r"(?:HTTPS|Https)\.Enable", weak=OFF, safe=ON),),
        CheckId.ONVIF_OPEN: (Tell(key=r"UserGlobal\.OnvifLoginCheck", weak=OFF, safe=ON),),
        CheckId.LOCKOUT: (Tell(key=r"(?:General|LoginFailureAlarm)\.LockLoginEnable", weak=OFF, safe=ON),),
        CheckId.NTP: (Tell(key=r"NTP\.Enable", weak=OFF, safe=ON),),
        CheckId.EMAIL_CLEAR: (
            Tell(key=r"Email\.(?:Ssl|Tls)Enable", weak=OFF, safe=ON, only_if=(r"Email\.Enable", ON), any_safe=True),
        ),
        CheckId.FTP_CLEAR: (
            Tell(key=r"NAS\[\d+\]\.Protocol", weak=r"FTP", safe=r"SFTP|NFS|SMB|CIFS", only_if=(r"NAS\[\d+\]\.Enable", ON)),
        ),
        CheckId.AUTO_REBOOT: (
            Tell(key=r"AutoMaintain\.AutoRebootEnable"),
            Tell(key=r"AutoMaintain\.AutoRebootDay", weak=r"[0-7]", safe=r"-1"),
        ),
        CheckId.ACCESS_ALARM: (Tell(key=r"LoginFailureAlarm\.Enable", weak=OFF, safe=ON),),
        CheckId.ADDRESS_FILTER: (
            Tell(key=r"AccessFilter\.(?:Enable|Type)", weak=rf"{OFF}|BannedList", safe=rf"{ON}|TrustList"),
        ),
    },
    menus={
        CheckId.PASSWORD: "Setup → System → Account → Modify User → Modify Password",
        CheckId.PASSWORD_SHARED: "Setup → System → Account → Modify User → Modify Password",
        CheckId.ACCOUNT_EXTRA: "Setup → System → Account → Account (delete the row)",
        CheckId.ACCOUNT_PASSWORD: "Setup → System → Account → Modify User → Modify Password",
        CheckId.FIRMWARE: "Setup → System → Upgrade, with the file from the maker's support page for exactly this model",
        CheckId.INTERNET: "Setup → Network → TCP/IP (take the default gateway away), or close it off at the router",
        CheckId.P2P: "Setup → Network → P2P (newer: Network → Platform Access → P2P)",
        CheckId.UPNP: "Setup → Network → Port → UPnP (newer: Network → Basic Services → UPnP)",
        CheckId.DDNS: "Setup → Network → DDNS",
        CheckId.TELNET: _SERVICES,
        CheckId.SSH: _SERVICES,
        CheckId.SNMP: "Setup → Network → SNMP",
        CheckId.BONJOUR: "Setup → Network → Bonjour",
        CheckId.MULTICAST: "Setup → Network → Multicast",
        CheckId.HTTPS_OFF: "Setup → Network → HTTPS",
        CheckId.CERTIFICATE: "Setup → Network → HTTPS → Create Certificate",
        CheckId.ONVIF_OPEN: "Setup → Network → Connection → ONVIF (Authentication: On)",
        CheckId.LOCKOUT: "Setup → Event → Abnormality → Illegal Access (newer: System → Safety → Illegal Login Lock)",
        CheckId.ACCESS_ALARM: "Setup → Event → Abnormality → Illegal Access",
        CheckId.ADDRESS_FILTER: "Setup → System → Safety → IP Filter (Trusted Sites: this machine and the devices you use)",
        CheckId.CLOCK: "Setup → System → General → Date & Time → Sync PC",
        CheckId.NTP: "Setup → System → General → Date & Time → NTP",
        CheckId.EMAIL_CLEAR: "Setup → Network → SMTP (Email) → Authentication: TLS",
        CheckId.FTP_CLEAR: "Setup → Storage → Destination → FTP (choose SFTP)",
        CheckId.AUTO_REBOOT: "Setup → System → Auto Maintain",
    },
    lacks=frozenset({CheckId.RTMP, CheckId.STATUS_OPEN}),
    gateway=r"Network\.\w+\.DefaultGateway",
    fixed_address=Tell(key=r"Network\.\w+\.DhcpEnable"),
)
