"""Batches of Reolink's answers: order, failures, nonsense, and texts of errors."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.vendors import reolink_samples as samples

from hearthwatch.kit.errors import BadReply, Refused, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.vendors.device import Setting
from hearthwatch.vendors.reolink_config import Section, section_settings, set_param
from hearthwatch.vendors.reolink_media import card_files, streams
from hearthwatch.vendors.reolink_reply import accounts, answers, failure, identity, local_time, sessions, token_of, value_of


def test_answers_are_matched_by_position_whatever_they_are_called() -> None:
    body = samples.body(samples.good({"a": 1}, "GetChannelstatus"), samples.bad(-9, "not support"), samples.good({"b": 2}))
    found = answers(body, 3, "it")
    assert [one.code for one in found] == [0, -9, 0]
    assert [dict(one.value) for one in found] == [{"a": 1}, {}, {"b": 2}]
    with pytest.raises(Unsupported, match="not support"):
        value_of(found[1], "it")


def test_one_failure_stands_for_the_whole_batch() -> None:
    found = answers(samples.body(samples.bad(-6, "please login first")), 5, "it")
    assert [one.needs_log_in for one in found] == [True] * 5


@pytest.mark.parametrize("count", [1, 3])
def test_another_number_of_answers_is_not_guessed_at(count: int) -> None:
    with pytest.raises(BadReply, match=f"2 answers to {count} commands"):
        answers(samples.body(samples.good({}), samples.good({})), count, "it")


@pytest.mark.parametrize("body", [b"", b"[]", b"[1]", b"null", b"<html>", b"{", b"[" * 100_000, b'[{"cmd":"X","code":0}, 5]'])
def test_nonsense_is_a_bad_reply(body: bytes) -> None:
    with pytest.raises(BadReply):
        answers(body, 1, "it")


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"cmd": "X"}, 1),
        ({"code": 1}, 1),
        ({"code": 0}, 0),
        ({"code": "0", "value": {"rspCode": "200"}}, 0),
        ({"code": 0, "value": {"rspCode": 200}}, 0),
        ({"code": 0, "value": {"rspCode": -13}}, -13),
        ({"code": 0, "value": {"rspCode": None}}, 1),
        ({"code": 0, "error": {"rspCode": -7}}, -7),
    ],
)
def test_a_yes_that_is_a_no(row: dict[str, object], code: int) -> None:
    assert answers(json.dumps([row]).encode(), 1, "it")[0].code == code


def test_a_failure_s_text_is_one_short_line_without_secrets() -> None:
    hidden = Secret("hunter2hunter2").reveal()
    [answer] = answers(samples.body(samples.bad(-502, f"a\r\n{hidden} " + "x" * 900)), 1, "it")
    said = failure(answer, "it")
    assert isinstance(said, Refused)
    assert "a *** xxx" in str(said)
    assert len(str(said)) < 300


@pytest.mark.parametrize("name", ["", "with blank", "x" * 300, "new\nline", None, 7.5])
def test_a_token_that_could_not_stand_in_a_url(name: object) -> None:
    [answer] = answers(samples.body(samples.good({"Token": {"name": name, "leaseTime": 1}})), 1, "it")
    with pytest.raises(BadReply):
        token_of(answer)


@pytest.mark.parametrize(("lease", "seconds"), [(3600, 3600), (0, 30), (-5, 30), (10**30, 3600), ("x", 3600), (10**6, 86_400)])
def test_a_lease_is_held_within_reason(lease: object, seconds: int) -> None:
    [answer] = answers(samples.body(samples.good({"Token": {"name": "abc", "leaseTime": lease}})), 1, "it")
    assert token_of(answer) == ("abc", seconds)


def test_build_dates() -> None:
    def built(**info: object) -> dt.date | None:
        return identity({"DevInfo": {"model": "m", **info}}, {}).build_date

    assert built(firmVer="v3.0.0.59_20080734") == dt.date(2020, 8, 7)
    assert built(firmVer="v3.0.0", buildDay="build 22041507") == dt.date(2022, 4, 15)
    assert built(firmVer="v3.0.0_99999999") is None
    with pytest.raises(BadReply):
        identity({}, {})


def test_a_clock_that_is_none() -> None:
    with pytest.raises(BadReply):
        local_time({"Time": {"year": 2020, "mon": 13, "day": 1, "hour": 0, "min": 0, "sec": 0}})
    with pytest.raises(BadReply):
        local_time({})


def test_missing_lists_are_not_empty_ones() -> None:
    for parse in (sessions, accounts):
        with pytest.raises(BadReply):
            parse({})
        assert parse({"User": []}) == ()
    with pytest.raises(BadReply):
        accounts({"User": [{"level": "admin"}]})
    with pytest.raises(BadReply):
        card_files({"SearchResult": {"File": [{"name": "x"}]}})


@pytest.mark.parametrize("url", ["rtsp://evil/../../etc", "rtsp://u:p@h/a?b=c d", "http://[", "rtsp://h/a\nb", "x" * 500])
def test_a_camera_s_url_gives_no_more_than_a_plain_path(url: str) -> None:
    [main, _] = streams(samples.ENCODE, {"rtspUrl": {"mainStream": url}}, {"NetPort": {"rtspPort": 99_999}}, 0, "cam")
    assert main.url.startswith("rtsp://cam:554/")
    assert not {"@", "?", " ", "\n"} & set(main.url)
    assert "evil" not in main.url


leaves = st.one_of(st.booleans(), st.integers(-(10**6), 10**6), st.text(max_size=8))
trees = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3)
)


@given(st.dictionaries(st.sampled_from(["on", "size", "name"]), trees, min_size=1, max_size=3))
def test_writing_back_what_was_read_changes_nothing(inner: dict[str, object]) -> None:
    value = {"Thing": inner}
    section = Section(name="Enc", channel=0)
    there = section_settings(section, value)
    assert set_param(section, value, there) == value


def test_a_value_of_another_type_is_not_written() -> None:
    section = Section(name="P2p", channel=None)
    with pytest.raises(Unsupported, match="is a number"):
        set_param(section, {"P2p": {"enable": 1}}, [Setting(key="P2p.enable", value="yes", is_secret=False)])
    with pytest.raises(Unsupported, match="true or false"):
        set_param(section, {"P2p": {"enable": True}}, [Setting(key="P2p.enable", value="1", is_secret=False)])
