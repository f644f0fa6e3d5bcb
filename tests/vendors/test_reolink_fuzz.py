"""A few mutations of every Reolink tape and sample through every Reolink parser."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.vendors import reolink_samples as samples
from tests.vendors.fuzz import Target, hold

from hearthwatch.vendors.device import Setting
from hearthwatch.vendors.polled_alarms import changes
from hearthwatch.vendors.reolink_alarm import ai_states, event_states, motion_state, signal, webhook
from hearthwatch.vendors.reolink_config import Section, section_of, section_settings, set_param
from hearthwatch.vendors.reolink_media import card_files, search_param, streams
from hearthwatch.vendors.reolink_reply import (
    Values,
    accounts,
    answers,
    channels,
    failure,
    identity,
    local_time,
    network,
    sessions,
    sessions_that_can_end,
    token_of,
    value_of,
)

FAILURES = (samples.body(samples.bad(-6, "please login first")), samples.body(samples.bad(-9, "not support")), b"<html>")


def each(parse: Callable[[Values], object]) -> Callable[[bytes], object]:
    """Run `parse` on the value of the one answer."""
    return lambda body: parse(value_of(answers(body, 1, "it")[0], "it"))


def batch(body: bytes) -> object:
    found = answers(body, 9, "it")
    return [(str(failure(one, "it")), one.detail, one.needs_log_in, one.is_lacking) for one in found]


def states(value: Values) -> object:
    return changes(frozenset({"md"}), ai_states(value), 0, signal)


def settings(value: Values) -> object:
    return section_settings(Section(name="EmailV20", channel=0), value)


def writing(value: Values) -> object:
    section = Section(name="EmailV20", channel=0)
    there = section_settings(section, value)
    wanted = [Setting(key=one.key, value=one.value, is_secret=one.is_secret) for one in there[:3]]
    return json.dumps(set_param(section, value, wanted)), [section_of(one.key) for one in there]


def targets(tapes: Path) -> list[Target]:
    """Every parser with the tapes and samples it is for."""
    folder = tapes / "reolink"
    recorded = (folder / "rlc-822a-v3.1.0.956/batch.json").read_bytes()
    ai = (folder / "reolink-aio-comment/GetAiState.json").read_bytes()
    md = (folder / "scrypted-comment/GetMdState.json").read_bytes()
    good, body = samples.good, samples.body
    email, device = body(good(samples.EMAIL)), body(good({**samples.DEVICE, **samples.LINK}))
    encode = body(good({**samples.ENCODE, **samples.URLS}))
    time = body(good({"Time": {"year": 2022, "mon": 9, "day": 15, "hour": 21, "min": 21, "sec": 57, "timeZone": -36000}}))
    return [
        Target(name="batch", parse=batch, seeds=(recorded, *FAILURES)),
        Target(name="token", parse=lambda data: token_of(answers(data, 1, "it", may_sample=False)[0]),
               seeds=(body(good(samples.TOKEN)), *FAILURES)),
        Target(name="identity", parse=each(lambda value: (identity(value, value), channels(value))), seeds=(device, *FAILURES)),
        Target(name="clock", parse=each(local_time), seeds=(time,)),
        Target(name="sessions", parse=each(sessions), seeds=(body(good(samples.ONLINE)), *FAILURES)),
        Target(name="who can be ended", parse=each(lambda value: sorted(sessions_that_can_end(value))),
               seeds=(body(good(samples.ONLINE)), *FAILURES)),
        Target(name="network", parse=each(lambda value: network(value, value)),
               seeds=(body(good({**samples.LINK_WHOLE, **samples.PORTS})), *FAILURES)),
        Target(name="accounts", parse=each(accounts), seeds=(body(good(samples.USERS)), *FAILURES)),
        Target(name="streams", parse=each(lambda value: streams(value, value, value, 0, "c")), seeds=(encode, *FAILURES)),
        Target(name="motion", parse=each(lambda value: sorted(motion_state(value))), seeds=(md, *FAILURES)),
        Target(name="objects", parse=each(states), seeds=(ai, *FAILURES)),
        Target(name="events", parse=each(lambda value: sorted(event_states(value))), seeds=(body(good(samples.EVENTS)),)),
        Target(name="settings", parse=each(settings), seeds=(email, encode)),
        Target(name="writing", parse=each(writing), seeds=(email, encode)),
        Target(name="recordings", parse=each(lambda value: [(one, search_param(0, one.start_us, one.end_us))
               for one in card_files(value)]), seeds=(body(good(samples.FOUND)), *FAILURES)),
        Target(name="webhook", parse=webhook, seeds=(samples.PUSHED, samples.WAKE)),
    ]  # fmt: skip


@pytest.mark.parametrize("index", range(16))
def test_mutations_of_tapes_bring_only_our_own_errors(test_data: Path, index: int) -> None:
    assert hold(targets(test_data / "tapes")[index], 25) > 0


def test_none_is_left_out(test_data: Path) -> None:
    assert len(targets(test_data / "tapes")) == 16
