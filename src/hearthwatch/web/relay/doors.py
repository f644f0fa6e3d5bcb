"""What the relay asks of the house: the cameras it may share, their commands, their own pages, and who may come in."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from hearthwatch.kit.errors import Refused
from hearthwatch.kit.units import CameraId
from hearthwatch.web.relay.cgi import CgiCall
from hearthwatch.web.relay.rtsp_login import Key


class Unlisted(Refused):
    """No list names this command: nothing was sent to the camera."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request for a camera. `target` is path and query as they go out; `headers` hold no credentials of this house."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A camera's answer while it is open; header names are lower case. `origins` are what the camera may call itself."""

    status: int
    headers: tuple[tuple[str, str], ...]
    chunks: AsyncIterator[bytes]
    origins: tuple[str, ...]

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class CgiReply:
    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayNow:
    """What is handed on of a camera now. `open_port` 0: there is none; `restream_port` 0: it does not run, `restream_why`
    says why not. `has_page`: its own page can be opened; `has_sub`: it has
    a small stream, too."""

    enabled: bool
    user: str
    has_password: bool
    open_port: int
    restream_port: int
    restream_user: str
    restream_has_password: bool
    restream_why: str
    has_page: bool
    has_sub: bool
    cgi: tuple[str, ...]


class RelayDoor(Protocol):
    def now(self, camera: CameraId) -> RelayNow:
        """Return what is handed on of `camera`; from memory, at once."""
        ...

    def is_shared(self, camera: CameraId) -> bool: ...

    def key(self) -> Key | None:
        """Return who comes in by name and password; None while no password is set."""
        ...

    @property
    def controls(self) -> bool:
        """Whether that one may do more than look."""
        ...

    async def snapshot(self, camera: CameraId) -> bytes:
        """See PictureDoor."""
        ...

    def mjpeg(self, camera: CameraId) -> AsyncGenerator[bytes]:
        """Yield the best JPEGs there are; a slow reader gets fewer. Raises Unreachable."""
        ...

    async def call(self, camera: CameraId, call: CgiCall, body: bytes, content_type: str) -> CgiReply:
        """Hand on a command. Raises Unlisted, Unreachable, Refused, BadReply."""
        ...

    def ask(self, camera: CameraId, asked: Asked) -> AbstractAsyncContextManager[Answered]:
        """Hand on anything, for the camera's own page. Raises Unsupported, Unreachable, Refused, BadReply."""
        ...

    async def open_page(self, camera: CameraId, *, https: bool) -> int:
        """Have the camera's own page served and return the port. Raises Unsupported, ConfigFault."""
        ...

    def ticket(self, camera: CameraId, who: str) -> str:
        """Return a word that lets `who` in to the page just opened, once and soon."""
        ...

    async def end_stays(self, who: str) -> None:
        """Close what `who` has open."""
        ...

    async def new_password(self, name: str) -> str:
        """Make and keep the password `proxy` or `restream`, and return it, this once. Raises StorageFailed."""
        ...
