"""The settings of the emulated Dahua: one tree, printed as `getConfig` lines or as the backup document, written by `setConfig`.

The names are those of the vendor's HTTP API; which of them are weak is told in WEAKNESSES.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

WEAKNESSES = {
    "T2UServer.Enable": "true",
    "UPnP.Enable": "true",
    "Telnet.Enable": "true",
    "DDNS[0].Enable": "true",
    "SNMP.Enable": "true",
    "Https.Enable": "false",
    "UserGlobal.OnvifLoginCheck": "false",
    "LoginFailureAlarm.Enable": "false",
    "NTP.Enable": "false",
    "Bonjour.Enable": "true",
    "Multicast.Enable": "true",
}
"""Planted: the keys as `Config.backup` flattens them, and their weak values."""
_TOKEN = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def _stream(width: int, height: int, *, on: bool) -> dict[str, Any]:
    video = {"Compression": "H.264", "Width": width, "Height": height, "FPS": 15, "BitRate": 1024, "GOP": 30}
    return {"VideoEnable": on, "Video": video, "AudioEnable": False}


def factory_tree() -> dict[str, Any]:
    """Return the settings as a careless owner left them: every weakness of the table is planted."""
    return {
        "General": {"LocalNo": 8, "LockLoginEnable": True, "LockLoginTimes": 5, "LoginFailLockTime": 300, "MachineName": "FrontDoor"},
        "Network": {
            "DefaultInterface": "eth0",
            "Domain": "dahua",
            "Hostname": "IPC",
            "eth0": {
                "DefaultGateway": "192.168.1.1",
                "DhcpEnable": True,
                "DnsServers": ["8.8.8.8", "8.8.4.4"],
                "IPAddress": "192.168.1.108",
                "MTU": 1500,
                "PhysicalAddress": "9c:8e:cd:00:11:22",
                "SubnetMask": "255.255.255.0",
            },
        },
        "AlarmOut": [{"Mode": 0, "Name": "port1"}],
        "NTP": {"Address": "time.windows.com", "Enable": False, "Port": 123, "TimeZone": 13, "UpdatePeriod": 10},
        "Locales": {"DSTEnable": False, "TimeFormat": "yyyy-MM-dd HH:mm:ss"},
        "Email": {
            "Address": "smtp.example.net",
            "Anonymous": False,
            "Enable": True,
            "Password": "mail-Secret-1",
            "Port": 25,
            "SendAddress": "front@example.net",
            "Title": "IPC Message",
            "UserName": "front@example.net",
        },
        "DDNS": [{"Address": "www.quickddns.com", "Enable": True, "HostName": "front.quickddns.com", "Password": "ddns-Secret-1", "Protocol": "Quick DDNS", "UserName": "owner"}],
        "UPnP": {"Enable": True, "MapTable": [{"Enable": True, "InnerPort": 80, "OuterPort": 80, "Protocol": "TCP", "ServiceName": "HTTP"}], "Mode": "Custom"},
        "T2UServer": {"Enable": True, "RegisterCode": "AMC000TESTP2P0001"},
        "RTSP": {"Enable": True, "Port": 554, "RTP": {"EndPort": 40000, "StartPort": 20000}},
        "Telnet": {"Enable": True},
        "SSHD": {"Enable": False, "Port": 22},
        "Https": {"Enable": False, "Port": 443},
        "ONVIF": {"Enable": True},
        "DVRIP": {"MaxConnections": 10, "TCPPort": 37777, "UDPPort": 37778},
        "Web": {"Enable": True, "Port": 80},
        "SNMP": {"Enable": True, "Port": 161, "ReadCommon": "public", "WriteCommon": "private"},
        "Bonjour": {"Enable": True, "ServiceName": "FrontDoor"},
        "Multicast": {"Enable": True, "MulticastAddr": "239.255.42.42", "Port": 36666},
        "UserGlobal": {"OnvifLoginCheck": False},
        "LoginFailureAlarm": {"Enable": False, "EventHandler": {"MailEnable": False}},
        "AccessFilter": {"BannedList": [], "Enable": False, "TrustList": [], "Type": "BannedList"},
        "AutoMaintain": {"AutoRebootDay": 4, "AutoRebootEnable": True, "AutoRebootHour": 3, "AutoRebootMinute": 0},
        "Encode": [
            {
                "MainFormat": [_stream(2560, 1440, on=True) for _ in range(4)],
                "ExtraFormat": [_stream(640, 480, on=True), _stream(352, 240, on=False), _stream(352, 240, on=False)],
            }
        ],
        "ChannelTitle": [{"Name": "Front"}],
        "VideoInMode": [{"Config": [0], "Mode": 0}],
        "MotionDetect": [{"DetectVersion": "V3.0", "Enable": True}],
        "SmartMotionDetect": [{"Enable": True, "ObjectTypes": {"Human": True, "Vehicle": False}, "Sensitivity": "Middle"}],
        "BlindDetect": [{"Enable": False, "Level": 3}],
        "LeLensMask": [{"Enable": False}],
        "Lighting_V2": [[[{"Correction": 50, "LightType": "WhiteLight", "MiddleLight": [{"Angle": 50, "Light": 100}], "Mode": "Manual", "PercentOfMaxBrightness": 100, "Sensitive": 3}]]],
        "RecordMode": [{"Mode": 0, "ModeExtra1": 2}],
        "NAS": [{"Address": "", "Enable": False, "Password": "", "Port": 21, "Protocol": "FTP", "UserName": ""}],
        "Ftp": {"Enable": False},
    }  # fmt: skip


def lines(value: Any, path: str) -> Iterator[str]:
    """Yield `path.Key[0]=value` for each leaf, in the order of the tree."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from lines(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from lines(inner, f"{path}[{index}]")
    else:
        yield f"{path}={printed(value)}"


