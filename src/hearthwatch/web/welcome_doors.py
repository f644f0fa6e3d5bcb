"""The door of setting up: what has been gone through, and trying out what was just set."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Step(StrEnum):
    """What there is to set up, in the order it is gone through."""

    CAMERAS = "cameras"
    ZONES = "zones"
    TELLINGS = "tellings"
    TELEGRAM = "telegram"
    MAIL = "mail"
    PEOPLE = "people"
    STORAGE = "storage"
    BACKUP = "backup"
    DETECTOR = "detector"
    OUTSIDE = "outside"
    ACCOUNT = "account"


class StepState(StrEnum):
    DONE = "done"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """`steps` are those gone through; `closed`: the owner has seen enough of it, or came to its end. `has_camera`
    tells whether the file has a camera of the owner's own."""

    steps: Mapping[Step, StepState]
    closed: bool
    has_camera: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How a try ended, in words for the owner. `remark` is what is well to know though it worked; `fingerprint` that of a far
    end which the owner has to know again before anything is sent there."""

    works: bool
    text: str
    remark: str = ""
    fingerprint: str = ""


class DiskKind(StrEnum):
    SSD = "ssd"
    HARD_DISK = "hard-disk"
    CARD = "card"
    USB = "usb"
    NETWORK = "network"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """A disk footage could live on. `folder` is where it would; `in_use` that it does; `writable` that it may."""

    mount: str
    device: str
    kind: DiskKind
    size_bytes: int
    free_bytes: int
    folder: str
    in_use: bool
    writable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SealKeys:
    """A pair made just now, kept nowhere: `recipient` seals, only the holder of `identity` opens."""

    recipient: str
    identity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tunnel:
    """Both halves of a WireGuard connection, made just now and kept nowhere. `address` is ours in it; `qr_path` draws `phone`
    as a code to scan, as SVG in a square of `qr_size`, without a margin."""

    server: str
    phone: str
    address: str
    qr_size: int
    qr_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """How this house can be reached from elsewhere: our addresses at home, and those of Tailscale where it runs."""

    home: tuple[str, ...]
    tailscale: tuple[str, ...]
    has_wireguard: bool
    https_port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A port the router says it passes on from outside to this machine; `is_page` when this page answers there. `what` is what
    whoever asked for it called it."""

    protocol: str
    outer_port: int
    inner_port: int
    what: str
    is_page: bool


class RouterSays(StrEnum):
    """NONE: this machine knows no router. SILENT: it tells nothing. SOME: it tells openings, but not all it has. ALL: it told
    those it knows of; even then those entered by hand may be missing."""

    NONE = "none"
    SILENT = "silent"
    SOME = "some"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class FromOutside:
    """What can be seen from within of whether the page is open to the internet. `public` are addresses of this machine that
    lead to it from anywhere unless a firewall is in between; `router` is its name. `opens`: the router lets any program at home
    open ports. `outer` is the router's own address outside, as it says; `outer_is_private` when even that leads nowhere."""

    public: tuple[str, ...]
    says: RouterSays
    router: str
    outer: str
    outer_is_private: bool
    opens: bool
    openings: tuple[Opening, ...]
    others: int
    tailscale: bool
    wireguard: bool


class WelcomeDoor(Protocol):
    """Methods without `async` read the disk or compute: call them from a worker thread."""

    def progress(self) -> Progress: ...

    def went(self, steps: Mapping[Step, StepState], *, closed: bool) -> Progress:
        """Keep how far the owner came. Raises StorageFailed."""
        ...

    async def mail(self) -> Trial:
        """Send a mail by the server that is configured, to the addresses that are."""
        ...

    async def target(self, name: str, *, create: bool) -> Trial:
        """Send a few bytes to a target and have it prove them; `create` marks a mounted folder as one first. Raises Unsupported
        when there is none of that name."""
        ...

    def disks(self) -> Sequence[Disk]:
        """Return the disks footage could live on, the one it lives on first."""
        ...

    def seal_keys(self) -> SealKeys:
        """Make a pair of keys."""
        ...

    def tunnel(self, endpoint: str, port: int, phone: str) -> Tunnel:
        """Make both halves of a connection from a phone to `endpoint`, the name or address this house has outside."""
        ...

    def outside(self) -> Outside: ...

    async def from_outside(self, ports: Collection[int]) -> FromOutside:
        """Look whether the page, open at `ports` of this machine, is open to the internet, too; asks the router."""
        ...
