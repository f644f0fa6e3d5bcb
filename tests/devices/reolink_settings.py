"""The settings of the emulated Reolink: the value each `Get…` answers; keys of what was recorded (RLC-822A) in that order."""

from __future__ import annotations

from typing import Any

WEAKNESSES = {
    "P2p.enable": "1",
    "Upnp.enable": "1",
    "Ddns.enable": "1",
    "NetPort.httpEnable": "1",
    "NetPort.rtmpEnable": "1",
    "SysCfg.loginLock": "0",
    "Ntp.enable": "0",
}
"""Planted, as the export names them."""
SECRET = "******"
"""What is told in place of a password."""
_NEVER, _ALWAYS = "0" * 168, "1" * 168
_AI = ("dog_cat", "face", "people", "vehicle")


def _schedule() -> dict[str, Any]:
    return {"channel": 0, "table": {"AI_PEOPLE": _ALWAYS, "AI_VEHICLE": _ALWAYS, "MD": _ALWAYS, "TIMING": _NEVER}}


def factory_values() -> dict[str, dict[str, Any]]:
    """Return the settings as a careless owner left them, by the name after `Get`; a camera of one channel."""
    return {
        "NetPort": {
            "NetPort": {
                "httpEnable": 1,
                "httpPort": 80,
                "httpsEnable": 1,
                "httpsPort": 443,
                "mediaPort": 9000,
                "onvifEnable": 1,
                "onvifPort": 8000,
                "rtmpEnable": 1,
                "rtmpPort": 1935,
                "rtspEnable": 1,
                "rtspPort": 554,
            }
        },
        "P2p": {"P2p": {"enable": 1, "uid": "95270000ABCDEFGH"}},
        "Upnp": {"Upnp": {"enable": 1}},
        "Ddns": {"Ddns": {"domain": "gate.example.org", "enable": 1, "password": "ddnsSecret1", "type": "no-ip", "userName": "owner"}},
        "Ntp": {"Ntp": {"enable": 0, "interval": 1440, "port": 123, "server": "pool.ntp.org"}},
        "SysCfg": {"SysCfg": {"LockTime": 300, "allowedTimes": 5, "loginLock": 0}},
        "AutoMaint": {"AutoMaint": {"enable": 1, "hour": 2, "min": 0, "sec": 0, "weekDay": "Sunday"}},
        "DevName": {"DevName": {"name": "Gate"}},
        "LocalLink": {
            "LocalLink": {
                "activeLink": "LAN",
                "dns": {"auto": 1, "dns1": "192.168.1.1", "dns2": "192.168.1.1"},
                "mac": "ec:71:db:00:11:22",
                "static": {"gateway": "192.168.1.1", "ip": "192.168.1.8", "mask": "255.255.255.0"},
                "type": "DHCP",
            }
        },
        "PushCfg": {"PushCfg": {"pushInterval": 20}},
        "CertificateInfo": {"CertificateInfo": {"crtName": "server.crt", "enable": 0, "keyName": "server.key"}},
        "Enc": {
            "Enc": {
                "audio": 1,
                "channel": 0,
                "mainStream": {"bitRate": 6144, "frameRate": 20, "gop": 2, "height": 2160, "profile": "High", "size": "3840*2160", "vType": "h265", "width": 3840},
                "subStream": {"bitRate": 256, "frameRate": 10, "gop": 4, "height": 360, "profile": "High", "size": "640*360", "vType": "h264", "width": 640},
            }
        },
        "Osd": {"Osd": {"channel": 0, "osdChannel": {"enable": 1, "name": "Gate", "pos": "Lower Right"}, "osdTime": {"enable": 1, "pos": "Top Center"}}},
        "Image": {"Image": {"bright": 128, "channel": 0, "contrast": 128, "hue": 128, "saturation": 128, "sharpen": 128}},
        "Isp": {"Isp": {"antiFlicker": "50HZ", "channel": 0, "dayNight": "Auto", "mirroring": 0, "rotation": 0}},
        "Mask": {"Mask": {"area": [], "channel": 0, "enable": 0}},
        "IrLights": {"IrLights": {"channel": 0, "state": "Auto"}},
        "AiCfg": {
            "AiDetectType": dict.fromkeys(_AI, 1) | {"face": 0},
            "aiTrack": 0,
            "channel": 0,
            "trackType": dict.fromkeys(_AI, 0) | {"people": 1},
        },
        "MdAlarm": {"MdAlarm": {"channel": 0, "newSens": {"sensDef": 10}, "scope": {"cols": 80, "rows": 60, "table": "1" * 16}, "useNewSens": 1}},
        "WebHook": {"WebHook": {"bCustom": 0, "channel": 0, "hookBody": "", "hookUrl": "", "index": 0, "indexEnable": 0}},
        "EmailV20": {
            "Email": {
                "addr1": "owner@example.net",
                "attachment": "picture",
                "enable": 1,
                "interval": "5 Minutes",
                "nickName": "Gate",
                "password": "mailSecret1",
                "schedule": _schedule(),
                "smtpPort": 25,
                "smtpServer": "smtp.example.net",
                "ssl": 0,
                "userName": "gate@example.net",
            }
        },
        "FtpV20": {
            "Ftp": {"anonymous": 0, "autoDir": 1, "enable": 0, "onlyFtps": 0, "password": "ftpSecret1", "port": 21, "remoteDir": "", "schedule": _schedule(), "server": "", "streamType": 0, "userName": "cam"}
        },
        "PushV20": {"Push": {"enable": 1, "schedule": _schedule()}},
        "RecV20": {"Rec": {"enable": 1, "overwrite": 1, "packTime": "30 Minutes", "postRec": "15 Seconds", "preRec": 1, "schedule": _schedule()}},
        "ZoomFocus": {"ZoomFocus": {"channel": 0, "focus": {"pos": 46}, "zoom": {"pos": 1}}},
        "AutoFocus": {"AutoFocus": {"disable": 0}},
        "PtzPreset": {"PtzPreset": [{"channel": 0, "enable": 1, "id": 1, "name": "gate"}]},
    }  # fmt: skip


def ability() -> dict[str, Any]:
    """Return a part of `GetAbility`: what a client may look for. `permit` 6 is read and write, `log` is there without a command."""
    names = ("ddns", "devInfo", "email", "http", "https", "localLink", "log", "ntp", "online", "onvif", "p2p", "reboot", "rtmp")
    names += ("rtsp", "scheduleVersion", "sdCard", "time", "upgrade", "upnp", "user")
    channel = ("alarmMd", "ptzCtrl", "recCfg", "recDownload", "recReplay", "snap", "supportAi", "supportMd")
    part = {name: {"permit": 6, "ver": 1} for name in channel}
    return {
        "Ability": {"abilityChn": [part]}
        | {name: {"permit": 6, "ver": 1} for name in names}
        | {"wifi": {"permit": 0, "ver": 0}}
    }
