"""Letters that the ledgers' triggers write, through the real functions of the ledgers."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import inspect
from tests.alerts.house import an_event, opened
from tests.house_db import MIGRATIONS
from tests.logins.rows import login

from hearthwatch.alerts import ledger as alerts
from hearthwatch.alerts.alert import Alert, AlertId, Delivery, DeliveryState, Part, Severity
from hearthwatch.arming import ledger as arming
from hearthwatch.arming.arming import ArmChange, ArmState, Cause, Mode
from hearthwatch.audit.remedy import Remedy, RemedyKind
from hearthwatch.events import ledger as events
from hearthwatch.fleet import outbox
from hearthwatch.fleet.letter import GONE, MAX_BODY_BYTES, LetterKind
from hearthwatch.health import ledger as health
from hearthwatch.health.outage import Fault, Outage
from hearthwatch.kit.db import migrate, open_writer
from hearthwatch.kit.rescue import copy_now, rescue
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.logins import ledger as logins
from hearthwatch.logins.login import Verdict

NOW_US = WallUs(1_700_000_000_000_000)
DAY_US = 86_400_000_000
FRONT = CameraId("front")


@pytest.fixture
def connection(tmp_path):
    engine = opened(tmp_path)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def all_of(connection):
    return outbox.first(connection, count=1000, size_bytes=10**9)


def only(connection):
    (letter,) = all_of(connection)
    return letter, json.loads(letter.body)


def an_alert(**fields):
    given = {
        "id": AlertId("A1"),
        "event": "E1",
        "camera": FRONT,
        "severity": Severity.URGENT,
        "title": "Front: person",
        "text": "14:03",
        "at_us": NOW_US,
        "dedupe_key": "key/1",
        "offers": (Remedy(kind=RemedyKind.BLOCK_ADDRESS, camera=FRONT, subject="203.0.113.7", value="s3cret"),),
    }
    return Alert(**(given | fields))


def an_arming(number=1, **fields):
    given = {
        "number": number,
        "mode": Mode.AWAY,
        "since_us": NOW_US,
        "at_us": NOW_US,
        "cause": Cause.PERSON,
        "who": "anna",
        "via": "page",
        "until_us": None,
        "evidence": ("ben's phone: no sign",),
        "home": frozenset({"ben"}),
        "planned": None,
        "planned_us": NOW_US,
        "question": None,
    }
    state = ArmState(**(given | fields))
    return state, ArmChange(at_us=NOW_US, before=Mode.HOME, state=state)


def save_all(connection):
    events.save(connection, an_event())
    alerts.save_alert(connection, an_alert())
    state, change = an_arming()
    arming.save(connection, state, [change])
    logins.add(connection, [login()])
    health.save(connection, 1, an_outage(), told=False)


def an_outage(**fields):
    given = {"fault": Fault.DISK_FULL, "camera": None, "subject": "sda", "start_us": NOW_US, "end_us": None, "detail": "full"}
    return Outage(**(given | fields))


def test_a_house_alone_writes_none(connection):
    save_all(connection)
    assert all_of(connection) == ()
    assert outbox.joined(connection) is None
    outbox.join(connection, NOW_US)
    outbox.leave(connection)
    events.save(connection, an_event())
    assert all_of(connection) == ()


def test_an_event_and_what_becomes_of_it(connection):
    outbox.join(connection, NOW_US)
    event = an_event(zones=frozenset({"yard", "porch"}), detail="x", start_us=NOW_US)
    events.save(connection, event)
    letter, body = only(connection)
    assert (letter.kind, letter.key, letter.at_us, letter.camera) == (LetterKind.EVENT, event.id, NOW_US, FRONT)
    assert (body["kind"], body["label"], body["end_us"], body["zones"]) == ("object", "person", None, "porch\nyard")
    assert (body["picture"], body["reviewed"], body["false_alarm"], body["note"]) == (False, False, False, "")
    assert not {"words", "note_words", "received_ns", "told"} & set(body)

    for change in (
        lambda: events.save(connection, replace(event, end_us=WallUs(NOW_US + 5), score=0.75)),
        lambda: events.set_picture(connection, event.id),
        lambda: events.set_false_alarm(connection, event.id, is_false=True),
    ):
        change()
        later, body = only(connection)
        assert later.seq > letter.seq
        assert later.key == event.id
        letter = later
    assert (body["end_us"], body["score"], body["picture"], body["false_alarm"]) == (NOW_US + 5, 0.75, True, True)


def test_what_no_letter_tells_writes_none(connection):
    outbox.join(connection, NOW_US)
    event, alert = an_event(), an_alert()
    (kept,) = logins.add(connection, [login()])
    events.save(connection, event)
    alerts.save_alert(connection, alert)
    letters = all_of(connection)
    events.save(connection, event, told=True)
    alerts.save_alert(connection, alert)
    logins.set_told(connection, [kept.id])
    assert all_of(connection) == letters


def test_an_alert_without_what_it_offers_and_how_it_was_sent(connection):
    outbox.join(connection, NOW_US)
    alert = an_alert()
    alerts.save_alert(connection, alert)
    letter, body = only(connection)
    assert (letter.kind, letter.key, letter.camera) == (LetterKind.ALERT, "A1", FRONT)
    assert body == {
        "event": "E1",
        "severity": "urgent",
        "title": "Front: person",
        "text": "14:03",
        "at_us": NOW_US,
        "degraded": False,
    }
    alerts.amend_alert(connection, replace(alert, title="Front: Anna"))
    later, body = only(connection)
    assert (body["title"], later.seq > letter.seq) == ("Front: Anna", True)
    sent = Delivery(
        id=1,
        alert=alert.id,
        channel="mail",
        part=Part.TEXT,
        state=DeliveryState.SENT,
        tries=1,
        next_us=NOW_US,
        last_error="",
        decided_ms=None,
        accepted_ms=None,
    )
    alerts.save_deliveries(connection, [sent])
    assert only(connection)[0] == later


def test_a_change_of_arming_without_who_was_home(connection):
    outbox.join(connection, NOW_US)
    state, change = an_arming()
    arming.save(connection, state, [change])
    letter, body = only(connection)
    assert (letter.kind, letter.key, letter.camera) == (LetterKind.ARMING, "1", None)
    assert body == {
        "at_us": NOW_US,
        "before": "home",
        "mode": "away",
        "cause": "person",
        "who": "anna",
        "via": "page",
        "until_us": None,
    }
    arming.save(connection, state, [change])
    assert only(connection)[0] == letter


def test_a_log_in_without_the_camera_s_own_line(connection):
    outbox.join(connection, NOW_US)
    (kept,) = logins.add(connection, [login(raw="GET /?pwd=hunter2")])
    letter, body = only(connection)
    assert (letter.kind, letter.key, letter.camera, letter.at_us) == (LetterKind.LOGIN, str(kept.id), FRONT, NOW_US)
    assert (body["user"], body["address"], body["verdict"]) == ("mallory", "203.0.113.7", "unknown-user")
    assert b"hunter2" not in letter.body
    logins.update_known(connection, [replace(kept, verdict=Verdict.OUTSIDE)])
    later, body = only(connection)
    assert (body["verdict"], later.seq > letter.seq) == (Verdict.OUTSIDE.value, True)


def test_an_outage_and_its_end(connection):
    outbox.join(connection, NOW_US)
    health.save(connection, 1, an_outage(), told=False)
    letter, body = only(connection)
    assert (letter.kind, body["fault"], body["subject"], body["end_us"]) == (LetterKind.OUTAGE, "disk-full", "sda", None)
    health.save(connection, 1, an_outage(end_us=WallUs(NOW_US + 1)), told=True)
    later, body = only(connection)
    assert (later.key, body["end_us"]) == (letter.key, NOW_US + 1)
    health.drop_before(connection, WallUs(NOW_US + 2))
    health.save(connection, 1, an_outage(start_us=WallUs(NOW_US + 9)), told=False)
    assert [one.key for one in all_of(connection)] == [letter.key, f"{NOW_US + 9}-1"]


def test_a_letter_commits_with_its_thing_or_not_at_all(tmp_path):
    engine = opened(tmp_path)
    with engine.begin() as connection:
        outbox.join(connection, NOW_US)
    with engine.connect() as connection:
        save_all(connection)
        assert len(all_of(connection)) == 5
        connection.rollback()
    with engine.begin() as connection:
        assert all_of(connection) == ()
    engine.dispose()


def test_joining_tells_what_is_there_of_the_last_days_the_newest_first(connection):
    for days_ago in (40, 20, 10):
        at_us = WallUs(NOW_US - days_ago * DAY_US)
        events.save(connection, an_event(start_us=at_us, detail=str(days_ago)))
        logins.add(connection, [login(at_us=at_us)])
    outbox.join(connection, NOW_US, days=30)
    found = [letter for letter in all_of(connection) if letter.kind is LetterKind.EVENT]
    assert [json.loads(letter.body)["detail"] for letter in found] == ["10", "20"]
    assert outbox.waiting(connection) == {LetterKind.EVENT: 2, LetterKind.LOGIN: 2}
    joined = outbox.joined(connection)
    assert (joined.joined_us, joined.since_us, joined.segments_after, joined.told_us) == (NOW_US, NOW_US - 30 * DAY_US, 0, 0)
    outbox.join(connection, NOW_US, days=0)
    assert all_of(connection) == ()


def test_by_kind_and_then_by_age_as_much_as_was_asked_for(connection):
    outbox.join(connection, NOW_US)
    for kind in reversed(LetterKind):
        for number in range(2):
            outbox.put(connection, kind, f"{number}", at_us=NOW_US, body=b"{}" if number else b'"' + b"x" * 98 + b'"')
    found = all_of(connection)
    assert [(letter.kind, letter.key) for letter in found] == [(kind, key) for kind in LetterKind for key in "01"]
    assert [letter.seq for letter in outbox.first(connection, count=3, size_bytes=10**6)] == [one.seq for one in found[:3]]
    assert len(outbox.first(connection, count=100, size_bytes=101)) == 1
    assert len(outbox.first(connection, count=100, size_bytes=1)) == 1, "one that is larger than a batch goes by itself"


def test_only_the_newest_health_of_a_thing_waits(connection):
    outbox.join(connection, NOW_US)
    for number in range(1000):
        outbox.put(connection, LetterKind.HEALTH, "machine", at_us=WallUs(NOW_US + number), body=b'{"load":1}')
    letter, _ = only(connection)
    assert letter.at_us == NOW_US + 999
    with pytest.raises(ValueError, match="bytes at most"):
        outbox.put(connection, LetterKind.HEALTH, "machine", at_us=NOW_US, body=bytes(MAX_BODY_BYTES + 1))


def test_sent_is_forgotten_unless_it_changed_meanwhile(connection):
    outbox.join(connection, NOW_US)
    one, other = an_event(), an_event()
    events.save(connection, one)
    events.save(connection, other)
    taken = all_of(connection)
    events.set_picture(connection, other.id)
    assert outbox.sent(connection, taken, WallUs(NOW_US + 1)) is False
    letter, body = only(connection)
    assert (letter.key, body["picture"]) == (other.id, True)
    assert outbox.joined(connection).told_us == 0
    assert outbox.sent(connection, [letter], WallUs(NOW_US + 2)) is True
    assert outbox.joined(connection).told_us == NOW_US + 2


def test_a_database_put_back_from_a_copy_repeats_no_number(tmp_path):
    engine = opened(tmp_path)
    with engine.begin() as connection:
        outbox.join(connection, NOW_US)
        events.save(connection, an_event())
        (before,) = all_of(connection)
        connection.exec_driver_sql("UPDATE sqlite_sequence SET seq = 7 WHERE name = 'letters'")
        outbox.sent(connection, [before], NOW_US)
        outbox.outgrow(connection, WallUs(NOW_US + 60_000_000))
        events.save(connection, an_event())
        (after,) = all_of(connection)
        assert after.seq > before.seq
        outbox.outgrow(connection, WallUs(5))
        events.save(connection, an_event())
        assert all_of(connection)[-1].seq > after.seq, "a clock that went back takes nothing back"
    engine.dispose()


def test_a_damaged_database_made_anew_has_the_letters_it_had(tmp_path):
    """Its rows are written into a new file, in which the triggers are at work already."""
    engine = opened(tmp_path)
    with engine.begin() as connection:
        save_all(connection)
        outbox.join(connection, NOW_US, days=0)
        events.save(connection, an_event())
        outbox.put(connection, LetterKind.HEALTH, "machine", at_us=NOW_US, body=b"{}")
        before = all_of(connection)
    engine.dispose()
    copy_now(tmp_path / "house.db", tmp_path / "backup", NOW_US, keep=1)

    def bring_up(path):
        made = open_writer(path)
        migrate(made, MIGRATIONS)
        made.dispose()

    rescue(tmp_path / "house.db", tmp_path / "backup", bring_up, NOW_US)
    engine = opened(tmp_path)
    with engine.begin() as connection:
        assert all_of(connection) == before
        events.save(connection, an_event())
        assert max(one.seq for one in all_of(connection)) > max(one.seq for one in before)
    engine.dispose()


def test_the_ledgers_as_letters_say_them_for_a_comparison(connection):
    save_all(connection)
    outbox.join(connection, NOW_US)
    span = (WallUs(NOW_US - 1), WallUs(NOW_US + 1))
    for letter in all_of(connection):
        (told,) = outbox.told(connection, letter.kind, *span)
        assert (told.key, told.at_us, told.camera, told.body) == (letter.key, letter.at_us, letter.camera, letter.body)
        assert list(outbox.told(connection, letter.kind, span[1], WallUs(span[1] + 1))) == []
    with pytest.raises(ValueError, match="no ledger"):
        list(outbox.told(connection, LetterKind.SEGMENT, *span))


def test_no_letter_outgrows_its_limit_whatever_a_camera_writes(connection):
    outbox.join(connection, NOW_US)
    nasty = "\x01" * 100_000
    events.save(connection, an_event(detail=nasty, zones=frozenset({nasty})))
    alerts.save_alert(connection, an_alert(title=nasty, text=nasty))
    logins.add(connection, [login(user=nasty, origin=nasty, via=nasty, raw=nasty)])
    health.save(connection, 1, an_outage(detail=nasty), told=False)
    state, change = an_arming(who=nasty, via=nasty)
    arming.save(connection, state, [change])
    found = all_of(connection)
    assert len(found) == 5
    for letter in found:
        json.loads(letter.body)
        assert len(letter.body) <= MAX_BODY_BYTES
    assert json.loads(GONE) is None


def test_the_schema_is_that_of_the_tables(tmp_path):
    engine = opened(tmp_path)
    found = inspect(engine)
    for table in outbox.metadata.tables.values():
        assert {column["name"] for column in found.get_columns(table.name)} == set(table.columns.keys())
    engine.dispose()


def test_a_letter_is_found_and_replaced_by_an_index(connection):
    """However many wait, the next costs the same."""
    plans = {
        "DELETE FROM letters WHERE kind = 'event' AND key = 'E1'": "USING INDEX",
        "SELECT * FROM letters WHERE kind = 'event' ORDER BY seq LIMIT 5": "letters_by_kind",
        "SELECT key, body FROM letters_login WHERE row = 5": "USING INTEGER PRIMARY KEY",
        "SELECT key, body FROM letters_event WHERE row = 'E1'": "USING INDEX",
    }
    for query, step in plans.items():
        plan = " ".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}"))
        assert step in plan, plan
        assert "SCAN" not in plan
        assert "TEMP B-TREE" not in plan
