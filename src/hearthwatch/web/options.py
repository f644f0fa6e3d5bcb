"""WebOptions: section `[web]`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Le


@dataclass(frozen=True, slots=True, kw_only=True)
class WebOptions:
    """Section `[web]`: where the page is served and under which names."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    port: Annotated[int, Ge(0), Le(65535)] = 8080
    """Port for plain HTTP on this machine alone (127.0.0.1). Change: restart."""
    https_port: Annotated[int, Ge(0), Le(65535)] = 8443
    """Port for HTTPS on every address of this machine, opened once the house is claimed. Change: restart."""
    hosts: tuple[str, ...] = ()
    """More names the page may be reached under, e.g. `cams.example.org`; the machine's own name and addresses always work.
    Change: restart."""
    proxies: tuple[str, ...] = ()
    """Addresses of reverse proxies whose X-Forwarded-For and -Proto are believed. Change: restart."""
