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
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks of reverse proxies whose X-Forwarded-For, -Proto and -Host are believed (docs/reverse-proxy.md).
    Change: restart."""
    behind_proxy: bool = False
    """Open the plain-HTTP port on every address, for those reverse proxies alone: whoever else comes that way is refused.
    For a proxy on another machine or in another container. Change: restart."""
    certificate: str = ""
    """File with a certificate of your own, in PEM, followed by those between it and its authority; empty means the one that
    Hearthwatch makes. A file that changes is taken up at once. Change: restart."""
    key: str = ""
    """File with the key of `certificate`, in PEM and without a passphrase; empty means that both are in one file.
    Change: restart."""
