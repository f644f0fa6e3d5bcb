"""The moving head of a Foscam HD camera."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hearthwatch.kit.errors import Unsupported
from hearthwatch.vendors.capability import PtzMove
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


class FoscamHdHead:
    """Its speed is a setting of the camera and stays as it is; its presets have names, and count from 1 here."""

    def __init__(self, cgi: FoscamHdCgi) -> None:
        self._cgi = cgi
        self._zooming = False

    async def move(self, move: PtzMove) -> None:
        """See Ptz."""
        self._zooming = move in {PtzMove.ZOOM_IN, PtzMove.ZOOM_OUT}
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
