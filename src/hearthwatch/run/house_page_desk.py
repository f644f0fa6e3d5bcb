"""The house page's desk: rules shown and changed, the schedule, latencies, and what left the house."""

from __future__ import annotations

import asyncio
import logging
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from hearthwatch.alerts import latency
from hearthwatch.alerts.route import RouteOptions
from hearthwatch.arming.arming import Mode
from hearthwatch.arming.schedule import following
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.traffic import TRAFFIC, Sent, Traffic
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.run import rule_matrix, way_matrix
from hearthwatch.run.config import DEMO, Config, load, read_text
from hearthwatch.run.release_desk import ReleaseDesk
from hearthwatch.run.zone import zone_of
from hearthwatch.web.doors import HouseNow
from hearthwatch.web.house_page_doors import Destination, LatencyRow, Outgoing, Plan, PlannedTime, Recipient, RuleRow, WayRow
from hearthwatch.web.release_doors import ReleaseNow

log = logging.getLogger(__name__)

_UNCOUNTED = frozenset({"camera.NAME.logins"})
"""The name server is asked by the system's own resolver."""


class HousePageDesk:
    """Implements HousePageDoor."""

    def __init__(
        self,
        reader: Engine,
        clock: Clock,
        *,
        config: Callable[[], Config],
        config_path: Path,
        house: Callable[[], HouseNow],
        person: Callable[[str], str],
        releases: ReleaseDesk,
        traffic: Traffic = TRAFFIC,
    ) -> None:
        """`person` names who reads a channel, "" where nobody knows."""
        self._reader = reader
        self._clock = clock
        self._config = config
        self._path = config_path
        self._house = house
        self._person = person
        self._releases = releases
        self._traffic = traffic
        self._since_us = clock.wall_us()

    def rules(self) -> Sequence[RuleRow]:
        """See HousePageDoor."""
        return rule_matrix.rows(self._config())

    def recipients(self) -> Sequence[Recipient]:
        """See HousePageDoor."""
        mails = ", ".join(self._config().alerts.email.to)
        return tuple(
            Recipient(channel=name, who=mails if name == "email" else self._person(name)) for name in self._house().channels
        )

    def ways(self) -> Sequence[WayRow]:
        """See HousePageDoor."""
        return way_matrix.rows(self._config(), self._house().channels, self._person)

    def plan(self) -> Plan:
        """See HousePageDoor."""
        config = self._config()
        schedule = config.arming.schedule
        due = following(schedule, self._clock.wall_us(), zone_of(config))
        return Plan(
            times=tuple(
                PlannedTime(name=name, at=one.at, days=tuple(day.value for day in one.days), mode=one.mode.value)
                for name, one in sorted(schedule.items(), key=lambda item: item[1].at)
            ),
            next_name=due.name if due else "",
            next_us=due.at_us if due else WallUs(0),
            next_mode=(due.mode.value if due.mode else "auto") if due else "",
        )

    def latency(self) -> Sequence[LatencyRow]:
        """See HousePageDoor."""
        with self._reader.connect() as connection:
            found = latency.took(connection)
        return tuple(
            LatencyRow(
                channel=one.channel,
                part=one.part.value,
                count=one.count,
                decided_p50_ms=one.decided.p50_ms,
                decided_p95_ms=one.decided.p95_ms,
                handed_p50_ms=one.handed.p50_ms,
                handed_p95_ms=one.handed.p95_ms,
                whole_p50_ms=one.whole.p50_ms,
                whole_p95_ms=one.whole.p95_ms,
            )
            for one in found
        )

    def outgoing(self) -> Outgoing:
        """See HousePageDoor. What was sent to a place that is configured no more is shown as well: it did leave the house."""
        counted = dict(self._traffic.now())
        found = []
        for each in self._house().outbound:
            sent = _taken(counted, each.setting, each.host)
            is_counted = each.setting not in _UNCOUNTED and (sent is None or sent.sent_bytes is not None)
            found.append(
                Destination(host=each.host, purpose=each.purpose, setting=each.setting, sent=sent, is_counted=is_counted)
            )
        shown = {each.setting for each in found} | {each.host for each in found}
        found += [
            Destination(host=way, purpose=_ONCE.get(way, "as it was configured before"), setting="", sent=sent, is_counted=True)
            for way, sent in counted.items()
            if way not in shown
        ]
        return Outgoing(since_us=self._since_us, destinations=tuple(found))

    def release(self) -> ReleaseNow:
        """See HousePageDoor."""
        return self._releases.now()

    async def ask_release(self) -> ReleaseNow:
        """See HousePageDoor."""
        return await self._releases.ask()

    async def set_rule(self, camera: CameraId, mode: Mode, label: str, *, told: bool, who: str) -> None:
        """See HousePageDoor."""
        await asyncio.to_thread(self._write, lambda config: rule_matrix.changed(config, camera, mode, label, told=told), camera)
        log.info("%s: %s at %s is %s in mode %s", who, label, camera, "told" if told else "not told", mode.value)

    async def set_enabled(self, camera: CameraId, *, enabled: bool, who: str) -> None:
        """See HousePageDoor."""
        await asyncio.to_thread(self._write, lambda _config: {("camera", str(camera), "alerts", "enabled"): enabled}, camera)
        log.info("%s: %s tells of %s", who, camera, "its visitors" if enabled else "no visitor")

    async def set_remind(self, camera: CameraId, remind_s: float, *, who: str) -> None:
        """See HousePageDoor."""
        await asyncio.to_thread(self._write, lambda _config: {("camera", str(camera), "alerts", "remind_s"): remind_s}, camera)
        log.info("%s: who stays at %s is told again after %.0f s", who, camera, remind_s)

    async def set_way(self, way: str, route: RouteOptions, *, who: str) -> None:
        """See HousePageDoor."""
        await asyncio.to_thread(self._write, lambda config: way_matrix.changed(config, way, route))
        log.info("%s: other alerts go by %s", who, way)

    def _write(self, values: Callable[[Config], Mapping[tuple[str, ...], Any]], camera: CameraId | None = None) -> None:
        from hearthwatch.run.config_file import set_values  # megabytes of a TOML editor, for once in a while

        found = dict(values(load(self._path)))
        if found:
            set_values(self._path, {**(demo_lines(camera, self._path) if camera else {}), **found})


def demo_lines(camera: CameraId, path: Path) -> dict[tuple[str, ...], Any]:
    """Return what must be written beside the first setting of the demo camera, which stands in no file."""
    if tomllib.loads(read_text(path)).get("camera"):
        return {}
    return {("camera", str(camera), key): value for key, value in DEMO.get(camera, {}).items()}


_ONCE = {"detect": "the detection model, once, when you asked for it", "connectivity": "looks whether the way out works"}


def _taken(counted: Mapping[str, Sent], setting: str, host: str) -> Sent | None:
    return counted.get(setting) or counted.get(host)
