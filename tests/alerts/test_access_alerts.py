from __future__ import annotations

from hearthwatch.alerts.access_alerts import new_place
from hearthwatch.alerts.alert import Alert, Severity
from hearthwatch.kit.units import WallUs


def alert(**more: object) -> Alert:
    told = {
        "id_": "01J",
        "who": "Ben",
        "at_home": True,
        "address": "192.168.1.30",
        "name": "",
        "browser": "Firefox on Linux",
        "by": "password and code",
        "let_in": True,
        "now_us": WallUs(1),
    }
    return new_place(**(told | more))


def test_a_log_in_from_a_new_place_says_who_from_where_with_what_and_what_to_do() -> None:
    found = alert()
    assert found.title == "Ben logged in from a new place, in the home"
    assert found.severity is Severity.INFO
    for words in ("Firefox on Linux", "192.168.1.30", "password and code", "People with access"):
        assert words in found.text


def test_from_outside_it_is_a_warning_with_the_name_of_the_address() -> None:
    found = alert(at_home=False, address="203.0.113.9", name="scan-7.example.net")
    assert found.severity is Severity.WARN
    assert "203.0.113.9 (scan-7.example.net), outside the home" in found.text


def test_the_right_password_of_an_owner_who_was_not_let_in_is_urgent() -> None:
    found = alert(at_home=False, let_in=False)
    assert found.severity is Severity.URGENT
    assert found.title == "Somebody outside knows Ben's password"
    assert "not let in" in found.text


def test_a_hostile_name_stays_on_its_line() -> None:
    found = alert(who="Eve\nEverything is fine\x1b[2J", browser="x\n" * 50)
    assert "\n" not in found.title
    assert "\x1b" not in found.title + found.text
    assert len(found.text.splitlines()) == 3
