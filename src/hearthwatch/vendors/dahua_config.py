"""The settings of a Dahua or Amcrest camera: the backup document or `getConfig` tables to Settings, and back to commands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from hearthwatch.kit.errors import BadReply, Unsupported
from hearthwatch.vendors.capability import Service
from hearthwatch.vendors.dahua_reply import text_of
from hearthwatch.vendors.device import RestartTime, Setting
from hearthwatch.vendors.redaction import is_secret
from hearthwatch.vendors.switches import Switch

MAX_BACKUP_BYTES = 16 << 20
_MAX_SETTINGS = 200_000
_MAX_DEPTH = 24
_MAX_COMMAND_CHARS = 1500
_TABLE = "table."
_EVERY_DAY = 7

NAMES = (
    "General", "Network", "NTP", "Locales", "Email", "DDNS", "UPnP", "T2UServer", "RTSP", "Telnet", "SSHD", "Https",
    "Web", "DVRIP", "ONVIF", "SNMP", "Bonjour", "Multicast", "UserGlobal", "LoginFailureAlarm", "AccessFilter",
    "AutoMaintain", "Encode", "ChannelTitle", "VideoWidget", "VideoInMode", "VideoInOptions", "VideoColor", "MotionDetect",
    "SmartMotionDetect", "BlindDetect", "LossDetect", "LeLensMask", "Lighting", "Lighting_V2", "Record", "RecordMode",
    "Snap", "Ftp", "NAS", "StorageGroup", "Alarm", "AlarmServer", "WLan",
)  # fmt: skip
"""What `getConfig` is asked for where there is no whole backup; a camera has some of these."""

SWITCHES: Mapping[Service, Switch] = MappingProxyType(
    {
        Service.P2P: Switch.true_false("T2UServer", "T2UServer.Enable"),
        Service.UPNP: Switch.true_false("UPnP", "UPnP.Enable"),
        Service.DDNS: Switch(sections=("DDNS",), keys=r"DDNS\[[0-9]+\]\.Enable", on=None, off="false"),
        Service.SNMP: Switch.true_false("SNMP", "SNMP.Enable"),
        Service.BONJOUR: Switch.true_false("Bonjour", "Bonjour.Enable"),
        Service.MULTICAST: Switch(
            sections=("Multicast",), keys=r"Multicast(\.[A-Za-z]+)?(\[[0-9]+\])*\.Enable", on=None, off="false"
        ),
        Service.MAIL: Switch.true_false("Email", "Email.Enable"),
        Service.FTP: Switch(sections=("NAS", "Ftp"), keys=r"(NAS|Ftp)(\[[0-9]+\])?\.Enable", on=None, off="false"),
        Service.TELNET: Switch.true_false("Telnet", "Telnet.Enable"),
        Service.SSH: Switch.true_false("SSHD", "SSHD.Enable"),
        Service.HTTP: Switch.true_false("Web", "Web.Enable"),
        Service.HTTPS: Switch.true_false("Https", "Https.Enable"),
        Service.RTSP: Switch.true_false("RTSP", "RTSP.Enable"),
        Service.ONVIF: Switch.true_false("ONVIF", "ONVIF.Enable"),
        Service.ONVIF_LOGIN: Switch.true_false("UserGlobal", "UserGlobal.OnvifLoginCheck"),
        Service.LOCKOUT: Switch.true_false("General", "General.LockLoginEnable"),
        Service.AUTO_REBOOT: Switch.true_false("AutoMaintain", "AutoMaintain.AutoRebootEnable"),
    }
)
"""Tables and keys: reference notes 1.3, the vendor's HTTP API as python-amcrest, amcrest-sdk and ipcmanview speak it."""
STAND_BY = (
    Switch(sections=("LeLensMask",), keys=r"LeLensMask\[[0-9]+\]\.Enable", on=None, off="true"),
    Switch(
        sections=("Encode",), keys=r"Encode\[[0-9]+\]\.(MainFormat|ExtraFormat)\[[0-9]+\]\.VideoEnable", on=None, off="false"
    ),
    *(
        SWITCHES[one]
        for one in (
            Service.RTSP, Service.ONVIF, Service.P2P, Service.UPNP, Service.DDNS, Service.SNMP, Service.BONJOUR,
            Service.MULTICAST, Service.MAIL, Service.FTP, Service.TELNET, Service.SSH,
        )
    ),
)  # fmt: skip
"""What covers the lens, where the model can, stops its streams, and what the camera offers to others."""


