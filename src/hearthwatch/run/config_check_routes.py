"""What types cannot say of `[alerts.to.WAY]`: which ways and cameras there are, and what is a time of the week."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hearthwatch.alerts.routing import way_fault
from hearthwatch.run.config_check_times import spans_faults
from hearthwatch.run.config_faults import Faults


def route_faults(faults: Faults, document: Mapping[str, Any]) -> None:
    """Tell what is wrong with what goes by which way."""
    alerts = document.get("alerts")
    ways = alerts.get("to") if isinstance(alerts, Mapping) else None
    cameras = document.get("camera")
    known = cameras if isinstance(cameras, Mapping) else {}
    for way, route in ways.items() if isinstance(ways, Mapping) else ():
        path = ("alerts", "to", way)
        fault = way_fault(way)
        if fault:
            faults.add(path, fault)
        if not isinstance(route, Mapping):
            continue
        spans_faults(faults, (*path, "times"), route.get("times"))
        named = route.get("cameras")
        for place, camera in enumerate(named if isinstance(named, list) else ()):
            if isinstance(camera, str) and camera not in known:
                faults.add((*path, "cameras", place), f"there is no [camera.{camera}]")
