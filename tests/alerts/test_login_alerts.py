"""What a person reads of log-ins."""

from __future__ import annotations

from datetime import UTC

import pytest
from tests.logins.rows import NOW_US, login

from hearthwatch.alerts import login_alerts
from hearthwatch.alerts.alert import Alert, Severity
from hearthwatch.alerts.login_alerts import Setting
from hearthwatch.audit.remedy import RemedyKind
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.logins.login import Login, LoginId, Source, Story, Verdict
from hearthwatch.vendors.device import LocalUs, LoginAction

FRONT = CameraId("front")


def told(*logins: Login, **more) -> Alert:
    setting = Setting(**({"name": "Front door", "zone": UTC, "able": frozenset(RemedyKind)} | more))
    return login_alerts.told("1", logins, setting, now_us=NOW_US)


def offers(alert: Alert) -> list[tuple[str, str]]:
    return [(offer.kind.value, offer.subject) for offer in alert.offers]


def test_who_from_where_which_camera_and_what_to_do() -> None:
    alert = told(login(via="Web"), names={"203.0.113.7": "evil.example.net"})
    assert alert.title == "Front door: unknown user mallory logged in from outside"
    assert alert.severity is Severity.URGENT
    first, *rest = alert.text.splitlines()
    assert first == "22:13:20 · unknown user mallory logged in from 203.0.113.7 (outside, evil.example.net) · by Web"
    assert "change the camera's password" in rest[0]
    assert "[camera.front.logins]" in rest[1]


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_has_words(verdict: Verdict) -> None:
    alert = told(login(verdict=verdict, user="anna"), login(verdict=verdict, user=""))
    for text in (alert.title, alert.text):
        assert text
        assert "{" not in text


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("192.168.1.5", "from 192.168.1.5 (at home)"),
        ("203.0.113.7", "from 203.0.113.7 (outside)"),
        ("127.0.0.1", "through the camera itself: its maker's cloud"),
        ("::1", "through the camera itself"),
    ],
)
def test_the_place(address: str, words: str) -> None:
    assert words in told(login(address=address), inside={"192.168.1.5"}).text


def test_a_word_in_place_of_an_address_is_shown() -> None:
    assert "from Yerel" in told(login(address=None, origin="Yerel")).text


def test_a_burst_is_one_line_with_its_count_and_length() -> None:
    rows = [login(id=LoginId(n), at_us=WallUs(NOW_US + n * US_PER_S)) for n in range(1, 1001)]
    alert = told(*rows)
    assert alert.title.endswith("(1000 times)")
    assert "1000 times in 16 min" in alert.text
    assert alert.dedupe_key == "login/front/1"


def test_a_burst_of_one_moment_has_no_length_and_a_place_is_said_once() -> None:
    alert = told(*[login(id=LoginId(n), verdict=Verdict.OUTSIDE, user="admin") for n in range(1, 21)])
    assert alert.title == "Front door: admin logged in from outside (20 times)"
    assert "admin logged in from 203.0.113.7 (outside) · 20 times within a second" in alert.text


def test_a_new_account_is_named_before_who_made_it() -> None:
    line = login(verdict=Verdict.ACCOUNT_ADDED, action=LoginAction.ACCOUNT_ADDED, user="admin")
    found = login(verdict=Verdict.ACCOUNT_ADDED, action=LoginAction.ACCOUNT_ADDED, source=Source.ACCOUNTS, address=None)
    alert = told(line, found)
    assert alert.title == "Front door: a new account: mallory, by admin"
    assert ("remove-account", "mallory") in offers(alert)


def test_no_two_buttons_change_one_password() -> None:
    alert = told(login(verdict=Verdict.OUR_ACCOUNT, user="watch"))
    assert [subject for kind, subject in offers(alert) if kind == "change-password"] == ["watch"]


@pytest.mark.parametrize(
    ("rows", "title"),
    [
        (
            [login(verdict=Verdict.FAILED), login(verdict=Verdict.OUR_ACCOUNT, user="watch"), login(verdict=Verdict.HOME)],
            "somebody uses Hearthwatch's own account watch from outside, a log-in failed for mallory, mallory logged in",
        ),
        ([login(verdict=Verdict.FAILED)] * 12, "12 log-ins failed for mallory from outside"),
        (
            [login(verdict=Verdict.FAILED, user=f"u{n % 3}", address=f"203.0.113.{n % 5}") for n in range(15)],
            "15 log-ins failed for 3 names from 5 addresses",
        ),
        ([login(verdict=Verdict.FAILED, user="", address=None)], "a log-in failed"),
        (
            [login(user=name) for name in ("root", "root", "admin", "guest")],
            "unknown user root logged in from outside (2 times) and 2 more users",
        ),
        ([login(address="127.0.0.1")], "unknown user mallory logged in through the camera itself"),
        ([login(address="192.168.1.5")], "unknown user mallory logged in at home"),
        (
            [login(verdict=verdict) for verdict in Verdict if verdict is not Verdict.OWN][:9],
            None,
        ),
    ],
)
def test_the_title_says_who_did_what_from_where(rows: list[Login], title: str | None) -> None:
    alert = told(*rows, inside={"192.168.1.5"})
    assert len(alert.title) < 200
    if title is None:
        assert alert.title.endswith(" and more")
    else:
        assert alert.title == f"Front door: {title}"


