"""Replies of Reolink cameras as field notes give them, for what was never recorded whole."""

from __future__ import annotations

import json


def good(value: object, cmd: str = "X") -> dict[str, object]:
    return {"cmd": cmd, "code": 0, "value": value}


def bad(code: int, detail: str = "", cmd: str = "Unknown") -> dict[str, object]:
    return {"cmd": cmd, "code": 1, "error": {"rspCode": code, "detail": detail}}


def body(*answers: object) -> bytes:
    """As a camera prints it: indented by three."""
    return json.dumps(list(answers), indent=3).encode()


USERS = {"User": [{"level": "admin", "userName": "admin"}, {"level": "guest", "userName": "watch"}]}
ONLINE = {
    "User": [
        {"canbeDisconn": 0, "ip": "192.168.1.5", "level": "admin", "sessionId": 1000, "userName": "admin"},
        {"canbeDisconn": 1, "ip": "203.0.113.9", "level": "guest", "sessionId": 1001, "userName": "watch"},
    ]
}
TOKEN = {"Token": {"leaseTime": 3600, "name": "a1b2c3d4e5f6"}}
EVENTS = {
    "ai": {"people": {"alarm_state": 1, "support": 1}, "dog_cat": {"alarm_state": 1, "support": 0}},
    "channel": 0,
    "md": {"alarm_state": 1, "support": 1},
    "visitor": {"alarm_state": 0, "support": 1},
}
DEVICE = {
    "DevInfo": {
        "buildDay": "build 20080734",
        "channelNum": 1,
        "firmVer": "v3.0.0.59_20080734",
        "hardVer": "H3MB18",
        "model": "RLC-410",
        "name": "Gate",
        "serial": "00000000000000",
    }
}
LINK = {"LocalLink": {"activeLink": "LAN", "mac": "EC-71-DB-00-11-22", "type": "DHCP"}}
LINK_WHOLE = {
    "LocalLink": {
        "activeLink": "LAN",
        "dns": {"auto": 1, "dns1": "192.168.2.1", "dns2": "114.114.114.114"},
        "mac": "ec:71:db:0f:93:91",
        "static": {"gateway": "192.168.2.1", "ip": "192.168.3.38", "mask": "255.255.252.0"},
        "type": "DHCP",
    }
}
PORTS = {"NetPort": {"httpEnable": 0, "httpPort": 80, "httpsPort": 443, "mediaPort": 9000, "onvifPort": 8000, "rtspPort": 554}}
ENCODE = {
    "Enc": {
        "audio": 1,
        "channel": 0,
        "mainStream": {"bitRate": 4096, "frameRate": 15, "size": "2560*1440", "vType": "h265"},
        "subStream": {"bitRate": 256, "frameRate": 10, "height": 360, "width": 640},
    }
}
URLS = {"rtspUrl": {"channel": 0, "mainStream": "rtsp://192.168.1.8:554/Preview_01_main", "subStream": "x"}}
EMAIL = {"Email": {"enable": 1, "password": "******", "smtpServer": "mail.example", "ssl": 1, "schedule": {"channel": 0}}}
PUSHED = (
    b'{"uid":"95270000ABCDEFGH","cmd":33,"xml":"<body>\\n<AlarmEventList version=\\"1.1\\">\\n<AlarmEvent version=\\"1.1\\">'
    b"<channelId>0</channelId><status>MD</status><AItype>people,vehicle</AItype><recording>0</recording></AlarmEvent>"
    b'</AlarmEventList></body>","ext_xml":""}'
)
WAKE = b'{"uid":"95270000ABCDEFGH","data":{"event":"wake","reason":"doorbell"}}'
FILE = "Mp4Record/2020-12-21/RecM01_20201221_122057_202123_6D28C08_E4B0AE.mp4"
FOUND = {
    "SearchResult": {
        "channel": 0,
        "File": [
            {
                "EndTime": {"day": 21, "hour": 20, "min": 21, "mon": 12, "sec": 23, "year": 2020},
                "StartTime": {"day": 21, "hour": 12, "min": 20, "mon": 12, "sec": 57, "year": 2020},
                "frameRate": 0,
                "name": FILE,
                "size": "14987438",
                "type": "main",
            }
        ],
    }
}
