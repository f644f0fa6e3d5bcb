"""What a camera's client may be able to do, one Protocol each. Ask with `isinstance`; what a family lacks its client has not.

Every method raises kit errors only: Unreachable, Refused, BadReply, and Unsupported when this very model lacks it. Commands of
one camera are serialised by its client; `alarms` has a connection of its own beside them.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol, runtime_checkable

from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.vendors.card import CardClip
from hearthwatch.vendors.device import (
    Access,
    Account,
    AlarmSignal,
    ClockReading,
    DeviceIdentity,
    LoginRecord,
    LogLine,
    RestartTime,
    Session,
    Setting,
    VideoStream,
)
from hearthwatch.vendors.network import Network, NetworkChange


class PtzMove(StrEnum):
    UP = "up"
    DOWN = "down"
    LEFT = "left"
    RIGHT = "right"
    ZOOM_IN = "zoom-in"
    ZOOM_OUT = "zoom-out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A direction the camera remembers; `name` empty where its make has no names for them."""

    number: int
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How a camera moves; no moves at all for one that stands still."""

    moves: frozenset[PtzMove] = frozenset()
    presets: tuple[Preset, ...] = ()


class Service(StrEnum):
    """What a camera offers, or does by itself, and can be switched. LOGIN means that nobody is served without a log-in."""

    P2P = "p2p"
    UPNP = "upnp"
    DDNS = "ddns"
    SNMP = "snmp"
    BONJOUR = "bonjour"
    MULTICAST = "multicast"
    MAIL = "mail"
    FTP = "ftp"
    TELNET = "telnet"
    SSH = "ssh"
    HTTP = "http"
    HTTPS = "https"
    RTSP = "rtsp"
    RTMP = "rtmp"
    ONVIF = "onvif"
    ONVIF_LOGIN = "onvif-login"
    LOCKOUT = "lockout"
    """An account is locked for a while after wrong passwords."""
    AUTO_REBOOT = "auto-reboot"


class Output(StrEnum):
    """What a camera can switch in the world. LIGHT is visible light, never infrared; RELAY an alarm output on its back."""

    RELAY = "relay"
    SIREN = "siren"
    LIGHT = "light"


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
class LoginAlarms(AlarmFeed, Protocol):
    @property
    def tells_logins(self) -> bool:
        """Whether log-ins are among its alarms."""
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
    async def reach(self, channel: int = 0) -> Reach:
        """Return how this very camera moves. Where a make does not tell, all that its family can do."""
        ...

    async def move(self, move: PtzMove, speed_frac: float, channel: int = 0) -> None:
        """Start to move; goes on until `stop`."""
        ...

    async def stop(self, channel: int = 0) -> None: ...

    async def goto_preset(self, preset: int, channel: int = 0) -> None: ...


@runtime_checkable
class Fix(Protocol):
    """Damage control that every family has. Each returns after it was verified by reading back, where that is possible.

    BadReply: the camera said yes and kept something else."""

    @property
    def services(self) -> frozenset[Service]:
        """What `switch` and `is_on` know on cameras of this family; the page says plainly what it cannot."""
        ...

    async def is_on(self, service: Service) -> bool:
        """Read whether `service` is on. Raises Unsupported where this model lacks it or does not tell."""
        ...

    async def switch(self, service: Service, *, on: bool) -> None:
        """Raises Unsupported where this model lacks it, or for a switch that would cut off our own way in."""
        ...

    async def change_password(self, user: str, new: Secret) -> None:
        """Set the password of `user`. If that is our own account the client logs in with `new` from then on; when the
        camera refuses it there, the old one stays in use and the error is raised (Refused, BadReply). After Unreachable nobody
        knows which of them holds: keep both. Eight to twelve letters and digits, of both, suit every family."""
        ...

    async def reboot(self) -> None:
        """Ask for a restart; returns before the camera goes."""
        ...


@runtime_checkable
class SessionControl(Protocol):
    async def end_session(self, session: Session) -> None:
        """Log `session` out; it may come back with the same password. Raises Unsupported for one that cannot be ended."""
        ...


@runtime_checkable
class AccountRemoval(Protocol):
    async def remove_account(self, user: str) -> None:
        """Remove `user` for good. Raises Unsupported for our own account and for one that is built in."""
        ...


@runtime_checkable
class AccountRename(Protocol):
    async def rename_account(self, user: str, new: str) -> None:
        """Call `user` by `new`, with the password it had. If that is our own account the client logs in as `new` from then
        on; when the camera does not take that, the old name stays in use and the error is raised."""
        ...


@runtime_checkable
class Firewall(Protocol):
    """The camera's own list of addresses it does not answer. IPv4 only. The address that we come from is refused."""

    async def blocked(self) -> tuple[str, ...]:
        """Return the addresses it does not answer; none while the list is off."""
        ...

    async def block(self, address: str) -> None:
        """Add `address`. Raises Unsupported when the list is full, or lists who may come in (another way to use it)."""
        ...

    async def unblock(self, address: str) -> None: ...


