"""The moving head of a Reolink camera: `PtzCtrl`, and `GetAbility` for what it can do.

Wire facts: the vendor's API guide and a recorded RLC-822A, which zooms only: `ptzType` is 0 for a camera that stands still, 1
for one that zooms, 2 and 5 for one that turns and zooms, 3 for one that turns. Older firmware has only `ptzCtrl`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hearthwatch.vendors.capability import Preset, PtzMove, Reach
from hearthwatch.vendors.reolink_api import Command, ReolinkApi
from hearthwatch.vendors.reolink_reply import Answer, Values, as_object, number, text

_MAX_SPEED = 64
_MOVES: Mapping[PtzMove, str] = MappingProxyType(
    {
        PtzMove.UP: "Up",
        PtzMove.DOWN: "Down",
        PtzMove.LEFT: "Left",
        PtzMove.RIGHT: "Right",
        PtzMove.ZOOM_IN: "ZoomInc",
        PtzMove.ZOOM_OUT: "ZoomDec",
    }
)
_ZOOM = frozenset({PtzMove.ZOOM_IN, PtzMove.ZOOM_OUT})
_TURN = frozenset(_MOVES) - _ZOOM
_BY_TYPE: Mapping[int, frozenset[PtzMove]] = MappingProxyType({1: _ZOOM, 2: _ZOOM | _TURN, 3: _TURN, 5: _ZOOM | _TURN})
_PRESETS = 64
_NAME_CHARS = 60


class ReolinkHead:
    """Implements Ptz; speeds are 1 to 64."""

    def __init__(self, api: ReolinkApi) -> None:
        self._api = api

    async def reach(self, channel: int) -> Reach:
        """See Ptz."""
        step = "asking how it moves"
        user = {"User": {"userName": self._api.http.access.user}}
        commands = [Command(name="GetAbility", param=user), Command(name="GetPtzPreset", param={"channel": channel})]
        ability, presets = await self._api.ask(commands, step)
        moves = _moves(ability, channel)
        return Reach(moves=moves, presets=_presets(presets.value) if moves & _TURN else ())

    async def move(self, move: PtzMove, speed_frac: float, channel: int) -> None:
        """See Ptz."""
        await self._ptz(channel, op=_MOVES[move], speed=max(1, min(_MAX_SPEED, round(speed_frac * _MAX_SPEED))))

    async def stop(self, channel: int) -> None:
        """See Ptz."""
        await self._ptz(channel, op="Stop")

    async def goto_preset(self, preset: int, channel: int) -> None:
        """See Ptz."""
        await self._ptz(channel, op="ToPos", id=preset, speed=_MAX_SPEED // 2)

    async def _ptz(self, channel: int, **param: object) -> None:
        await self._api.value(Command(name="PtzCtrl", param={"channel": channel, **param}), "moving it")


def _moves(ability: Answer, channel: int) -> frozenset[PtzMove]:
    rows = as_object(ability.value.get("Ability")).get("abilityChn")
    if not isinstance(rows, list) or not 0 <= channel < len(rows):
        return frozenset()
    can = as_object(rows[channel])
    if "ptzType" in can:
        return _BY_TYPE.get(number(as_object(can["ptzType"]), "ver", 0), frozenset())
    return frozenset(_MOVES) if number(as_object(can.get("ptzCtrl")), "ver", 0) > 0 else frozenset()


def _presets(said: Values) -> tuple[Preset, ...]:
    rows = said.get("PtzPreset")
    found = [as_object(row) for row in rows] if isinstance(rows, list) else []
    return tuple(
        Preset(number=number(row, "id", 0), name=text(row, "name")[:_NAME_CHARS])
        for row in found[:_PRESETS]
        if number(row, "enable", 0) == 1
    )
