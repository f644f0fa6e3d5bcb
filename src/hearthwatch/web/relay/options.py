"""The relay's Options: sections `[proxy]`, `[camera.NAME.proxy]` and `[restream]`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Le


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyOptions:
    """Section `[proxy]`: one address per camera for other software, at `/cam/NAME/` of the page (docs/proxy.md)."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    user: str = "viewer"
    """Name for software that knows only a user name and a password. It gets in once the secret `proxy.password` is set, over
    HTTPS or on this machine alone. Change: live."""
    controls: bool = False
    """Let that user turn cameras and use what `cgi` lists, too. Without it, it only looks. Change: live."""
    open_port: Annotated[int, Ge(0), Le(65_535)] = 0
    """A port of 127.0.0.1 where pictures and MJPEG need no log-in at all, for software on this machine that knows none. Whoever
    uses this machine can look then. 0 means none. Change: live."""
    page_port: Annotated[int, Ge(0), Le(65_000)] = 8450
    """The cameras' own pages are opened for the owner on the ports from this one on, one for each camera, only while they
    are used. 0 takes whatever port is free. Change: live."""
    cgi: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Commands that may be handed on to every camera of a vendor, by its name as in `door.vendor`:
    `cgi.dahua = ["GET /cgi-bin/magicBox.cgi?action=getDeviceType"]`. `*` stands for any plain value of a parameter. What no
    line names never reaches a camera. Change: live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraProxyOptions:
    """Section `[camera.NAME.proxy]`: what of this camera is handed on to other software."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    enabled: bool = True
    """Off: neither the proxy nor the restream know this camera. Change: live."""
    cgi: tuple[str, ...] = ()
    """Commands that may be handed on to this camera, beside those for its vendor in `[proxy]`. Change: live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestreamOptions:
    """Section `[restream]`: the cameras' video by RTSP for other software, without a second session on the camera."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    enabled: bool = False
    """Serve `rtsp://HOST:PORT/NAME` and `/NAME/sub`. It needs the secret `restream.password`. Change: live."""
    port: Annotated[int, Ge(0), Le(65_535)] = 8554
    """Port on every address of this machine; 0 takes a free one. Change: live."""
    user: str = "viewer"
    """Name to log in with. Change: live."""
    basic: bool = False
    """Take the password in clear text from other machines too, for software that knows nothing better; without it that
    is taken on this machine only. Change: live."""
    most: Annotated[int, Ge(1), Le(256)] = 32
    """How many connections at a time. Change: live."""
    most_per_address: Annotated[int, Ge(1), Le(256)] = 16
    """How many of them from one address. Change: live."""
