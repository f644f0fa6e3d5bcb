"""Switching what a camera offers, by settings that are written and read back: the same for every family but for the names."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from hearthwatch.kit.errors import BadReply, Refused, Unsupported
from hearthwatch.vendors.capability import Service
from hearthwatch.vendors.device import Access, Setting

ReadSection = Callable[[str], Awaitable[Sequence[Setting]]]
"""Returns the settings of one section; Unsupported when the camera has none of this name."""
WriteSettings = Callable[[Sequence[Setting]], Awaitable[None]]
"""Writes and reads back: `ConfigImport.set`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """One switch: every setting of `section` whose key matches `keys`.

    `sections` are tried in this order, the first that the camera has counts. `on` None: it can be switched off only.
    """

    sections: tuple[str, ...]
    keys: str
    on: str | None
    off: str

    @staticmethod
    def true_false(section: str, key: str) -> Switch:
        return Switch(sections=(section,), keys=re.escape(key), on="true", off="false")

    @staticmethod
    def one_zero(section: str, key: str) -> Switch:
        return Switch(sections=(section,), keys=re.escape(key), on="1", off="0")

    def found(self, settings: Sequence[Setting]) -> tuple[Setting, ...]:
        return tuple(one for one in settings if re.fullmatch(self.keys, one.key))

    def is_off(self, setting: Setting) -> bool:
        return setting.value.strip().lower() == self.off.lower()


class Switches:
    """The switches of one camera."""

    def __init__(
        self,
        table: Mapping[Service, Switch],
        *,
        access: Callable[[], Access],
        read: ReadSection,
        write: WriteSettings,
    ) -> None:
        self._table = table
        self._access = access
        self._read = read
        self._write = write

    @property
    def services(self) -> frozenset[Service]:
        return frozenset(self._table)

    async def is_on(self, service: Service) -> bool:
        """See Fix. Where several settings belong to it, one that is on counts."""
        switch = self._switch(service)
        return not all(switch.is_off(one) for one in await self._settings(switch, service))

    async def switch(self, service: Service, *, on: bool) -> None:
        """See Fix."""
        switch = self._switch(service)
        value = switch.on if on else switch.off
        if value is None:
            raise Unsupported(
                f"{self._where()}: {service} needs more data than on or off; switch it on in the camera's own page"
            )
        if not on and service is (Service.HTTPS if self._access().tls else Service.HTTP):
            raise Unsupported(f"{self._where()}: we come in by {service} ourselves, and would be locked out")
        wanted = [_with(one, value) for one in await self._settings(switch, service)]
        await self._write(wanted)

    async def switch_off(self, switches: Sequence[Switch]) -> tuple[Setting, ...]:
        """Switch off what is on of `switches`; return how it was. What the camera has not is left out.

        One that fails does not keep the others on; BadReply then says which.
        """
        found: dict[str, dict[str, tuple[Setting, str]]] = {}
        for switch in switches:
            for one in await self._found(switch):
                if not switch.is_off(one):
                    found.setdefault(one.key.partition(".")[0], {}).setdefault(one.key, (one, switch.off))
        before: list[Setting] = []
        still_on: list[str] = []
        for settings in found.values():
            try:
                await self._write([_with(one, off) for one, off in settings.values()])
            except (BadReply, Refused, Unsupported):
                still_on += settings
            else:
                before += [one for one, _ in settings.values()]
        if still_on:
            shown = ", ".join(still_on[:5]) + (" and more" if len(still_on) > 5 else "")
            stopped = f"{len(before)} others were stopped" if before else "nothing was stopped"
            raise BadReply(f"{self._where()}: the camera does not switch off {shown}; {stopped}")
        return tuple(before)

    def _switch(self, service: Service) -> Switch:
        if service not in self._table:
            raise Unsupported(f"{self._where()}: {service} cannot be switched from here on cameras of this make")
        return self._table[service]

    async def _settings(self, switch: Switch, service: Service) -> tuple[Setting, ...]:
        found = await self._found(switch)
        if not found:
            raise Unsupported(f"{self._where()}: this model has no switch for {service}, or does not tell us")
        return found

    async def _found(self, switch: Switch) -> tuple[Setting, ...]:
        for section in switch.sections:
            try:
                settings = await self._read(section)
            except Unsupported:
                continue
            if found := switch.found(settings):
                return found
        return ()

    def _where(self) -> str:
        access = self._access()
        return f"{access.camera} at {access.host}"


def _with(setting: Setting, value: str) -> Setting:
    return Setting(key=setting.key, value=value, is_secret=False)
