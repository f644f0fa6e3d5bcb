"""Webhook: each part of an alert as JSON by POST, signed when a secret is set.

`X-Hearthwatch-Signature: sha256=HEX` is the HMAC of the body by the secret; `Idempotency-Key` is the same on repeats.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING

from hearthwatch.alerts.alert import Alert, MaybeSent, Part, RetryAfter
from hearthwatch.alerts.options import WebhookOptions
from hearthwatch.alerts.wording import many_lines, one_line
from hearthwatch.kit.errors import ConfigFault, Refused, Unreachable, Unsupported
from hearthwatch.kit.late import late
from hearthwatch.kit.logs import hide
from hearthwatch.kit.traffic import TRAFFIC, request_bytes
from hearthwatch.kit.units import iso

if TYPE_CHECKING:
    import aiohttp
else:
    aiohttp = late("aiohttp")

_TRY_LATER = frozenset({408, 425, 429})


class WebhookChannel:
    """One address; redirects are not followed."""

    name = "webhook"
    parts = frozenset(Part) - {Part.ALBUM}

    def __init__(self, options: WebhookOptions, secret: str) -> None:
        """Raises ConfigFault for an address that is none."""
        if not options.url.startswith(("http://", "https://")):
            raise ConfigFault("alerts.webhook.url: must begin with http:// or https://")
        hide(options.url)
        if secret:
            hide(secret)
        self._url = options.url
        self._secret = secret.encode()
        self._session: aiohttp.ClientSession | None = None

    async def send(self, alert: Alert, part: Part, attachment: bytes | None, *, repeat: bool) -> None:
        """See Channel."""
        body = _body(alert, part, attachment, repeat=repeat)
        key = hashlib.sha256(f"{alert.id}/{part.value}/{alert.text}".encode(errors="replace")).hexdigest()[:32]
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        if self._secret:
            headers["X-Hearthwatch-Signature"] = "sha256=" + hmac.new(self._secret, body, hashlib.sha256).hexdigest()
        if self._session is None:
            connector = aiohttp.TCPConnector(keepalive_timeout=75)
            timeout = aiohttp.ClientTimeout(total=60, connect=8, sock_read=20)
            self._session = aiohttp.ClientSession(timeout=timeout, connector=connector)
        TRAFFIC.sent("alerts.webhook", request_bytes("POST", self._url, headers, len(body)))
        try:
            async with self._session.post(self._url, data=body, headers=headers, allow_redirects=False) as reply:
                status, retry_after = reply.status, reply.headers.get("Retry-After", "")
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, aiohttp.ClientPayloadError, TimeoutError) as error:
            if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
                raise Unreachable(f"the webhook cannot be reached ({type(error).__name__})") from error
            raise MaybeSent("the webhook broke off before it answered") from error
        except (aiohttp.ClientError, ValueError) as error:
            raise Unreachable(f"the webhook cannot be reached ({type(error).__name__})") from error
        _judge(status, retry_after)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()


def _judge(status: int, retry_after: str) -> None:
    if 200 <= status < 300:
        return
    if status in _TRY_LATER and retry_after.isdecimal():
        raise RetryAfter(f"the webhook asks us to wait {retry_after} s", float(retry_after))
    if status == 413:
        raise Unsupported("the webhook takes nothing this large")
    if status >= 500 or status in _TRY_LATER:
        raise Unreachable(f"the webhook answered {status}")
    raise Refused(f"the webhook answered {status}: check its address and what it expects")


def _body(alert: Alert, part: Part, attachment: bytes | None, *, repeat: bool) -> bytes:
    fields = {
        "alert": alert.id,
        "event": alert.event,
        "part": part.value,
        "repeat": repeat,
        "degraded": alert.degraded,
        "camera": alert.camera,
        "severity": alert.severity.value,
        "title": one_line(alert.title),
        "text": many_lines(alert.text, 8000),
        "at": iso(alert.at_us),
    }
    if attachment is not None:
        kind = "video/mp4" if part is Part.CLIP else "image/jpeg"
        fields |= {"content_type": kind, "content_base64": base64.b64encode(attachment).decode()}
    return json.dumps(fields).encode()
