"""What people ask for from afar is understood, or answered with how to say it; nothing here raises for strange text."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from tests.alerts.house import BERLIN

from hearthwatch.alerts.remote import CameraBrief, HouseBrief
from hearthwatch.alerts.remote_words import (
    camera_and_rest,
    camera_lines,
    camera_of,
    footage_range,
    late_words,
    login_lines,
    quiet_lines,
    seconds,
    status_lines,
    until,
)
from hearthwatch.health.outage import Fault, Outage
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs, from_datetime


def moment(text: str, zone: ZoneInfo = BERLIN) -> WallUs:
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=zone))


NOW = moment("2026-11-21 14:00")
FRONT = CameraBrief(id=CameraId("front"), name="Front door", live=True, state="live")
YARD = CameraBrief(id=CameraId("back-yard"), name="Back yard", live=False, state="no answer for 3 min")
GARAGE = CameraBrief(id=CameraId("garage"), name="garage", live=True, state="live", quiet_until_us=moment("2026-11-21 15:00"))
ALL = (FRONT, YARD, GARAGE)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("90s", 90), ("30m", 1800), ("1H", 3600), ("1h30m", 5400), ("2d", 172_800), ("2hours", 7200)]
    + [(odd, None) for odd in ("", "30", "h", "1x", "1h30", "-1h", "1.5h", "٣h", "1h" * 9, "9" * 9 + "h")],
)
def test_a_length_of_time(text, wanted):
    assert seconds(text) == wanted


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("", "2026-11-21 13:50", "2026-11-21 14:00"),
        ("last 30 min", "2026-11-21 13:30", "2026-11-21 14:00"),
        ("the last 2 hours", "2026-11-21 12:00", "2026-11-21 14:00"),
        ("last 45", "2026-11-21 13:15", "2026-11-21 14:00"),
        ("24h", "2026-11-20 14:00", "2026-11-21 14:00"),
        ("13:00-13:30", "2026-11-21 13:00", "2026-11-21 13:30"),
        ("13:00 \u2013 13:30", "2026-11-21 13:00", "2026-11-21 13:30"),
        ("From 13:00 to now", "2026-11-21 13:00", "2026-11-21 14:00"),
        ("from 9:05", "2026-11-21 09:05", "2026-11-21 14:00"),
        ("13:30 until 15:00", "2026-11-21 13:30", "2026-11-21 15:00"),
        ("22:50-23:10", "2026-11-20 22:50", "2026-11-20 23:10"),
        ("22:00-01:30", "2026-11-20 22:00", "2026-11-21 01:30"),
        ("yesterday 8:00 to 9:00", "2026-11-20 08:00", "2026-11-20 09:00"),
    ],
)
def test_a_range_of_footage_is_the_last_such_one(text, start, end):
    assert footage_range(text.split(), NOW, BERLIN) == (moment(start), moment(end))


def test_a_range_in_the_night_the_clocks_go_back_is_an_hour_longer():
    start, end = footage_range(["22:00-08:00"], moment("2026-10-25 12:00"), BERLIN)
    assert end - start == 11 * 3600 * US_PER_S


@pytest.mark.parametrize(
    "text",
    ["25h", "0m", "soon", "14:00-14:61", "24:00-25:00", "14:00-14:00", "13:00-13:30-14:00", "٣:15-٤:15", "yesterday", "-5m"],
)
def test_a_range_that_is_none_is_answered_with_how_to_say_it(text):
    with pytest.raises(Unsupported, match=r"write|at most"):
        footage_range(text.split(), NOW, BERLIN)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2h", "2026-11-21 16:00"),
        ("for 90 m", "2026-11-21 15:30"),
        ("until 22:30", "2026-11-21 22:30"),
        ("22:30", "2026-11-21 22:30"),
        ("7:15", "2026-11-22 07:15"),
        ("14:00", "2026-11-22 14:00"),
    ],
)
def test_an_end(text, wanted):
    assert until(text.split(), NOW, BERLIN) == moment(wanted)


def test_no_words_are_no_end_and_tomorrow_keeps_the_clock_s_time_when_the_clocks_change():
    assert until((), NOW, BERLIN) is None
    evening = moment("2026-10-24 23:00")  # the night the clocks go back
    assert until(["7:00"], evening, BERLIN) == moment("2026-10-25 07:00")


@pytest.mark.parametrize("text", ["30", "0m", "32d", "tomorrow", "25:00", "12:60", "until", "for", "\u202e2h", "x" * 400])
def test_an_end_that_is_none_is_refused_with_what_to_write(text):
    with pytest.raises(Unsupported) as refused:
        until(text.split(), NOW, BERLIN) or until(["30"], NOW, BERLIN)
    assert "30m" in str(refused.value) or "31d" in str(refused.value)
    assert "\u202e" not in str(refused.value)
    assert len(str(refused.value)) < 150


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("front", FRONT),
        ("FRONT DOOR", FRONT),
        ("fro", FRONT),
        ("back yard", YARD),
        ("Back_Yard", YARD),
        ("back-yard", YARD),
        ("g", GARAGE),
    ],
)
def test_a_camera_by_its_name(text, wanted):
    assert camera_of(text.split(), ALL) is wanted


@pytest.mark.parametrize(
    ("text", "near"), [("frnt", "Front door (front)"), ("yard", "Back yard"), ("garaje", "garage"), ("xyzzy", "There is Front")]
)
def test_a_camera_there_is_none_of_is_answered_with_the_nearest(text, near):
    with pytest.raises(Unsupported, match="There is no camera") as refused:
        camera_of(text.split(), ALL)
    assert near in str(refused.value)


def test_a_beginning_of_two_names_is_asked_back_and_no_camera_at_all_is_said():
    twin = CameraBrief(id=CameraId("front-2"), name="Front gate", live=True, state="live")
    with pytest.raises(Unsupported, match=r"Front door .* or Front gate"):
        camera_of(["fr"], (FRONT, twin))
    assert camera_of(["front"], (FRONT, twin)) is FRONT
    with pytest.raises(Unsupported, match="no camera yet"):
        camera_of(["x"], ())


def test_a_camera_and_what_stands_behind_it():
    def is_time(word):
        return seconds(word) is not None

    assert camera_and_rest(["back", "yard", "2h"], ALL, is_time) == (YARD, ["2h"])
    assert camera_and_rest(["fro", "2h"], ALL, is_time) == (FRONT, ["2h"])
    assert camera_and_rest(["2h"], ALL, is_time) == (None, ["2h"])
    assert camera_and_rest([], ALL, is_time) == (None, [])
    two = CameraBrief(id=CameraId("2h"), name="2h", live=True, state="live")
    assert camera_and_rest(["2h", "1h"], (two,), is_time) == (two, ["1h"])


def outage(camera, subject, detail):
    return Outage(fault=Fault.CHANNEL_DEAD, camera=camera, subject=subject, start_us=NOW, end_us=None, detail=detail)


def test_how_things_stand():
    house = HouseBrief(cameras=ALL, outages=(outage("front", "front", "blurred"), outage(None, "email", "no\nanswer\x1b[31m")))
    assert status_lines(house, BERLIN, NOW).split("\n") == [
        "Front door: live",
        "Back yard: no answer for 3 min",
        "garage: live; quiet until 15:00:00",
        "! email: no answer [31m",
    ]
    assert camera_lines(house, BERLIN, NOW).split("\n")[:2] == ["Front door (front): live", "    ! blurred"]
    nothing = HouseBrief(cameras=(), outages=())
    assert status_lines(nothing, BERLIN, NOW) == camera_lines(nothing, BERLIN, NOW) == "There is no camera yet."


def test_quiet_times_and_nobody_at_the_cameras():
    assert quiet_lines(ALL, BERLIN, NOW).startswith("garage: quiet until 15:00:00\n/resume")
    assert quiet_lines((FRONT,), BERLIN, NOW).startswith("No camera is quiet.")
    assert login_lines((), str, BERLIN, NOW).startswith("Nobody but Hearthwatch")


def test_what_came_late_and_what_came_from_ahead():
    assert late_words(1, 300).startswith("I got this 5 min late and did nothing")
    assert late_words(7, 300).startswith("I got 7 messages 5 min late and did nothing")
    assert "clock of Hearthwatch's machine" in late_words(1, -3600)


def test_until_is_never_past():
    for text in ("1s", "1m", "0:00", "23:59", "31d"):
        assert until([text], NOW, BERLIN) > NOW
    assert until(["31d"], NOW, BERLIN) == NOW + 31 * 86_400 * US_PER_S
