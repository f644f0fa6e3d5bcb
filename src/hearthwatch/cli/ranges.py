"""A camera and a time range as a person says them on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearthwatch.cli import options

if TYPE_CHECKING:
    from datetime import tzinfo

    from hearthwatch.kit.units import CameraId, WallUs
    from hearthwatch.run.places import Places

From = Annotated[str, typer.Option("--from", metavar="TIME", help="14:00, `yesterday 22:15`, `10m ago`, 2026-11-21T14:00")]
To = Annotated[str, typer.Option("--to", metavar="TIME", help="As --from, or `+5m` after it.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """What a person asked for; `now_us` is when."""

    house: Places
    camera: CameraId
    start_us: WallUs
    end_us: WallUs
    now_us: WallUs
    zone: tzinfo

    @property
    def words(self) -> tuple[str, str]:
        """From when to when."""
        from hearthwatch.cli.wording import shown

        return shown(self.start_us, self.zone), shown(self.end_us, self.zone)


def asked_range(config: Path | None, data: Path | None, camera: str, start: str, end: str) -> Range:
    from hearthwatch.cli.moments import end_moment, moment
    from hearthwatch.cli.wording import shown
    from hearthwatch.kit.clock import SystemClock
    from hearthwatch.kit.errors import ConfigFault
    from hearthwatch.run.zone import zone_of

    house = options.places(config, data)
    zone, now_us = zone_of(house.config), SystemClock().wall_us()
    name = options.known_camera(camera, house)
    start_us = moment(start, now_us, zone)
    end_us = end_moment(end, start_us, now_us, zone)
    if end_us <= start_us:
        raise ConfigFault(f"--to ({shown(end_us, zone)}) is not after --from ({shown(start_us, zone)})")
    return Range(house=house, camera=name, start_us=start_us, end_us=end_us, now_us=now_us, zone=zone)
