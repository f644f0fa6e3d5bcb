"""Siren and spotlight of the emulated Reolink, as the vendor's guide has them: `AudioAlarmPlay`, `GetWhiteLed`, `SetWhiteLed`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.devices.reolink_text import Failed

COMMANDS = frozenset({"AudioAlarmPlay", "GetWhiteLed", "SetWhiteLed"})


@dataclass(kw_only=True)
class Outputs:
    """`led` is None for a model without a spotlight."""

    siren: bool = False
    led: dict[str, Any] | None = field(default_factory=lambda: {"bright": 85, "channel": 0, "mode": 1, "state": 0})
    done: list[str] = field(default_factory=list)
    deaf: bool = False

    def answer(self, name: str, param: dict[str, Any]) -> dict[str, Any]:
        if name == "AudioAlarmPlay":
            if param["alarm_mode"] != "manul" or param["channel"] != 0 or param["manual_switch"] not in {0, 1}:
                raise Failed(-4)
            self.siren = bool(param["manual_switch"])
            self.done.append(f"siren {'on' if self.siren else 'off'}")
            return {"rspCode": 200}
        if self.led is None:
            raise Failed(-9)
        if name == "GetWhiteLed":
            if param["channel"] != 0:
                raise Failed(-4)
            return {"WhiteLed": dict(self.led)}
        wanted = param["WhiteLed"]
        if wanted["channel"] != 0 or not set(wanted) <= set(self.led):
            raise Failed(-4)
        if not self.deaf:
            self.led |= wanted
        self.done.append(f"light {'on' if wanted.get('state') else 'off'}")
        return {"rspCode": 200}