def printed(leaf: Any) -> str:
    return ("true" if leaf else "false") if isinstance(leaf, bool) else str(leaf)


def value_at(tree: Any, key: str) -> Any:
    """Return what is at `Email.Password` or `DDNS[0].Enable`; KeyError when there is nothing."""
    for name, index in _TOKEN.findall(key):
        try:
            tree = tree[name] if name else tree[int(index)]
        except (IndexError, TypeError) as error:
            raise KeyError(key) from error
    return tree


def write(tree: dict[str, Any], key: str, value: str) -> None:
    """Put `value` at `key`, as what the leaf there is; lists grow by one. KeyError for a section that does not exist."""
    tokens = [name or int(index) for name, index in _TOKEN.findall(key.removeprefix("table."))]
    if len(tokens) < 2 or tokens[0] not in tree:
        raise KeyError(key)
    node: Any = tree
    for token, following in itertools.pairwise(tokens):
        fresh: Any = {} if isinstance(following, str) else []
        if isinstance(node, list):
            if not isinstance(token, int) or token > len(node):
                raise KeyError(key)
            if token == len(node):
                node.append(fresh)
            node = node[token]
        elif isinstance(node, dict):
            node = node.setdefault(str(token), fresh)
        else:
            raise KeyError(key)
    last = tokens[-1]
    if isinstance(node, list) and isinstance(last, int) and last <= len(node):
        node[last : last + 1] = [_as(node[last] if last < len(node) else "", value)]
    elif isinstance(node, dict) and isinstance(last, str):
        node[last] = _as(node.get(last, ""), value)
    else:
        raise KeyError(key)


def _as(like: Any, value: str) -> Any:
    if isinstance(like, bool):
        return value.lower() == "true"
    if isinstance(like, int) and re.fullmatch(r"-?\d+", value):
        return int(value)
    return value


def styled(value: Any, tab: str = "   ", depth: int = 0) -> str:
    """Print JSON as the firmware does: ` : ` after keys, lists of plain values on one line."""
    inner, outer = tab * (depth + 1), tab * depth
    if isinstance(value, dict) and value:
        rows = [f"{inner}{_text(key)} : {styled(one, tab, depth + 1).lstrip()}" for key, one in value.items()]
        return "{\n" + ",\n".join(rows) + f"\n{outer}}}"
    if isinstance(value, list) and value:
        if all(not isinstance(one, dict | list) for one in value):
            return "[ " + ", ".join(styled(one) for one in value) + " ]"
        return "[\n" + ",\n".join(inner + styled(one, tab, depth + 1) for one in value) + f"\n{outer}]"
    if isinstance(value, dict | list):
        return "{}" if isinstance(value, dict) else "[]"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return _text(value) if isinstance(value, str) else repr(value)


def _text(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
