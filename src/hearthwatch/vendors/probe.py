"""What a stranger without a password sees of a camera: which ports are open, its certificate, whether it answers anyhow.

Plain connections and one harmless request; nothing is tried out that could open, confuse or lock a camera.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import random
import ssl
from collections.abc import Iterable

from hearthwatch.kit.address import resolve
from hearthwatch.kit.errors import HearthwatchError, Refused, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.vendors.device import Access
from hearthwatch.vendors.http import CameraHttp, LogIn

_CONNECT_S = 2.0
_REPLY_BYTES = 64 << 10


class Probe:
    def __init__(self, *, rng: random.Random) -> None:
        self._rng = rng

    async def open_ports(self, access: Access, ports: Iterable[int]) -> dict[int, bool]:
        """Return of each port whether it takes a connection; those that cannot be told are left out. An address of this very
        machine tells nothing about a camera: then there are none. Raises Unreachable when the name is not known."""
        if access.allow_loopback:
            return {}
        ip, _ = await asyncio.to_thread(resolve, access.host, access.port, allow_loopback=False)
        found: dict[int, bool] = {}
        for port in ports:  # one after the other: many at once look like an attack to the camera
            with contextlib.suppress(OSError):
                found[port] = await is_open(ip, port)
        return found

    async def certificate(self, access: Access) -> bytes | None:
        """Return the certificate (DER) of the camera's page; None when it shows none. Raises Unreachable, Unsupported."""
        ip, port = await asyncio.to_thread(resolve, access.host, access.port or 443, access.allow_loopback)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        try:
            async with asyncio.timeout(_CONNECT_S * 2):
                _, writer = await asyncio.open_connection(ip, port, ssl=context, server_hostname="")
        except (OSError, TimeoutError):
            return None
        try:
            shown = writer.get_extra_info("ssl_object")
            return None if shown is None else shown.getpeercert(binary_form=True)
        finally:
            writer.close()

    async def answers_anybody(self, access: Access, target: str, mark: bytes) -> bool | None:
        """Ask for `target` without a log-in; True when the answer holds `mark`. None: it could not be tried."""
        stranger = dataclasses.replace(access, user="", password=Secret(""))
        http = CameraHttp(stranger, rng=self._rng, log_in=LogIn.NONE, timeout_s=_CONNECT_S * 2)
        try:
            reply = await http.get(target, step="asking without a password", limit_bytes=_REPLY_BYTES)
        except (Refused, Unsupported):
            return False
        except HearthwatchError:
            return None
        finally:
            await http.close()
        return mark in reply.body


async def is_open(ip: str, port: int) -> bool:
    """Return whether the port takes a connection. Raises OSError when that cannot be told."""
    try:
        async with asyncio.timeout(_CONNECT_S):
            _, writer = await asyncio.open_connection(ip, port)
    except (ConnectionRefusedError, TimeoutError):
        return False
    writer.close()
    return True
