"""The switch in a camera's power line: a smart plug or a PoE port, switched by the web request the owner configured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import aiohttp

from hearthwatch.kit.errors import ConfigFault, Refused, Unreachable
from hearthwatch.kit.secrets import Secret

_TIMEOUT = aiohttp.ClientTimeout(total=15, connect=5)


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
    if not url.startswith(("http://", "https://")):
        raise ConfigFault("the address of the camera's power switch must begin with http:// or https://")
    headers = {"User-Agent": "Hearthwatch"}
    if authorization is not None:
        headers["Authorization"] = authorization.reveal()
    if body:
        headers["Content-Type"] = "application/json"
    method = "POST" if body else "GET"
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False) as session,
            session.request(method, url, data=body.encode() or None, headers=headers, allow_redirects=False) as answer,
        ):
            status = answer.status
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise Unreachable(f"the power switch cannot be reached ({type(error).__name__})") from None
    if not 200 <= status < 300:
        raise Refused(f"the power switch answered {status}: check its address and its password")
