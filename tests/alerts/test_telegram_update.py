"""Updates parsed at the edge: whatever comes, nothing is raised and nobody is taken for somebody else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearthwatch.alerts.telegram_update import incoming

ANNA = {"id": 1000, "is_bot": False, "first_name": "Anna", "last_name": "B\r\nC"}
HERE = {"id": 1000, "type": "private"}
MESSAGE = {"message_id": 7, "date": 1_700_000_000, "chat": HERE, "from": ANNA, "text": "/Status@House_Bot now please"}
QUERY = {"id": "55", "from": ANNA, "data": "q:A:n", "message": {"message_id": 9, "date": 0, "chat": HERE}}


def test_a_message():
    one = incoming({"update_id": 3, "message": MESSAGE})
    assert (one.update_id, one.kind, one.user_id, one.chat_id, one.message_id) == (3, "message", 1000, 1000, 7)
    assert (one.command, one.addressee, one.words) == ("/status", "house_bot", ("now", "please"))
    assert (one.name, one.first_hand, one.sent_us) == ("Anna B C", True, 1_700_000_000_000_000)


def test_a_press():
    one = incoming({"update_id": 3, "callback_query": QUERY})
    assert (one.kind, one.user_id, one.chat_id, one.data, one.callback_id) == ("callback_query", 1000, 1000, "q:A:n", "55")
    assert (one.sent_us, one.text, one.first_hand) == (None, "", True)


@pytest.mark.parametrize(
    "more",
    [
        {"forward_origin": {"type": "user"}},
        {"forward_date": 1},
        {"via_bot": {"id": 5, "is_bot": True}},
        {"sender_chat": {"id": -77}},
        {"is_automatic_forward": True},
        {"business_connection_id": "x"},
        {"sender_business_bot": {"id": 5}},
    ],
)
def test_what_is_not_typed_here_by_that_person_is_second_hand(more):
    assert incoming({"update_id": 3, "message": MESSAGE | more}).first_hand is False


@pytest.mark.parametrize("kind", ["edited_message", "channel_post", "business_message", "edited_channel_post"])
def test_other_kinds_carry_no_text(kind):
    one = incoming({"update_id": 3, kind: MESSAGE})
    assert (one.text, one.command, one.first_hand) == ("", "", False)
    assert one.chat_id == 1000


@pytest.mark.parametrize(
    "sender",
    [
        {**ANNA, "is_bot": True},
        {"id": 1000, "first_name": "no is_bot"},
        {**ANNA, "id": "1000"},
        {**ANNA, "id": True},
        {**ANNA, "id": 1000.0},
        {**ANNA, "id": 2**60},
        {**ANNA, "id": None},
        [1000],
        None,
    ],
)
def test_nobody_is_who_they_do_not_prove_to_be(sender):
    assert incoming({"update_id": 3, "message": MESSAGE | {"from": sender}}).user_id == 0


def test_what_is_no_update_is_none():
    for raw in (None, 3, "x", [], {}, {"update_id": "3"}, {"update_id": True, "message": MESSAGE}):
        assert incoming(raw) is None
    assert incoming({"update_id": 3}).kind == ""


def test_huge_and_odd_text_is_cut_and_harmless():
    one = incoming(
        {
            "update_id": 3,
            "message": MESSAGE | {"text": "/status " + "x" * 100_000, "from": {**ANNA, "first_name": "\ud800" * 99}},
        }
    )
    assert (one.command, len(one.text), len(one.name) <= 60) == ("/status", 500, True)
    one.name.encode()
    assert incoming({"update_id": 3, "message": MESSAGE | {"date": 10**30}}).sent_us is None
    assert incoming({"update_id": 3, "message": MESSAGE | {"text": ["/status"]}}).text == ""
    assert len(incoming({"update_id": 3, "callback_query": QUERY | {"data": "q" * 9999}}).data) == 64


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["update_id", "message", "from", "chat", "id", "text", "date", "data", "is_bot"]), inner
        )
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(JSON)
def test_nothing_is_raised_whatever_comes(raw):
    for one in (raw, {"update_id": 1, "message": raw}, {"update_id": 1, "callback_query": {"message": raw, "from": raw}}):
        found = incoming(one)
        if found is not None:
            assert found.command is not None
            assert len(json.dumps(found.text)) < 10_000
