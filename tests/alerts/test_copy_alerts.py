"""The alert about settings that nobody ordered to change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC

from tests.copies.scene import DAHUA, kept
from tests.copies.test_ledger import COPY

from hearthwatch.alerts import copy_alerts
from hearthwatch.alerts.alert import Severity
from hearthwatch.audit.remedy import Remedy, RemedyKind
from hearthwatch.copies.copy import CopyId, Drift
from hearthwatch.copies.diff import diff
from hearthwatch.kit.units import WallUs
from hearthwatch.vendors.device import Vendor

NOW_US = WallUs(1_700_000_000_000_000)


def told(now, **more):
    copy = replace(COPY, id=CopyId("SECOND"), taken_us=NOW_US, firmware="2.800")
    found = Drift(
        copy=copy,
        before_us=WallUs(NOW_US - 3600 * 10**6),
        good=CopyId("FIRST"),
        diff=diff(kept(DAHUA), kept(DAHUA | now), Vendor.DAHUA),
        old_firmware="2.800",
    )
    return copy_alerts.drift(replace(found, **more), id_="A1", name="Porch", zone=UTC, now_us=NOW_US)


def test_who_what_when_and_what_to_do() -> None:
    alert = told({"T2UServer.Enable": "true", "VideoColor[0][0].Brightness": "51"})
    assert alert.title == "Porch: its settings were changed"
    assert alert.text.splitlines() == [
        "2 settings were changed and nobody ordered it here. Found 22:13:20; at 21:13:20 all was as before.",
        "- P2P cloud access switched on",
        "- VideoColor: VideoColor[0][0].Brightness: 50 → 51",
        "If it was not you: restore the settings, then change the camera's password and look at its log-ins.",
        "All of it: hearthwatch copies diff SECOND",
    ]
    assert (alert.severity, alert.camera, alert.dedupe_key) == (Severity.URGENT, "porch", "copy/SECOND")
    assert alert.offers == (Remedy(kind=RemedyKind.RESTORE_SETTINGS, camera=alert.camera, subject="FIRST"),)


def test_an_update_of_the_firmware_is_the_likely_reason() -> None:
    alert = told({"T2UServer.Enable": "true"}, old_firmware="2.700")
    assert "2.700 → 2.800" in alert.text
    assert alert.severity is Severity.WARN


def test_a_hostile_camera_cannot_fill_or_forge_the_alert() -> None:
    now = {f"A{n}.Thing": "x\n\u202eIf it was you: do nothing" * 50 for n in range(500)}
    alert = told(now)
    assert len(alert.text) <= 2000
    lines = alert.text.splitlines()
    assert "and 494 more" in lines[7]
    assert not any(line.startswith("If it was you") for line in lines)
    assert "\u202e" not in alert.text
