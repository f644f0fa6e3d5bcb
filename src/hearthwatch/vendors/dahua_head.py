"""The moving head of a Dahua or Amcrest camera."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from hearthwatch.kit.errors import BadReply, Unsupported
from hearthwatch.vendors.capability import Preset, PtzMove, Reach
from hearthwatch.vendors.dahua_cgi import DahuaCgi
from hearthwatch.vendors.dahua_reply import Pairs, pairs_of

_MOVES: Mapping[PtzMove, str] = MappingProxyType(
    {
        PtzMove.UP: "Up",
        PtzMove.DOWN: "Down",
        PtzMove.LEFT: "Left",
        PtzMove.RIGHT: "Right",
        PtzMove.ZOOM_IN: "ZoomTele",
        PtzMove.ZOOM_OUT: "ZoomWide",
    }
)
_AXES: Mapping[str, frozenset[PtzMove]] = MappingProxyType(
    {
        "Pan": frozenset({PtzMove.LEFT, PtzMove.RIGHT}),
        "Tile": frozenset({PtzMove.UP, PtzMove.DOWN}),  # the vendor's spelling
        "Tilt": frozenset({PtzMove.UP, PtzMove.DOWN}),
        "Zoom": frozenset({PtzMove.ZOOM_IN, PtzMove.ZOOM_OUT}),
    }
)
_PRESET = re.compile(r"presets\[(\d{1,3})\]\.(Index|Name)")
_PRESETS = 64
_NAME_CHARS = 60


class DahuaHead:
    """Ptz over `ptz.cgi`; speeds are 1 to 8. What it can do: the vendor's HTTP API, `getCurrentProtocolCaps`, `getPresets`."""

    def __init__(self, cgi: DahuaCgi) -> None:
        self._cgi = cgi
        self._last_move: dict[int, tuple[str, int]] = {}

    async def reach(self, channel: int) -> Reach:
        """See Ptz. A camera that stands still does not know the question."""
        try:
            caps = await self._ask("getCurrentProtocolCaps", channel, "asking how it moves")
        except (Unsupported, BadReply):
            return Reach()
        moves = [move for axis, both in _AXES.items() if caps.get(f"caps.{axis}", "").lower() == "true" for move in both]
        if not moves:
            return Reach()
        try:
            return Reach(
                moves=frozenset(moves), presets=_presets(await self._ask("getPresets", channel, "reading its presets"))
            )
        except (Unsupported, BadReply):
            return Reach(moves=frozenset(moves))

    async def _ask(self, action: str, channel: int, step: str) -> dict[str, str]:
        pairs = {"action": action, "channel": str(channel)}
        return await self._cgi.read("ptz.cgi", pairs, step, lambda body: pairs_of(body, step))

    async def move(self, move: PtzMove, speed_frac: float, channel: int) -> None:
        """See Ptz."""
        speed = max(1, min(8, round(speed_frac * 8)))
        self._last_move[channel] = (_MOVES[move], speed)
        await self._ptz("start", channel, _MOVES[move], speed, speed)

    async def stop(self, channel: int) -> None:
        """See Ptz. The camera wants to hear which movement ends."""
        code, speed = self._last_move.pop(channel, ("Up", 1))
        await self._ptz("stop", channel, code, speed, speed)

    async def goto_preset(self, preset: int, channel: int) -> None:
        """See Ptz."""
        await self._ptz("start", channel, "GotoPreset", 0, preset)

    async def _ptz(self, action: str, channel: int, code: str, arg1: int, arg2: int) -> None:
        pairs = {"action": action, "channel": str(channel), "code": code, "arg1": str(arg1), "arg2": str(arg2), "arg3": "0"}
        await self._cgi.do("ptz.cgi", pairs, "moving it")


def _presets(said: Pairs) -> tuple[Preset, ...]:
    rows: dict[str, dict[str, str]] = {}
    for key, value in said.items():
        if found := _PRESET.fullmatch(key):
            rows.setdefault(found[1], {})[found[2]] = value.strip()
    numbered = {
        int(row["Index"]): row.get("Name", "") for row in rows.values() if re.fullmatch(r"\d{1,3}", row.get("Index", ""))
    }
    return tuple(Preset(number=number, name=name[:_NAME_CHARS]) for number, name in sorted(numbered.items())[:_PRESETS])
