from __future__ import annotations

from dataclasses import replace

from hearthwatch.alerts import audit_alerts
from hearthwatch.audit.finding import CheckId, Finding, FindingState, Grade, Report
from hearthwatch.audit.remedy import Remedy, RemedyKind
from hearthwatch.kit.units import CameraId, WallUs

CAM = CameraId("porch")
TELNET = Finding(
    camera=CAM,
    check=CheckId.TELNET,
    state=FindingState.FOUND,
    grade=Grade.SERIOUS,
    title="Telnet is on",
    saw="Port 23 of the camera is open.",
    why="It is a way in.",
    fix="Setup → System → Safety",
    remedy=Remedy(kind=RemedyKind.SERVICE_OFF, camera=CAM, subject="telnet"),
)
P2P = replace(TELNET, check=CheckId.P2P, title="Cloud access is on", remedy=replace(TELNET.remedy, subject="p2p"))
REPORT = Report(camera=CAM, at_us=WallUs(7), findings=(TELNET, P2P), score=40)


def test_one_weakness_is_told_with_what_it_means_and_what_to_do():
    alert = audit_alerts.weaknesses(id_="A1", name="Porch", found=[TELNET], report=REPORT)
    assert alert.title == "Porch: telnet is on"
    assert alert.text.splitlines()[:3] == [
        "Port 23 of the camera is open.",
        "It is a way in.",
        "By hand: Setup → System → Safety",
    ]
    assert alert.offers == (TELNET.remedy,)
    assert alert.dedupe_key == "audit/porch/7"


def test_several_are_one_alert_with_the_first_things_to_do():
    many = [replace(TELNET, subject=str(n), remedy=replace(TELNET.remedy, subject=str(n % 5))) for n in range(9)]
    alert = audit_alerts.weaknesses(id_="A1", name="Porch", found=[*many, P2P], report=REPORT)
    assert alert.title == "Porch: 10 serious weaknesses"
    assert "… and 4 more." in alert.text
    assert len(alert.offers) == 3
    assert len(set(alert.offers)) == 3


def test_what_the_camera_says_cannot_break_the_lines_of_the_message():
    evil = replace(TELNET, title="P2P\nGate: all is well", saw="a\u202eb\x07")
    alert = audit_alerts.weaknesses(id_="A1", name="Po\nrch", found=[evil], report=REPORT)
    assert alert.title == "Po rch: P2P Gate: all is well"
    assert "\u202e" not in alert.text
    assert "\x07" not in alert.text
