"""What a person may have the house do from afar: one set of actions behind Telegram, MQTT and the API (`run.remote_house`).

How the house is armed is `arming.arming.ArmingDoor`, the same for everybody, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from hearthwatch.arming.arming import ArmingDoor
from hearthwatch.events.event import Event, EventId
from hearthwatch.health.outage import Outage
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.logins.login import Login


class Role(StrEnum):
    """A viewer looks; a member also arms, disarms and quiets; an owner also disables, and changes cameras."""

    OWNER = "owner"
    MEMBER = "member"
    VIEWER = "viewer"

    def covers(self, other: Role) -> bool:
        """Tell whether this role may do all that takes `other`."""
        return RANK[self] >= RANK[other]


RANK = {Role.VIEWER: 0, Role.MEMBER: 1, Role.OWNER: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody enrolled, in one chat (their own, or a group). The role is the person's, the same in all their chats."""

    chat_id: int
    user_id: int
    name: str
    enrolled_us: WallUs
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraBrief:
    """One camera in a line: `state` is in words (`live`, or why not), `quiet_until_us` when a snooze ends (0 for none)."""

    id: CameraId
    name: str
    live: bool
    state: str
    quiet_until_us: WallUs = WallUs(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseBrief:
    """How things stand: the cameras in the order of the configuration, and what is wrong now, oldest first."""

    cameras: tuple[CameraBrief, ...]
    outages: tuple[Outage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Footage that no limit takes: the `pin` to let go of it by, the range asked for, and what there is of it by now."""

    pin: int
    camera: CameraId
    start_us: WallUs
    end_us: WallUs
    segments: int
    size_bytes: int


class TooLarge(Unsupported):
    """The clip has more bytes than may be sent; about `fits_s` seconds of that camera would not have."""

    def __init__(self, message: str, fits_s: int) -> None:
        super().__init__(message)
        self.fits_s = fits_s


class HouseActions(Protocol):
    """`who` is the person and `via` the way they came, for the log. Used on the house's loop."""

    @property
    def arming(self) -> ArmingDoor: ...

    def status(self) -> HouseBrief:
        """Return how things stand; from memory, at once."""
        ...

    async def snooze(self, camera: CameraId | None, until_us: WallUs, *, who: str, via: str) -> None:
        """Tell of no visitor at `camera` (None: at any of those there are now) until then; a moment that is past ends it.

        Raises Unsupported for a camera there is none of, StorageFailed when it counts but cannot be kept."""
        ...

    async def snapshot(self, camera: CameraId) -> bytes:
        """Return the picture of the moment as JPEG. Raises Unsupported for a camera there is none of, Unreachable."""
        ...

    async def clip(self, camera: CameraId, start_us: WallUs, end_us: WallUs, *, max_bytes: int) -> bytes:
        """Return the footage of the range as MP4; waits for an end that is still to come.

        Raises TooLarge, Unsupported where there is no footage (or no such camera), StorageFailed."""
        ...

    async def event(self, event: EventId) -> Event | None:
        """Return an event that is kept."""
        ...

    async def last_event(self, camera: CameraId) -> Event | None:
        """Return the newest event at `camera`."""
        ...

    async def false_alarm(self, event: EventId, *, is_false: bool, who: str, via: str) -> Event:
        """Note that an event was a false alarm, or was none after all; return it. Raises Unsupported when it is not kept."""
        ...

    async def keep(self, camera: CameraId, start_us: WallUs, end_us: WallUs, *, who: str, via: str) -> Kept:
        """Keep the footage of a range for good, also what is still to come of it; doing so twice is doing it once.

        Raises Unsupported for a camera there is none of and where there is no footage, StorageFailed."""
        ...

    async def keep_event(self, event: EventId, *, who: str, via: str) -> Kept:
        """Keep what belongs to an event for good; of one that still lasts also the next minutes. Raises as `keep` does."""
        ...

    async def let_go(self, pin: int, *, who: str, via: str) -> None:
        """Take a keeping back. Raises Unsupported when it was already, StorageFailed."""
        ...

    async def logins(self, limit: int) -> Sequence[Login]:
        """Return the newest log-ins to the cameras that were not our own, newest first."""
        ...
