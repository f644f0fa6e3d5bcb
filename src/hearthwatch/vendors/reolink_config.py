"""The settings of a Reolink camera: `Get…` answers to Settings with flat keys, and back to what `Set…` takes.

A key is the command without `Get`, the channel if it has one, and the path: `NetPort.httpEnable`, `Enc[0].mainStream.bitRate`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from hearthwatch.kit.errors import BadReply, Unsupported
from hearthwatch.vendors.capability import Service
from hearthwatch.vendors.device import Setting
from hearthwatch.vendors.redaction import is_secret
from hearthwatch.vendors.reolink_reply import Values
from hearthwatch.vendors.switches import Switch

NEWER: Mapping[str, str] = {
    "EmailV20": "Email",
    "FtpV20": "Ftp",
    "PushV20": "Push",
    "RecV20": "Rec",
    "AudioAlarmV20": "AudioAlarm",
}
"""A camera has the newer form or the older one; asked in this order."""
WHOLE = (
    "NetPort", "P2p", "Upnp", "Ddns", "Ntp", "Time", "SysCfg", "AutoMaint", "DevName", "LocalLink", "Wifi", "PushCfg",
    "AutoUpgrade", "CertificateInfo",
)  # fmt: skip
"""Asked once for the camera; it has some of these."""
EACH = (
    "Enc", "Osd", "Image", "Isp", "Mask", "IrLights", "PowerLed", "WhiteLed", "AiCfg", "MdAlarm", "PtzGuard", "WebHook",
    *NEWER,
)  # fmt: skip
"""Asked for every channel."""
SWITCHES: Mapping[Service, Switch] = MappingProxyType(
    {
        Service.P2P: Switch.one_zero("P2p", "P2p.enable"),
        Service.UPNP: Switch.one_zero("Upnp", "Upnp.enable"),
        Service.DDNS: Switch.one_zero("Ddns", "Ddns.enable"),
        Service.MAIL: Switch(
            sections=("EmailV20[0]", "Email[0]"), keys=r"EmailV20\[0\]\.enable|Email\[0\]\.schedule\.enable", on="1", off="0"
        ),
        Service.FTP: Switch(
            sections=("FtpV20[0]", "Ftp[0]"), keys=r"FtpV20\[0\]\.enable|Ftp\[0\]\.schedule\.enable", on="1", off="0"
        ),
        Service.HTTP: Switch.one_zero("NetPort", "NetPort.httpEnable"),
        Service.HTTPS: Switch.one_zero("NetPort", "NetPort.httpsEnable"),
        Service.RTSP: Switch.one_zero("NetPort", "NetPort.rtspEnable"),
        Service.RTMP: Switch.one_zero("NetPort", "NetPort.rtmpEnable"),
        Service.ONVIF: Switch.one_zero("NetPort", "NetPort.onvifEnable"),
        Service.LOCKOUT: Switch.one_zero("SysCfg", "SysCfg.loginLock"),
        Service.AUTO_REBOOT: Switch.one_zero("AutoMaint", "AutoMaint.enable"),
    }
)
STAND_BY = tuple(
    SWITCHES[one]
    for one in (
        Service.RTSP, Service.RTMP, Service.ONVIF, Service.P2P, Service.UPNP, Service.DDNS, Service.MAIL, Service.FTP,
    )
)  # fmt: skip
"""What gives pictures to others, and offers the camera to them. The vendor's own protocol on the media port has no switch."""
_PER_CHANNEL = frozenset(EACH) | frozenset(NEWER.values())
_KNOWN = frozenset(WHOLE) | _PER_CHANNEL
_RUNNING = re.compile(r"Time\.(?:Time\.)?(?:year|mon|day|hour|min|sec)")
_KEY = re.compile(r"([A-Z][A-Za-z0-9]{1,40})(?:\[([0-9]{1,3})\])?\..*", re.DOTALL)
_MAX_SETTINGS = 20_000
_MAX_DEPTH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What one command reads and one writes. `channel` is None where there is one for the camera."""

    name: str
    channel: int | None

    @property
    def param(self) -> dict[str, object]:
        return {} if self.channel is None else {"channel": self.channel}

    @property
    def prefix(self) -> str:
        return self.name if self.channel is None else f"{self.name}[{self.channel}]"


def sections(channels: int) -> tuple[Section, ...]:
    """Return everything to ask a camera of that many channels for."""
    once = tuple(Section(name=name, channel=None) for name in WHOLE)
    return once + tuple(Section(name=name, channel=channel) for channel in range(channels) for name in EACH)


def section_of(key: str) -> Section:
    """Return where the setting `key` belongs; Unsupported when no such setting can be written."""
    found = _KEY.fullmatch(key)
    if not found or found[1] not in _KNOWN or (found[2] is not None) != (found[1] in _PER_CHANNEL):
        raise Unsupported(f"the setting {key[:80]!r} cannot be written: no Reolink camera has one of this name")
    return Section(name=found[1], channel=None if found[2] is None else int(found[2]))


def section_settings(section: Section, value: Values) -> tuple[Setting, ...]:
    """Return the settings in the answer of `Get…`. The running clock is none."""
    found: list[Setting] = []
    for key, leaf in _leaves(_unwrapped(value), section.prefix, 0):
        if len(found) >= _MAX_SETTINGS:
            raise BadReply(f"the settings: more than {_MAX_SETTINGS} in one answer")
        if not _RUNNING.fullmatch(key):
            printed = _printed(leaf)
            found.append(Setting(key=key, value=printed, is_secret=is_secret(key, printed)))
    return tuple(found)


def set_param(section: Section, value: Values, wanted: Sequence[Setting]) -> dict[str, object]:
    """Return what `Set…` takes: the answer of `Get…` with `wanted` in place, each in the type it had.

    Secrets nobody asks to set, and masks of them, are left out: a camera answers `******`, and that would be the new password.
    Raises Unsupported for a setting that the camera has not, or that is not of its type.
    """
    asked = {one.key: one.value for one in wanted if not one.is_secret or one.value.strip("*")}
    there = {key for key, _ in _leaves(_unwrapped(value), section.prefix, 0)}
    if missing := [key for key in asked if key not in there]:
        raise Unsupported(f"the camera has no setting {missing[0][:80]}")
    wrapper = _wrapper(value)
    if wrapper is None:
        return _object(value, section.prefix, asked)
    return {wrapper: _object(_unwrapped(value), section.prefix, asked)}


def _wrapper(value: Values) -> str | None:
    """Most answers are one object in one more, `{"NetPort": {…}}`: that name is not part of keys."""
    [name, *more] = list(value) or [""]
    return name if not more and isinstance(value.get(name), dict) else None


def _unwrapped(value: Values) -> Values:
    wrapper = _wrapper(value)
    inner = value if wrapper is None else value[wrapper]
    return inner if isinstance(inner, dict) else {}


def _object(values: Values, path: str, asked: Mapping[str, str]) -> dict[str, object]:
    found = {name: _rebuilt(node, f"{path}.{_clean(name)}", asked) for name, node in values.items()}
    return {name: node for name, node in found.items() if node is not None}


def _rebuilt(node: object, key: str, asked: Mapping[str, str]) -> object:
    if isinstance(node, dict):
        return _object(node, key, asked)
    if isinstance(node, list):
        return [_rebuilt(item, f"{key}[{index}]", asked) for index, item in enumerate(node)]
    if key not in asked:
        return None if is_secret(key, _printed(node)) else node
    return _typed(node, key, asked[key])


def _typed(node: object, key: str, text: str) -> object:
    """Return `text` in the type of `node`."""
    if isinstance(node, bool):
        if text not in {"true", "false"}:
            raise Unsupported(f"the setting {key[:80]} is true or false")
        return text == "true"
    if isinstance(node, int | float):
        if re.fullmatch(r"-?[0-9]{1,15}", text):
            return int(text)
        if isinstance(node, float) and re.fullmatch(r"-?[0-9]{1,15}\.[0-9]{1,15}", text):
            return float(text)
        raise Unsupported(f"the setting {key[:80]} is a number")
    return text


def _leaves(node: object, path: str, depth: int) -> Iterator[tuple[str, object]]:
    if depth > _MAX_DEPTH:
        raise BadReply("the settings: nested too deep")
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _leaves(value, f"{path}.{_clean(name)}", depth + 1)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _leaves(value, f"{path}[{index}]", depth + 1)
    else:
        yield path, node


def _clean(text: str) -> str:
    return text.encode(errors="replace").decode()


def _printed(leaf: object) -> str:
    if isinstance(leaf, bool):
        return "true" if leaf else "false"
    return "" if leaf is None else _clean(str(leaf))
