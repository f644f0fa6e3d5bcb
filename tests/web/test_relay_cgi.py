"""The allow-list: what a rule names passes as it stands, everything that could be read otherwise does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthwatch.web.relay.cgi import CgiCall, parse_call, parse_rule

RULE = parse_rule("GET /cgi-bin/ptz.cgi?action=start&code=*&channel=1")
PLAIN = parse_rule("GET /snapshot.cgi")


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/cgi-bin/ptz.cgi", "action=start&code=Left&channel=1"),
        ("/cgi-bin/ptz.cgi", "channel=1&code=Right&action=start"),
        ("/cgi-bin/ptz.cgi", "action=start&code=&channel=1"),
    ],
)
def test_what_a_rule_names_passes(path: str, query: str) -> None:
    call = parse_call("GET", path, query)
    assert call is not None
    assert RULE.admits(call)
    assert call.target == f"{path}?{query}"


@pytest.mark.parametrize(
    "query",
    [
        "action=stop&code=Left&channel=1",
        "action=start&code=Left",
        "action=start&code=Left&channel=1&reboot=1",
        "action=start&code=Left&channel=2",
    ],
)
def test_another_value_or_parameter_is_another_command(query: str) -> None:
    call = parse_call("GET", "/cgi-bin/ptz.cgi", query)
    assert call is not None
    assert not RULE.admits(call)


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("GET", "/cgi-bin/%70tz.cgi", ""),
        ("GET", "/cgi-bin/../snapshot.cgi", ""),
        ("GET", "/cgi-bin/%2e%2e/snapshot.cgi", ""),
        ("GET", "/./snapshot.cgi", ""),
        ("GET", "//snapshot.cgi", ""),
        ("GET", "/snapshot.cgi/", ""),
        ("GET", "/snapshot.cgi;a=b", ""),
        ("GET", "/snapshot.cgi\\..", ""),
        ("GET", "/snapshot.cgi#x", ""),
        ("GET", "/snapshot.cgi\r\nX: y", ""),
        ("GET", "/snapshot.cgi ", ""),
        ("GET", "http://203.0.113.9/snapshot.cgi", ""),
        ("GET", "/@203.0.113.9/snapshot.cgi", ""),
        ("GET", "", ""),
        ("GET", "/snapshot.cgi", "a"),
        ("GET", "/snapshot.cgi", "a=1&a=2"),
        ("GET", "/snapshot.cgi", "a=1;b=2"),
        ("GET", "/snapshot.cgi", "a=%0d%0aX"),
        ("GET", "/snapshot.cgi", "a=1%26b=2"),
        ("GET", "/snapshot.cgi", "a=b c"),
        ("GET", "/snapshot.cgi", "a=" + "x" * 200),
        ("PUT", "/snapshot.cgi", ""),
        ("DELETE", "/snapshot.cgi", ""),
    ],
)
def test_what_could_be_read_in_two_ways_is_nothing(method: str, path: str, query: str) -> None:
    assert parse_call(method, path, query) is None


def test_members_may_come_encoded_and_go_out_plain() -> None:
    call = parse_call("GET", "/cgi-bin/configManager.cgi", "action=setConfig&Lighting%5B0%5D.Mode=Off")
    assert call is not None
    assert call.target.endswith("Lighting[0].Mode=Off")


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_passes_is_written_in_one_way_only(path: str, query: str) -> None:
    call = parse_call("GET", path, query)
    if call is not None:
        head, _, rest = call.target.partition("?")
        assert parse_call("GET", head, rest) == call
        assert call.target.isascii()
        assert not set(call.target) & set(" \r\n\t\\#%;")
        assert ".." not in head.split("/")
        assert "//" not in head


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/snapshot.cgi",
        "PUT /a",
        "GET snapshot.cgi",
        "GET /a/../b",
        "GET /a//b",
        "GET http://x/",
        "GET /a?b",
        "GET /a?b=1&b=2",
        "GET /a?b=%41",
        "GET /*",
        "GET /a?*=1",
    ],
)
def test_a_rule_that_says_too_much_or_nothing_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"must|has a parameter|names a"):
        parse_rule(text)


def test_a_command_without_parameters_takes_none() -> None:
    assert PLAIN.admits(CgiCall(method="GET", path="/snapshot.cgi", pairs=()))
    assert not PLAIN.admits(CgiCall(method="GET", path="/snapshot.cgi", pairs=(("user", "x"),)))
    assert not PLAIN.admits(CgiCall(method="POST", path="/snapshot.cgi", pairs=()))
