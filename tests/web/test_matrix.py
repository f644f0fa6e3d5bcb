"""All routes for all roles, with the own camera and another one: generated from the routes there are.

What each role may is written out here once more, so that a slip in the table of the program is found.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import get_type_hints

import pytest
from tests.web.asgi import Answer, ask
from tests.web.conftest import HTTP
from tests.web.fake_house import Built, FakeHouse, build
from tests.web.test_gate import EXAMPLE

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.units import CameraId
from hearthwatch.web import sight
from hearthwatch.web.accounts import Role, User
from hearthwatch.web.auth import Permission
from hearthwatch.web.doors import Doors
from hearthwatch.web.gate import TOKEN_HEADER, Rule, rules
from hearthwatch.web.place import Place
from hearthwatch.web.sessions import Factor

HERE, OTHER = "garden", "front-door"
HIDDEN = ("front-door", "driveway", "garage", "Front door", "Driveway", "Garage")
PLACE = Place(address="127.0.0.1", browser="Firefox on Linux")
ALL = {"own", "look", "decide", "export", "manage"}
MAY = {
    "stranger": set(),
    "viewer": {"own", "look"},
    "viewer of one": {"own", "look"},
    "member": {"own", "look", "decide", "export"},
    "member of one": {"own", "look", "decide", "export"},
    "owner": ALL,
    "token look": {"look"},
    "token decide": {"decide"},
    "token export": {"export"},
    "token manage": {"manage"},
    "token of one": {"look", "decide", "export"},
    "token of a member who may not manage": set(),
    "token that ended": set(),
}
LIMITED = {"viewer of one", "member of one", "token of one"}
REFUSALS = (
    "Your account may not do this.",
    "This token may not do this.",
    "A program may not do this.",
    "Your account may not take footage",
)
LONG_AGO = "start_us=1000000&end_us=2000000&at_us=1000000&stream=sub"
"""There is no footage then, so that none is cut."""
DAY = "start_us=1699920000000000&end_us=1700000000000000&at_us=1699920000000000"
FILES = (".jpg", ".mp4", ".fmp4", ".zip", ".mjpeg", ".mjpg", "/stream", "/playback")
LEAVES = ("/api/v1/logout", "/api/v1/own/", "/api/v1/access/")


@dataclass
class Somebody:
    built: Built
    name: str
    user: User | None = None
    headers: dict[str, str] | None = None

    async def renew(self) -> None:
        """Log in anew: the last request may have logged them out."""
        if self.user is None or (self.headers and "authorization" in self.headers):
            return
        session = await self.built.auth.open(self.user, PLACE, Factor.PASSWORD)
        self.headers = {"cookie": f"hearthwatch={session.token}", TOKEN_HEADER: session.csrf}

    async def ask(self, method: str, url: str, *, whole: bool = False) -> Answer:
        sent = {"host": "127.0.0.1:8080", "origin": HTTP, "sec-fetch-site": "same-origin", TOKEN_HEADER: "none"}
        if self.headers and "authorization" in self.headers:
            sent = {"host": "127.0.0.1:8080"}
        body = b"{}" if method not in {"GET", "HEAD", "WEBSOCKET"} else b""
        if body:
            sent["content-type"] = "application/json"
        answer = await ask(self.built.app, method, url, sent | (self.headers or {}), body, whole=whole)
        if any(url.startswith(each) for each in LEAVES):
            await self.renew()
        return answer


@pytest.fixture
async def built(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Built]:
    made = build(tmp_path, FakeHouse(clock=clock))
    yield made
    made.close()


async def everybody(built: Built) -> dict[str, Somebody]:
    one = (CameraId(HERE),)
    people = {
        "owner": await built.add_user("ada", Role.OWNER),
        "member": await built.add_user("ben", Role.MEMBER),
        "member of one": await built.add_user("cleo", Role.MEMBER, cameras=one),
        "viewer": await built.add_user("dora", Role.VIEWER),
        "viewer of one": await built.add_user("emil", Role.VIEWER, cameras=one),
    }
    found = {name: Somebody(built, name, user) for name, user in people.items()}
    found["stranger"] = Somebody(built, "stranger")
    for name, user, scopes, cameras in (
        ("token look", "owner", ["look"], None),
        ("token decide", "owner", ["decide"], None),
        ("token export", "owner", ["export"], None),
        ("token manage", "owner", ["manage"], None),
        ("token of one", "owner", ["look", "decide", "export"], one),
        ("token of a member who may not manage", "member", ["manage"], None),
        ("token that ended", "owner", ["look", "manage"], None),
    ):
        made, word = await built.auth.access.add_token(people[user], name, [Permission(s) for s in scopes], cameras, 30)
        found[name] = Somebody(built, name, people[user], {"authorization": f"Bearer {word}"})
        if name == "token that ended":
            await built.auth.access.remove_token(made.id)
    for each in found.values():
        await each.renew()
    return found


def ways(rule: Rule) -> list[str]:
    return sorted(rule.methods) or ["WEBSOCKET"]


def asked(rule: Rule) -> bool:
    """Whether the gate decides by who asks. Of what is asked of another house, the role there does: tests/fleet/test_at_node.py."""
    return rule.permission not in {Permission.PUBLIC, Permission.METRICS} and not rule.path.startswith("/at/")


def url(rule: Rule, camera: str = HERE, event: str = "e00100", query: str = LONG_AGO) -> str:
    path = rule.path.replace("{camera}", camera).replace("{event}", event)
    for placeholder, value in EXAMPLE.items():
        path = path.replace(placeholder, value)
    return f"{re.sub(r'{[^}]*}', '7', path)}?{query}"


def error(answer: Answer) -> str:
    try:
        return str(answer.json["detail"])
    except (ValueError, KeyError, TypeError):
        return ""


def is_refused(answer: Answer, method: str) -> bool:
    if method == "WEBSOCKET":
        return answer.status == 403
    return answer.status == 401 or error(answer).startswith(REFUSALS)


@pytest.mark.parametrize("name", MAY)
@pytest.mark.long
async def test_sec_08_every_route_lets_in_whom_it_should_and_nobody_else(name: str, built: Built) -> None:
    somebody = (await everybody(built))[name]
    wrong = []
    for rule in rules(built.app):
        if not asked(rule):
            continue
        for method in ways(rule):
            grave = rule.fresh and name.startswith("token") and str(rule.permission) in {"own", "manage"}
            may = str(rule.permission) in MAY[name] and not grave
            answer = await somebody.ask(method, url(rule))
            if is_refused(answer, method) is may:
                wrong.append(f"{method} {rule.path}: {answer.status} {error(answer)}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", sorted(LIMITED))
async def test_sec_08_another_camera_does_not_exist(name: str, built: Built) -> None:
    somebody = (await everybody(built))[name]
    tried = 0
    for rule in rules(built.app):
        if "{camera}" not in rule.path or not asked(rule) or str(rule.permission) not in MAY[name] or rule.fresh:
            continue
        for method in ways(rule):
            other = await somebody.ask(method, url(rule, OTHER))
            nowhere = await somebody.ask(method, url(rule, "nowhere"))
            own = await somebody.ask(method, url(rule, HERE))
            assert other.status in {403, 404} if method == "WEBSOCKET" else other.status == 404, f"{method} {rule.path}"
            assert (other.status, other.body) == (nowhere.status, nowhere.body), f"{method} {rule.path}"
            assert (own.status, own.body) != (nowhere.status, nowhere.body), f"{method} {rule.path}"
            tried += 1
    assert tried >= (12 if name == "viewer of one" else 15)


@pytest.mark.parametrize("name", sorted(LIMITED))
async def test_sec_08_an_event_of_another_camera_does_not_exist(name: str, built: Built) -> None:
    somebody = (await everybody(built))[name]
    other = next(event.id for event in built.house.events_now if event.camera == OTHER)
    tried = 0
    for rule in rules(built.app):
        if "{event}" not in rule.path or str(rule.permission) not in MAY[name]:
            continue
        for method in ways(rule):
            hidden = await somebody.ask(method, url(rule, event=other))
            nowhere = await somebody.ask(method, url(rule, event="e99999"))
            assert (hidden.status, hidden.body) == (nowhere.status, nowhere.body), f"{method} {rule.path}"
            assert hidden.status >= 400, f"{method} {rule.path}"
            tried += 1
    assert tried >= 4


@pytest.mark.parametrize("name", sorted(LIMITED))
@pytest.mark.long
async def test_sec_08_no_answer_names_another_camera(name: str, built: Built) -> None:
    somebody = (await everybody(built))[name]
    seen = 0
    for rule in rules(built.app):
        if "GET" not in rule.methods or not asked(rule) or str(rule.permission) not in MAY[name]:
            continue
        if rule.path.endswith(FILES):
            continue
        for query in ("", f"&camera={OTHER}", f"&camera={HERE}&camera={OTHER}"):
            answer = await somebody.ask("GET", url(rule, query=DAY) + query, whole=True)
            if answer.status == 200 and "json" in answer.headers.get("content-type", ""):
                told = json.dumps(answer.json)
                assert not [each for each in HIDDEN if f'"{each}"' in told], f"{rule.path}{query}: {told[:400]}"
                seen += 1
    assert seen >= 20


async def test_who_sees_all_cameras_is_told_of_them(built: Built) -> None:
    """The test above would pass, too, if nobody saw anything."""
    viewer = (await everybody(built))["viewer"]
    for path in ("cameras", "events", "snoozes", "alerts", "logins/watch", "offsite", "storage"):
        told = json.dumps((await viewer.ask("GET", f"/api/v1/{path}", whole=True)).json)
        assert '"front-door"' in told, path


async def test_sec_09_a_program_needs_no_origin_and_a_page_from_elsewhere_cannot_use_its_word(built: Built) -> None:
    token = (await everybody(built))["token of one"]
    plain = await ask(
        built.app, "POST", "/api/v1/cameras/garden/snooze", token.headers | {"host": "127.0.0.1:8080"}, b'{"for_s": 60}'
    )
    assert plain.status in {200, 422}
    assert (await token.ask("WEBSOCKET", "/api/v1/cameras/garden/live")).status == 101
    assert (await token.ask("WEBSOCKET", "/api/v1/cameras/front-door/live")).status == 403


def test_sec_09_every_door_has_its_place_for_who_sees_some_cameras() -> None:
    """A new door is closed to them until somebody says here, and in web/sight.py, what of it they may see."""
    closed = {"remedies", "known", "audit", "porch", "camera_setup", "config", "welcome", "leaving", "machine"}
    there = {field.name for field in fields(Doors)}
    open_to_them = sight.BLIND | sight.BY_CAMERA | set(sight.OWN_VIEW)
    assert open_to_them <= there
    assert there - open_to_them == closed & there


def test_every_way_through_a_door_by_camera_names_its_camera() -> None:
    """Those that do not are refused to who sees some cameras; nothing they are given a page for may need them."""
    hints = get_type_hints(Doors)
    nameless = set()
    for name in sight.BY_CAMERA:
        for method, function in inspect.getmembers(hints[name], inspect.isfunction):
            if not method.startswith("_") and not {"camera", "cameras"} & set(inspect.signature(function).parameters):
                nameless.add(f"{name}.{method}")
    assert nameless <= {"relay.key", "relay.controls", "relay.end_stays", "relay.new_password"}
