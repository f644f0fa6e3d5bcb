"""Reading and writing a Reolink camera's settings, section by section: it has no backup document."""

from __future__ import annotations

from collections.abc import Sequence

from hearthwatch.kit.errors import BadReply, Unsupported
from hearthwatch.vendors import reolink_config
from hearthwatch.vendors.device import Setting
from hearthwatch.vendors.reolink_api import Command, ReolinkApi
from hearthwatch.vendors.reolink_config import Section
from hearthwatch.vendors.reolink_reply import failure

_BATCH = 12
_CUTTING_OFF = frozenset({"NetPort", "LocalLink", "Wifi", "CertificateInfo"})


class ReolinkSettings:
    def __init__(self, api: ReolinkApi) -> None:
        self._api = api
        self._http = api.http

    async def read(self, channels: int) -> tuple[Setting, ...]:
        """Return everything known by name, sorted by key; nothing when one section fails: half a copy would look like drift."""
        step = "reading the settings"
        wanted = reolink_config.sections(channels)
        found, lacking = await self._read(wanted, step)
        older = [
            Section(name=reolink_config.NEWER[one.name], channel=one.channel)
            for one in lacking
            if one.name in reolink_config.NEWER
        ]
        more, _ = await self._read(older, step)
        if not found and not more:
            raise Unsupported(f"{self._http.name}, {step}: the camera tells none of them to this user")
        return tuple(sorted((*found, *more), key=lambda setting: setting.key))

    async def _read(self, wanted: Sequence[Section], step: str) -> tuple[list[Setting], list[Section]]:
        """Return the settings of those that the camera has, and those that it has not."""
        found: list[Setting] = []
        lacking: list[Section] = []
        for at in range(0, len(wanted), _BATCH):
            batch = wanted[at : at + _BATCH]
            commands = [Command(name=f"Get{one.name}", param=one.param) for one in batch]
            for section, answer in zip(batch, await self._api.ask(commands, step), strict=True):
                with self._http.named(step):
                    if not answer.code:
                        found += reolink_config.section_settings(section, answer.value)
                    elif answer.is_lacking:
                        lacking.append(section)
                    else:
                        raise failure(answer, f"{step} {section.prefix}")
        return found, lacking

    async def section(self, prefix: str) -> tuple[Setting, ...]:
        """Return the settings of one section, `NetPort` or `EmailV20[0]`; Unsupported when the camera has none."""
        section = reolink_config.section_of(f"{prefix}.")
        step = f"reading the settings {prefix}"
        value = await self._api.value(Command(name=f"Get{section.name}", param=section.param), step)
        with self._http.named(step):
            return reolink_config.section_settings(section, value)

    async def write(self, settings: Sequence[Setting]) -> None:
        """Write and read back, last what may cut us off. Unsupported, and nothing written, for a name that no camera has."""
        sections: dict[Section, list[Setting]] = {}
        for one in settings:
            sections.setdefault(reolink_config.section_of(one.key), []).append(one)
        other: list[str] = []
        for section in sorted(sections, key=lambda one: one.name in _CUTTING_OFF):
            wanted = sections[section]
            step = f"writing the settings {section.prefix}"
            read = Command(name=f"Get{section.name}", param=section.param)
            value = await self._api.value(read, step)
            with self._http.named(step):
                param = reolink_config.set_param(section, value, wanted)
            await self._api.value(Command(name=f"Set{section.name}", param=param), step)
            value = await self._api.value(read, step)
            kept = {one.key: one.value for one in reolink_config.section_settings(section, value)}
            other += [one.key for one in wanted if not one.is_secret and kept.get(one.key) != one.value]
        if other:
            shown = ", ".join(other[:5]) + (" and more" if len(other) > 5 else "")
            raise BadReply(f"{self._http.name}: the camera said OK and did not keep {shown}")
