"""Passwords that were being changed when something broke off: found again, held back from use, and settled."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from hearthwatch.audit import passwords
from hearthwatch.audit.house import Keyring
from hearthwatch.audit.password_change import PasswordChange
from hearthwatch.kit.errors import HearthwatchError, Refused, Unsupported
from hearthwatch.kit.units import CameraId

log = logging.getLogger(__name__)

_LOOK_S = 5.0
_AGAIN_S = 30.0


class Unsettled:
    """`load` before anybody asks a camera; `run` until cancelled. Both passwords are tried once each, and after a refusal not
    again before the next start: cameras lock accounts."""

    def __init__(
        self,
        change: PasswordChange,
        keyring: Keyring,
        at_work: Callable[[CameraId], asyncio.Lock],
        tell: Callable[[CameraId, str, str], Awaitable[None]],
        *,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._change = change
        self._keyring = keyring
        self._at_work = at_work
        self._tell = tell
        self._pause = pause
        self._given_up: set[str] = set()
        self._cameras: frozenset[CameraId] = frozenset()

    def why_held(self, camera: CameraId) -> str:
        """Return why nobody but a repair should log in to that camera now, "" when everybody may."""
        if camera in self._cameras and not self._at_work(camera).locked():
            return f"{camera}: its password was being changed; Hearthwatch first finds out which one holds"
        return ""

    async def load(self) -> None:
        """See what is pending. Raises StorageFailed."""
        self._cameras = frozenset(camera for camera, _, name in await self._pending() if name not in self._given_up)

    async def _pending(self) -> list[tuple[CameraId, str, str]]:
        found = []
        for name in await asyncio.to_thread(self._keyring.names):
            parts = name.split(".", 3)
            if len(parts) == 4 and parts[0] == "camera" and parts[2] == "pending":
                camera = CameraId(parts[1])
                if user := passwords.pending_user(camera, name):
                    found.append((camera, user, name))
        return found

    async def run(self) -> None:
        """Settle what is pending, now and whenever there is something; never returns. Raises StorageFailed."""
        while True:
            await self._pause(_AGAIN_S if await self.settle() else _LOOK_S)

    async def settle(self) -> bool:
        """Try once to settle everything; True when a camera did not answer."""
        waiting = False
        for camera, user, name in await self._pending():
            lock = self._at_work(camera)
            if name in self._given_up or lock.locked():
                continue
            try:
                async with lock:
                    changed = await self._change.settle(camera, user)
            except (Refused, Unsupported) as error:
                self._given_up.add(name)
                log.warning("%s: the password of %s is not settled: %s", camera, user, error)
                await self._tell(camera, f"The password of {user} was being changed. {error}", f"unsettled/{name}")
            except HearthwatchError as error:
                waiting = True
                log.debug("%s: the password of %s is not settled yet: %s", camera, user, error)
            else:
                log.info("%s: the %s password of %s works", camera, "new" if changed else "old", user)
        await self.load()
        return waiting
