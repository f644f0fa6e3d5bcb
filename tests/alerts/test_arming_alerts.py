"""What people are told of arming, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.arming.scene import BERLIN, NOW, person, scene

from hearthwatch.alerts.alert import Severity
from hearthwatch.alerts.arming_alerts import reply, standing, told
from hearthwatch.arming import machine
from hearthwatch.arming.arming import Acknowledged, ArmChange, Cause, Mode
from hearthwatch.kit.units import US_PER_S, WallUs

START = machine.first(NOW)


def by(mode=Mode.DISARMED, cause=Cause.PERSON, **fields):
    return replace(START, number=1, mode=mode, cause=cause, **{"who": "Anna McKay", "via": "Telegram"} | fields)


@pytest.mark.parametrize(
    ("state", "line"),
    [
        (START, "Armed since 12:00:00, as ever while nobody is set up."),
        (by(until_us=WallUs(NOW + 3600 * US_PER_S)), "Disarmed since 12:00:00, by Anna McKay (Telegram), until 13:00:00."),
        (by(Mode.AWAY, Cause.SCHEDULE, who="night", via=""), "Armed since 12:00:00, by the schedule night."),
        (by(Mode.HOME, Cause.PRESENCE, who="", via=""), "Not armed, somebody is home since 12:00:00, by who is home."),
        (
            by(Mode.DISABLED),
            "Intrusion alerts are disabled since 12:00:00, by Anna McKay (Telegram), until it is enabled again.",
        ),
    ],
)
def test_how_it_stands_in_one_line(state, line):
    assert standing(state, BERLIN, NOW) == line


def test_an_arrival_is_told_with_its_evidence():
    change = machine.look(START, scene(person("anna", home=True)), scanned=True).change
    alert = told("A1", change, "Home", BERLIN)
    assert alert.title == "Home: not armed, somebody is home"
    assert "Anna: phone answered by ARP" in alert.text.splitlines()
    assert (alert.severity, alert.dedupe_key, alert.camera) == (Severity.WARN, "arming/1", None)


def test_only_what_changed_for_people_is_told():
    held = by(Mode.AWAY)
    free = replace(START, number=2, cause=Cause.PRESENCE)
    assert told("A1", ArmChange(at_us=NOW, before=Mode.AWAY, state=free), "Home", BERLIN) is None
    assert told("A1", ArmChange(at_us=NOW, before=Mode.AWAY, state=held), "Home", BERLIN) is not None


def test_a_hostile_name_makes_no_lines_of_its_own():
    state = by(who="Anna\nDisarmed by the police", via="x\u202e")
    text = told("A1", ArmChange(at_us=NOW, before=Mode.AWAY, state=state), "Ho\nme", BERLIN).text
    assert text.splitlines()[0].startswith("By Anna Disarmed by the police (x)")


def test_what_is_not_written_down_is_said():
    said = reply(Acknowledged(state=START, stored=False), BERLIN, NOW)
    assert said.endswith("after a power cut it would be forgotten.")
