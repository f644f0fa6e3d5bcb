from __future__ import annotations

import io
import json
import sys

import pytest
from tests.cli.conftest import Home

GOOD = "seven lamps under ice"


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch):
    """Make standard input hold a line, as a pipe does."""

    def put(line: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{line}\n"))

    return put


def test_add_list_passwd_and_remove(empty_home: Home, say) -> None:
    assert "nobody has an account yet" in empty_home.run("users", "list").out
    say(GOOD)
    assert empty_home.run("users", "add", "Ada", "--owner").out == "Ada may log in now, as owner\n"
    say(GOOD)
    assert empty_home.run("users", "add", "tablet").out == "tablet may log in now, as viewer\n"
    assert empty_home.run("users", "list").out == "Ada  (owner)\ntablet  (viewer)\n"
    say(f"{GOOD} too")
    assert empty_home.run("users", "passwd", "ada").code == 0
    assert empty_home.run("users", "remove", "tablet").out == "tablet is removed and logged out\n"
    (ada,) = json.loads(empty_home.run("users", "list", "--json").out)
    assert (ada["name"], ada["role"], ada["cameras"]) == ("Ada", "owner", None)


async def test_the_password_set_is_the_one_that_logs_in(empty_home: Home, say) -> None:
    import asyncio

    from hearthwatch.kit.db import open_reader
    from hearthwatch.web import accounts
    from hearthwatch.web.passwords import Hasher

    say(GOOD)
    await asyncio.to_thread(empty_home.run, "users", "add", "ada")
    engine = open_reader(empty_home.data / "house.db")
    with engine.connect() as connection:
        found = accounts.find_user(connection, "ADA")
    engine.dispose()
    assert found is not None
    hasher = Hasher()
    assert await hasher.matches(GOOD, found[1])
    assert not await hasher.matches(GOOD + "x", found[1])
    hasher.close()
    assert found[1].startswith("$argon2id$")


def test_a_new_password_ends_the_sessions(empty_home: Home, say) -> None:
    from hearthwatch.kit.db import open_writer
    from hearthwatch.kit.units import WallUs
    from hearthwatch.web import accounts, sessions
    from hearthwatch.web.sessions import Factor, OpenSession

    say(GOOD)
    empty_home.run("users", "add", "ada")
    engine = open_writer(empty_home.data / "house.db")
    now_us = WallUs(10**15)
    with engine.begin() as connection:
        (ada,) = accounts.list_users(connection)
        times = {"created_us": now_us, "used_us": now_us, "proved_us": now_us}
        known = {"address": "127.0.0.1", "browser": "Firefox", "factor": Factor.PASSWORD, "strong": False}
        sessions.open_session(connection, b"t" * 32, OpenSession(id="1", user=ada, **times, **known))
    say(f"{GOOD} too")
    empty_home.run("users", "passwd", "ada")
    with engine.begin() as connection:
        assert sessions.find_session(connection, b"t" * 32, WallUs(10**15)) is None
    engine.dispose()


def test_the_last_owner_stays(empty_home: Home, say) -> None:
    say(GOOD)
    empty_home.run("users", "add", "ada", "--owner")
    say(GOOD)
    empty_home.run("users", "add", "bob")
    ran = empty_home.run("users", "remove", "ada")
    assert ran.code == 1
    assert "ada is the only owner" in ran.err
    assert "ada" in empty_home.run("users", "list").out


@pytest.mark.parametrize(
    ("argv", "password", "code", "words"),
    [
        (["users", "add", "bob"], "short", 2, "it needs at least 12"),
        (["users", "add", "bob"], "", 2, "it needs at least 12"),
        (["users", "add", "bob"], "passwordpassword", 2, "guessed first"),
        (["users", "add", "ADA"], GOOD, 1, "there is a user ADA already"),
        (["users", "add", "b" * 65], GOOD, 2, "1 to 64 visible characters"),
        (["users", "passwd", "bob"], GOOD, 1, "there is no user bob"),
        (["users", "remove", "bob"], GOOD, 1, "there is no user bob: there are ada"),
        (["users", "add", "bob", GOOD], GOOD, 2, "unexpected extra argument"),
    ],
)
def test_what_is_refused(empty_home: Home, say, argv: list[str], password: str, code: int, words: str) -> None:
    say(GOOD)
    empty_home.run("users", "add", "ada")
    say(password)
    ran = empty_home.run(*argv)
    assert ran.code == code
    assert words in " ".join(ran.err.replace("│", " ").split())
    assert GOOD not in ran.out
    assert not password or password in argv or password not in ran.out + ran.err
    assert empty_home.run("users", "list").out == "ada  (viewer)\n"


def test_rights_for_one_camera_and_back(empty_home: Home, say) -> None:
    say(GOOD)
    empty_home.run("users", "add", "ada", "--owner")
    say(GOOD)
    added = empty_home.run("users", "add", "ben", "--member", "--camera", "garden")
    assert added.out == "ben may log in now, as member of garden\n"
    assert "ben  (member, only garden)" in empty_home.run("users", "list").out
    assert empty_home.run("users", "role", "ben", "viewer").code == 0
    assert "ben  (viewer)" in empty_home.run("users", "list").out
    assert "there is no camera" in empty_home.run("users", "role", "ben", "viewer", "--camera", "nowhere").err
    assert "no role" in empty_home.run("users", "role", "ben", "king").err
    refused = empty_home.run("users", "role", "ada", "member")
    assert refused.code == 1
    assert "only owner" in refused.err


def test_a_token_is_printed_once_listed_and_taken(empty_home: Home, say) -> None:
    say(GOOD)
    empty_home.run("users", "add", "ada", "--owner")
    word = empty_home.run("users", "token", "ada", "home-assistant", "--may", "look", "--camera", "garden").out.strip()
    assert word.startswith("hw_")
    listed = empty_home.run("users", "tokens").out
    assert "home-assistant: look at garden, for ada" in listed
    assert word not in listed
    assert empty_home.run("users", "untoken", listed.split()[0]).code == 0
    assert "no program has a token" in empty_home.run("users", "tokens").out
    assert empty_home.run("users", "token", "ada", "x", "--may", "everything").code == 2


def test_the_trail_tells_what_the_terminal_did_and_that_it_is_sound(empty_home: Home, say) -> None:
    say(GOOD)
    empty_home.run("users", "add", "ada", "--owner")
    say(f"{GOOD} too")
    empty_home.run("users", "reset", "ada")
    told = empty_home.run("users", "trail", "--check").out
    assert "the command line (terminal): let-in ada as owner" in told
    assert "the command line (terminal): reset ada" in told
    assert told.endswith("the trail is as it was written\n")
    assert "nobody is logged in" in empty_home.run("users", "sessions").out
    assert empty_home.run("users", "logout").code == 2
    assert empty_home.run("users", "logout", "--all").code == 0
