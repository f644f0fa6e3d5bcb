"""The door onto who is home; answered from memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hearthwatch.presence.presence import DeviceId, Presence


class PeopleDoor(Protocol):
    def people(self) -> Sequence[Presence]:
        """Return everybody, in the order of the configuration."""
        ...

    def pinged(self, device: DeviceId, word: str, sign: str) -> bool:
        """Take what a device's automation says, `home` or `away`; False when `sign` does not prove it."""
        ...
