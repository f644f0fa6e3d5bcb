"""A sensor's edges: what is too short, what comes while it warms up, and what counts once."""

from __future__ import annotations

from hearthwatch.feeds.pulses import Pulses
from hearthwatch.feeds.sensor import TriggerOptions
from hearthwatch.kit.units import NS_PER_S, MonoNs


def at(seconds: float) -> MonoNs:
    return MonoNs(round(seconds * NS_PER_S))


def pulses(**options) -> Pulses:
    return Pulses(TriggerOptions(pin=17, **({"debounce_s": 0.05, "warm_up_s": 60} | options)))


def test_a_pulse_counts_once_from_when_it_began() -> None:
    line = pulses()
    assert line.due_ns is None
    line.edge(True, at(100))
    assert line.due_ns == at(100.05)
    assert line.poll(at(100.04)) is None
    assert line.poll(at(100.06)) == at(100)
    assert line.poll(at(101)) is None
    line.edge(True, at(102))
    assert line.poll(at(103)) is None, "it never ended"
    line.edge(False, at(104))
    line.edge(True, at(105))
    assert line.poll(at(105.05)) == at(105)


def test_interference_is_no_pulse() -> None:
    line = pulses()
    for number in range(10):
        line.edge(True, at(100 + number))
        line.edge(False, at(100.01 + number))
        assert line.poll(at(100.5 + number)) is None
    assert line.ignored == 10


def test_a_warming_sensor_sees_ghosts_until_the_machine_is_on_long_enough() -> None:
    line = pulses(warm_up_s=45)
    line.edge(True, at(44.9))
    assert line.poll(at(46)) is None
    line.edge(False, at(46))
    line.edge(True, at(47))
    assert line.poll(at(47.1)) == at(47)
    assert line.ignored == 1


def test_without_a_debounce_it_counts_at_once() -> None:
    line = pulses(debounce_s=0)
    line.edge(True, at(100))
    assert line.poll(at(100)) == at(100)
