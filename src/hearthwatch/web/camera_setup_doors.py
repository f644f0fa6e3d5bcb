"""The door onto finding, trying, adding and removing cameras; for the owner only, and nothing of it happens by itself."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import CameraId
from hearthwatch.vendors.device import Vendor


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A device that may be a camera, as it shows itself to anybody: hearsay. `vendor` is "" for no known family, `why` then
    says what there is; `camera` is which of ours it is, "" for none."""

    host: str
    port: int
    tls: bool
    vendor: str
    name: str = ""
    model: str = ""
    firmware: str = ""
    mac: str = ""
    serial: str = ""
    why: str = ""
    camera: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchNow:
    """How far the search is. `addresses` are asked, `living` of them answer, `looked` were looked at; `ignored` answers were
    nonsense or named an address that is not at home. `too_large` networks are not searched address by address."""

    running: bool = False
    networks: tuple[str, ...] = ()
    too_large: tuple[str, ...] = ()
    addresses: int = 0
    living: int = 0
    looked: int = 0
    ignored: int = 0
    found: tuple[Candidate, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TryWish:
    """What to try: the device at `host`, or, with `main` or `snapshot`, these addresses just as they are. `channel` counts from
    1, for recorders. The password is sent once."""

    host: str = ""
    port: int = 0
    tls: bool = False
    vendor: Vendor = Vendor.AUTO
    channel: int = 1
    main: str = ""
    sub: str = ""
    snapshot: str = ""
    poll_s: float = 0.0
    user: str = ""
    password: Secret = field(default_factory=lambda: Secret(""))
    allow_loopback: bool = False


class TrialFault(StrEnum):
    """Why a camera could not be tried. NO_CAMERA: what answers is none that we know."""

    PASSWORD = "password"  # noqa: S105 - a word, not a password
    UNREACHABLE = "unreachable"
    NO_CAMERA = "no-camera"
    ADDRESS = "address"
    NO_PICTURE = "no-picture"


class TrialFailed(Exception):
    """Carries what to tell: `text` what went wrong, `hint` what to do about it."""

    def __init__(self, fault: TrialFault, text: str, hint: str = "") -> None:
        super().__init__(text)
        self.fault = fault
        self.text = text
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamTried:
    """A stream the camera offers. Numbers are measured, or as the camera says where it was not watched (`fps` 0); `trouble`
    says why it gave no picture."""

    name: str
    url: str
    codec: str
    width_px: int
    height_px: int
    fps: float = 0.0
    kbit_per_s: float = 0.0
    bytes_per_day: int = 0
    words: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A camera that answered. `main` and `sub` are what is proposed (`sub` may be empty); `remarks` are for the owner to
    read; `camera` is which of ours it is, "" for none. Good for half an hour."""

    id: str
    host: str
    vendor: str
    maker: str
    model: str
    firmware: str
    mac: str
    serial: str
    streams: tuple[StreamTried, ...]
    main: str
    sub: str
    snapshot: str
    name: str
    has_picture: bool
    remarks: tuple[str, ...]
    camera: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddWish:
    """Take a tried camera in as `name`. `main` and `sub` are among its streams; `watch_door` also watches who logs in to it."""

    trial: str
    name: str
    main: str = ""
    sub: str = ""
    watch_door: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """A camera that is ours no more; `text` says what stays of it."""

    camera: CameraId
    name: str
    text: str


class CameraSetupDoor(Protocol):
    """Methods raise ConfigFault with the texts of the configuration's check, StorageFailed, and what is named below."""

    async def search(self) -> SearchNow:
        """Start looking for cameras on the home networks, unless that goes on already."""
        ...

    async def stop_search(self) -> SearchNow: ...

    def search_now(self) -> SearchNow: ...

    def follow_search(self) -> AsyncGenerator[SearchNow]:
        """Yield the search as it is, then each change, until it is over."""
        ...

    async def look_at(self, host: str, port: int, *, allow_loopback: bool) -> Candidate:
        """Look at one address without a log-in. Raises TrialFailed."""
        ...

    async def try_camera(self, wish: TryWish) -> Trial:
        """Log in once, read who it is, watch its streams for some seconds and take a picture. Raises TrialFailed."""
        ...

    def picture(self, trial: str) -> bytes | None:
        """Return the picture of a trial as JPEG."""
        ...

    async def add(self, wish: AddWish) -> CameraId:
        """Write the camera into the configuration and its password to the secrets; it is live at once. Raises Unsupported for a
        trial that is over."""
        ...

    async def rename(self, camera: CameraId, name: str) -> None:
        """Change what a camera is called; its footage and history stay with it. Raises Unsupported."""
        ...

    async def remove(self, camera: CameraId) -> Removed:
        """Take a camera out of the configuration and its passwords out of the secrets; footage stays. Raises Unsupported."""
        ...
