"""The verdict table."""

from __future__ import annotations

import pytest

from hearthwatch.logins.login import Notify, Verdict
from hearthwatch.logins.verdict import Guests, is_home, is_wanted, judge, networks
from hearthwatch.vendors.device import LoginAction

HOME = networks(["192.168.1", "fd00::/8"])
GUESTS = Guests(
    own_users=frozenset({"hearthwatch"}),
    own_addresses=frozenset({"192.168.1.2"}),
    known=frozenset({"hearthwatch", "anna"}),
    home=HOME,
)


@pytest.mark.parametrize(
    ("action", "user", "address", "verdict"),
    [
        (LoginAction.LOGIN, "hearthwatch", "192.168.1.2", Verdict.OWN),
        (LoginAction.LOGIN, "hearthwatch", "192.168.1.3", Verdict.OUR_ACCOUNT),
        (LoginAction.LOGIN, "hearthwatch", "203.0.113.7", Verdict.OUR_ACCOUNT),
        (LoginAction.LOGIN, "hearthwatch", None, Verdict.OUR_ACCOUNT),
        (LoginAction.LOGIN, "admin", "192.168.1.2", Verdict.UNKNOWN_USER),
        (LoginAction.LOGIN, "anna", "192.168.1.2", Verdict.HOME),
        (LoginAction.LOGIN, "anna", "192.168.1.77", Verdict.HOME),
        (LoginAction.LOGIN, "anna", "fd00::77", Verdict.HOME),
        (LoginAction.LOGIN, "anna", "203.0.113.7", Verdict.OUTSIDE),
        (LoginAction.LOGIN, "anna", "127.0.0.1", Verdict.OUTSIDE),
        (LoginAction.LOGIN, "anna", None, Verdict.PLACE_UNKNOWN),
        (LoginAction.LOGIN, "Anna", "192.168.1.77", Verdict.UNKNOWN_USER),
        (LoginAction.LOGIN, "", "192.168.1.77", Verdict.UNKNOWN_USER),
        (LoginAction.OTHER, "anna", "192.168.1.77", Verdict.HOME),
        (LoginAction.OTHER, "mallory", "192.168.1.77", Verdict.UNKNOWN_USER),
        (LoginAction.DENIED, "anna", "192.168.1.77", Verdict.FAILED),
        (LoginAction.LOCKED, "anna", "192.168.1.77", Verdict.LOCKED),
        (LoginAction.ACCOUNT_ADDED, "anna", "192.168.1.77", Verdict.ACCOUNT_ADDED),
        (LoginAction.PASSWORD_CHANGED, "anna", "192.168.1.77", Verdict.PASSWORD_CHANGED),
        (LoginAction.PASSWORD_CHANGED, "hearthwatch", "192.168.1.2", Verdict.OWN),
        (LoginAction.LOG_CLEARED, "", None, Verdict.LOG_CLEARED),
        (LoginAction.LOG_GAP, "", None, Verdict.LOG_GAP),
        (LoginAction.LOGOUT, "mallory", "203.0.113.7", Verdict.NOTED),
        (LoginAction.RESTARTED, "root", "127.0.0.1", Verdict.NOTED),
        (LoginAction.SETTINGS_CHANGED, "anna", "192.168.1.77", Verdict.NOTED),
        (LoginAction.SETTINGS_CHANGED, "hearthwatch", "192.168.1.2", Verdict.OWN),
        (LoginAction.SETTINGS_CHANGED, "System", None, Verdict.NOTED),
        (LoginAction.SETTINGS_CHANGED, "System", "127.0.0.1", Verdict.NOTED),
        (LoginAction.SETTINGS_CHANGED, "anna", "203.0.113.7", Verdict.SETTINGS_CHANGED),
        (LoginAction.SETTINGS_CHANGED, "admin", "203.0.113.7", Verdict.SETTINGS_CHANGED),
        (LoginAction.SETTINGS_CHANGED, "admin", "192.168.1.77", Verdict.SETTINGS_CHANGED),
        (LoginAction.SETTINGS_CHANGED, "hearthwatch", "203.0.113.7", Verdict.SETTINGS_CHANGED),
    ],
)
def test_verdicts(action: LoginAction, user: str, address: str | None, verdict: Verdict) -> None:
    assert judge(action, user, address, GUESTS) is verdict


def test_without_an_account_of_our_own_nobody_is_us() -> None:
    assert judge(LoginAction.LOGIN, "", "192.168.1.2", Guests(own_addresses=frozenset({"192.168.1.2"}))) is Verdict.UNKNOWN_USER


@pytest.mark.parametrize("verdict", Verdict)
def test_who_is_told(verdict: Verdict) -> None:
    silent = {Verdict.OWN, Verdict.NOTED}
    assert not is_wanted(verdict, Notify.NEVER)
    assert is_wanted(verdict, Notify.EVERY) is (verdict not in silent)
    assert is_wanted(verdict, Notify.FOREIGN) is (verdict not in silent | {Verdict.HOME})


@pytest.mark.parametrize(
    ("written", "inside", "outside"),
    [
        ("192.168.1", "192.168.1.255", "192.168.10.1"),
        ("192.168.1.", "192.168.1.1", "192.168.2.1"),
        ("10", "10.9.8.7", "11.0.0.1"),
        ("172.16.0.0/12", "172.31.0.1", "172.32.0.1"),
        ("192.168.1.7/24", "192.168.1.1", "192.168.2.1"),
        ("192.168.1.7", "192.168.1.7", "192.168.1.8"),
        ("fc00::/7", "fd12::1", "2001:db8::1"),
    ],
)
def test_networks_as_people_write_them(written: str, inside: str, outside: str) -> None:
    assert is_home(inside, networks([written]))
    assert not is_home(outside, networks([written]))
    assert not is_home(None, networks([written]))


def test_what_is_no_network() -> None:
    with pytest.raises(ValueError):
        networks(["home"])
