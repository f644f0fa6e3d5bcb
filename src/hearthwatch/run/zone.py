"""Which zone the times are in that a person reads and writes."""

from __future__ import annotations

from datetime import UTC, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from hearthwatch.run.config import Config


def zone_of(config: Config) -> tzinfo:
    """Return the configured zone, else the machine's own."""
    if config.home.timezone:
        return ZoneInfo(config.home.timezone)
    try:
        with Path("/etc/localtime").open("rb") as file:
            return ZoneInfo.from_file(file, key="localtime")
    except (OSError, ValueError):
        return UTC
