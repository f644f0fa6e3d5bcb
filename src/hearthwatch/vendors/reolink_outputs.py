"""Siren and spotlight of a Reolink camera: `AudioAlarmPlay` by hand (the vendor spells it `manul`), `SetWhiteLed`.

Nothing tells whether the siren sounds; what the spotlight does is read back.
"""

from __future__ import annotations

from hearthwatch.kit.errors import BadReply, Unsupported
from hearthwatch.vendors.capability import Output
from hearthwatch.vendors.reolink_api import Command, ReolinkApi
from hearthwatch.vendors.reolink_reply import as_object
from hearthwatch.vendors.reolink_reply import number as number_of


class ReolinkOutputs:
    """Implements Outputs."""

    def __init__(self, api: ReolinkApi) -> None:
        self._api = api

    async def drive(self, output: Output, *, on: bool, number: int = 0) -> float | None:
        """See Outputs."""
        match output:
            case Output.SIREN:
                param = {"alarm_mode": "manul", "manual_switch": int(on), "channel": number}
                await self._api.value(Command(name="AudioAlarmPlay", param=param), "switching its siren")
            case Output.LIGHT:
                await self._light(number, on=on)
            case Output.RELAY:
                raise Unsupported(f"{self._api.http.name}: cameras of this make have no relay")
        return None

    async def _light(self, channel: int, *, on: bool) -> None:
        step = "switching its spotlight"
        await self._is_lit(channel, step)
        param = {"WhiteLed": {"channel": channel, "state": int(on)}}
        await self._api.value(Command(name="SetWhiteLed", param=param), step)
        if await self._is_lit(channel, step) is not on:
            raise BadReply(f"{self._api.http.name}: the camera said yes and did not switch its spotlight")

    async def _is_lit(self, channel: int, step: str) -> bool:
        found = await self._api.value(Command(name="GetWhiteLed", param={"channel": channel}), step)
        return number_of(as_object(found.get("WhiteLed")), "state", 0) == 1
