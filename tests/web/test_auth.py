"""Claim, log-in, throttle and sessions."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from tests.conftest import ROOT
from tests.web.conftest import HTTPS, Browser, MakeBrowser
from tests.web.fake_house import PASSWORD, Built, FakeHouse, build

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.db import migrate, open_writer
from hearthwatch.web import accounts, sessions
from hearthwatch.web.accounts import Role
from hearthwatch.web.claim import LIFETIME_S, MAX_WRONG, ClaimCode
from hearthwatch.web.passwords import Hasher, why_refused
from hearthwatch.web.throttle import TRIES_PER_ACCOUNT, TRIES_PER_ADDRESS


async def claim(client: Browser, code: str, password: str = PASSWORD, name: str = "ada"):
    return await client.send_json("/api/v1/claim", {"code": code, "name": name, "password": password})


async def code_of(client: Browser, built: Built) -> str:
    await client.get("/api/v1/session")
    return built.codes[-1]


async def test_sec_01_the_code_makes_the_owner_and_dies(built: Built, browser: MakeBrowser) -> None:
    client = browser()
    code = await code_of(client, built)
    answer = await claim(client, code)
    assert answer.status_code == 200
    user = answer.json()["user"]
    assert (user["name"], user["role"], user["cameras"], user["strong"]) == ("ada", "owner", None, False)
    assert user["may"] == ["decide", "export", "look", "manage", "own"]
    assert (await client.get("/api/v1/settings")).status_code == 200
    assert (await claim(browser(), code, name="eve")).status_code == 409


@pytest.mark.parametrize("typed", ["{}", " {} ", "lower", "nodash"])
async def test_the_code_may_be_typed_carelessly(typed: str, built: Built, browser: MakeBrowser) -> None:
    client = browser()
    code = await code_of(client, built)
    given = {"lower": code.lower(), "nodash": code.replace("-", "")}.get(typed, typed.format(code))
    assert (await claim(client, given)).status_code == 200


async def test_sec_01_the_code_is_dead_after_fifteen_minutes_and_a_new_one_is_printed(
    built: Built, browser: MakeBrowser, clock: FakeClock
) -> None:
    client = browser()
    code = await code_of(client, built)
    clock.advance(LIFETIME_S + 1)
    assert (await claim(client, code)).status_code == 403
    assert len(built.codes) == 2
    assert (await claim(client, built.codes[-1])).status_code == 200


async def test_sec_01_guessing_the_code_ends_it(clock: FakeClock) -> None:
    codes: list[str] = []
    claiming = ClaimCode(clock, codes.append)
    claiming.renew()
    for _ in range(MAX_WRONG):
        assert not claiming.matches("AAAA-AAAA")
    assert len(codes) == 2
    assert not claiming.matches(codes[0])
    assert claiming.matches(codes[1])


async def test_an_unused_code_is_never_empty(clock: FakeClock) -> None:
    claiming = ClaimCode(clock, lambda _code: None)
    assert not claiming.matches("")
    claiming.renew()
    claiming.use_up()
    assert not claiming.matches("")


async def test_sec_01_two_claims_at_once_make_one_owner(built: Built, browser: MakeBrowser) -> None:
    first, second = browser(), browser()
    code = await code_of(first, built)
    answers = await asyncio.gather(claim(first, code), claim(second, code, name="eve"))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


@pytest.mark.parametrize(
    "password",
    ["short", "password1234", "hearthwatch!!", "aaaaaaaaaaaaaaaa", "qwertyuiop12", "123456789012", "adaadaadaada", "x" * 129],
)
async def test_sec_02_a_password_that_is_guessed_first_is_refused(password: str, built: Built, browser: MakeBrowser) -> None:
    client = browser()
    answer = await claim(client, await code_of(client, built), password=password)
    assert answer.status_code == 422
    assert "password" in answer.json()["detail"].lower()
    assert (await client.get("/api/v1/session")).json()["claimed"] is False


@pytest.mark.parametrize(
    "password",
    [
        *["123qweasdzxc", "1qaz2wsx3edc", "q1w2e3r4t5y6", "1q2w3e4r5t6y", "qazwsxedcrfv", "qwerty123456", "123456qwerty"],
        *["Mailcreated5240", "Sojdlg123aljg"],
        *["hearthwatch2026", "reolinkreolink", "amcrest12345", "DahuaDahua12", "foscamcamera1", "hikvision1234"],
    ],
)
def test_sec_02_what_of_the_3000_most_common_is_long_enough_is_refused_and_so_are_product_words(password: str) -> None:
    """All others of the three thousand have fewer than twelve characters."""
    assert why_refused(password, "ada") is not None


@pytest.mark.parametrize("password", ["correct horse battery", "Zw9!kLm2#qRt", "шесть зелёных фонарей", "kq7z vbn2 " * 12])
def test_sec_02_any_other_password_is_fine(password: str) -> None:
    assert why_refused(password, "ada") is None


async def test_sec_02_the_password_is_kept_as_argon2id_of_the_promised_cost() -> None:
    hasher = Hasher()
    try:
        hashed = await hasher.hash(PASSWORD)
        assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert await hasher.matches(PASSWORD, hashed)
        assert not await hasher.matches(PASSWORD + "x", hashed)
        assert not await hasher.matches("nobody has this password", None)
    finally:
        hasher.close()


async def test_sec_02_two_hashes_at_once_at_most_and_behind_everything_else() -> None:
    """50 parallel log-ins leave alerts as they were: `python -m tests.runs.login_cost`, docs/benchmarks.md."""
    hasher, together, most = Hasher(memory_kib=64, passes=1), 0, 0
    both = threading.Barrier(2, timeout=60)

    def work() -> int:
        nonlocal together, most
        with lock:
            together += 1
            most = max(most, together)
        both.wait()
        with lock:
            together -= 1
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    lock, loop = threading.Lock(), asyncio.get_running_loop()
    try:
        nice = await asyncio.gather(*(loop.run_in_executor(hasher._threads, work) for _ in range(6)))
    finally:
        hasher.close()
    assert most == 2
    assert min(nice) > os.getpriority(os.PRIO_PROCESS, 0)


async def test_sec_02_a_hash_of_other_costs_is_renewed_at_log_in(built: Built, browser: MakeBrowser) -> None:
    older = Hasher(memory_kib=32, passes=1)
    old = await older.hash(PASSWORD)
    older.close()
    await built.db.run(lambda c: accounts.add_user(c, "ada", old, Role.OWNER, built.house.clock.wall_us()))
    assert (await browser().login("ada")).status_code == 200
    found = await built.db.run(lambda c: accounts.find_user(c, "ada"))
    assert found is not None
    assert found[1] != old


async def test_sec_03_log_in_takes_the_name_in_any_case_and_says_not_what_was_wrong(
    owner: Browser, browser: MakeBrowser
) -> None:
    assert (await browser().login("ADA")).status_code == 200
    wrong = await browser().login("ada", "not the password")
    unknown = await browser().login("nobody", "not the password")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()


async def test_sec_03_an_account_is_throttled_from_wherever_and_across_a_restart(tmp_path: Path, clock: FakeClock) -> None:
    built = build(tmp_path, FakeHouse(clock=clock))
    await built.add_user("ada", Role.OWNER)
    for number in range(TRIES_PER_ACCOUNT):
        async with Browser(built, HTTPS, f"192.168.1.{number + 10}") as client:
            assert (await client.login("ada", "wrong")).status_code == 401
    built.close()
    again = build(tmp_path, FakeHouse(clock=clock))
    try:
        async with Browser(again, HTTPS, "192.168.1.200") as client:
            answer = await client.login("ada")
            assert answer.status_code == 429
            assert 0 < int(answer.headers["retry-after"]) <= 15 * 60
            clock.advance(15 * 60 + 1)
            assert (await client.login("ada")).status_code == 200
    finally:
        again.close()


async def test_sec_03_an_address_is_throttled_whatever_name_it_tries(
    built: Built, owner: Browser, browser: MakeBrowser
) -> None:
    client = browser(HTTPS, "192.168.1.66")
    answers = [(await client.login(f"guess{number}", "wrong")).status_code for number in range(60)]
    assert answers.count(401) == TRIES_PER_ADDRESS
    assert answers[TRIES_PER_ADDRESS:] == [429] * (60 - TRIES_PER_ADDRESS)
    assert (await browser(HTTPS, "192.168.1.67").login("ada")).status_code == 200


async def test_sec_03_a_forged_forwarded_header_changes_nothing(built: Built, owner: Browser, browser: MakeBrowser) -> None:
    client = browser(HTTPS, "192.168.1.66")
    for number in range(TRIES_PER_ADDRESS):
        answer = await client.send_json(
            "/api/v1/login", {"name": f"g{number}", "password": "x"}, **{"X-Forwarded-For": f"10.0.0.{number}"}
        )
        assert answer.status_code == 401
    assert (await client.login("ada")).status_code == 429


async def test_sec_03_parallel_guesses_are_counted_one_by_one(owner: Browser, browser: MakeBrowser) -> None:
    clients = [browser(HTTPS, f"10.1.0.{number}") for number in range(30)]
    answers = await asyncio.gather(*(client.login("ada", "wrong") for client in clients))
    assert sum(answer.status_code == 401 for answer in answers) <= TRIES_PER_ACCOUNT


async def test_a_right_password_clears_the_count(owner: Browser, browser: MakeBrowser) -> None:
    for _ in range(3):
        client = browser()
        for _ in range(TRIES_PER_ACCOUNT - 1):
            assert (await client.login("ada", "wrong")).status_code == 401
        assert (await client.login("ada")).status_code == 200


async def test_a_clock_that_went_back_locks_nobody_out(owner: Browser, browser: MakeBrowser, clock: FakeClock) -> None:
    client = browser()
    for _ in range(TRIES_PER_ACCOUNT):
        await client.login("ada", "wrong")
    clock.step_wall(-7 * 24 * 3600)
    assert (await browser().login("ada")).status_code == 200


async def test_sec_06_passwords_are_not_taken_over_plain_http_from_elsewhere(owner: Browser, browser: MakeBrowser) -> None:
    far = browser("http://192.168.1.5:8080", "192.168.1.9")
    answer = await far.login("ada")
    assert answer.status_code == 403
    assert "https://" in answer.json()["hint"]
    assert (await far.get("/api/v1/session")).json()["passwords_accepted"] is False
    proxied = browser("http://192.168.1.5:8080", "127.0.0.1")
    assert (await proxied.login("ada")).status_code == 403


def attributes(set_cookie: str) -> set[str]:
    return {part.strip().lower() for part in set_cookie.split(";")[1:]}


async def test_sec_06_the_cookie_over_https(owner: Browser, browser: MakeBrowser) -> None:
    answer = await browser(HTTPS, "192.168.1.9").login("ada")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-hearthwatch=")
    assert attributes(cookie) == {"httponly", "max-age=2592000", "path=/", "samesite=lax", "secure"}


async def test_sec_06_the_cookie_on_loopback(owner: Browser, browser: MakeBrowser) -> None:
    answer = await browser().login("ada")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("hearthwatch=")
    assert attributes(cookie) == {"httponly", "max-age=2592000", "path=/", "samesite=lax"}


async def test_sec_05_the_token_is_256_bit_new_each_time_and_kept_only_as_a_hash(
    built: Built, browser: MakeBrowser, owner: Browser
) -> None:
    client = browser()
    await client.login("ada")
    first = client.cookies["hearthwatch"]
    await client.login("ada")
    second = client.cookies["hearthwatch"]
    assert first != second
    assert len(first) >= 43
    kept = await built.db.run(lambda c: list(c.scalars(text("SELECT token_sha256 FROM sessions"))))
    assert all(len(each) == 32 and first.encode() not in each for each in kept)
    old = browser()
    old.cookies.set("hearthwatch", first, domain="127.0.0.1")
    assert (await old.get("/api/v1/cameras")).status_code == 401


async def test_sec_05_a_chosen_cookie_is_not_taken_over(owner: Browser, browser: MakeBrowser) -> None:
    client = browser()
    client.cookies.set("hearthwatch", "planted-by-somebody", domain="127.0.0.1")
    await client.login("ada")
    values = {cookie.value for cookie in client.cookies.jar}
    assert values - {"planted-by-somebody"}
    planted = browser()
    planted.cookies.set("hearthwatch", "planted-by-somebody", domain="127.0.0.1")
    assert (await planted.get("/api/v1/cameras")).status_code == 401


async def test_sec_05_a_session_ends_after_twelve_idle_hours(owner: Browser, clock: FakeClock) -> None:
    clock.advance(11.9 * 3600)
    assert (await owner.get("/api/v1/cameras")).status_code == 200
    clock.advance(11.9 * 3600)
    assert (await owner.get("/api/v1/cameras")).status_code == 200
    clock.advance(12.1 * 3600)
    assert (await owner.get("/api/v1/cameras")).status_code == 401


async def test_sec_05_a_session_ends_after_thirty_days_however_busy(owner: Browser, clock: FakeClock) -> None:
    for _ in range(60):
        clock.advance(11.99 * 3600)
        assert (await owner.get("/api/v1/cameras")).status_code == 200
    clock.advance(11 * 3600)
    assert (await owner.get("/api/v1/cameras")).status_code == 401


async def test_log_out_ends_it_everywhere(owner: Browser, browser: MakeBrowser) -> None:
    copy = browser()
    copy.cookies.set("hearthwatch", owner.cookies["hearthwatch"], domain="127.0.0.1")
    assert (await copy.get("/api/v1/cameras")).status_code == 200
    assert (await owner.send_json("/api/v1/logout")).status_code == 204
    assert (await copy.get("/api/v1/cameras")).status_code == 401


async def test_sec_05_a_removed_user_is_out_at_once(built: Built, viewer: Browser) -> None:
    assert (await viewer.get("/api/v1/cameras")).status_code == 200
    assert await built.db.run(lambda c: accounts.remove_user(c, "tablet"))
    assert (await viewer.get("/api/v1/cameras")).status_code == 401
    assert not await built.db.run(lambda c: accounts.remove_user(c, "tablet"))


async def test_sec_05_an_open_connection_learns_that_its_session_ended(built: Built, owner: Browser) -> None:
    session = await built.auth.session(owner.cookies["hearthwatch"])
    assert session is not None
    waiting = asyncio.create_task(built.auth.ended(session))
    await built.auth.logout(session)
    await asyncio.wait_for(waiting, 60)


async def test_sec_37_answers_never_hold_a_secret(built: Built, owner: Browser) -> None:
    hashed = (await built.db.run(lambda c: accounts.find_user(c, "ada")))[1]
    for path in ("/api/v1/session", "/api/v1/settings", "/api/v1/house", "/api/v1/cameras"):
        body = (await owner.get(path)).text
        assert PASSWORD not in body
        assert hashed not in body
        assert owner.cookies["hearthwatch"] not in body


async def test_users_can_be_listed_and_given_a_new_password(built: Built, viewer: Browser, browser: MakeBrowser) -> None:
    users = await built.db.run(accounts.list_users)
    assert [(user.name, user.role) for user in users] == [("ada", Role.OWNER), ("tablet", Role.VIEWER)]
    hashed = await built.hasher.hash("another long password")
    await built.db.run(lambda c: accounts.set_password(c, users[1].id, hashed))
    await built.db.run(lambda c: sessions.end_sessions(c, users[1].id))
    assert (await viewer.get("/api/v1/cameras")).status_code == 401
    assert (await browser().login("tablet", "another long password")).status_code == 200


def test_the_migration_makes_the_tables_the_code_uses(tmp_path: Path) -> None:
    engine = open_writer(tmp_path / "house.db")
    try:
        migrate(engine, ROOT / "src/hearthwatch/run/migrations")
        found = inspect(engine)
        for table in accounts.metadata.sorted_tables:
            assert {column["name"] for column in found.get_columns(table.name)} == {column.name for column in table.columns}
            assert {index["name"] for index in found.get_indexes(table.name)} >= {index.name for index in table.indexes}
    finally:
        engine.dispose()
