"""What people are told of the broker: that somebody tries codes there. Pure."""

from __future__ import annotations

from hearthwatch.alerts.alert import Alert, AlertId, Severity
from hearthwatch.alerts.wording import one_line
from hearthwatch.kit.units import WallUs


def wrong_codes(id_: str, *, home: str, tries: int, wait_minutes: int, at_us: WallUs) -> Alert:
    """Return the alert about `tries` wrong codes in a row; none is tried for `wait_minutes` now."""
    return Alert(
        id=AlertId(id_),
        event="",
        camera=None,
        severity=Severity.URGENT,
        title=f"{one_line(home, 60)}: {tries} wrong codes by MQTT",
        text=(
            "Somebody in Home Assistant, or whoever else may write to your MQTT broker, tried wrong codes to arm or disarm. "
            f"Nothing changed, and no code is taken from there for {wait_minutes} minutes.\n"
            "If it was none of you: change the passwords of the broker, then the code (hearthwatch secrets set mqtt.code)."
        ),
        at_us=at_us,
        dedupe_key=f"mqtt-codes/{at_us}",
    )