def test_many_stories_do_not_make_a_book() -> None:
    alert = told(*(login(user=f"user{n}", address=f"203.0.113.{n}") for n in range(200)))
    assert len(alert.text) <= 2000
    assert "And 192 more" in alert.text
    assert len(alert.offers) <= 6


def test_a_clock_that_is_off_is_told() -> None:
    alert = told(login(local_us=LocalUs(65 * US_PER_S)))
    assert "the camera's clock said 1970-01-01 00:01:05" in alert.text
    assert "clock" not in told(login(local_us=LocalUs(NOW_US + 30 * US_PER_S))).text


def test_what_is_offered() -> None:
    alert = told(login(), sessions={("mallory", "203.0.113.7"): "9"})
    assert offers(alert) == [
        ("change-password", "mallory"),
        ("end-session", "9"),
        ("block-address", "203.0.113.7"),
        ("change-password", ""),
        ("reboot", ""),
    ]
    assert {offer.camera for offer in alert.offers} == {FRONT}


def test_only_what_the_camera_can_do_is_offered() -> None:
    assert offers(told(login(), able={RemedyKind.REBOOT})) == [("reboot", "")]


def test_home_and_the_cameras_own_loopback_are_never_offered_to_be_blocked() -> None:
    for address in ("192.168.1.5", "127.0.0.1", "2001:db8::1"):
        alert = told(login(address=address), inside={"192.168.1.5"})
        assert not [kind for kind, _subject in offers(alert) if kind == "block-address"], address


def test_a_new_account_is_offered_to_be_removed() -> None:
    row = login(action=LoginAction.ACCOUNT_ADDED, verdict=Verdict.ACCOUNT_ADDED, source=Source.ACCOUNTS, address=None)
    alert = told(row)
    assert alert.title == "Front door: a new account: mallory"
    assert ("remove-account", "mallory") in offers(alert)
    by = told(login(action=LoginAction.ACCOUNT_ADDED, verdict=Verdict.ACCOUNT_ADDED, user="admin"))
    assert by.title == "Front door: a new account by admin"
    assert not [kind for kind, _subject in offers(by) if kind == "remove-account"], "admin did it, it was not done to admin"


def test_a_failure_alone_does_not_offer_to_change_passwords() -> None:
    assert offers(told(login(verdict=Verdict.FAILED))) == [("block-address", "203.0.113.7")]


def test_hostile_names_stay_on_their_line() -> None:
    alert = told(login(user="x\nNothing happened\u202e" + "y" * 500, origin="\x1b[2J", address=None, via="a\nb"))
    assert len(alert.title) < 200
    assert "\x1b" not in alert.text
    assert not [line for line in alert.text.splitlines() if line.startswith("Nothing")]


def test_a_lock_is_said_after_the_guesses_that_led_to_it() -> None:
    locked = login(verdict=Verdict.LOCKED, action=LoginAction.LOCKED, user="root")
    stories = [
        Story(head=locked, times=1, last_us=NOW_US),
        Story(head=login(verdict=Verdict.FAILED, user="root"), times=20, last_us=NOW_US),
    ]
    alert = login_alerts.guessed("1", stories, 21, LoginId(7), Setting(name="Front door", zone=UTC), now_us=NOW_US)
    assert alert.title == "Front door: 20 log-ins failed for root from outside, account root is locked"
    assert alert.dedupe_key == "login/front/guessed-7"
    assert "· 20 times within a second" in alert.text


def test_rows_that_were_not_kept_have_a_key_of_their_own() -> None:
    assert told(login()).dedupe_key == f"login/front/unkept-{NOW_US}"


def test_the_digest_names_every_camera() -> None:
    back = CameraId("back")
    logins = {FRONT: [login(), login(user="anna", verdict=Verdict.HOME)], back: []}
    settings = {FRONT: Setting(name="Front door", zone=UTC), back: Setting(name="Back", zone=UTC)}
    alert = login_alerts.digest("1", logins, settings, key="2026-11-21/08:00", now_us=NOW_US)
    assert alert.title == "Log-ins to your cameras in the last day: 2"
    assert "Front door: 2 log-ins" in alert.text
    assert "Back: nobody" in alert.text
    assert alert.dedupe_key == "login-digest/2026-11-21/08:00"
