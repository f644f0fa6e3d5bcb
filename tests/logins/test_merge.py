"""Two tellings of one log-in."""

from __future__ import annotations

from dataclasses import replace

from tests.logins.rows import NOW_US, login

from hearthwatch.kit.units import WallUs
from hearthwatch.logins.login import LoginId, Source, Verdict
from hearthwatch.logins.merge import merge
from hearthwatch.vendors.device import LoginAction

SEEN = login(id=LoginId(7), source=Source.SESSION, told=True)
LINE = login(source=Source.LOG, raw="line", via="Web")


def test_a_line_completes_a_session_that_was_told() -> None:
    found = merge([LINE], [SEEN], NOW_US)
    assert found.added == ()
    [row] = found.changed
    assert (row.id, row.raw, row.via, row.told, row.merged) == (7, "line", "Web", True, True)


def test_each_is_used_once() -> None:
    found = merge([LINE, LINE, LINE], [SEEN, replace(SEEN, id=LoginId(8))], NOW_US)
    assert [row.id for row in found.changed] == [7, 8]
    assert len(found.added) == 1


def test_what_does_not_fit_stays_apart() -> None:
    for other in (
        replace(SEEN, user="anna"),
        replace(SEEN, address="203.0.113.8"),
        replace(SEEN, action=LoginAction.LOGOUT),
        replace(SEEN, seen_us=WallUs(NOW_US - 1)),
        replace(SEEN, merged=True),
        replace(SEEN, source=Source.LOG),
    ):
        assert merge([LINE], [other], NOW_US).changed == (), other


def test_an_address_that_one_of_them_lacks_comes_from_the_other() -> None:
    [row] = merge([replace(LINE, address=None, origin="")], [SEEN], NOW_US).changed
    assert row.address == SEEN.address


def test_an_alarm_without_a_name_fits_any_log_in() -> None:
    nameless = login(id=LoginId(3), source=Source.EVENT, user="", address=None)
    [row] = merge([LINE], [nameless], NOW_US).changed
    assert (row.id, row.user) == (3, "mallory")


def test_somebody_who_turns_out_to_be_known_is_judged_by_who_he_is() -> None:
    nameless = login(id=LoginId(3), user="", address=None, source=Source.EVENT, verdict=Verdict.UNKNOWN_USER, told=True)
    [row] = merge([replace(LINE, verdict=Verdict.HOME)], [nameless], NOW_US).changed
    assert (row.verdict, row.told) == (Verdict.HOME, True)


def test_a_session_joins_an_alarm_and_still_waits_for_its_line() -> None:
    [row] = merge([replace(SEEN, id=LoginId(0))], [login(id=LoginId(3), source=Source.EVENT)], NOW_US).changed
    assert not row.merged
    assert merge([LINE], [row], NOW_US).changed[0].id == 3


def test_an_account_found_by_comparing_and_its_line_are_two_who_did_it_and_to_whom() -> None:
    found = login(id=LoginId(4), action=LoginAction.ACCOUNT_ADDED, source=Source.ACCOUNTS, verdict=Verdict.ACCOUNT_ADDED)
    line = login(action=LoginAction.ACCOUNT_ADDED, user="admin", raw="line")
    assert merge([line], [found], NOW_US).added == (line,)
