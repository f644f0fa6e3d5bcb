"""Relay, siren and white light of a Dahua or Amcrest camera.

Wire facts: the vendor's HTTP API: `AlarmOut[n].Mode` 0 automatic, 1 on, 2 off; `coaxialControlIO.cgi` with Type 1 white light,
2 speaker, IO 1 on, 2 off, TriggerMode 2 by hand (recorders insist on it).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hearthwatch.kit.errors import BadReply, Unsupported
from hearthwatch.vendors import dahua_reply
from hearthwatch.vendors.capability import Output
from hearthwatch.vendors.dahua_cgi import DahuaCgi

_AUTOMATIC, _ON = "0", "1"
_TYPES: Mapping[Output, tuple[str, str]] = MappingProxyType({Output.LIGHT: ("1", "WhiteLight"), Output.SIREN: ("2", "Speaker")})
_SIREN_S = 10.0
"""The speaker says its piece and stops, whatever was asked for."""


class DahuaOutputs:
    """Implements Outputs."""

    def __init__(self, cgi: DahuaCgi) -> None:
        self._cgi = cgi

    async def drive(self, output: Output, *, on: bool, number: int = 0) -> float | None:
        """See Outputs."""
        if output is Output.RELAY:
            await self._relay(number, on=on)
            return None
        kind, name = _TYPES[output]
        await self._state(name, number)
        pairs = {"action": "control", "channel": str(number + 1), "info[0].Type": kind}
        pairs |= {"info[0].IO": "1" if on else "2", "info[0].TriggerMode": "2"}
        await self._cgi.do("coaxialControlIO.cgi", pairs, f"switching its {output}")
        if await self._state(name, number) is not on:
            raise BadReply(f"{self._cgi.http.name}: the camera said OK and did not switch its {output}")
        return _SIREN_S if on and output is Output.SIREN else None

    async def _state(self, name: str, number: int) -> bool:
        step = "asking for its light and siren"
        pairs = {"action": "getStatus", "channel": str(number + 1)}
        found = await self._cgi.read(
            "coaxialControlIO.cgi", pairs, step, lambda body: dahua_reply.pairs_of(body, "its light and siren")
        )
        state = found.get(f"status.status.{name}", "")
        if not state:
            raise Unsupported(f"{self._cgi.http.name}: this model has no such light or siren")
        return state.lower() == "on"

    async def _relay(self, number: int, *, on: bool) -> None:
        """Off is automatic again, so that the camera's own alarms go on switching it as they did."""
        key = f"AlarmOut[{number}].Mode"
        now = await self._mode(key)
        if now is None:
            raise Unsupported(f"{self._cgi.http.name}: this model has no alarm output {number + 1}")
        wanted = _ON if on else _AUTOMATIC
        if not on and now != _ON:
            return
        await self._cgi.do("configManager.cgi", {"action": "setConfig", key: wanted}, "switching its alarm output")
        if await self._mode(key) != wanted:
            raise BadReply(f"{self._cgi.http.name}: the camera said OK and did not switch its alarm output")

    async def _mode(self, key: str) -> str | None:
        return (await self._cgi.table("AlarmOut")).get(f"table.{key}")
