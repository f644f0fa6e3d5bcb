from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearthwatch.audit.firmware import MAX_CHARS, Firmware, Grammar, Order, compare, parse


@pytest.mark.parametrize(
    ("grammar", "text", "branch", "numbers", "built"),
    [
        (Grammar.DAHUA, "2.800.0000016.0.R,build:2020-06-05", "2.800.0000016", (0,), dt.date(2020, 6, 5)),
        (Grammar.DAHUA, "2.520.AC00.18.R", "2.520.AC00", (18,), None),
        (Grammar.DAHUA, "2.420.AC00.18.R.20200217", "2.420.AC00", (18,), dt.date(2020, 2, 17)),
        (Grammar.DAHUA, "2.623.00AC004.0.R.200316", "2.623.00AC004", (0,), dt.date(2020, 3, 16)),
        (Grammar.DAHUA, "V2.420.ac00.16.R build 2016-09-09", "2.420.AC00", (16,), dt.date(2016, 9, 9)),
        (Grammar.FOSCAM_MJPEG, "11.22.2.38", "11", (22, 2, 38), None),
        (Grammar.FOSCAM_HD, "2.52.2.43", "2.52", (2, 43), None),
        (Grammar.FOSCAM_HD, "1.5.3.19_2.72.1.59", "2.72", (1, 59), None),
        (Grammar.REOLINK, "v3.0.0.136_20121102", "3.0.0", (136,), dt.date(2020, 12, 11)),
        (Grammar.REOLINK, "v3.1.0.956_22041507", "3.1.0", (956,), dt.date(2022, 4, 15)),
        (Grammar.HIKVISION, "V5.4.0 build 160530", "5.4", (0,), dt.date(2016, 5, 30)),
        (Grammar.HIKVISION, "V5.1.6 build 140401", "5.1", (6,), dt.date(2014, 4, 1)),
        (Grammar.DAHUA, "2018-05-18", "", (), dt.date(2018, 5, 18)),
    ],
)
def test_it_reads_what_the_makers_write(grammar, text, branch, numbers, built):
    assert parse(grammar, text) == Firmware(branch=branch, numbers=numbers, built=built)


@pytest.mark.parametrize("text", ["", "Ver 1.8", "2.520", "v..", "2.x.AC00", "2018-13-40", "1.2.3.4.5.6.7.8.9.10.11.12.13"])
def test_what_is_no_version_is_none(text):
    assert [parse(grammar, text) for grammar in (Grammar.DAHUA, Grammar.FOSCAM_HD, Grammar.FOSCAM_MJPEG)] == [None] * 3


def test_the_date_told_apart_counts_where_the_version_has_none():
    assert parse(Grammar.DAHUA, "2.520.AC00.18.R", dt.date(2017, 6, 29)) == Firmware(
        branch="2.520.AC00", numbers=(18,), built=dt.date(2017, 6, 29)
    )


def order(one: str, limit: str, grammar: Grammar = Grammar.DAHUA) -> Order:
    left, right = parse(grammar, one), parse(grammar, limit)
    assert left is not None
    assert right is not None
    return compare(left, right)


def test_numbers_compare_within_a_branch_and_dates_between_branches():
    assert order("2.420.AC00.17.R", "2.420.AC00.18.R") is Order.BEFORE
    assert order("2.420.AC00.19.R", "2.420.AC00.18.R") is Order.AFTER
    assert order("2.520.AC00.18.R,build:2017-06-29", "2.420.AC00.18.R.20200217") is Order.BEFORE  # though 2.520 > 2.420
    assert order("2.520.AC00.18.R", "2.420.AC00.18.R.20200217") is Order.UNKNOWN
    assert order("2.82.2.30", "2.52.2.47", Grammar.FOSCAM_HD) is Order.UNKNOWN


def test_the_date_decides_between_equal_numbers_and_a_contradiction_is_unknown():
    assert order("2.420.AC00.18.R,build:2019-01-01", "2.420.AC00.18.R.20200217") is Order.BEFORE
    assert order("2.420.AC00.18.R.20200217", "2.420.AC00.18.R.20200217") is Order.SAME
    assert order("2.420.AC00.19.R,build:2017-01-01", "2.420.AC00.18.R.20200217") is Order.UNKNOWN


versions = st.one_of(
    st.text(max_size=MAX_CHARS + 20),
    st.from_regex(
        r"v?[0-9]{1,4}\.[0-9]{1,4}\.[A-Z0-9]{1,8}\.[0-9]{1,4}(\.R)?(\.[0-9]{6,8})?(,build:[0-9]{4}-[0-9]{2}-[0-9]{2})?"
    ),
    st.from_regex(r"V[0-9]\.[0-9]\.[0-9] build [0-9]{6}"),
)


@settings(max_examples=60)
@given(st.sampled_from(Grammar), versions, versions)
def test_any_text_parses_or_not_and_two_compare_the_same_both_ways(grammar, one, other):
    left, right = parse(grammar, one), parse(grammar, other)
    if left is None or right is None:
        return
    opposite = {Order.BEFORE: Order.AFTER, Order.AFTER: Order.BEFORE, Order.SAME: Order.SAME}
    there, back = compare(left, right), compare(right, left)
    if Order.UNKNOWN not in {there, back}:  # a contradiction is told only by the one that seems newer
        assert back is opposite[there]
    assert compare(left, left) in {Order.SAME, Order.UNKNOWN}
