"""What a camera's client may be able to do, one Protocol each. Ask with `isinstance`; what a family lacks its client has not.

Every method raises kit errors only: Unreachable, Refused, BadReply, and Unsupported when this very model lacks it. Commands of
one camera are serialised by its client; `alarms` has a connection of its own beside them.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from enum import StrEnum
from typing import Protocol, runtime_checkable

from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.vendors.device import (
    Access,
    Account,
    AlarmSignal,
    ClockReading,
    DeviceIdentity,
    LoginRecord,
    LogLine,
    Session,
    Setting,
    VideoStream,
)


class PtzMove(StrEnum):
    UP = "up"
    DOWN = "down"
    LEFT = "left"
    RIGHT = "right"
    ZOOM_IN = "zoom-in"
    ZOOM_OUT = "zoom-out"


class Service(StrEnum):
    """What a camera should not offer to the world; each can be switched."""

    P2P = "p2p"
    UPNP = "upnp"
    TELNET = "telnet"
    DDNS = "ddns"


@runtime_checkable
class DeviceInfo(Protocol):
    """Every client has at least this."""

    async def close(self) -> None: ...

    async def identity(self) -> DeviceIdentity: ...

    async def clock(self) -> ClockReading: ...


@runtime_checkable
class LoginLog(Protocol):
    async def logins(self, since_us: WallUs) -> tuple[LoginRecord, ...]:
        """Return what the log holds about access and tampering from our `since_us` on, and what a wrong clock dated elsewhere;
        in the camera's order, repeated lines repeated. Overlaps with earlier calls: count `raw` to find what is new."""
        ...


@runtime_checkable
class SystemLog(Protocol):
    async def log(self, since_us: WallUs) -> tuple[LogLine, ...]:
        """Return every line of the log as `LoginLog.logins` does."""
        ...


@runtime_checkable
class Sessions(Protocol):
    async def sessions(self) -> tuple[Session, ...]: ...


@runtime_checkable
class Accounts(Protocol):
    async def accounts(self) -> tuple[Account, ...]: ...


@runtime_checkable
class ConfigExport(Protocol):
    async def settings(self) -> tuple[Setting, ...]:
        """Return the whole configuration sorted by key."""
        ...


@runtime_checkable
class ConfigImport(Protocol):
    async def set(self, settings: Sequence[Setting]) -> None:
        """Write `settings` and read them back. Raises BadReply when the camera says yes and keeps something else."""
        ...


@runtime_checkable
class AlarmFeed(Protocol):
    def alarms(self) -> AsyncGenerator[AlarmSignal]:
        """Subscribe and yield until the camera falls silent or ends it (Unreachable). What was on before is not repeated:
        ask `active` after every new start. Use it within `contextlib.aclosing`."""
        ...

    async def active(self, code: str) -> tuple[int, ...]:
        """Return the channels on which the alarm `code` is on now."""
        ...


@runtime_checkable
class Snapshot(Protocol):
    async def snapshot(self, channel: int = 0) -> bytes:
        """Return a JPEG."""
        ...


@runtime_checkable
class Streams(Protocol):
    async def streams(self, channel: int = 0) -> tuple[VideoStream, ...]: ...


@runtime_checkable
class Ptz(Protocol):
    async def move(self, move: PtzMove, speed_frac: float, channel: int = 0) -> None:
        """Start to move; goes on until `stop`."""
        ...

    async def stop(self, channel: int = 0) -> None: ...

    async def goto_preset(self, preset: int, channel: int = 0) -> None: ...


@runtime_checkable
class Fix(Protocol):
    """Damage control. Each returns after it was verified by reading back, where that is possible."""

    @property
    def services(self) -> frozenset[Service]:
        """What `switch` can switch on cameras of this family; the page says plainly what it cannot."""
        ...

    async def change_password(self, user: str, new: Secret) -> None:
        """Set the password of `user`. If that is our own account the client logs in with `new` from then on."""
        ...

    async def switch(self, service: Service, *, on: bool) -> None: ...

    async def reboot(self) -> None:
        """Ask for a restart; returns before the camera goes."""
        ...


class Doorkeeper(Protocol):
    """Who holds the one client of each camera; rooms ask here each time and never keep or close a client."""

    @property
    def cameras(self) -> tuple[CameraId, ...]:
        """Return the cameras whose own door is watched."""
        ...

    def access(self, camera: CameraId) -> Access:
        """Return how the camera is reached. Raises Unsupported for one that is not watched."""
        ...

    async def client(self, camera: CameraId) -> DeviceInfo:
        """Return its client; ask with `isinstance` what it can do. The first time the vendor may have to be found out.

        Raises Unsupported for a camera that is not watched or of no known family, Unreachable, Refused and BadReply."""
        ...
