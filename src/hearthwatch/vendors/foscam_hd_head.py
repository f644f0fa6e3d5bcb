"""The moving head of a Foscam HD camera."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hearthwatch.kit.errors import BadReply, Unsupported
from hearthwatch.vendors.capability import Preset, PtzMove, Reach
from hearthwatch.vendors.foscam_hd_cgi import FoscamHdCgi

_MOVES: Mapping[PtzMove, str] = MappingProxyType(
    {
        PtzMove.UP: "ptzMoveUp",
        PtzMove.DOWN: "ptzMoveDown",
        PtzMove.LEFT: "ptzMoveLeft",
        PtzMove.RIGHT: "ptzMoveRight",
        PtzMove.ZOOM_IN: "zoomIn",
        PtzMove.ZOOM_OUT: "zoomOut",
    }
)
_ZOOMS = frozenset({PtzMove.ZOOM_IN, PtzMove.ZOOM_OUT})
_PRESETS = 32
_NAME_CHARS = 60


class FoscamHdHead:
    """What it can do tells `getProductAllInfo` (`ptFlag`, `zoomFlag`) where the firmware has it.

    Its speed is a setting of the camera and stays as it is; its presets have names, and count from 1 here.
    """

    def __init__(self, cgi: FoscamHdCgi) -> None:
        self._cgi = cgi
        self._zooming = False

    async def reach(self) -> Reach:
        """See Ptz."""
        try:
            said = await self._cgi.fields("getProductAllInfo", "asking how it moves")
        except (Unsupported, BadReply):
            said = {}
        moves = set(_MOVES)
        if said.get("ptFlag") == "0":
            moves &= _ZOOMS
        if said.get("zoomFlag", "0") == "0":
            moves -= _ZOOMS
        return Reach(moves=frozenset(moves), presets=await self._presets() if moves - _ZOOMS else ())

    async def _presets(self) -> tuple[Preset, ...]:
        try:
            said = await self._cgi.fields("getPTZPresetPointList", "reading its presets")
        except (Unsupported, BadReply):
            return ()
        names = [said.get(f"point{index}", "") for index in range(_PRESETS)]
        return tuple(Preset(number=number, name=name[:_NAME_CHARS]) for number, name in enumerate(names, 1) if name)

    async def move(self, move: PtzMove) -> None:
        """See Ptz."""
        self._zooming = move in _ZOOMS
        await self._cgi.fields(_MOVES[move], "moving it")

    async def stop(self) -> None:
        """See Ptz."""
        await self._cgi.fields("zoomStop" if self._zooming else "ptzStopRun", "stopping it")

    async def goto_preset(self, preset: int) -> None:
        """See Ptz."""
        said = await self._cgi.fields("getPTZPresetPointList", "reading its presets")
        name = said.get(f"point{preset - 1}", "")
        if not name:
            raise Unsupported(f"{self._cgi.http.name}: it has no preset {preset}")
        await self._cgi.fields("ptzGotoPresetPoint", "moving it", {"name": name})
