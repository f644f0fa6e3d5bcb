"""Changing our own way into a camera - password, account name, address, ports - so that there is always a way back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

from hearthwatch.kit.address import resolve
from hearthwatch.kit.errors import BadReply, HearthwatchError, Refused, Unreachable, Unsupported
from hearthwatch.vendors.device import Access, DeviceIdentity
from hearthwatch.vendors.http import CameraHttp
from hearthwatch.vendors.network import Network, NetworkChange

T = TypeVar("T")

_TRIES = 30
_ANSWERS_WITHIN_S = 2.0


async def prove(http: CameraHttp, new: Access, ask: Callable[[], Awaitable[object]]) -> None:
    """Log in as `new` says from now on; when `ask`, which needs the log-in, is refused, as before, and the error goes on.

    After Unreachable nobody knows which of the two holds: the client goes on with `new`.
    """
    old = http.access
    http.use(new)
    try:
        await ask()
    except Refused:
        http.use(old)
        raise


class Mover:
    """Changes where a camera is found and follows it. `settle_s` passes between two attempts to find it again."""

    def __init__(
        self,
        http: CameraHttp,
        *,
        identity: Callable[[], Awaitable[DeviceIdentity]],
        network: Callable[[], Awaitable[Network]],
        settle_s: float,
    ) -> None:
        self._http = http
        self._identity = identity
        self._network = network
        self._settle_s = settle_s

    async def move(self, change: NetworkChange, write: Callable[[Network, Network], Awaitable[None]]) -> Access:
        """See NetworkControl. `write` gets the network as it is and as it shall be."""
        before = self._http.access
        after = change.follow(before)
        if change.touches_address and after.port != before.port:
            raise Unsupported(f"{self._http.name}: change its address and the port of its web page one after the other")
        key = (await self._identity()).key
        now = await self._network()
        wanted = change.applied(now)
        if change.fixes_address:
            wanted.check()
            await self._check_free(before, after)
        with contextlib.suppress(Unreachable):  # it may be gone before it could answer: whether it went, we see there
            await write(now, wanted)
        if change.is_dhcp:
            return before
        if after != before:
            await self._follow(before, after, key)
        kept = await self._patiently(self._network)
        if other := [name for name in change.names if getattr(kept, name) != getattr(wanted, name)]:
            raise BadReply(f"{self._http.name}: the camera said yes and did not keep {', '.join(other)}")
        return after

    async def _check_free(self, before: Access, after: Access) -> None:
        """Raises Unsupported, while nothing has changed, for an address where we could not follow."""
        await asyncio.to_thread(resolve, after.host, after.port, after.allow_loopback)
        if after.host == before.host:
            return
        with contextlib.suppress(OSError):
            async with asyncio.timeout(_ANSWERS_WITHIN_S):
                _, writer = await asyncio.open_connection(after.host, after.port)
            writer.close()
            raise Unsupported(f"{self._http.name}: another device answers at {after.host} already; choose a free address")

    async def _follow(self, before: Access, after: Access, key: str) -> None:
        self._http.use(after)
        with contextlib.suppress(HearthwatchError):
            if (await self._patiently(self._identity)).key == key:
                return
        self._http.use(before)
        try:
            await self._identity()
        except HearthwatchError as error:
            raise Unreachable(
                f"{self._http.name}: the camera answers neither there nor as {after.host}, port {after.port}; it may need "
                "some minutes, else look for it in your router"
            ) from error
        raise BadReply(f"{self._http.name}: the camera said yes and is still where it was")

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask until the camera is there: it may restart its network, or itself, for a change."""
        for _ in range(_TRIES):
            try:
                return await ask()
            except (Unreachable, BadReply, Unsupported):
                await asyncio.sleep(self._settle_s)
        return await ask()
