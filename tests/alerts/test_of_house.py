"""What is of the house alone: told to everybody who lives here, whichever cameras they see; all else may name a camera."""

from __future__ import annotations

import pytest
from tests.alerts.house import FRONT

from hearthwatch.alerts.alert import Alert, AlertId, Severity
from hearthwatch.alerts.of_house import is_alert_of_house, is_outage_of_house
from hearthwatch.health.outage import Fault, Outage
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.run.push_desk import is_told
from hearthwatch.web.accounts import Role, User

KID = User(id=1, name="kid", role=Role.VIEWER, cameras=frozenset({FRONT}))


def alert(key: str, camera: CameraId | None) -> Alert:
    about = {"event": "", "camera": camera, "severity": Severity.WARN, "title": "", "text": ""}
    return Alert(id=AlertId("A1"), at_us=WallUs(1), dedupe_key=key, **about)


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("arming/7", True),
        ("arming-question/7", True),
        ("outage/disk-full/footage/5/start", True),
        ("outage/internet-lost/internet/5/end", True),
        ("outage/backup-late/backup nas/5/start", False),
        ("outage/process-restarted/looker/5/start", False),
        ("failsafe/7", False),
        ("access/7", False),
        ("login-digest/7", False),
        ("notice/started", False),
    ],
)
def test_sec_09_who_sees_one_camera_is_told_of_the_house_and_of_no_other_camera(key: str, told: bool) -> None:
    of_house = alert(key, None)
    assert is_alert_of_house(of_house) is told
    assert is_told(KID, of_house) is told
    assert not is_told(KID, alert(key, CameraId("garden")))


def test_an_outage_of_a_camera_is_never_one_of_the_house() -> None:
    lasting = Outage(fault=Fault.DISK_FULL, camera=None, subject="footage", start_us=WallUs(1), end_us=None, detail="")
    assert is_outage_of_house(lasting)
    assert not any(
        is_outage_of_house(Outage(fault=fault, camera=FRONT, subject="front", start_us=WallUs(1), end_us=None, detail=""))
        for fault in Fault
    )