def table_settings(pairs: Mapping[str, str]) -> tuple[Setting, ...]:
    """Return `configManager.cgi?action=getConfig&name=…`: lines `table.MotionDetect[0].Enable=true`. Keys lose `table.`."""
    return tuple(_setting(key.removeprefix(_TABLE), value) for key, value in pairs.items())


def backup_settings(body: bytes) -> tuple[Setting, ...]:
    """Return `Config.backup?action=All`: one JSON document, flattened to the keys that `getConfig` and `setConfig` use.

    Empty lists and objects have no keys. Raises BadReply; a sample would hold secrets, so there is none.
    """
    text = text_of(body, "the backup of the settings")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadReply("the backup of the settings: not JSON") from error
    if not isinstance(document, dict):
        raise BadReply("the backup of the settings: not a JSON object")
    found: list[Setting] = []
    for key, value in _leaves(document, "", 0):
        if len(found) >= _MAX_SETTINGS:
            raise BadReply(f"the backup of the settings: more than {_MAX_SETTINGS} settings")
        found.append(_setting(key, value))
    return tuple(found)


def set_queries(settings: Sequence[Setting]) -> Iterator[dict[str, str]]:
    """Yield what goes into one `setConfig` command after the other, none of them too long for a camera's line buffer.

    Raises Unsupported for a name that a command could not carry.
    """
    batch: dict[str, str] = {}
    size = 0
    for setting in settings:
        if any(ord(char) <= 32 or char in "&=?#%" for char in setting.key) or not setting.key:
            raise Unsupported(f"the setting {setting.key!r} cannot be written: its name is not one")
        length = len(setting.key) + 3 * len(setting.value.encode(errors="replace")) + 2
        if batch and (size + length > _MAX_COMMAND_CHARS or setting.key in batch):
            yield batch
            batch, size = {}, 0
        batch[setting.key] = setting.value
        size += length
    if batch:
        yield batch


def restart_time(table: Mapping[str, str]) -> RestartTime | None:
    """`AutoMaintain`: AutoRebootDay counts from Sunday, 7 is every day and -1 never (the vendor's HTTP API document)."""
    said = {name: table.get(f"table.AutoMaintain.AutoReboot{name}", "") for name in ("Enable", "Day", "Hour", "Minute")}
    numbers = [int(said[name]) if re.fullmatch(r"[0-9]{1,2}", said[name]) else -1 for name in ("Day", "Hour", "Minute")]
    day, hour, minute = numbers
    if said["Enable"] != "true" or not (0 <= day <= _EVERY_DAY and 0 <= hour < 24 and 0 <= minute < 60):
        return None
    return RestartTime(weekday=None if day == _EVERY_DAY else (day - 1) % 7, minute_of_day=hour * 60 + minute)


def _setting(key: str, value: str) -> Setting:
    return Setting(key=key, value=value, is_secret=is_secret(key, value))


def _leaves(node: object, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > _MAX_DEPTH:
        raise BadReply("the backup of the settings: nested too deep")
    if isinstance(node, dict):
        for key, value in node.items():
            clean = str(key).encode(errors="replace").decode()
            yield from _leaves(value, f"{path}.{clean}" if path else clean, depth + 1)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _leaves(value, f"{path}[{index}]", depth + 1)
    else:
        yield path, _printed(node)


def _printed(leaf: object) -> str:
    """As `getConfig` prints it."""
    if isinstance(leaf, bool):
        return "true" if leaf else "false"
    if isinstance(leaf, float) and leaf.is_integer() and abs(leaf) < 1e15:
        return str(int(leaf))
    return "" if leaf is None else str(leaf).encode(errors="replace").decode()
