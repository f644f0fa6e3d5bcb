"""How this machine is: what the kernel, and on a Raspberry Pi the firmware, say of temperature, power, Wi-Fi, load and disk."""

from __future__ import annotations

import os
from functools import cache
from importlib.metadata import version
from pathlib import Path

from hearthwatch.fleet.condition import MachineCondition
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.files import disk_bytes, free_bytes

_ROOT = Path("/")
_MODELS = ("proc/device-tree/model", "sys/firmware/devicetree/base/model", "sys/devices/virtual/dmi/id/product_name")
_THROTTLED = "sys/devices/platform/soc/soc:firmware/get_throttled"
_VOLTS = "rpi_volt"
_UNDERVOLTAGE_EVER, _THROTTLED_EVER = 1 << 16, 1 << 18
"""Bits of `vcgencmd get_throttled`, documented by Raspberry Pi: what has happened since the start."""


def condition(footage: Path, clock: Clock, root: Path = _ROOT) -> MachineCondition:
    """Look now; takes a few milliseconds. `root` is where /proc and /sys are."""
    flags = _flags(root)
    return MachineCondition(
        version=version("hearthwatch"),
        model=_model(root)[:200],
        up_s=_number(_first_word(root / "proc/uptime")),
        load=_number(_first_word(root / "proc/loadavg")),
        temperature_c=_temperature_c(root),
        undervoltage=_alarm(root) if flags is None else bool(flags & _UNDERVOLTAGE_EVER),
        throttled=None if flags is None else bool(flags & _THROTTLED_EVER),
        wifi_dbm=_wifi_dbm(root),
        disk_free_bytes=_of_disk(free_bytes, footage),
        disk_bytes=_of_disk(disk_bytes, footage),
        clock_kept=clock.is_kept(),
    )


@cache
def _model(root: Path) -> str:
    return next((text for name in _MODELS if (text := _text(root / name).strip("\0 \n"))), os.uname().machine)


def _flags(root: Path) -> int | None:
    try:
        return int(_text(root / _THROTTLED).strip(), 16)
    except ValueError:
        return None


def _alarm(root: Path) -> bool | None:
    """Newer kernels tell undervoltage by a sensor; it says whether there is some now."""
    for folder in _folders(root / "sys/class/hwmon"):
        if _text(folder / "name").strip() == _VOLTS:
            found = _text(folder / "in0_lcrit_alarm").strip()
            return found == "1" if found else None
    return None


def _temperature_c(root: Path) -> float | None:
    """Return the warmest place the kernel knows."""
    found = [_number(_text(folder / "temp").strip()) for folder in _folders(root / "sys/class/thermal", "thermal_zone*")]
    celsius = [each / 1000 for each in found if each is not None and -50_000 < each < 200_000]
    return round(max(celsius), 1) if celsius else None


def _wifi_dbm(root: Path) -> float | None:
    """Return the signal of the first Wi-Fi interface; None where there is none, or it is connected to nothing."""
    for line in _text(root / "proc/net/wireless").splitlines()[2:]:
        words = line.split()
        level = _number(words[3].rstrip(".")) if len(words) > 3 else None
        if level is not None and level < 0:
            return level
    return None


def _of_disk(look: object, folder: Path) -> int | None:
    assert callable(look)
    try:
        return int(look(folder))
    except StorageFailed:
        return None


def _folders(folder: Path, pattern: str = "*") -> list[Path]:
    try:
        return sorted(folder.glob(pattern))
    except OSError:
        return []


def _first_word(path: Path) -> str:
    return next(iter(_text(path).split()), "")


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _text(path: Path) -> str:
    try:
        return path.read_bytes()[:4096].decode("utf-8", "replace")
    except OSError:
        return ""
