"""The noun FarEvent: what the hub knows of an event of a house that joined it."""

from __future__ import annotations

from dataclasses import dataclass

from hearthwatch.events.event import EventKind
from hearthwatch.fleet.node import NodeId, SiteId
from hearthwatch.kit.units import CameraId, WallUs


@dataclass(frozen=True, slots=True, kw_only=True)
class FarEvent:
    """An event of any house of the hub as its newest letter said it; `picture`: the node has one."""

    node: NodeId
    site: SiteId
    id: str
    camera: CameraId
    kind: EventKind
    label: str
    start_us: WallUs
    end_us: WallUs | None
    score: float
    zones: tuple[str, ...]
    picture: bool
    reviewed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FarQuery:
    """Which events, newest first. None and empty: any. `sites` are those the person may see."""

    sites: frozenset[SiteId] | None = None
    nodes: frozenset[NodeId] | None = None
    cameras: frozenset[CameraId] | None = None
    labels: frozenset[str] | None = None
    after_us: WallUs | None = None
    before_us: WallUs | None = None
    limit: int = 100
