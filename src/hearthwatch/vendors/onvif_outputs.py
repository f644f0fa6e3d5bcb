"""The relays of an ONVIF camera: `GetRelayOutputs` and `SetRelayOutputState` of its device service (ONVIF Core, 8.6)."""

from __future__ import annotations

from hearthwatch.kit.errors import Unsupported
from hearthwatch.vendors.capability import Output
from hearthwatch.vendors.onvif_api import Command, OnvifApi
from hearthwatch.vendors.onvif_soap import Ns
from hearthwatch.vendors.onvif_xml import quoted

_STEP = "switching its relay"


class OnvifOutputs:
    """Implements Outputs."""

    def __init__(self, api: OnvifApi) -> None:
        self._api = api

    async def drive(self, output: Output, *, on: bool, number: int = 0) -> float | None:
        """See Outputs. A relay the camera keeps as monostable goes off by itself; its own delay is not ours to know."""
        if output is not Output.RELAY:
            raise Unsupported(f"{self._api.http.name}: ONVIF has no common way to switch a {output}, only a relay")
        found = await self._api.call(Command(service=Ns.DEVICE, operation="GetRelayOutputs", content="", step=_STEP))
        tokens = [one.attribute("token") for one in found.content.all("RelayOutputs")]
        if number >= len(tokens) or not tokens[number]:
            raise Unsupported(f"{self._api.http.name}: the camera has no relay {number + 1}")
        state = "active" if on else "inactive"
        content = f"<RelayOutputToken>{quoted(tokens[number])}</RelayOutputToken><LogicalState>{state}</LogicalState>"
        await self._api.call(Command(service=Ns.DEVICE, operation="SetRelayOutputState", content=content, step=_STEP))
        return None
