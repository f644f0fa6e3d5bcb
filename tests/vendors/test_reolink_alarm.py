"""States, their changes, and the posts of Reolink's webhook."""

from __future__ import annotations

import pytest
from tests.vendors import reolink_samples as samples

from hearthwatch.kit.errors import BadReply
from hearthwatch.vendors.device import AlarmKind, AlarmPhase, SeenObject
from hearthwatch.vendors.polled_alarms import changes
from hearthwatch.vendors.reolink_alarm import ai_states, event_states, motion_state, signal, webhook


def test_states_of_objects_with_and_without_support() -> None:
    value = {
        "channel": 1,
        "people": {"alarm_state": 1, "support": 1},
        "face": {"alarm_state": 1, "support": 0},
        "vehicle": 1,
        "dog_cat": 0,
        "Odd Name!": {"alarm_state": 1},
        "package": {"alarm_state": 1},
        "flag": True,
    }
    assert ai_states(value) == {"people", "vehicle", "package"}


def test_events_join_motion_bell_and_objects() -> None:
    assert event_states(samples.EVENTS) == {"md", "people"}
    assert event_states({"channel": 1, "md": {"alarm_state": 1}}) == {"md"}


@pytest.mark.parametrize("value", [{}, {"channel": 0}, {"ai": 1, "md": None}])
def test_an_answer_without_states_is_not_a_quiet_camera(value: dict[str, object]) -> None:
    with pytest.raises(BadReply):
        event_states(value)
    with pytest.raises(BadReply):
        motion_state(value)


def test_changes_tell_ends_before_starts_and_nothing_twice() -> None:
    found = changes(frozenset({"md", "people"}), frozenset({"people", "dog_cat", "visitor"}), 3, signal)
    assert [(one.kind, one.code, one.phase, one.channel) for one in found] == [
        (AlarmKind.MOTION, "md", AlarmPhase.STOP, 3),
        (AlarmKind.OTHER, "dog_cat", AlarmPhase.START, 3),
        (AlarmKind.DOORBELL, "visitor", AlarmPhase.START, 3),
    ]
    assert [one.objects for one in found] == [(), (SeenObject(label="dog_cat", box=None),), ()]
    assert changes(frozenset({"md"}), frozenset({"md"}), 0, signal) == ()


def test_a_pushed_list_of_alarms() -> None:
    uid, found = webhook(samples.PUSHED)
    assert uid == "95270000ABCDEFGH"
    assert [(one.kind, one.code, one.phase, one.channel) for one in found] == [
        (AlarmKind.MOTION, "md", AlarmPhase.PULSE, 0),
        (AlarmKind.PERSON, "people", AlarmPhase.PULSE, 0),
        (AlarmKind.VEHICLE, "vehicle", AlarmPhase.PULSE, 0),
    ]


def test_a_pushed_end_is_no_alarm() -> None:
    over = samples.PUSHED.replace(b"MD", b"none").replace(b"people,vehicle", b"none")
    assert webhook(over) == ("95270000ABCDEFGH", ())


def test_a_camera_that_wakes_for_the_bell_and_one_that_sleeps() -> None:
    _, [bell] = webhook(samples.WAKE)
    assert (bell.kind, bell.code, bell.phase) == (AlarmKind.DOORBELL, "doorbell", AlarmPhase.PULSE)
    assert webhook(samples.WAKE.replace(b"wake", b"sleep"))[1] == ()
    assert webhook(samples.WAKE.replace(b"doorbell", b"network"))[1] == ()


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"uid":"x"}', b'{"data":{"event":"wake"}}', b"[" * 50_000, b"<xml>", b" " * 70_000],
)
def test_nonsense_is_told(body: bytes) -> None:
    with pytest.raises(BadReply):
        webhook(body)


def test_ten_thousand_open_tags_take_no_long_time() -> None:
    xml = "<AlarmEvent>" * 3000
    assert webhook(b'{"uid":"x","cmd":33,"xml":"' + xml.encode() + b'"}') == ("x", ())
