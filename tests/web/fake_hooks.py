"""A HookDoor that remembers who called."""

from __future__ import annotations

from dataclasses import dataclass, field

from hearthwatch.kit.units import CameraId

WORD = "0123456789abcdef0123456789abcdef"


@dataclass
class FakeHooks:
    called: list[tuple[CameraId, str]] = field(default_factory=list)

    async def word(self, camera: CameraId) -> str:
        return WORD

    async def knock(self, camera: CameraId, word: str, address: str) -> bool:
        if word != WORD:
            return False
        self.called.append((camera, address))
        return True
