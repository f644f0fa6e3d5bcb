"""The door onto how the house is armed: its state, a person's wish, and the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hearthwatch.arming.arming import ArmingDoor
from hearthwatch.arming.ledger import Line


class ArmingPageDoor(ArmingDoor, Protocol):
    def lines(self, *, before: int | None, limit: int) -> Sequence[Line]:
        """Return the changes with a number under `before`, newest first; reads the database."""
        ...
