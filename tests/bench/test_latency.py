"""How answers are matched with what they answer, on times worked out by hand."""

from hearthwatch.bench.latency import alert_times_ms, look_times_ms

MS = 1_000_000
S = 1000 * MS


def test_a_look_is_timed_from_the_last_arrival_of_its_number_before_it():
    sent = [(7, 1 * S), (8, 2 * S), (7, 61 * S)]
    assert look_times_ms([(7, 1 * S + 20 * MS), (7, 61 * S + 30 * MS), (8, 2 * S + 5 * MS)], sent) == (20.0, 30.0, 5.0)


def test_an_answer_to_nothing_sent_is_no_time():
    assert look_times_ms([(9, 5 * S), (7, 1 * S)], [(7, 2 * S)]) == ()


def test_an_entry_is_timed_to_its_first_alert_and_one_without_is_left_out():
    entered = [10 * S, 20 * S, 30 * S]
    alerts = [9 * S, 10 * S + 300 * MS, 11 * S, 30 * S + 400 * MS]
    assert alert_times_ms(alerts, entered) == (300.0, 400.0)


def test_an_alert_too_late_belongs_to_nobody():
    assert alert_times_ms([16 * S], [10 * S]) == ()
