"""Which way takes which alerts, as a table; and what one changed row means in the configuration. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from hearthwatch.alerts.route import RouteOptions
from hearthwatch.alerts.routing import PERSONAL, Routing, kind_of, way_fault
from hearthwatch.kit.errors import Unsupported
from hearthwatch.run.config import Config
from hearthwatch.run.zone import zone_of
from hearthwatch.web.house_page_doors import WayRow

KeyPath = tuple[str, ...]


def rows(config: Config, channels: Iterable[str], person: Callable[[str], str]) -> tuple[WayRow, ...]:
    """Return a row for each way there is, people's own apart, and for each the configuration speaks of."""
    routing = Routing(config.alerts.to, zone_of(config), person)
    found: dict[str, WayRow] = {}
    for channel in channels:
        kind = kind_of(channel)
        who = person(channel) if kind in PERSONAL else ""
        way = f"{kind}:{who}" if who else kind
        found.setdefault(way, WayRow(way=way, kind=kind, who=who, is_used=True, route=routing.of(channel)))
    for way, route in config.alerts.to.items():
        kind, _, who = way.partition(":")
        if not any(row.kind == kind and who in {"", row.who} for row in found.values()):
            found[way] = WayRow(way=way, kind=kind, who=who, is_used=False, route=route)
    return tuple(sorted(found.values(), key=lambda row: (not row.is_used, row.way)))


def changed(config: Config, way: str, route: RouteOptions) -> dict[KeyPath, Any]:
    """Return what must be written so that exactly `route` goes by `way`, and all else stays as it is.

    Raises Unsupported for a way that there cannot be."""
    fault = way_fault(way)
    if fault:
        raise Unsupported(f"{way} {fault}")
    base, usual = ("alerts", "to", way), RouteOptions()
    wanted = {
        "topics": [topic.value for topic in route.topics],
        "cameras": list(route.cameras),
        "labels": list(route.labels),
        "importance": route.importance.value,
        "times": list(route.times),
    }
    said = {name for name in wanted if name == "topics" or getattr(route, name) != getattr(usual, name)}
    if way not in config.alerts.to:
        return {(*base, name): wanted[name] for name in said}
    return {(*base, name): wanted[name] if name in said else None for name in wanted}
