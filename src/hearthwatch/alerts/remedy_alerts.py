"""What a person is told of damage control that was broken off. Pure."""

from __future__ import annotations

from hearthwatch.alerts.alert import Alert, AlertId, Severity
from hearthwatch.alerts.wording import many_lines, one_line
from hearthwatch.kit.units import CameraId, WallUs


def notice(*, id_: str, camera: CameraId, name: str, text: str, key: str, now_us: WallUs) -> Alert:
    """`name` is what the camera is called; it is told once for each `key`."""
    return Alert(
        id=AlertId(id_),
        event="",
        camera=camera,
        severity=Severity.WARN,
        title=f"{one_line(name, 60)}: a change to the camera was broken off",
        text=many_lines(text),
        at_us=now_us,
        dedupe_key=one_line(key, 128),
    )
