"""A TriggerDoor of one camera that remembers who was triggered."""

from __future__ import annotations

from dataclasses import dataclass, field

from hearthwatch.feeds.sensor import TriggerOptions
from hearthwatch.kit.units import CameraId

WORD = "fedcba9876543210fedcba9876543210"


@dataclass
class FakeTriggers:
    cameras: dict[CameraId, TriggerOptions] = field(default_factory=dict)
    called: list[CameraId] = field(default_factory=list)

    def options(self, camera: CameraId) -> TriggerOptions | None:
        return self.cameras.get(camera)

    async def word(self, camera: CameraId) -> str:
        return WORD

    async def call(self, camera: CameraId, word: str) -> bool:
        if camera not in self.cameras or word != WORD:
            return False
        self.called.append(camera)
        return True
