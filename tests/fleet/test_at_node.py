"""The hub's page asks a node: with exactly the rights the person has there, and nothing of the node that a browser would run."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.fleet.fake_hub import BARN, BEACH, FakeHub, beach_house, connected, hub_house
from tests.fleet.line_pair import HeldLine
from tests.web.asgi import ask
from tests.web.conftest import HTTP, Browser
from tests.web.fake_house import Built, build
from tests.web.test_gate import EXAMPLE

from hearthwatch.fleet.asker import SCOPE_KEY, Asker
from hearthwatch.fleet.node import SiteId
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.units import CameraId
from hearthwatch.web.accounts import Role, User
from hearthwatch.web.gate import TOKEN_HEADER, rules
from hearthwatch.web.place import Place
from hearthwatch.web.sessions import Factor

AT = f"/at/{BEACH}/api/v1"
PLACE = Place(address="127.0.0.1", browser="Firefox on Linux")


@dataclass
class Fleet:
    hub: FakeHub
    home: Built
    beach: Built
    line: HeldLine
    clock: FakeClock

    async def somebody(self, name: str, role: Role, at_beach: Role | None = None, **limits: object) -> Browser:
        user = await self.home.add_user(name, role)
        if at_beach is not None:
            await self.home.auth.site_roles.set(user.id, SiteId("beach-house"), at_beach, **limits)
        return await self.browser(user)

    async def browser(self, user: User) -> Browser:
        session = await self.home.auth.open(user, PLACE, Factor.PASSWORD)
        client = Browser(self.home)
        client.cookies.set("hearthwatch", session.token, domain="127.0.0.1")
        client.token = session.csrf
        return client


@pytest.fixture
async def fleet(tmp_path: Path) -> AsyncIterator[Fleet]:
    clock = FakeClock()
    house, hub = hub_house(clock)
    beach = beach_house(clock)
    (tmp_path / "home").mkdir()
    (tmp_path / "beach").mkdir()
    home, far = build(tmp_path / "home", house), build(tmp_path / "beach", beach)
    async with connected(hub, BEACH, far.app) as line:
        yield Fleet(hub, home, far, line, clock)
    home.close()
    far.close()


async def test_the_hub_shows_what_the_node_answers(fleet: Fleet) -> None:
    ada = await fleet.somebody("ada", Role.OWNER)
    answer = await ada.get(f"{AT}/cameras")
    assert [each["name"] for each in answer.json()] == ["Sea terrace", "Dunes"]
    picture = await ada.get(f"{AT}/cameras/front-door/snapshot.jpg")
    assert (picture.headers["content-type"], picture.content[:2]) == ("image/jpeg", b"\xff\xd8")


async def test_a_part_of_footage_can_be_asked_for(fleet: Fleet) -> None:
    ada = await fleet.somebody("ada", Role.OWNER)
    event = fleet.beach.house.events_now[3]
    url = f"{AT}/cameras/{event.camera}/footage.mp4?start_us={event.start_us}&end_us={event.start_us + 4_000_000}&stream=sub"
    whole = await ada.get(url)
    part = await ada.get(url, headers={"Range": "bytes=10-99"})
    assert (whole.status_code, part.status_code) == (200, 206)
    assert part.content == whole.content[10:100]
    assert part.headers["content-range"] == f"bytes 10-99/{len(whole.content)}"


async def test_live_pictures_come_by_websocket_and_one_by_one(fleet: Fleet) -> None:
    ada = await fleet.somebody("ada", Role.OWNER)
    headers = {"host": "127.0.0.1:8080", "origin": HTTP, "cookie": f"hearthwatch={ada.cookies['hearthwatch']}"}
    assert (await ask(fleet.home.app, "WEBSOCKET", f"{AT}/cameras/front-door/live", headers)).status == 101
    pictures = await ask(fleet.home.app, "GET", f"{AT}/cameras/front-door/live.mjpeg", headers | {"sec-fetch-dest": "image"})
    assert (pictures.status, pictures.headers["content-type"].partition(";")[0]) == (200, "multipart/x-mixed-replace")
    page = await ask(fleet.home.app, "GET", f"{AT}/cameras/front-door/live.mjpeg", headers | {"sec-fetch-dest": "document"})
    assert page.status == 502
    assert (await ask(fleet.home.app, "GET", f"{AT}/stream", headers)).headers["content-type"].startswith("text/event-stream")
    elsewhere = headers | {"origin": "https://evil.example"}
    assert (await ask(fleet.home.app, "WEBSOCKET", f"{AT}/cameras/front-door/live", elsewhere)).status == 403


async def test_everybody_may_there_what_their_role_there_allows(fleet: Fleet) -> None:
    await fleet.somebody("ada", Role.OWNER)
    ben = await fleet.somebody("ben", Role.VIEWER, Role.MEMBER)
    cleo = await fleet.somebody("cleo", Role.MEMBER, Role.VIEWER)
    dora = await fleet.somebody("dora", Role.MEMBER)
    for client, looks, decides in ((ben, 200, 204), (cleo, 200, 403), (dora, 404, 404)):
        assert (await client.get(f"{AT}/cameras")).status_code == looks
        assert (await client.send_json(f"{AT}/events/e00100/reviewed")).status_code == decides
        assert (await client.send_json(f"{AT}/config", {"text": ""})).status_code == (404 if client is dora else 403)
        assert (await client.get(f"/at/{BARN}/api/v1/cameras")).status_code == 404
    assert (await Browser(fleet.home).get(f"{AT}/cameras")).status_code == 401


async def test_who_may_see_one_camera_there_sees_one(fleet: Fleet) -> None:
    await fleet.somebody("ada", Role.OWNER)
    emil = await fleet.somebody("emil", Role.VIEWER, Role.VIEWER, cameras=[CameraId("garden")])
    assert [each["id"] for each in (await emil.get(f"{AT}/cameras")).json()] == ["garden"]
    assert (await emil.get(f"{AT}/cameras/front-door/snapshot.jpg")).status_code == 404
    told = (await emil.get("/api/v1/fleet")).json()
    assert [each["id"] for node in told["nodes"] if node["id"] == BEACH for each in node["cameras"]] == ["garden"]


async def test_the_node_writes_down_who_came_by_the_hub(fleet: Fleet) -> None:
    ada = await fleet.somebody("ada", Role.OWNER)
    assert (await ada.send_json(f"{AT}/events/e00100/reviewed")).status_code == 204
    (line,) = await fleet.beach.auth.trail.recent(before=None, camera=None, who=None, limit=5)
    assert (line.deed.who, line.deed.via, line.deed.deed) == ("ada at the hub", "hub", "marked-seen")
    assert any(
        each.deed.deed == "changed-at-house"
        for each in await fleet.home.auth.trail.recent(before=None, camera=None, who=None, limit=9)
    )


async def test_the_hub_asks_for_the_proof_that_the_node_wants(fleet: Fleet) -> None:
    ada = await fleet.somebody("ada", Role.OWNER)
    way = f"{AT}/setup/cameras/garden"
    assert (await ada.request("DELETE", way, headers=ada.page_headers())).status_code == 200
    fleet.clock.advance(6 * 60)
    stale = await ada.request("DELETE", way, headers=ada.page_headers())
    assert (stale.status_code, stale.json()["wanted"]) == (403, "proof")


async def test_a_change_needs_the_hubs_own_page(fleet: Fleet) -> None:
    ada = await fleet.somebody("ada", Role.OWNER)
    bare = await ada.post(f"{AT}/events/e00100/reviewed", json={}, headers={"Origin": HTTP})
    foreign = await ada.post(
        f"{AT}/events/e00100/reviewed", json={}, headers=ada.page_headers() | {"Origin": "https://evil.example"}
    )
    assert (bare.status_code, foreign.status_code) == (403, 403)


async def test_sec_08_every_way_into_a_node_lets_in_by_the_role_there_or_nobody(fleet: Fleet) -> None:
    """All routes of a house with the roles that somebody at its hub may have there."""
    let_in: dict[str, set[str]] = {}
    for role in Role:
        for rule in rules(fleet.beach.app):
            path = rule.path
            for name, value in EXAMPLE.items():
                path = path.replace(name, value)
            for method in sorted(rule.methods) or ["WEBSOCKET"]:
                asker = replace(OWNER, role=role.value, proved_s=None if rule.fresh else 1.0)
                answer = await ask(
                    fleet.beach.app, method, path, {}, b"{}" if method in {"POST", "PUT"} else b"", scope={SCOPE_KEY: asker}
                )
                is_out = (
                    answer.status in {403, 421}
                    if method in {"WEBSOCKET", "HEAD"}
                    else REFUSED in answer.body or ELSEWHERE in answer.body
                )
                if not is_out:
                    let_in.setdefault(f"{method} {rule.path}", set()).add(role.value)
    for rule in rules(fleet.beach.app):
        is_closed = (
            not rule.path.startswith("/api/v1/")
            or SECRETIVE.search(rule.path) is not None
            or str(rule.permission) not in AT_NODE
        )
        for method in rule.methods or {"WEBSOCKET"}:
            wanted = set() if is_closed else AT_NODE[str(rule.permission)]
            if rule.path in {"/api/v1/access/trail", "/api/v1/access/trail/check"}:
                wanted = {"owner"}
            assert let_in.get(f"{method} {rule.path}", set()) == wanted, f"{method} {rule.path}"
    assert len(let_in) > 80


REFUSED, ELSEWHERE = b"Your account may not do this.", b"only done at the house itself"
AT_NODE = {
    "look": {"viewer", "member", "owner"},
    "decide": {"member", "owner"},
    "export": {"member", "owner"},
    "manage": {"owner"},
}
SECRETIVE = re.compile(
    r"/(access|own|login|logout|claim|session|push|telegram|welcome|shares|hooks?|triggers?|secrets|fleet|ping|relay|own-page|way)\b"
)
OWNER = Asker(name="ada", role="owner", cameras=None, address="192.168.1.7", private=True, proved_s=1.0)


async def test_no_header_makes_somebody_a_visitor(fleet: Fleet) -> None:
    """The rights come in the scope, which no request can write; the node's own gate stays as it is for everybody else."""
    for name in (SCOPE_KEY, SCOPE_KEY.replace(".", "-"), "x-hearthwatch-asker"):
        answer = await ask(fleet.beach.app, "GET", "/api/v1/cameras", {"host": "127.0.0.1:8080", name: "ada"})
        assert answer.status == 401
    forged = await ask(fleet.beach.app, "GET", "/api/v1/cameras", {"host": "127.0.0.1"}, scope={SCOPE_KEY: {"role": "owner"}})
    assert forged.status == 401
    unknown = await ask(fleet.beach.app, "GET", "/api/v1/cameras", {}, scope={SCOPE_KEY: replace(OWNER, role="king")})
    assert unknown.status == 403


