"""The door onto the house as a whole: which rule tells what, the schedule, how fast alerts were, and what left the house."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from hearthwatch.alerts.route import RouteOptions
from hearthwatch.arming.arming import Mode
from hearthwatch.kit.traffic import Sent
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.web.release_doors import ReleaseNow


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """What one camera tells of: `told` are the labels in each mode, `labels` all there could be. `times` are those of the week
    at which it tells, none for always; `label_times` those of single labels. `zones` limit a mode to some of its zones.
    `remind_s`: who stays is told again after so long, 0 for never."""

    camera: CameraId
    name: str
    enabled: bool
    send_picture: bool
    send_clip: bool
    labels: tuple[str, ...]
    told: Mapping[Mode, frozenset[str]]
    zones: Mapping[Mode, tuple[str, ...]]
    private: frozenset[Mode]
    times: tuple[str, ...]
    label_times: Mapping[str, tuple[str, ...]]
    remind_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who hears of alerts by one channel; `who` is empty where nobody can know."""

    channel: str
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WayRow:
    """A way alerts can take (see alerts.routing) and what goes by it; `who` is the person it is of, "" for all. `is_used`:
    there is such a channel now."""

    way: str
    kind: str
    who: str
    is_used: bool
    route: RouteOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTime:
    name: str
    at: str
    days: tuple[str, ...]
    mode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The schedule of the week; `next_*` is what comes first, `next_us` 0 for nothing. The mode `auto` hands the house back to
    presence."""

    times: tuple[PlannedTime, ...]
    next_name: str
    next_us: WallUs
    next_mode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyRow:
    """Milliseconds of the last `count` parts a channel took, median and 95th percentile: picture to alert, alert to the
    service's yes, and the whole."""

    channel: str
    part: str
    count: int
    decided_p50_ms: float
    decided_p95_ms: float
    handed_p50_ms: float
    handed_p95_ms: float
    whole_p50_ms: float
    whole_p95_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """One place outside this box that the configuration makes us talk to; `sent` is None where nothing was sent yet, and
    `is_counted` False where this house cannot count."""

    host: str
    purpose: str
    setting: str
    sent: Sent | None
    is_counted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    since_us: WallUs
    destinations: tuple[Destination, ...]


class HousePageDoor(Protocol):
    def rules(self) -> Sequence[RuleRow]: ...

    def recipients(self) -> Sequence[Recipient]: ...

    def ways(self) -> Sequence[WayRow]: ...

    def plan(self) -> Plan: ...

    def latency(self) -> Sequence[LatencyRow]: ...

    def outgoing(self) -> Outgoing: ...

    def release(self) -> ReleaseNow:
        """Return what runs and what was heard of a newer one; asks nobody."""
        ...

    async def ask_release(self) -> ReleaseNow:
        """Ask once whether there is a newer one; what went wrong stands in the answer."""
        ...

    async def set_rule(self, camera: CameraId, mode: Mode, label: str, *, told: bool, who: str) -> None:
        """Have one label of one camera told in one mode, or not, in the configuration file. Raises Unsupported for what there
        is not, ConfigFault, StorageFailed."""
        ...

    async def set_enabled(self, camera: CameraId, *, enabled: bool, who: str) -> None:
        """Have the camera tell of its visitors at all, or not. Raises as `set_rule`."""
        ...

    async def set_remind(self, camera: CameraId, remind_s: float, *, who: str) -> None:
        """Have the camera tell again of who stays, after so long; 0 for never. Raises as `set_rule`."""
        ...

    async def set_way(self, way: str, route: RouteOptions, *, who: str) -> None:
        """Have exactly `route` go by a way, in the configuration file. Raises as `set_rule`."""
        ...
