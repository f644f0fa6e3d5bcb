"""Log-ins for tests."""

from __future__ import annotations

from typing import Any

from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.logins.login import Login, LoginId, Source, Verdict
from hearthwatch.vendors.device import LoginAction

NOW_US = WallUs(1_700_000_000_000_000)


def login(**more: Any) -> Login:
    """Return a log-in of `mallory` from outside, not kept yet; `more` replaces its fields."""
    fields: dict[str, Any] = {
        "id": LoginId(0),
        "camera": CameraId("front"),
        "action": LoginAction.LOGIN,
        "code": "",
        "user": "mallory",
        "address": "203.0.113.7",
        "origin": "",
        "via": "",
        "local_us": None,
        "at_us": NOW_US,
        "seen_us": NOW_US,
        "source": Source.LOG,
        "verdict": Verdict.UNKNOWN_USER,
        "wanted": True,
    }
    return Login(**(fields | more))
