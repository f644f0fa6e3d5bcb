"""The Drop: a mail or a file that a camera pushed, as it waits in the inbox. All it says of itself is forgeable.

Known for certain are only the account that left it and the address it came from.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, ClassVar, NewType

from annotated_types import Ge, Gt, Le

from hearthwatch.kit.units import CameraId, WallUs

DropId = NewType("DropId", str)
"""ULID; the only name a drop ever has on disk."""

MAX_MAIL_BYTES = 20 << 20
MAX_NAME_CHARS = 200
MAX_TEXT_CHARS = 65_536
_GIB = 1 << 30


class Via(StrEnum):
    MAIL = "mail"
    FTP = "ftp"


class Media(StrEnum):
    """What a file is by its first bytes, whatever its name says. NONE: a mail without a picture."""

    NONE = "none"
    JPEG = "jpeg"
    CLIP = "clip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """`name`, `subject`, `text` and `sender` are what the camera says. `begun_us` and `received_us` are by our clock."""

    id: DropId
    camera: CameraId
    via: Via
    media: Media
    size_bytes: int
    begun_us: WallUs
    received_us: WallUs
    address: str
    name: str = ""
    """An uploaded file's path or an attachment's name; shown and read for a date, never opened."""
    sender: str = ""
    """The envelope sender of a mail."""
    subject: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PorchOptions:
    """Section `[porch]`: takes the alarm mails and file uploads of cameras (docs/porch.md). Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    enabled: bool = False
    """Take mails and files. Off: nothing listens."""
    address: str = ""
    """Address of this machine to listen at, best the one in the cameras' own network, as `192.168.1.10`."""
    smtp_port: Annotated[int, Ge(0), Le(65_535)] = 2525
    """Port for mails (SMTP); 0 takes none. Below 1024 Hearthwatch must have the right to it."""
    ftp_port: Annotated[int, Ge(0), Le(65_535)] = 2121
    """Port for files (FTP); 0 takes none. Below 1024 Hearthwatch must have the right to it."""
    passive_first_port: Annotated[int, Ge(1024), Le(65_535)] = 52_100
    """First of the ports on which files come in passive mode."""
    passive_last_port: Annotated[int, Ge(1024), Le(65_535)] = 52_163
    """Last of the ports on which files come in passive mode."""
    max_mib: Annotated[float, Gt(0), Le(4096)] = 256.0
    """Largest single file, in MiB; a mail may have 20 MiB at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraPorchOptions:
    """Section `[camera.NAME.porch]`: the camera's account at the porch; its password is the secret
    `camera.NAME.porch.password`, and without one there is no account. Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    user: str = ""
    """Name the camera logs in with; empty means its NAME."""
    networks: tuple[str, ...] = ()
    """Addresses or networks it may come from, as `192.168.1.20` or `192.168.1.0/24`; empty means the camera's own address, or
    the home's networks where that is a name."""
    quota_gib: Annotated[float, Gt(0), Le(1024)] = 2.0
    """Disk space its files may take, in GiB, waiting and kept together; the oldest go first. It is set aside from the start, so
    that filling it costs no other footage its place."""
    keep_days: Annotated[float, Ge(0)] = 0.0
    """Days that its uploaded footage stays at most; 0 means as long as other footage."""
    max_per_minute: Annotated[int, Ge(1), Le(6000)] = 60
    """Mails and files it may leave in a minute; more are refused."""
    events: bool = True
    """Whether a mail or an uploaded alarm file is an event; off keeps the footage only."""

    @property
    def waiting_bytes(self) -> int:
        """What may lie in the inbox: a quarter of the quota."""
        return int(self.quota_gib * _GIB) // 4

    @property
    def kept_bytes(self) -> int:
        """What may be kept as footage: the rest of the quota."""
        return int(self.quota_gib * _GIB) - self.waiting_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One camera's account at the porch. `networks` are addresses in CIDR notation."""

    camera: CameraId
    user: str
    password: str = field(repr=False)
    networks: tuple[str, ...]
    waiting_bytes: int
    max_per_minute: int


class Turned(StrEnum):
    """Why the porch turned something away."""

    LOGIN = "login"
    ADDRESS = "address"
    TOO_MANY = "too-many"
    TOO_BIG = "too-big"
    FULL = "full"
    NOT_MEDIA = "not-media"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCount:
    """What one account left since the porch was opened, and what was turned away, by reason."""

    camera: CameraId
    taken: int
    taken_bytes: int
    last_us: WallUs
    turned: dict[Turned, int]
    last_turned_us: WallUs
    last_turned: str
    """Why, in words; empty when nothing was."""