@runtime_checkable
class NetworkControl(Protocol):
    async def network(self) -> Network: ...

    async def change_network(self, change: NetworkChange) -> Access:
        """Set it, find the camera where it is then, and return how it is reached from then on (the client does so, too). May
        take minutes: cameras restart for it.

        Raises Unsupported, with nothing changed, for what this camera cannot be set to; Unreachable when the camera answers
        neither there nor where it was: then the client stays with the old way in. With `is_dhcp` True nobody knows the new
        address: what is returned is the old one, unverified, and the camera has to be found by its MAC."""
        ...


@runtime_checkable
class ClockControl(Protocol):
    async def set_clock(self) -> ClockReading:
        """Set the camera's clock to our time, as local time of this house where it has no universal time, and return it as
        read afterwards. A camera that asks a time server may stop doing so."""
        ...

    async def use_ntp(self, server: str) -> None:
        """Let it set its clock by the time server `server` (name or address)."""
        ...


@runtime_checkable
class SelfRestart(Protocol):
    async def restart_time(self) -> RestartTime | None:
        """Return when the camera restarts by itself; None when it does not."""
        ...


@runtime_checkable
class LastingAlarms(Protocol):
    async def lasting(self) -> tuple[AlarmSignal, ...]:
        """Return, each as START, what is on now of the alarms that matter however long ago they began: tampering, a lost
        picture, a broken card."""
        ...


@runtime_checkable
class PolledAlarms(Protocol):
    def poke(self) -> None:
        """Ask now what is on, not at the next turn; returns at once."""
        ...


@runtime_checkable
class FirmwareUpload(Protocol):
    async def upload_firmware(self, image: Path) -> None:
        """Send the vendor's file `image`; returns when the camera took it, before it restarts. It cannot be verified here:
        ask `identity` some minutes later. Raises Unsupported for a file that cannot be one."""
        ...


@runtime_checkable
class StandBy(Protocol):
    async def switch_off(self) -> tuple[Setting, ...]:
        """Stop the picture and every service towards others that can be stopped; our own way in stays.

        Returns what the settings changed were before: `ConfigImport.set` of them switches it on again. BadReply: some could
        not be stopped, and which."""
        ...


@runtime_checkable
class CardFootage(Protocol):
    async def recordings(self, start_us: WallUs, end_us: WallUs, channel: int = 0) -> tuple[CardClip, ...]:
        """Return what the card holds that touches our time from `start_us` to `end_us`, oldest first; channels count from 0.

        Raises Unsupported for more than `card.MAX_SPAN_US` and for a camera without a card, Unreachable, Refused, BadReply."""
        ...

    def download(self, clip: CardClip) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Open one for reading, on a connection beside the commands'. Raises as `recordings`, while reading too."""
        ...


@runtime_checkable
class Outputs(Protocol):
    async def drive(self, output: Output, *, on: bool, number: int = 0) -> float | None:
        """Switch `output` and verify it where the camera tells. `number` counts from 0: which relay, or of a recorder which
        channel. Returns the seconds after which it goes off by itself, None when it stays.

        Raises Unsupported where this family or model lacks it, BadReply when the camera says yes and does not."""
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
