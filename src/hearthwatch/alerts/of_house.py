"""Which alerts and outages are of the house alone: they name no camera, so everybody is told, whichever they see."""

from __future__ import annotations

from hearthwatch.alerts.alert import Alert
from hearthwatch.alerts.arming_alerts import ARMED, ASKS
from hearthwatch.health.outage import Fault, Outage

_FAULTS = frozenset({Fault.DISK_FULL, Fault.DISK_BROKEN, Fault.ROUTER_SILENT, Fault.INTERNET_LOST, Fault.NAME_SERVER_SILENT})
_KEYS = (ARMED, ASKS, *(f"outage/{fault.value}/" for fault in sorted(_FAULTS)))


def is_alert_of_house(alert: Alert) -> bool:
    """Tell whether an alert is how the house was armed, or that something it needs as a whole stopped working."""
    return alert.camera is None and not alert.event and alert.dedupe_key.startswith(_KEYS)


def is_outage_of_house(outage: Outage) -> bool:
    """Tell the same of an outage."""
    return outage.camera is None and outage.fault in _FAULTS
