"""What types cannot say of `[connectivity]`: an address with its port, and the name of a systemd unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hearthwatch.health.connectivity import host_port
from hearthwatch.health.repair import UNIT
from hearthwatch.run.config_faults import Faults


def connectivity_faults(faults: Faults, document: Mapping[str, Any]) -> None:
    """Tell what is wrong with `[connectivity]` beyond its types."""
    options = document.get("connectivity")
    if not isinstance(options, Mapping):
        return
    outside, unit = options.get("outside"), options.get("restart_unit")
    if isinstance(outside, str) and outside and host_port(outside) is None:
        faults.add(("connectivity", "outside"), 'must be a host with its port, such as "example.org:443"')
    if isinstance(unit, str) and unit and not UNIT.fullmatch(unit):
        faults.add(("connectivity", "restart_unit"), 'is no name of a systemd unit, such as "restart-network.service"')
