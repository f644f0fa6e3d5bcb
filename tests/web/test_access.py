"""Second factors, proof, people with access, tokens, places that are new, and the trail."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import text
from tests.web.asgi import ask
from tests.web.conftest import HTTPS, Browser, MakeBrowser
from tests.web.fake_house import PASSWORD, Built, FakeHouse, build

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.units import US_PER_S, CameraId
from hearthwatch.web import trail
from hearthwatch.web.accounts import Role
from hearthwatch.web.auth import FRESH_US
from hearthwatch.web.options import WebOptions
from hearthwatch.web.place import browser_name, network_of
from hearthwatch.web.throttle import TRIES_PER_ACCOUNT

OTHER_PASSWORD = "another seven lanterns"


def code_of(secret: str, clock: FakeClock, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(clock.wall_us() // US_PER_S + 30 * steps)


async def set_up_app(client: Browser, clock: FakeClock) -> tuple[str, list[str]]:
    """Return the secret of a new app, and the recovery codes."""
    begun = (await client.send_json("/api/v1/own/totp")).json()
    answer = await client.send_json("/api/v1/own/totp/confirm", {"code": code_of(begun["secret"], clock)})
    assert answer.status_code == 200, answer.text
    client.token = answer.json()["session"]["token"]
    clock.advance(30)
    return begun["secret"], answer.json()["codes"]


async def half_way(client: Browser, name: str = "ada") -> dict:
    answer = await client.login(name)
    assert answer.status_code == 200
    found = answer.json()
    assert found["user"] is None
    assert found["token"] is None
    assert "set-cookie" not in answer.headers
    return found["second"]


async def second(client: Browser, key: str, code: str):
    answer = await client.send_json("/api/v1/login/second", {"key": key, "code": code})
    if answer.status_code == 200:
        client.token = answer.json()["token"]
    return answer


async def test_a_log_in_with_an_app_takes_two_steps(owner: Browser, browser: MakeBrowser, clock: FakeClock) -> None:
    secret, _codes = await set_up_app(owner, clock)
    client = browser()
    way = await half_way(client)
    assert (way["totp"], way["passkey"]) == (True, False)
    assert (await client.get("/api/v1/cameras")).status_code == 401
    assert (await second(client, way["key"], "000000")).status_code == 403
    assert (await second(client, way["key"], code_of(secret, clock))).status_code == 200
    assert (await client.get("/api/v1/cameras")).status_code == 200


async def test_sec_04_a_code_opens_once(owner: Browser, browser: MakeBrowser, clock: FakeClock) -> None:
    secret, _codes = await set_up_app(owner, clock)
    code = code_of(secret, clock)
    first, again = browser(), browser()
    assert (await second(first, (await half_way(first))["key"], code)).status_code == 200
    assert (await second(again, (await half_way(again))["key"], code)).status_code == 403
    # nor does one that is older than the last that was used
    assert (await second(again, (await half_way(again))["key"], code_of(secret, clock, -1))).status_code == 403
    clock.advance(30)
    assert (await second(again, (await half_way(again))["key"], code_of(secret, clock))).status_code == 200


async def test_the_code_that_confirmed_the_app_opens_nothing(owner: Browser, browser: MakeBrowser, clock: FakeClock) -> None:
    begun = (await owner.send_json("/api/v1/own/totp")).json()
    code = code_of(begun["secret"], clock)
    assert (await owner.send_json("/api/v1/own/totp/confirm", {"code": code})).status_code == 200
    client = browser()
    assert (await second(client, (await half_way(client))["key"], code)).status_code == 403


async def test_sec_04_a_recovery_code_opens_once_however_it_is_typed(
    owner: Browser, browser: MakeBrowser, clock: FakeClock
) -> None:
    _secret, codes = await set_up_app(owner, clock)
    assert len(set(codes)) == 10
    typed = codes[0].replace("-", " ").lower()
    client = browser()
    assert (await second(client, (await half_way(client))["key"], typed)).status_code == 200
    again = browser()
    assert (await second(again, (await half_way(again))["key"], codes[0])).status_code == 403
    assert (await owner.get("/api/v1/own")).json()["recovery_left"] == 9


async def test_sec_04_guessing_codes_is_throttled_though_the_password_is_known(
    owner: Browser, browser: MakeBrowser, clock: FakeClock
) -> None:
    secret, _codes = await set_up_app(owner, clock)
    client = browser(HTTPS, "192.168.1.40")
    tried = []
    for _ in range(TRIES_PER_ACCOUNT):
        answer = await client.login("ada")
        tried.append(answer.status_code)
        if answer.status_code != 200:
            break
        tried.append((await second(client, answer.json()["second"]["key"], "123456")).status_code)
    assert tried.count(403) == TRIES_PER_ACCOUNT // 2
    assert tried[-1] == 429
    clock.advance(15 * 60 + 1)
    way = await half_way(client)
    assert (await second(client, way["key"], code_of(secret, clock))).status_code == 200


async def test_half_way_ends_after_five_minutes(owner: Browser, browser: MakeBrowser, clock: FakeClock) -> None:
    secret, _codes = await set_up_app(owner, clock)
    client = browser()
    way = await half_way(client)
    clock.advance(5 * 60 + 1)
    assert (await second(client, way["key"], code_of(secret, clock))).status_code == 409
    assert (await second(client, "no such key", code_of(secret, clock))).status_code == 409


async def test_sec_35_the_secret_of_an_app_is_kept_sealed(built: Built, owner: Browser, clock: FakeClock) -> None:
    secret, codes = await set_up_app(owner, clock)
    kept = await built.db.run(lambda c: c.execute(text("SELECT totp_sealed FROM users")).scalar_one())
    assert secret.encode() not in kept
    hashes = await built.db.run(lambda c: list(c.scalars(text("SELECT code_sha256 FROM recovery_codes"))))
    assert all(len(each) == 32 for each in hashes)
    assert not any(code.replace("-", "").encode() in each for code in codes for each in hashes)


@pytest.mark.parametrize("address", ["203.0.113.9", "2001:db8::9", "100.64.0.9"])
async def test_sec_04_from_outside_an_owner_needs_a_second_factor(
    address: str, built: Built, owner: Browser, browser: MakeBrowser, clock: FakeClock
) -> None:
    far = browser(HTTPS, address)
    refused = await far.login("ada")
    assert refused.status_code == 403
    assert refused.json()["wanted"] == "second-factor"
    assert "Settings, People with access" in refused.json()["hint"]
    assert [arrival.let_in for arrival in built.arrivals if arrival.place.address == address] == [False]
    carried = browser(HTTPS, address)
    carried.cookies.set("__Host-hearthwatch", owner.cookies["hearthwatch"], domain="192.168.1.5")
    assert (await carried.get("/api/v1/cameras")).json()["wanted"] == "second-factor"
    secret, _codes = await set_up_app(owner, clock)
    way = await half_way(far)
    assert (await second(far, way["key"], code_of(secret, clock))).status_code == 200
    assert (await far.get("/api/v1/cameras")).status_code == 200


async def test_from_outside_through_a_declared_proxy_an_owner_needs_a_second_factor(tmp_path: Path, clock: FakeClock) -> None:
    house = FakeHouse(clock=clock)
    (tmp_path / "proxied").mkdir()
    built = build(tmp_path / "proxied", house, options=WebOptions(hosts=("cams.example.org",), trusted_proxies=("10.0.0.2",)))
    await built.add_user("ada", Role.OWNER)
    async with Browser(built, "https://cams.example.org", "10.0.0.2") as client:
        for visitor, status in (("203.0.113.9", 403), ("192.168.1.20", 200)):
            passed_on = {"X-Forwarded-For": visitor, "X-Forwarded-Proto": "https"}
            answer = await client.send_json("/api/v1/login", {"name": "ada", "password": PASSWORD}, **passed_on)
            assert (answer.status_code, answer.json().get("wanted") == "second-factor") == (status, status == 403)
    built.close()


async def test_from_outside_a_member_needs_none(built: Built, browser: MakeBrowser) -> None:
    await built.add_user("ben", Role.MEMBER)
    far = browser(HTTPS, "203.0.113.9")
    assert (await far.login("ben")).status_code == 200
    assert (await far.get("/api/v1/cameras")).status_code == 200


async def test_sec_04_who_comes_through_a_proxy_nobody_declared_is_anywhere(built: Built, owner: Browser) -> None:
    headers = {"host": "192.168.1.5", "cookie": f"__Host-hearthwatch={owner.cookies['hearthwatch']}"}
    straight = await ask(built.app, "GET", "/api/v1/cameras", headers, client="192.168.1.9", scheme="https")
    assert straight.status == 200
    proxied = headers | {"x-forwarded-for": "192.168.1.20"}
    answer = await ask(built.app, "GET", "/api/v1/cameras", proxied, client="192.168.1.9", scheme="https")
    assert answer.status == 403
    assert answer.json["wanted"] == "second-factor"


async def test_sec_07_the_gravest_acts_need_a_fresh_proof(built: Built, owner: Browser, clock: FakeClock) -> None:
    asked = {"name": "ben", "password": PASSWORD, "role": "member"}
    clock.advance(FRESH_US / US_PER_S + 1)
    old = await owner.send_json("/api/v1/access/people", asked)
    assert old.status_code == 403
    assert old.json()["wanted"] == "proof"
    before = owner.cookies["hearthwatch"]
    assert (await owner.send_json("/api/v1/own/proof", {"password": "wrong"})).status_code == 403
    proof = await owner.send_json("/api/v1/own/proof", {"password": PASSWORD})
    assert proof.status_code == 200
    assert owner.cookies["hearthwatch"] != before
    owner.token = proof.json()["token"]
    assert (await owner.send_json("/api/v1/access/people", asked)).status_code == 201
    stolen = Browser(built)
    stolen.cookies.set("hearthwatch", before, domain="127.0.0.1")
    assert (await stolen.get("/api/v1/cameras")).status_code == 401
    await stolen.aclose()


async def test_sec_07_footage_for_somebody_else_needs_a_fresh_proof_of_a_person_and_the_right_of_a_program(
    owner: Browser, browser: MakeBrowser, clock: FakeClock
) -> None:
    made = (await owner.send_json("/api/v1/access/tokens", {"name": "archive", "scopes": ["export"]})).json()
    program = browser()
    program.headers["Authorization"] = f"Bearer {made['word']}"
    clock.advance(FRESH_US / US_PER_S + 1)
    path = "/api/v1/case.zip?camera=garden&start_us=0&end_us=1"
    assert (await owner.get(path)).json()["wanted"] == "proof"
    assert (await program.get(path)).json()["detail"] == "There is no footage of that time."


async def test_a_page_in_another_window_is_told_to_read_its_token_anew(owner: Browser) -> None:
    old = owner.token
    owner.token = (await owner.send_json("/api/v1/own/proof", {"password": PASSWORD})).json()["token"]
    owner.token, new = old, owner.token
    refused = await owner.send_json("/api/v1/events/e00100/reviewed")
    assert (refused.status_code, refused.json()["wanted"]) == (403, "token")
    assert (await owner.get("/api/v1/session")).json()["token"] == new


async def test_a_code_proves_as_well(owner: Browser, clock: FakeClock) -> None:
    secret, _codes = await set_up_app(owner, clock)
    code = code_of(secret, clock)
    proof = await owner.send_json("/api/v1/own/proof", {"code": code})
    assert proof.status_code == 200
    owner.token = proof.json()["token"]
    assert (await owner.send_json("/api/v1/own/proof", {"code": code})).status_code == 403
    assert (await owner.send_json("/api/v1/own/proof", {})).status_code == 422


async def test_sec_05_rights_that_change_end_what_is_open(built: Built, owner: Browser, browser: MakeBrowser) -> None:
    ben = await built.add_user("ben", Role.MEMBER)
    client = browser()
    await client.login("ben")
    session = await built.auth.session(client.cookies["hearthwatch"])
    waiting = asyncio.create_task(built.auth.ended(session))
    rights = {"role": "viewer", "cameras": ["garden"]}
    changed = await owner.put(f"/api/v1/access/people/{ben.id}/rights", json=rights, headers=owner.page_headers())
    assert changed.status_code == 200
    await asyncio.wait_for(waiting, 60)
    assert (await client.get("/api/v1/cameras")).status_code == 401
    assert (await client.login("ben")).status_code == 200
    assert [camera["id"] for camera in (await client.get("/api/v1/cameras")).json()] == ["garden"]


async def test_the_last_owner_stays_one(owner: Browser) -> None:
    (ada,) = (await owner.get("/api/v1/access/people")).json()
    path = f"/api/v1/access/people/{ada['id']}"
    rights = {"role": "member", "cameras": None}
    assert (await owner.put(f"{path}/rights", json=rights, headers=owner.page_headers())).status_code == 409


async def test_sec_34_who_is_removed_is_out_with_all_they_have(built: Built, owner: Browser, browser: MakeBrowser) -> None:
    built.house.config.path.write_text(built.house.config.text + '\n[people.ben]\nname = "Ben"\ndevices = ["phone"]\n')
    built.house.config.secrets.set("people.ben.phone.mac", "a4:83:e7:00:00:01")
    await built.house.config._take_over()
    ben = await built.add_user("Ben", Role.OWNER)
    client = browser()
    await client.login("ben")
    made = (await client.send_json("/api/v1/access/tokens", {"name": "script", "scopes": ["look"]})).json()
    bearer = {"Authorization": f"Bearer {made['word']}"}
    assert (await browser().get("/api/v1/cameras", headers=bearer)).status_code == 200
    ties = (await owner.get(f"/api/v1/access/people/{ben.id}/ties")).json()
    assert (ties["sessions"], ties["tokens"]) == (1, ["script"])
    assert [each["name"] for each in ties["chats"] if each["likely"]] == ["Ben"]
    assert [each["person"] for each in ties["residents"] if each["likely"]] == ["ben"]
    asked = {"user": ben.id, "chats": [2000], "residents": ["ben"]}
    gone = await owner.send_json("/api/v1/access/leave", asked)
    assert gone.status_code == 200
    assert gone.json()["left"] == []
    assert "people.ben" not in built.house.config.text
    assert built.house.config.secrets.names() == ()
    assert (await client.get("/api/v1/cameras")).status_code == 401
    assert (await browser().get("/api/v1/cameras", headers=bearer)).status_code == 401
    (line, *_) = (await owner.get("/api/v1/access/trail")).json()["deeds"]
    assert (line["deed"], line["subject"]) == ("removed-person", "account Ben, Telegram 2000, phones of ben")


async def test_nobody_removes_themselves_or_nobody(owner: Browser) -> None:
    (ada,) = (await owner.get("/api/v1/access/people")).json()
    assert (await owner.send_json("/api/v1/access/leave", {"user": ada["id"]})).status_code == 409
    assert (await owner.send_json("/api/v1/access/leave", {})).status_code == 422
    assert (await owner.get("/api/v1/access/people/777/ties")).status_code == 404


async def test_sessions_are_listed_and_ended_one_or_all(owner: Browser, browser: MakeBrowser, built: Built) -> None:
    await built.add_user("ben", Role.VIEWER)
    phone, tablet = browser(HTTPS, "192.168.1.30"), browser(HTTPS, "203.0.113.5")
    phone.headers["user-agent"] = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1"
    await phone.login("ada")
    await tablet.login("ben")
    mine = (await owner.get("/api/v1/own/sessions")).json()
    assert {(each["browser"], each["at_home"], each["own"]) for each in mine if not each["own"]} == {
        ("Safari on iPhone", True, False)
    }
    everybody = (await owner.get("/api/v1/access/sessions")).json()
    assert {each["user"] for each in everybody} == {"ada", "ben"}
    far = next(each for each in everybody if each["user"] == "ben")
    assert (far["address"], far["at_home"], far["factor"]) == ("203.0.113.5", False, "password")
    assert not {"token", "token_sha256"} & set(far)
    other = next(each["id"] for each in mine if not each["own"])
    # nobody ends somebody else's by their own list
    assert (await tablet.delete(f"/api/v1/own/sessions/{other}", headers=tablet.page_headers())).status_code == 404
    assert (await owner.delete(f"/api/v1/own/sessions/{other}", headers=owner.page_headers())).status_code == 204
    assert (await phone.get("/api/v1/cameras")).status_code == 401
    assert (await tablet.get("/api/v1/cameras")).status_code == 200
    assert (await owner.send_json("/api/v1/access/sessions/end-others")).json()["ended"] == 1
    assert (await tablet.get("/api/v1/cameras")).status_code == 401
    assert (await owner.get("/api/v1/cameras")).status_code == 200


async def test_a_new_password_ends_the_other_log_ins(owner: Browser, browser: MakeBrowser) -> None:
    other = browser()
    await other.login("ada")
    weak = await owner.send_json("/api/v1/own/password", {"password": "password1234"})
    assert weak.status_code == 422
    changed = await owner.send_json("/api/v1/own/password", {"password": OTHER_PASSWORD})
    assert changed.status_code == 200
    assert (await other.get("/api/v1/cameras")).status_code == 401
    assert (await owner.get("/api/v1/cameras")).status_code == 200
    assert (await browser().login("ada", OTHER_PASSWORD)).status_code == 200


async def test_a_token_is_shown_once_and_ends_by_itself(
    built: Built, owner: Browser, browser: MakeBrowser, clock: FakeClock
) -> None:
    asked = {"name": "Home Assistant", "scopes": ["look", "decide"], "cameras": ["garden"], "days": 1}
    answer = await owner.send_json("/api/v1/access/tokens", asked)
    assert answer.status_code == 201
    word = answer.json()["word"]
    program = browser(HTTPS, "192.168.1.77")
    program.headers["Authorization"] = f"Bearer {word}"
    assert [camera["id"] for camera in (await program.get("/api/v1/cameras")).json()] == ["garden"]
    assert (await program.post("/api/v1/cameras/garden/snooze", json={"for_s": 60})).status_code == 200
    (kept,) = (await owner.get("/api/v1/access/tokens")).json()
    assert (kept["used_from"], kept["name"]) == ("192.168.1.77", "Home Assistant")
    assert word not in str(kept)
    assert word.encode() not in await built.db.run(
        lambda c: c.execute(text("SELECT token_sha256 FROM api_tokens")).scalar_one()
    )
    clock.advance(86_401)
    assert (await program.get("/api/v1/cameras")).status_code == 401


async def test_a_token_with_the_right_to_decide_disarms_without_a_password(
    built: Built, owner: Browser, browser: MakeBrowser
) -> None:
    made = (await owner.send_json("/api/v1/access/tokens", {"name": "panel", "scopes": ["decide"]})).json()
    program = browser()
    program.headers["Authorization"] = f"Bearer {made['word']}"
    for mode in ("away", "disarmed"):
        answer = await program.post("/api/v1/arming", json={"mode": mode})
        assert answer.status_code == 200, answer.text
    assert (await program.post("/api/v1/arming", json={"mode": "disabled"})).status_code == 403


@pytest.mark.parametrize(
    "asked",
    [
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["own"]},
        {"name": "x", "scopes": ["public"]},
        {"name": "x", "scopes": ["manage"], "cameras": ["garden"]},
        {"name": "", "scopes": ["look"]},
        {"name": "x", "scopes": ["look"], "cameras": ["../etc"]},
        {"name": "x", "scopes": ["look"], "days": 0},
    ],
)
async def test_a_token_that_makes_no_sense_is_not_made(asked: dict, owner: Browser) -> None:
    assert (await owner.send_json("/api/v1/access/tokens", asked)).status_code == 422
    assert (await owner.get("/api/v1/access/tokens")).json() == []


async def test_sec_38_a_new_place_is_told_once(built: Built, owner: Browser, browser: MakeBrowser, clock: FakeClock) -> None:
    built.arrivals.clear()
    first = browser(HTTPS, "192.168.1.30")
    first.headers["user-agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    await first.login("ada")
    assert [(a.user.name, a.place.network, a.place.browser, a.at_home) for a in built.arrivals] == [
        ("ada", "192.168.1.0/24", "Firefox on Linux", True)
    ]
    neighbour = browser(HTTPS, "192.168.1.31")
    neighbour.headers["user-agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0"
    await neighbour.login("ada")
    assert len(built.arrivals) == 1
    other = browser(HTTPS, "192.168.1.31")
    other.headers["user-agent"] = "curl/8.14"
    await other.login("ada")
    assert built.arrivals[-1].place.browser == "curl"
    assert len(built.arrivals) == 2


async def deeds(owner: Browser) -> list[tuple[str, str, str]]:
    found = (await owner.get("/api/v1/access/trail")).json()["deeds"]
    return [(each["who"], each["deed"], each["camera"] or each["subject"]) for each in reversed(found)]


async def test_sec_38_the_trail_tells_who_looked_exported_armed_and_changed(
    built: Built, owner: Browser, browser: MakeBrowser
) -> None:
    await built.add_user("ben", Role.MEMBER, cameras=(CameraId("garden"),))
    ben = browser()
    await ben.login("ben", "wrong password")
    await ben.login("ben")
    for _ in range(3):
        assert (await ben.get("/api/v1/cameras/garden/snapshot.jpg")).status_code == 200
    assert (await ben.get("/api/v1/cameras/front-door/snapshot.jpg")).status_code == 404
    event = next(each.id for each in built.house.events_now if each.camera == "garden")
    assert (await ben.send_json(f"/api/v1/events/{event}/keep", {"kept": True})).status_code == 200
    assert (await ben.send_json("/api/v1/arming", {"mode": "away"})).status_code == 200
    await owner.send_json("/api/v1/access/people", {"name": "cleo", "password": PASSWORD, "role": "viewer"})
    await ben.send_json("/api/v1/logout")
    found = await deeds(owner)
    wanted = [
        ("ben", "log-in-refused"),
        ("ben", "logged-in"),
        ("ben", "looked-at-picture"),
        ("ben", "kept-footage"),
        ("ben", "armed"),
        ("ada", "let-in"),
        ("ben", "logged-out"),
    ]
    assert [(who, deed) for who, deed, _ in found if who == "ben" or deed == "let-in"] == wanted
    assert ("ben", "looked-at-picture", "garden") in found
    assert ("ada", "let-in", "cleo as viewer, all cameras") in found
    assert PASSWORD not in str(found)


async def test_what_a_stranger_types_as_a_name_is_not_kept(owner: Browser, browser: MakeBrowser) -> None:
    await browser().login("my secret password typed here", "x")
    assert ("", "log-in-refused") in [(who, deed) for who, deed, _ in await deeds(owner)]
    assert "my secret" not in str(await deeds(owner))


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE house_trail SET who = 'somebody else' WHERE number = 2",
        "UPDATE house_trail SET at_us = at_us + 1 WHERE number = 2",
        "UPDATE house_trail SET subject = 'nothing' WHERE number = 2",
        "DELETE FROM house_trail WHERE number = 2",
    ],
)
async def test_sec_38_a_trail_that_was_changed_is_found_out(tampering: str, built: Built, owner: Browser) -> None:
    for _ in range(3):
        await owner.send_json("/api/v1/own/sessions/end-others")
    assert (await owner.get("/api/v1/access/trail/check")).json() == {"broken_at": None}
    await built.db.run(lambda c: c.execute(text(tampering)))
    assert (await owner.get("/api/v1/access/trail/check")).json() == {"broken_at": 2}
    # what is written after it stands on the last line there is
    await owner.send_json("/api/v1/own/sessions/end-others")
    assert await built.db.run(trail.verify) == 2


@pytest.mark.parametrize(
    ("text_", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) Version/26.0 Safari/605.1.15", "Safari on Mac"),
        ("Home Assistant/2026.9 aiohttp", "Home Assistant"),
        ("<script>alert(1)</script>", "scriptalert1"),
        ("", "an unnamed program"),
        ("\x1b[31m" * 200, "31m31m31m31m31m31m31m31m31m31m31m31m31m3"),
    ],
)
def test_a_browser_is_named_without_its_version(text_: str, name: str) -> None:
    assert browser_name(text_) == name


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.168.1.7", "192.168.1.0/24"),
        ("::ffff:192.168.1.7", "192.168.1.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("::1", "this machine"),
        ("127.0.0.9", "this machine"),
        ("nonsense", "unknown"),
    ],
)
def test_a_network_is_what_the_same_people_come_from_again(address: str, network: str) -> None:
    assert network_of(address) == network
