"""`hearthwatch logins` and `hearthwatch logs` on a house that does not run."""

from __future__ import annotations

import json

from tests.alerts.house import opened
from tests.cli.conftest import START_US, Home
from tests.logins.rows import login

from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.logins import ledger
from hearthwatch.logins.login import KeptLine, Verdict

FRONT = CameraId("front")


def fill(home: Home) -> None:
    (home.data / "house.db").unlink()
    engine = opened(home.data)
    with engine.begin() as connection:
        rows = [
            login(camera=FRONT, user=f"user{number}", at_us=WallUs(START_US + number * 60 * US_PER_S), verdict=Verdict.FAILED)
            for number in range(60)
        ]
        ledger.add(connection, [*rows, login(camera=CameraId("other"), user="\x1b[2Jx")])
        fields = {"id": 0, "camera": FRONT, "seen_us": WallUs(START_US), "local_us": None, "user": "", "raw": ""}
        lines = [
            KeptLine(code="Reboot", text="by \x1b[31mhand", at_us=WallUs(START_US), **fields),
            KeptLine(code="Login", text="", at_us=WallUs(START_US + 1), **fields),
        ]
        ledger.add_lines(connection, lines)
    engine.dispose()


def test_the_newest_oldest_first(empty_home: Home) -> None:
    fill(empty_home)
    ran = empty_home.run("logins", "--camera", "front")
    shown = ran.out.splitlines()
    assert len(shown) == 50
    assert "user10 " in shown[0]
    assert "user59 " in shown[-1]
    assert shown[0].endswith("failed")


def test_since_and_limit(empty_home: Home) -> None:
    fill(empty_home)
    assert len(empty_home.run("logins", "--since", "2023-11-14T22:00Z", "--camera", "front").out.splitlines()) == 60
    assert len(empty_home.run("logins", "--limit", "3").out.splitlines()) == 3


def test_json_is_an_object_a_line(empty_home: Home) -> None:
    fill(empty_home)
    found = [json.loads(text) for text in empty_home.run("logins", "--json", "--limit", "2").out.splitlines()]
    assert [one["user"] for one in found] == ["user58", "user59"]
    assert set(found[0]) >= {"id", "camera", "at_us", "local_us", "address", "verdict", "action", "raw"}


def test_a_name_cannot_steer_the_terminal(empty_home: Home) -> None:
    fill(empty_home)
    assert "\x1b" not in empty_home.run("logins", "--limit", "100").out
    assert "\x1b" not in empty_home.run("logs").out


def test_logs_are_searched(empty_home: Home) -> None:
    fill(empty_home)
    assert [line.split()[3] for line in empty_home.run("logs", "--search", "reBOOT").out.splitlines()] == ["Reboot"]
    assert len(empty_home.run("logs").out.splitlines()) == 2
    assert empty_home.run("logs", "--search", "nothing").err.strip() == "no such lines are kept"


def test_mistakes_are_clear(empty_home: Home) -> None:
    fill(empty_home)
    assert empty_home.run("logins", "--camera", "fornt").code == 2
    assert empty_home.run("logins", "--since", "whenever").code == 2


def test_no_house(empty_home: Home) -> None:
    (empty_home.data / "house.db").unlink(missing_ok=True)
    ran = empty_home.run("logins")
    assert ran.code == 1
    assert "--data" in ran.err
