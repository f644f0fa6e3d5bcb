"""The settings of a Foscam HD camera: read and written in groups, each with commands of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hearthwatch.kit.errors import BadReply, Refused, Unsupported
from hearthwatch.vendors import foscam_hd_config, foscam_hd_reply
from hearthwatch.vendors.device import Setting
from hearthwatch.vendors.foscam_hd_cgi import FoscamHdCgi


class FoscamHdSettings:
    """`time_pairs` tells the time of now as `setSystemTime` wants it."""

    def __init__(self, cgi: FoscamHdCgi, *, time_pairs: Callable[[], Mapping[str, str]]) -> None:
        self._cgi = cgi
        self._time_pairs = time_pairs

    async def all(self) -> tuple[Setting, ...]:
        """See ConfigExport. What a model lacks is left out; a camera that refuses the first, which all have, refuses us."""
        found: list[Setting] = []
        for name in foscam_hd_config.NAMES:
            try:
                found += await self._group(name)
            except (Refused, Unsupported, BadReply):
                if not found:
                    raise
        return tuple(sorted(found, key=lambda setting: setting.key))

    async def _group(self, name: str) -> tuple[Setting, ...]:
        said = await self._cgi.fields(foscam_hd_config.getter(name), f"reading the settings {name}")
        return foscam_hd_reply.settings(said, name)

    async def section(self, name: str) -> tuple[Setting, ...]:
        """As `_group`, for a group that this model may lack: cameras answer what they do not know in several ways."""
        try:
            return await self._group(name)
        except (Refused, BadReply) as error:
            await self._cgi.fields("getDevInfo", "asking who it is")  # tells a model without it from us being refused
            raise Unsupported(str(error)) from error

    async def set(self, settings: Sequence[Setting]) -> None:
        """See ConfigImport. Groups are written whole, what may cut us off last. Secret values are written but not compared."""
        groups: dict[str, list[Setting]] = {}
        for one in settings:
            groups.setdefault(foscam_hd_config.group_of(one.key), []).append(one)
        other: list[str] = []
        for name in foscam_hd_config.ordered(tuple(groups)):
            step = f"writing the settings {name}"
            now = await self._cgi.fields(foscam_hd_config.getter(name), step)
            with self._cgi.http.named(step):
                commands = list(foscam_hd_config.set_commands(name, now, groups[name], self._time_pairs()))
            for command, pairs in commands:
                await self._cgi.fields(command, step, pairs)
            kept = {one.key: one.value for one in await self._group(name)}
            other += [one.key for one in groups[name] if not one.is_secret and kept.get(one.key) != one.value]
        if other:
            shown = ", ".join(other[:5]) + (" and more" if len(other) > 5 else "")
            raise BadReply(f"{self._cgi.http.name}: the camera said yes and did not keep {shown}")
