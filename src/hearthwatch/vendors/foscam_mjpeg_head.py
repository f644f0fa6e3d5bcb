"""The moving head of a Foscam MJPEG camera: numbers of `decoder_control.cgi`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hearthwatch.kit.errors import Unsupported
from hearthwatch.vendors.capability import Preset, PtzMove, Reach
from hearthwatch.vendors.foscam_mjpeg_cgi import FoscamMjpegCgi

_MOVES: Mapping[PtzMove, int] = MappingProxyType({PtzMove.UP: 0, PtzMove.DOWN: 2, PtzMove.RIGHT: 4, PtzMove.LEFT: 6})
_PRESETS = 32
_FIRST_PRESET = 31
_SHOWN_PRESETS = 8


class FoscamMjpegHead:
    """Its speed is one of its settings (`misc.ptz_patrol_rate`); it has no zoom, and its presets count from 1."""

    def __init__(self, cgi: FoscamMjpegCgi) -> None:
        self._cgi = cgi
        self._last_move = 0

    async def reach(self) -> Reach:
        """See Head. It tells neither whether it has a motor nor which presets are set: what its own page offers."""
        presets = tuple(Preset(number=number) for number in range(1, _SHOWN_PRESETS + 1))
        return Reach(moves=frozenset(_MOVES), presets=presets)

    async def move(self, move: PtzMove) -> None:
        """See Head."""
        if move not in _MOVES:
            raise Unsupported(f"{self._cgi.http.name}: this camera has no zoom")
        self._last_move = _MOVES[move]
        await self._do(self._last_move)

    async def stop(self) -> None:
        """See Head. Each movement has an end of its own, its number and one."""
        await self._do(self._last_move + 1)

    async def goto_preset(self, preset: int) -> None:
        """See Head."""
        if not 1 <= preset <= _PRESETS:
            raise Unsupported(f"{self._cgi.http.name}: presets are 1 to {_PRESETS}")
        await self._do(_FIRST_PRESET + 2 * (preset - 1))

    async def _do(self, command: int) -> None:
        await self._cgi.do("decoder_control.cgi", {"command": str(command)}, "moving it")
