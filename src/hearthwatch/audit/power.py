"""The switch in a camera's power line: a smart plug or a PoE port, switched by the web request the owner configured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.web_call import call


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerOptions:
    """Section `[camera.NAME.power]`: how its smart plug or PoE port is switched."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    off_url: str = ""
    """Address that switches the camera's power off, `http://192.168.1.60/relay/0?turn=off`; empty: there is no such switch.
    A header `Authorization` is sent when the secret `camera.NAME.power.authorization` holds one. Change: live."""
    on_url: str = ""
    """Address that switches it on again. Change: live."""
    off_body: str = ""
    """JSON sent to `off_url` by POST; empty: it is asked by GET. Change: live."""
    on_body: str = ""
    """JSON sent to `on_url` by POST; empty: it is asked by GET. Change: live."""


async def press(url: str, body: str, authorization: Secret | None) -> None:
    """Ask `url` once, follow no redirect. Raises ConfigFault, Refused and Unreachable, none of which names the address."""
    await call(url, method="POST" if body else "GET", body=body, authorization=authorization, what="the power switch")
