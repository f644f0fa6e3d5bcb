"""Push: alerts as notifications of a browser or phone, which nobody on the way can read."""

from __future__ import annotations

from collections import OrderedDict
from typing import Protocol

from hearthwatch.alerts.alert import Alert, AlertId, Part
from hearthwatch.alerts.push_device import PushDevice
from hearthwatch.alerts.push_line import Gone, PushLine
from hearthwatch.alerts.push_message import handling, message, room_bytes
from hearthwatch.kit.errors import Unsupported

_KEPT = 256


class PushKeeper(Protocol):
    """Who knows the devices and their people."""

    def may_see(self, device: PushDevice, alert: Alert) -> bool:
        """Tell whether the device's person may know of this; from memory."""
        ...

    def person(self, device: PushDevice) -> str:
        """Return what the device's person is called, "" for nobody known; from memory."""
        ...

    async def may_see_now(self, device: PushDevice, alert: Alert) -> bool:
        """The same as it is kept at this moment; False for a device that was removed."""
        ...

    async def smaller(self, alert: Alert, jpeg: bytes, max_bytes: int) -> bytes:
        """Return a picture of at most that many bytes, empty when none can be made."""
        ...

    async def was_sent(self, device: PushDevice) -> None:
        """Its push service took something."""
        ...

    async def is_gone(self, device: PushDevice) -> None:
        """It will never take anything again."""
        ...


class PushChannel:
    """The channel of one device: the text first, then the same once more with a picture, in its place."""

    parts = frozenset({Part.TEXT, Part.PICTURE})

    def __init__(self, device: PushDevice, line: PushLine, keeper: PushKeeper) -> None:
        self.device = device
        self.line = line
        line.join()
        self._keeper = keeper
        self._told: OrderedDict[AlertId, None] = OrderedDict()

    @property
    def name(self) -> str:
        return f"push:{self.device.id}"

    @property
    def person(self) -> str:
        """See Personal."""
        return self._keeper.person(self.device)

    def takes(self, alert: Alert, part: Part) -> bool:
        """See Choosing: its pictures are encrypted end to end, so the owner's word about pictures that leave does not bind."""
        return part in self.parts and self._keeper.may_see(self.device, alert)

    def can_amend(self, alert: AlertId) -> bool:
        """See Amending."""
        return alert in self._told

    async def send(self, alert: Alert, part: Part, attachment: bytes | None, *, repeat: bool) -> None:
        """See Channel."""
        if part not in self.parts:
            raise Unsupported(f"a notification carries no {part}")
        if not await self._keeper.may_see_now(self.device, alert):
            raise Unsupported("this device's person may not see it")
        is_picture = part is Part.PICTURE
        small = await self._keeper.smaller(alert, attachment, room_bytes(alert)) if is_picture and attachment else b""
        plain = message(alert, is_quiet=is_picture or alert.id in self._told, repeat=repeat, jpeg=small, shows=is_picture)
        try:
            await self.line.post(self.device, plain, handling(alert))
        except Gone:
            await self._keeper.is_gone(self.device)
            raise
        self._told[alert.id] = None
        while len(self._told) > _KEPT:
            self._told.popitem(last=False)
        await self._keeper.was_sent(self.device)

    async def close(self) -> None:
        """The last one to go closes the line."""
        await self.line.leave()
