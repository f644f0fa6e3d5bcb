"""The house page's door, in memory: rules one can change, a schedule, latencies, and what left the house."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hearthwatch.alerts.route import RouteOptions
from hearthwatch.alerts.routing import way_fault
from hearthwatch.arming.arming import Mode
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.traffic import Sent
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.web.house_page_doors import Destination, LatencyRow, Outgoing, Plan, PlannedTime, Recipient, RuleRow, WayRow
from hearthwatch.web.release_doors import Heard, ReleaseNow

LABELS = ("person", "car", "dog", "cat")


class FakeHousePage:
    """Implements HousePageDoor."""

    def __init__(self, clock: Clock, names: Mapping[str, str]) -> None:
        self._now_us = clock.wall_us()
        self.heard: Heard | None = None
        self.routes: dict[str, RouteOptions] = {}
        self.rows = [
            RuleRow(
                camera=CameraId(camera),
                name=name,
                enabled=True,
                send_picture=camera == "front-door",
                send_clip=False,
                labels=LABELS,
                told={
                    mode: frozenset({"person", "dog", "cat"} if mode is Mode.AWAY else {"person"} if mode is Mode.HOME else ())
                    for mode in Mode
                },
                zones={mode: ("drive",) if camera == "driveway" and mode is Mode.HOME else () for mode in Mode},
                private=frozenset({Mode.HOME}) if camera == "garden" else frozenset(),
                times=("22:00-06:00",) if camera == "garage" else (),
                label_times={},
            )
            for camera, name in names.items()
        ]

    def rules(self) -> Sequence[RuleRow]:
        return tuple(self.rows)

    def recipients(self) -> Sequence[Recipient]:
        return (Recipient(channel="telegram:2000", who="Ada"), Recipient(channel="email", who="ada@example.org"))

    def ways(self) -> Sequence[WayRow]:
        return tuple(
            WayRow(way=way, kind=way.split(":")[0], who=who, is_used=True, route=self.routes.get(way, RouteOptions()))
            for way, who in (("email", ""), ("telegram:Ada", "Ada"))
        )

    async def set_way(self, way: str, route: RouteOptions, *, who: str) -> None:
        if way_fault(way):
            raise Unsupported(f"{way} {way_fault(way)}")
        self.routes[way] = route

    async def set_remind(self, camera: CameraId, remind_s: float, *, who: str) -> None:
        self.rows = [replace(row, remind_s=remind_s) if row.camera == camera else row for row in self.rows]

    def plan(self) -> Plan:
        return Plan(
            times=(
                PlannedTime(name="night", at="22:30", days=("mon", "tue", "wed", "thu", "fri", "sat", "sun"), mode="away"),
                PlannedTime(name="morning", at="06:30", days=("mon", "tue", "wed", "thu", "fri"), mode="auto"),
            ),
            next_name="night",
            next_us=WallUs(self._now_us + 3 * 3600 * US_PER_S),
            next_mode="away",
        )

    def latency(self) -> Sequence[LatencyRow]:
        return tuple(
            LatencyRow(
                channel=channel,
                part=part,
                count=count,
                decided_p50_ms=92.0,
                decided_p95_ms=180.0,
                handed_p50_ms=handed,
                handed_p95_ms=handed * 3,
                whole_p50_ms=92.0 + handed,
                whole_p95_ms=180.0 + handed * 3,
            )
            for channel, part, count, handed in (
                ("telegram:2000", "text", 148, 121.0),
                ("telegram:2000", "picture", 140, 660.0),
                ("email", "text", 148, 810.0),
            )
        )

    def outgoing(self) -> Outgoing:
        def sent(times: int, size: int | None, ago_s: int) -> Sent:
            return Sent(times=times, sent_bytes=size, last_us=WallUs(self._now_us - ago_s * US_PER_S))

        return Outgoing(
            since_us=WallUs(self._now_us - 26 * 3600 * US_PER_S),
            destinations=(
                Destination(
                    host="api.telegram.org",
                    purpose="alerts and commands by Telegram",
                    setting="alerts.telegram",
                    sent=sent(5120, 48_300_000, 12),
                    is_counted=True,
                ),
                Destination(
                    host="smtp.example.org",
                    purpose="alerts by e-mail",
                    setting="alerts.email",
                    sent=sent(148, 640_000, 3600),
                    is_counted=True,
                ),
                Destination(
                    host="the services in its URLs",
                    purpose="alerts by Apprise",
                    setting="alerts.apprise",
                    sent=sent(12, None, 3600),
                    is_counted=False,
                ),
                Destination(
                    host="nas.lan",
                    purpose="copies of footage",
                    setting="offsite.targets.nas",
                    sent=sent(9000, 41_000_000_000, 4),
                    is_counted=True,
                ),
                Destination(
                    host="hooks.example.org", purpose="alerts by webhook", setting="alerts.webhook", sent=None, is_counted=True
                ),
            ),
        )

    def release(self) -> ReleaseNow:
        return ReleaseNow(
            version="0.1.0",
            date="2026-11-22",
            schemas={"house.db": "0021", "index.db": "0005"},
            asks=False,
            may_ask=True,
            heard=self.heard,
        )

    async def ask_release(self) -> ReleaseNow:
        self.heard = Heard(
            at_us=self._now_us,
            version="0.2.0",
            date="2027-01-15",
            is_newer=True,
            security=True,
            notes=("Nodes and a hub.", "A stranger at the porch is told once."),
            page="https://example.org/hearthwatch/0.2.0",
            changes=(
                "house.db goes from schema 0021 to 0024 at the first start; from then on an older release refuses it, so make a backup before",
            ),
        )
        return self.release()

    async def set_rule(self, camera: CameraId, mode: Mode, label: str, *, told: bool, who: str) -> None:
        if mode is Mode.DISABLED or label not in LABELS:
            raise Unsupported("There is no such rule.")
        self.rows = [
            replace(row, told={**row.told, mode: row.told[mode] | {label} if told else row.told[mode] - {label}})
            if row.camera == camera
            else row
            for row in self.rows
        ]

    async def set_enabled(self, camera: CameraId, *, enabled: bool, who: str) -> None:
        self.rows = [replace(row, enabled=enabled) if row.camera == camera else row for row in self.rows]
