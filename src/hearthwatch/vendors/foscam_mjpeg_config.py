"""Which commands write the settings of the MJPEG generation of Foscam. Accounts, network and Wi-Fi are not written.

`set_forbidden.cgi` forbids sound and picture by a weekly plan, in 32 bits for each third of a day; all bits set, there is none
at any time (the vendor's CGI document V1.27, section 1.06).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from hearthwatch.kit.errors import Unsupported
from hearthwatch.vendors.capability import Service
from hearthwatch.vendors.device import Setting
from hearthwatch.vendors.switches import Switch

FILES: Mapping[str, str] = MappingProxyType(
    {"params": "get_params.cgi", "misc": "get_misc.cgi", "camera": "get_camera_params.cgi", "forbidden": "get_forbidden.cgi"}
)
"""Where the settings of a prefix are read."""
_IMAGE = MappingProxyType({"resolution": "0", "brightness": "1", "contrast": "2", "mode": "3", "flip": "5"})
_BY_NAME = MappingProxyType(
    {
        "alias": ("set_alias.cgi", "alias"),
        "tz": ("set_datetime.cgi", "tz"),
        "ntp_enable": ("set_datetime.cgi", "ntp_enable"),
        "ntp_svr": ("set_datetime.cgi", "ntp_svr"),
        "upnp_enable": ("set_upnp.cgi", "enable"),
    }
)
SWITCHES: Mapping[Service, Switch] = MappingProxyType(
    {
        Service.UPNP: Switch.one_zero("params", "params.upnp_enable"),
        Service.DDNS: Switch(sections=("params",), keys=r"params\.ddns_service", on=None, off="0"),
        Service.MAIL: Switch.one_zero("params", "params.alarm_mail"),
    }
)
ALL_DAY = "4294967295"
STAND_BY = (
    Switch(sections=("forbidden",), keys=r"forbidden\.schedule_[a-z]{3}_[0-2]", on=None, off=ALL_DAY),
    Switch(sections=("forbidden",), keys=r"forbidden\.schedule_enable", on=None, off="1"),
    *SWITCHES.values(),
)
"""What stops the picture and what the camera offers to others."""
_GROUPS = ("alarm", "ddns", "ftp", "mail")
_WHOLE = frozenset({"set_ddns.cgi", "set_ftp.cgi", "set_mail.cgi"})
"""These take a group as one: what is left out would be emptied."""


def forbids(settings: Sequence[Setting]) -> bool:
    return any(setting.key.startswith("forbidden.") for setting in settings)


def set_commands(settings: Sequence[Setting], now: Mapping[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the commands and their query that write `settings`; `now` is what `get_params.cgi` says, and `get_forbidden.cgi`
    if `forbids` them.

    Raises Unsupported, before any of them, for a setting that cannot be written.
    """
    commands: dict[str, dict[str, str]] = {}
    for setting in settings:
        prefix, _, name = setting.key.partition(".")
        if prefix == "camera" and name in _IMAGE:
            commands[f"camera_control.cgi {name}"] = {"param": _IMAGE[name], "value": setting.value}
        elif prefix == "forbidden" and name.startswith("schedule_") and name.isidentifier():
            commands.setdefault("set_forbidden.cgi", {})[name] = setting.value
        elif prefix == "misc" and name.isidentifier():
            commands.setdefault("set_misc.cgi", {})[name] = setting.value
        elif prefix == "params" and (target := _target(name)):
            commands.setdefault(target[0], {})[target[1]] = setting.value
        else:
            raise Unsupported(f"the setting {setting.key!r} cannot be written on this camera")
    for command, pairs in commands.items():
        cgi = command.split(" ", 1)[0]
        if cgi == "set_forbidden.cgi":
            yield cgi, {name: value for name, value in now.items() if name.startswith("schedule_")} | pairs
        else:
            yield cgi, (_group(cgi, now) | pairs if cgi in _WHOLE else pairs)


def _target(name: str) -> tuple[str, str] | None:
    if name in _BY_NAME:
        return _BY_NAME[name]
    group, _, rest = name.partition("_")
    return (f"set_{group}.cgi", rest) if group in _GROUPS and rest.isidentifier() else None


def _group(cgi: str, now: Mapping[str, str]) -> dict[str, str]:
    prefix = cgi.removeprefix("set_").removesuffix(".cgi") + "_"
    return {name.removeprefix(prefix): value for name, value in now.items() if name.startswith(prefix)}
