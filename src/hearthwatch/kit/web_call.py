"""One request to a web address the owner configured, such as that of a smart plug or of another house's automation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hearthwatch.kit.errors import BadReply, ConfigFault, Refused, Unreachable
from hearthwatch.kit.late import late
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.traffic import TRAFFIC, request_bytes

if TYPE_CHECKING:
    import aiohttp
else:
    aiohttp = late("aiohttp")


async def call(url: str, *, method: str, body: str, authorization: Secret | None, what: str) -> None:
    """Ask `url` once, follow no redirect; `what` names it in errors. `body` goes out as JSON where it is some, else as text.

    Raises ConfigFault, Refused and Unreachable, none of which names the address."""
    if not url.startswith(("http://", "https://")):
        raise ConfigFault(f"the address of {what} must begin with http:// or https://")
    headers = {"User-Agent": "Hearthwatch"}
    if authorization is not None:
        headers["Authorization"] = authorization.reveal()
    if body:
        headers["Content-Type"] = "application/json" if _is_json(body) else "text/plain; charset=utf-8"
    TRAFFIC.sent(urlsplit(url).hostname or "", request_bytes(method, url, headers, len(body.encode())))
    timeout = aiohttp.ClientTimeout(total=15, connect=5)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False) as session,
            session.request(method, url, data=body.encode() or None, headers=headers, allow_redirects=False) as answer,
        ):
            status = answer.status
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise Unreachable(f"{what} cannot be reached ({type(error).__name__})") from None
    if status >= 500:
        raise Unreachable(f"{what} answered {status}: it has a trouble of its own")
    if not 200 <= status < 300:
        raise Refused(f"{what} answered {status}: check its address and its password")


async def fetch(url: str, *, most_bytes: int, way: str, what: str) -> bytes:
    """Return what lies at `url`, asked once without any word of who asks, following no redirect.

    `what` names it in errors, `way` is what it counts as (see kit.traffic). Raises ConfigFault, Refused, Unreachable, and
    BadReply for more than `most_bytes`."""
    if not url.startswith(("http://", "https://")):
        raise ConfigFault(f"the address of {what} must begin with http:// or https://")
    headers = {"User-Agent": "Hearthwatch", "Accept": "*/*"}
    TRAFFIC.sent(way, request_bytes("GET", url, headers))
    timeout = aiohttp.ClientTimeout(total=30, connect=10)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False) as session,
            session.get(url, headers=headers, allow_redirects=False) as answer,
        ):
            if answer.status != 200:
                raise Refused(f"{what} is not there: its server answered {answer.status}")
            found = bytearray()
            async for piece in answer.content.iter_chunked(16 * 1024):
                found += piece
                if len(found) > most_bytes:
                    raise BadReply(f"{what} is far longer than it can be: somebody else answered")
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise Unreachable(f"{what} cannot be reached ({type(error).__name__})") from None
    return bytes(found)


def _is_json(body: str) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True
