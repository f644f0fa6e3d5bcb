"""Light and siren of the emulated Dahua: `coaxialControlIO.cgi`. The relay is a setting of its tree, `AlarmOut`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.devices.dahua_text import Failed, lines

_NAMES = {"1": "WhiteLight", "2": "Speaker"}


@dataclass(kw_only=True)
class Outputs:
    """`on` maps what there is to whether it is on; a model without a light has no such entry. `deaf`: says OK, does nothing."""

    on: dict[str, bool] = field(default_factory=lambda: {"Speaker": False, "WhiteLight": False})
    done: list[str] = field(default_factory=list)
    deaf: bool = False

    def answer(self, action: str, pairs: Mapping[str, str]) -> str:
        if not self.on or pairs.get("channel") != "1":
            raise Failed("Error\r\nBad Request!\r\n", "400 Bad Request")
        if action == "getStatus":
            return lines(f"status.status.{name}={'On' if on else 'Off'}" for name, on in self.on.items())
        name, io = _NAMES.get(pairs.get("info[0].Type", "")), pairs.get("info[0].IO")
        if action != "control" or name not in self.on or io not in {"1", "2"}:
            raise Failed("Error\r\nBad Request!\r\n", "400 Bad Request")
        if not self.deaf:
            self.on[name] = io == "1"
        self.done.append(f"{name} {'on' if io == '1' else 'off'}")
        return "OK\r\n"
