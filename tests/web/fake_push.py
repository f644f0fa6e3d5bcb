"""Devices that are notified, without a push service."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import Unsupported
from hearthwatch.web.accounts import User
from hearthwatch.web.push_doors import PushDeviceNow

KEY = "BEl62iUYgUivxIkv69yViEuiBIa-Ib9-SkvMeAtA3LFgDzkrxZJjSgSnfckjBJuBkr3qBUYIHBQFLXYp5Nksh8U"


@dataclass
class FakePush:
    """Implements PushDoor. `given` is what browsers handed over, `tested` the devices that were sent a test."""

    clock: Clock
    kept: list[PushDeviceNow] = field(default_factory=list)
    given: list[tuple[str, bytes, bytes]] = field(default_factory=list)
    tested: list[str] = field(default_factory=list)

    async def key(self) -> str:
        return KEY

    async def devices(self) -> Sequence[PushDeviceNow]:
        return tuple(self.kept)

    async def add(self, user: User, name: str, endpoint: str, p256dh: bytes, auth: bytes) -> PushDeviceNow:
        if not endpoint.startswith("https://"):
            raise Unsupported("the push service of this browser cannot be used: it has no encrypted address (https)")
        self.given.append((endpoint, p256dh, auth))
        mark = hashlib.sha256(endpoint.encode()).hexdigest()[:32]
        made = PushDeviceNow(
            id=f"01PUSH{len(self.given):04}",
            user_id=user.id,
            user=user.name,
            name=name,
            mark=mark,
            added_us=self.clock.wall_us(),
            sent_us=None,
        )
        self.kept = [each for each in self.kept if each.mark != mark] + [made]
        return made

    async def remove(self, device_id: str) -> None:
        self.kept = [each for each in self.kept if each.id != device_id]

    async def test(self, device_id: str) -> None:
        self.tested.append(device_id)
        now_us = self.clock.wall_us()
        self.kept = [replace(each, sent_us=now_us) if each.id == device_id else each for each in self.kept]
