"""Timelapses behind the page: none until a test makes a film."""

from __future__ import annotations

from datetime import UTC, timedelta

from hearthwatch.kit.units import to_datetime
from hearthwatch.web.timelapse_doors import Timelapse


class FakeTimelapses:
    """Implements TimelapseDoor."""

    def __init__(self, clock):
        self.clock = clock
        self.films = []

    def film(self, camera, path, days_ago=1):
        day = to_datetime(self.clock.wall_us(), UTC).date() - timedelta(days=days_ago)
        self.films.insert(0, Timelapse(camera=camera, day=day, size_bytes=path.stat().st_size, path=path))
        return day

    def of(self, camera):
        return [each for each in self.films if each.camera == camera]