async def test_a_node_that_is_away_is_said_to_be(fleet: Fleet) -> None:
    ada = await fleet.somebody("ada", Role.OWNER)
    await fleet.line.close()
    answer = await ada.get(f"{AT}/cameras")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert answer.json()["detail"].startswith("Beach house is not connected since ")
    assert answer.json()["detail"].endswith("UTC; what arrived is shown.")
    told = {each["id"]: each["hearing"] for each in (await ada.get("/api/v1/fleet")).json()["nodes"]}
    assert told[BEACH] == "silent"


async def test_a_role_that_is_taken_away_ends_what_is_open(fleet: Fleet) -> None:
    ada = await fleet.somebody("ada", Role.OWNER)
    ben = await fleet.somebody("ben", Role.VIEWER, Role.VIEWER)
    ben_id = next(each.user.id for each in await fleet.home.auth.access.accounts() if each.user.name == "ben")
    readers = fleet.beach.house.changes._readers
    before = len(readers)
    asking = asyncio.create_task(ben.get(f"{AT}/stream"))
    async with asyncio.timeout(60):
        while len(readers) == before:  # noqa: ASYNC110  # there is nothing to wait for
            await asyncio.sleep(0.01)
    changed = await ada.put(f"/api/v1/fleet/roles/{ben_id}/beach-house", json={"role": None}, headers=ada.page_headers())
    assert changed.status_code == 204
    await asyncio.wait({asking}, timeout=60)
    assert asking.done()
    asking.exception()
    assert (await ben.get(f"{AT}/cameras")).status_code == 401


