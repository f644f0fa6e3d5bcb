"""The moving head of a Dahua or Amcrest camera."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hearthwatch.vendors.capability import PtzMove
from hearthwatch.vendors.dahua_cgi import DahuaCgi

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


class DahuaHead:
    """Ptz over `ptz.cgi`; speeds are 1 to 8."""

    def __init__(self, cgi: DahuaCgi) -> None:
        self._cgi = cgi
        self._last_move: dict[int, tuple[str, int]] = {}

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
