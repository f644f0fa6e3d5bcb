"""The settings of Foscam's HD generation: which command reads a group of them, and which writes it.

Wire facts: the camera's own pages (OpenFoscam/FI-9900P_webserver, html/cfg/*.js), the vendor's "IPCamera CGI User Guide", and
libpyfoscam for `getAlexaState`/`alexaSleep`/`alexaWakeUp` (models with a sleeping position). A group NAME is told by `getNAME`
and written as a whole by `setNAME` with the same field names, unless it is listed here as different.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from hearthwatch.kit.errors import Unsupported
from hearthwatch.vendors.capability import Service
from hearthwatch.vendors.device import Setting
from hearthwatch.vendors.foscam_hd_reply import Fields
from hearthwatch.vendors.switches import Switch

NAMES = (
    "UPnPConfig", "PortInfo", "P2PEnable", "P2PInfo", "DDNSConfig", "OnvifAgentStat", "FtpConfig", "SMTPConfig", "SystemTime",
    "FirewallConfig", "IPInfo", "WifiConfig", "MotionDetectConfig", "LocalAlarmRecordConfig", "ScheduleRecordConfig",
    "OSDSetting", "MirrorAndFlipSetting", "VideoStreamParam", "MainVideoStreamType", "SubVideoStreamType", "InfraLedConfig",
    "TimingRebootConfig", "DevName", "AlexaState",
)  # fmt: skip
"""What is asked for as settings. The first is one that needs the log-in: `getPortInfo` is told to everybody."""
_GETTERS = MappingProxyType({"OnvifAgentStat": "GetOnvifAgentStat"})
_SETTERS = MappingProxyType({"IPInfo": "setIpInfo"})
_WHOLE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "UPnPConfig": ("isEnable",),
        "PortInfo": ("webPort", "mediaPort", "httpsPort", "rtspPort", "onvifPort"),
        "P2PEnable": ("enable",),
        "DDNSConfig": ("isEnable", "hostName", "ddnsServer", "user", "password"),
        "FtpConfig": ("ftpAddr", "ftpPort", "mode", "userName", "password"),
        "SMTPConfig": (
            "isEnable", "server", "port", "isNeedAuth", "tls", "user", "password", "sender", "reciever",
        ),
        "FirewallConfig": ("isEnable", "rule", *(f"ipList{n}" for n in range(8))),
        "IPInfo": ("isDHCP", "ip", "gate", "mask", "dns1", "dns2"),
        "LocalAlarmRecordConfig": ("isEnableLocalAlarmRecord", "localAlarmRecordSecs"),
        "OSDSetting": ("isEnableTimeStamp", "isEnableDevName", "dispPos", "isEnableOSDMask"),
        "InfraLedConfig": ("mode",),
        "MainVideoStreamType": ("streamType",),
        "SubVideoStreamType": ("streamType",),
        "TimingRebootConfig": ("isEnable", "intervalDay"),
        "DevName": ("devName",),
    }
)  # fmt: skip
"""What a setter takes; it takes all of them."""
_AS_READ = frozenset({"MotionDetectConfig", "ScheduleRecordConfig"})
"""Their setters take every field that their getters tell, schedules and areas with them."""
_TIME = ("timeSource", "ntpServer", "dateFormat", "timeFormat", "timeZone", "isDst", "dst")
_ONE_BY_ONE: Mapping[str, Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "OnvifAgentStat": {"OnvifAgentStat": {"enable": "EnableOnvifAgent", "disable": "DisableOnvifAgent"}},
        "AlexaState": {"state": {"0": "alexaWakeUp", "1": "alexaSleep"}},
    }
)
"""A field whose values are commands."""
_VALUE_OF: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "MirrorAndFlipSetting.isMirror": ("mirrorVideo", "isMirror"),
        "MirrorAndFlipSetting.isFlip": ("flipVideo", "isFlip"),
    }
)
"""A field with a command of its own."""
_STREAM_FIELDS = ("resolution", "bitRate", "frameRate", "GOP", "isVBR")
_LAST = ("FirewallConfig", "PortInfo", "IPInfo")
"""What may cut us off is written last."""

SWITCHES: Mapping[Service, Switch] = MappingProxyType(
    {
        Service.P2P: Switch.one_zero("P2PEnable", "P2PEnable.enable"),
        Service.UPNP: Switch.one_zero("UPnPConfig", "UPnPConfig.isEnable"),
        Service.DDNS: Switch.one_zero("DDNSConfig", "DDNSConfig.isEnable"),
        Service.MAIL: Switch.one_zero("SMTPConfig", "SMTPConfig.isEnable"),
        Service.ONVIF: Switch(sections=("OnvifAgentStat",), keys=r"OnvifAgentStat\.OnvifAgentStat", on="enable", off="disable"),
        Service.AUTO_REBOOT: Switch.one_zero("TimingRebootConfig", "TimingRebootConfig.isEnable"),
    }
)
STAND_BY = (
    Switch(sections=("AlexaState",), keys=r"AlexaState\.state", on="0", off="1"),
    *(SWITCHES[one] for one in (Service.P2P, Service.UPNP, Service.DDNS, Service.MAIL, Service.ONVIF)),
)
"""What stops the picture, where the model can, and what the camera offers to others."""


def getter(name: str) -> str:
    return _GETTERS.get(name, f"get{name}")


def group_of(key: str) -> str:
    """Return the group the setting `key` belongs to; Unsupported when no such setting can be written."""
    name, _, field = key.partition(".")
    known = name in NAMES and field.isidentifier()
    if not known or not (name in _WHOLE or name in _AS_READ or name in _ONE_BY_ONE or name == "SystemTime" or _special(key)):
        raise Unsupported(f"the setting {key[:80]!r} cannot be written on this camera")
    if field not in _WHOLE.get(name, (field,)):
        raise Unsupported(f"the setting {key[:80]!r} is told by the camera, not set")
    return name


def _special(key: str) -> bool:
    return key in _VALUE_OF or key.startswith("VideoStreamParam.")


def ordered(names: Sequence[str]) -> tuple[str, ...]:
    """Return `names`, last those that may cut us off."""
    return tuple(sorted(dict.fromkeys(names), key=lambda name: _LAST.index(name) if name in _LAST else -1))


def set_commands(name: str, now: Fields, wanted: Sequence[Setting], time: Fields) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the commands and their pairs that write `wanted`, all of the group `name`, which tells `now`.

    `time` is the universal time as `setSystemTime` takes it: it is always set with the rest. Raises Unsupported for a setting
    that the camera has not.
    """
    asked = {one.key.partition(".")[2]: one.value for one in wanted}
    if missing := [field for field in asked if field not in now]:
        raise Unsupported(f"the camera has no setting {name}.{missing[0][:60]}")
    if name in _ONE_BY_ONE:
        for field, value in asked.items():
            commands = _ONE_BY_ONE[name].get(field, {})
            if value not in commands:
                raise Unsupported(f"the setting {name}.{field} takes {' or '.join(commands) or 'nothing'}")
            yield commands[value], {}
    elif name == "MirrorAndFlipSetting":
        for field, value in asked.items():
            command, parameter = _VALUE_OF[f"{name}.{field}"]
            yield command, {parameter: value}
    elif name == "VideoStreamParam":
        yield from _stream_commands(now, asked)
    elif name == "SystemTime":
        yield "setSystemTime", {field: now[field] for field in _TIME if field in now} | asked | dict(time)
    else:
        fields = tuple(now) if name in _AS_READ else _WHOLE[name]
        yield _SETTERS.get(name, f"set{name}"), {field: now[field] for field in fields if field in now} | asked


def _stream_commands(now: Fields, asked: Mapping[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    """`getVideoStreamParam` tells four slots in fields with a number at the end, `setVideoStreamParam` writes one slot."""
    for slot in sorted({field[-1] for field in asked}):
        pairs = {field: asked.get(field + slot, now.get(field + slot, "")) for field in _STREAM_FIELDS}
        yield "setVideoStreamParam", {"streamType": slot, **pairs}