HOSTILE = {
    "a page": (200, [(b"content-type", b"text/html")]),
    "a script": (200, [(b"content-type", b"text/javascript")]),
    "a drawing": (200, [(b"content-type", b"image/svg+xml")]),
    "elsewhere": (302, [(b"location", b"https://evil.example/")]),
    "a log-in": (401, [(b"content-type", b"application/json")]),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_nothing_of_a_node_is_run_or_taken_for_a_page(name: str, tmp_path: Path) -> None:
    answer = await _from_hostile(tmp_path, *HOSTILE[name])
    assert answer.status_code == 502
    assert b"evil" not in answer.content


async def test_a_node_sets_no_cookie_and_no_policy(tmp_path: Path) -> None:
    told = [
        (b"content-type", b"application/json"),
        (b"set-cookie", b"hearthwatch=x; Path=/"),
        (b"content-security-policy", b"script-src *"),
        (b"access-control-allow-origin", b"*"),
        (b"clear-site-data", b'"*"'),
        (b"service-worker-allowed", b"/"),
        (b"link", b"</x.js>; rel=preload"),
    ]
    answer = await _from_hostile(tmp_path, 200, told)
    assert answer.status_code == 200
    kept = {"content-type", "content-security-policy"}
    assert {name for name, _ in told} & {each.encode() for each in answer.headers} == {each.encode() for each in kept}
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


async def _from_hostile(folder: Path, status: int, headers: list[tuple[bytes, bytes]]):  # type: ignore[no-untyped-def]
    async def hostile(_scope: object, receive, send) -> None:  # type: ignore[no-untyped-def]
        await receive()
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"<script>evil()</script>" if status != 200 else b"{}"})

    house, hub = hub_house(FakeClock())
    home = build(folder, house)
    try:
        user = await home.add_user("ada", Role.OWNER)
        session = await home.auth.open(user, PLACE, Factor.PASSWORD)
        async with connected(hub, BEACH, hostile), Browser(home) as client:
            return await client.get(f"{AT}/x", headers={"cookie": f"hearthwatch={session.token}", TOKEN_HEADER: session.csrf})
    finally:
        home.close()
