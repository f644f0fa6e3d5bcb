"""Moving heads without cameras: what was asked, in order."""

from __future__ import annotations

from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import CameraId
from hearthwatch.vendors.capability import Preset, PtzMove, Reach

REACH = Reach(moves=frozenset(PtzMove), presets=(Preset(number=1, name="Gate"), Preset(number=2)))


class FakeHeads:
    """Implements HeadDoor; only `moving` cameras move."""

    def __init__(self, *moving: str) -> None:
        self._moving = frozenset(moving)
        self.asked: list[tuple[str, ...]] = []

    async def reach(self, camera: CameraId) -> Reach:
        return REACH if camera in self._moving else Reach()

    async def move(self, camera: CameraId, move: PtzMove, speed_frac: float, hold: str) -> None:
        if camera not in self._moving:
            raise Unsupported(f"{camera}: cameras of this make cannot be moved")
        self.asked.append((camera, move, f"{speed_frac:g}", hold))

    async def stop(self, camera: CameraId, hold: str) -> None:
        self.asked.append((camera, "stop", hold))

    async def goto_preset(self, camera: CameraId, preset: int) -> None:
        self.asked.append((camera, "preset", str(preset)))
