"""What letters about a house's health say: of its machine, and of each of its cameras."""

from __future__ import annotations

from typing import Annotated

import msgspec

MACHINE_KEY = "machine"
CAMERA_KEY = "camera/"
"""And the camera's NAME behind it."""

_Text = Annotated[str, msgspec.Meta(max_length=200)]


class MachineCondition(msgspec.Struct, frozen=True, kw_only=True):
    """None is what the machine cannot tell. `undervoltage` and `throttled` are what a Pi says since it was switched on."""

    version: _Text
    model: _Text
    up_s: float | None = None
    load: float | None = None
    temperature_c: float | None = None
    undervoltage: bool | None = None
    throttled: bool | None = None
    wifi_dbm: float | None = None
    disk_free_bytes: int | None = None
    disk_bytes: int | None = None
    clock_kept: bool | None = None


class CameraCondition(msgspec.Struct, frozen=True, kw_only=True):
    """`state` is a web.doors.CameraState, `cause` why it is not live, in words; `footage_until_us` is up to when its footage
    is proved to be at the hub, 0 if none is. `audit_score` and `findings` are of the last
    check of its settings, None where there was none."""

    name: _Text
    state: _Text
    cause: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    footage_until_us: int = 0
    audit_score: int | None = None
    findings: int | None = None
