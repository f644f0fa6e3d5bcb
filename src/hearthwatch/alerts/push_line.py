"""The line to push services: encrypts for one browser alone (RFC 8291), signs as this house (RFC 8292), posts (RFC 8030)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec

from hearthwatch.alerts.alert import MaybeSent, RetryAfter
from hearthwatch.alerts.options import PushOptions
from hearthwatch.alerts.push_address import endpoint_fault
from hearthwatch.alerts.push_device import PushDevice
from hearthwatch.alerts.push_message import Handling
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import Refused, Unreachable, Unsupported
from hearthwatch.kit.late import late
from hearthwatch.kit.logs import hide
from hearthwatch.kit.traffic import TRAFFIC, request_bytes
from hearthwatch.kit.units import US_PER_S

if TYPE_CHECKING:
    import aiohttp
else:
    aiohttp = late("aiohttp")

_TOKEN_S = 12 * 3600
_ASKED_S = 60.0


class Gone(Unsupported):
    """The browser does not take notifications from here any more."""


def new_key() -> str:
    """Return a new private key of a house, as it is kept in the secrets."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return _base64url(number.to_bytes(32, "big"))


class PushLine:
    """One house's way to all push services. Building it loads two libraries: not on the event loop."""

    def __init__(self, key: str, options: PushOptions, clock: Clock) -> None:
        """`key` is what `new_key` gave. Raises Refused for something else."""
        from py_vapid import Vapid02
        from pywebpush import WebPusher

        hide(key)
        try:
            self._vapid = Vapid02.from_raw(key.encode())
            public = self._vapid.public_key.public_numbers()
        except Exception as error:
            raise Refused(
                "the secret alerts.push.key is no key: delete it, and every device asks for notifications anew"
            ) from error
        self.public_key = _base64url(b"\x04" + public.x.to_bytes(32, "big") + public.y.to_bytes(32, "big"))
        self.key = key
        self.options = options
        self._users = 0
        self._pusher = WebPusher
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def post(self, device: PushDevice, plain: bytes, handling: Handling) -> None:
        """Have the service bring `plain` to the device, readable there alone.

        Raises Gone, RetryAfter, MaybeSent, Unreachable, Refused, Unsupported."""
        fault = endpoint_fault(device.endpoint, self.options.services)
        if fault:
            raise Unsupported(f"the push service of {device.name} is not used: {fault}")
        headers = {
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(handling.ttl_s),
            "Urgency": handling.urgency,
            "Topic": handling.topic,
            **self._signature(device.endpoint),
        }
        body = self._sealed(device, plain)
        TRAFFIC.sent("alerts.push", request_bytes("POST", device.endpoint, headers, len(body)))
        try:
            async with self._open().post(device.endpoint, data=body, headers=headers, allow_redirects=False) as reply:
                status, retry_after = reply.status, reply.headers.get("Retry-After", "")
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, aiohttp.ClientPayloadError, TimeoutError) as error:
            if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
                raise Unreachable(f"the push service cannot be reached ({type(error).__name__})") from None
            raise MaybeSent("the push service broke off before it answered") from None
        except (aiohttp.ClientError, ValueError) as error:
            raise Unreachable(f"the push service cannot be reached ({type(error).__name__})") from None
        _judge(status, retry_after)

    def join(self) -> None:
        """Somebody uses the line from now on."""
        self._users += 1

    async def leave(self) -> None:
        """Somebody uses it no more; with the last one its connections are closed."""
        self._users -= 1
        if self._users <= 0 and self._session is not None:
            session, self._session = self._session, None
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            from hearthwatch.alerts.push_resolver import PublicResolver

            vouched = [urlsplit(each).hostname or "" for each in self.options.services]
            connector = aiohttp.TCPConnector(resolver=PublicResolver(vouched), keepalive_timeout=75, ttl_dns_cache=300)
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=40, connect=8, sock_read=20),
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._session

    def _sealed(self, device: PushDevice, plain: bytes) -> bytes:
        keys = {"p256dh": _base64url(device.p256dh), "auth": _base64url(device.auth)}
        try:
            sealed = self._pusher({"endpoint": device.endpoint, "keys": keys}).encode(plain, content_encoding="aes128gcm")
            return bytes(sealed["body"])
        except Exception as error:
            raise Gone(f"what {device.name} gave us to encrypt with is no key") from error

    def _signature(self, endpoint: str) -> dict[str, str]:
        parts = urlsplit(endpoint)
        expires_s = self._clock.wall_us() // US_PER_S + _TOKEN_S
        origin = f"{parts.scheme}://{parts.netloc}"
        return dict(self._vapid.sign({"aud": origin, "exp": expires_s, "sub": self.options.contact}))


def _judge(status: int, retry_after: str) -> None:
    if 200 <= status < 300:
        return
    if status in {404, 410}:
        raise Gone("this device takes no notifications from here any more")
    if status == 429:
        seconds = float(retry_after) if retry_after.isdecimal() else _ASKED_S
        raise RetryAfter(f"the push service asks us to wait {seconds:.0f} s", seconds)
    if status in {401, 403}:
        raise Refused(
            f"the push service does not accept our key ({status}): check this machine's clock; else turn notifications off and "
            "on again on that device"
        )
    if status == 408 or status >= 500:
        raise Unreachable(f"the push service answered {status}: it has a trouble of its own")
    raise Unsupported(f"the push service does not take this notification ({status})")


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
