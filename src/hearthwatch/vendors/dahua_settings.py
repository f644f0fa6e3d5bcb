"""The settings of a Dahua or Amcrest camera, read as a whole and written by name."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from hearthwatch.kit.errors import BadReply, Unsupported
from hearthwatch.vendors import dahua_config
from hearthwatch.vendors.dahua_cgi import DahuaCgi
from hearthwatch.vendors.device import Setting


class DahuaSettings:
    def __init__(self, cgi: DahuaCgi) -> None:
        self._cgi = cgi

    async def all(self) -> tuple[Setting, ...]:
        """See ConfigExport. Where there is no whole backup, what is known by name."""
        step = "reading the settings"
        try:
            found = await self._cgi.read(
                "Config.backup", {"action": "All"}, step, dahua_config.backup_settings, dahua_config.MAX_BACKUP_BYTES
            )
        except Unsupported:
            found = await self._known()
            if not found:
                raise
        return tuple(sorted(found, key=lambda setting: setting.key))

    async def _known(self) -> tuple[Setting, ...]:
        found: list[Setting] = []
        for name in dahua_config.NAMES:
            with contextlib.suppress(Unsupported):
                found += await self.section(name)
        return tuple(found)

    async def section(self, name: str) -> tuple[Setting, ...]:
        """Return one of its tables."""
        return dahua_config.table_settings(await self._cgi.table(name))

    async def set(self, settings: Sequence[Setting]) -> None:
        """See ConfigImport. Secret values are written but not compared: cameras answer those masked."""
        for pairs in dahua_config.set_queries(settings):
            await self._cgi.do("configManager.cgi", {"action": "setConfig", **pairs}, "writing settings")
        kept: dict[str, str] = {}
        for name in dict.fromkeys(setting.key.split(".", 1)[0].split("[", 1)[0] for setting in settings):
            kept |= {one.key: one.value for one in await self.section(name)}
        other = [one.key for one in settings if not one.is_secret and kept.get(one.key) != one.value]
        if other:
            shown = ", ".join(other[:5]) + (" and more" if len(other) > 5 else "")
            raise BadReply(f"{self._cgi.http.name}: the camera said OK and did not keep {shown}")
