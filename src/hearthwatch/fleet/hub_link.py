"""A node's way to its hub: HTTPS with the node's certificate, at whichever of the hub's addresses answers."""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

import msgspec

from hearthwatch.fleet.authority import HUB_NAME
from hearthwatch.fleet.code import HubAddress
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, HearthwatchError, Refused, Unreachable
from hearthwatch.kit.late import late
from hearthwatch.kit.traffic import TRAFFIC, request_bytes
from hearthwatch.kit.units import to_datetime

if TYPE_CHECKING:
    import aiohttp
else:
    aiohttp = late("aiohttp")

T = TypeVar("T")

PREFIX = "/fleet/v1"
WAY = "node"
MAX_MESSAGE_BYTES = 512 * 1024
_CONNECT_S = 10.0
_ANSWER_S = 30.0
_ALIVE_S = 20.0
"""A line over which nothing came back for so long, and half as long again, is broken."""
_MAX_REPLY_BYTES = 1 << 20
_CLOCK_ERRORS = {9: "before", 10: "after"}
"""X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED of OpenSSL."""


class HubLink:
    """One node's connections; `close` when done. `addresses` may be changed at any time."""

    def __init__(self, context: ssl.SSLContext, addresses: tuple[HubAddress, ...], clock: Clock) -> None:
        self.addresses = addresses
        self._context = context
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None
        self._good: HubAddress | None = None

    @property
    def address(self) -> str:
        """The one that answered last, else the first."""
        known = self._good if self._good in self.addresses else None
        return str(known or next(iter(self.addresses), ""))

    async def close(self) -> None:
        """Let go of connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def show(self, context: ssl.SSLContext) -> None:
        """Use another certificate from now on."""
        self._context = context
        await self.close()

    async def call(self, method: str, path: str, *, data: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
        """Ask once and return a good answer's body. Raises Unreachable, and Refused when this house is not wanted there."""
        async with self.request(method, path, data=data, headers=headers) as answer:
            body = await answer.content.read(_MAX_REPLY_BYTES)
            while len(body) < _MAX_REPLY_BYTES and (more := await answer.content.read(_MAX_REPLY_BYTES - len(body))):
                body += more
            if answer.status >= 300:
                raise fault(answer.status, body, self.address)
            return body

    @contextlib.asynccontextmanager
    async def request(
        self,
        method: str,
        path: str,
        *,
        data: bytes | AsyncIterator[bytes] = b"",
        headers: Mapping[str, str] | None = None,
        answer_s: float | None = _ANSWER_S,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Ask for `path` (below /fleet/v1) and lend the answer, whatever its status. An iterator as `data` is tried at one
        address only. `answer_s` None waits for as long as it takes. Raises Unreachable."""
        given = dict(headers or {})
        if isinstance(data, bytes):
            TRAFFIC.sent(WAY, request_bytes(method, f"https://{self.address}{PREFIX}{path}", given, len(data)))

        async def ask(place: HubAddress) -> aiohttp.ClientResponse:
            return await self._opened().request(
                method,
                f"https://{place}{PREFIX}{path}",
                data=data or None,
                headers=given,
                timeout=aiohttp.ClientTimeout(total=None, connect=_CONNECT_S, sock_connect=_CONNECT_S, sock_read=answer_s),
                ssl=self._context,
                server_hostname=HUB_NAME,
                allow_redirects=False,
            )

        places = self._places()
        answer = await self._first(ask, places if isinstance(data, bytes) else places[:1])
        try:
            yield answer
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._silent(self.address, error) from None
        finally:
            answer.release()

    async def line(self) -> aiohttp.ClientWebSocketResponse:
        """Open a WebSocket to the hub's switchboard. Raises Unreachable and Refused."""

        async def dial(place: HubAddress) -> aiohttp.ClientWebSocketResponse:
            try:
                return await self._opened().ws_connect(
                    f"https://{place}{PREFIX}/line",
                    ssl=self._context,
                    server_hostname=HUB_NAME,
                    heartbeat=_ALIVE_S,
                    max_msg_size=MAX_MESSAGE_BYTES + 1,
                    timeout=aiohttp.ClientWSTimeout(ws_close=2.0),
                )
            except aiohttp.WSServerHandshakeError as error:
                raise fault(error.status, b"", str(place)) from None

        return await self._first(dial, self._places())

    async def _first(self, ask: Callable[[HubAddress], Awaitable[T]], places: Sequence[HubAddress]) -> T:
        """Return what the first address gives that answers."""
        said: Unreachable | None = None
        for place in places:
            try:
                async with asyncio.timeout(_CONNECT_S + _ANSWER_S):
                    found = await ask(place)
            except aiohttp.ClientConnectorCertificateError as error:
                said = self._of_certificate(place, error.certificate_error)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                said = said or self._silent(str(place), error)
            else:
                self._good = place
                return found
        raise said or Unreachable("no address of the hub is known: write it as `hub` in the section [node]")

    def _places(self) -> list[HubAddress]:
        """The one that answered last goes first."""
        return sorted(self.addresses, key=lambda place: place != self._good)

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=8, keepalive_timeout=30)
            self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)
        return self._session

    def _of_certificate(self, place: HubAddress, error: Exception) -> Unreachable:
        code = getattr(error, "verify_code", 0)
        if code in _CLOCK_ERRORS:
            now = to_datetime(self._clock.wall_us())
            return Unreachable(
                f"this machine's clock says {now:%d %B %Y, %H:%M} UTC, which is {_CLOCK_ERRORS[code]} the time the hub's "
                "certificate is good for: one of the two clocks is wrong. A Pi without a clock of its own has the time only "
                "after a time server answered (`timedatectl` shows it, `timedatectl set-ntp true` has it asked)"
            )
        return Unreachable(
            f"who answers at {place} is not the hub this house joined: another machine may have its address now, or somebody "
            "stands between"
        )

    @staticmethod
    def _silent(place: str, error: Exception) -> Unreachable:
        number = getattr(error, "errno", None)
        why = os.strerror(number) if number else "it took too long" if isinstance(error, TimeoutError) else ""
        return Unreachable(f"the hub at {place} does not answer ({why or type(error).__name__})")


def fault(status: int, body: bytes, place: str) -> HearthwatchError:
    """Return what an answer that is none means. The hub's own words are taken where it has some."""
    try:
        words = msgspec.json.decode(body, type=Problem).detail[:500] if body else ""
    except msgspec.MsgspecError:
        words = ""
    if status in {401, 403}:
        return Refused(words or f"the hub at {place} does not want this house any more")
    if status in {400, 404, 409, 413}:
        return BadReply(
            words or f"the hub at {place} did not understand what it was sent ({status}): it may be an older release"
        )
    return Unreachable(words or f"the hub at {place} answered {status}: it has a trouble of its own")


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What the hub says with a refusal."""

    detail: str
