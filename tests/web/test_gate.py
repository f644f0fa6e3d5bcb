"""The gate: nothing without a declared permission, nothing from elsewhere, headers on everything."""

from __future__ import annotations

import json

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from tests.web.conftest import HTTP, HTTPS, Browser, MakeBrowser
from tests.web.fake_house import Built

from hearthwatch.web.auth import Permission
from hearthwatch.web.gate import MAX_BODY_BYTES, TOKEN_HEADER, Gate, is_loopback, rules, split_host
from hearthwatch.web.headers import CSP, HEADERS

EXAMPLE = {
    "{person}": "anna",
    "{device}": "phone",
    "{camera}": "front-door",
    "{number}": "1",
    "{event}": "e00100",
    "{trial}": "01TRIAL",
    "{entry}": "e00100",
    "{user_id}": "2000",
    "{passkey}": "7",
    "{share}": "7",
    "{session}": "00ff",
    "{token}": "00ff",
    "{name}": "firmware.bin",
    "{word}": "0" * 32,
    "{copy}": "01J00000000000000000000001",
    "{path:path}": "events",
    "{day}": "2023-11-13",
    "{command:path}": "param.cgi",
    "{node}": "beachaaa",
    "{at}": "beach-house",
}
ENDS_OR_NEVER_ENDS = {"/api/v1/stream", "/api/v1/logout", "/api/v1/claim", "/api/v1/login"}
PERMISSIONS = {
    "GET /api/v1/session": "public",
    "GET /api/v1/fleet": "own",
    "GET /api/v1/fleet/nodes/{node}": "own",
    "GET /api/v1/fleet/events": "own",
    "GET /api/v1/fleet/nodes/{node}/events/{event}/picture.jpg": "own",
    "POST /api/v1/fleet/invitations": "manage",
    "POST /api/v1/fleet/nodes/{node}/revoke": "manage",
    "POST /api/v1/fleet/nodes/{node}/retire": "manage",
    "PUT /api/v1/fleet/nodes/{node}": "manage",
    "GET /api/v1/fleet/roles": "manage",
    "PUT /api/v1/fleet/roles/{user_id}/{at}": "manage",
    "GET /api/v1/fleet/hub": "manage",
    "POST /api/v1/fleet/hub": "manage",
    "DELETE /api/v1/fleet/hub": "manage",
    "GET /api/v1/machine": "manage",
    "POST /api/v1/machine/reboot": "manage",
    "GET /at/{node}/api/v1/{path:path}": "own",
    "POST /at/{node}/api/v1/{path:path}": "own",
    "PUT /at/{node}/api/v1/{path:path}": "own",
    "DELETE /at/{node}/api/v1/{path:path}": "own",
    "WEBSOCKET /at/{node}/api/v1/{path:path}": "own",
    "POST /api/v1/claim": "public",
    "POST /api/v1/login": "public",
    "POST /api/v1/login/second": "public",
    "POST /api/v1/login/passkey/ask": "public",
    "POST /api/v1/login/passkey": "public",
    "POST /api/v1/logout": "own",
    "GET /api/v1/own": "own",
    "POST /api/v1/own/proof": "own",
    "POST /api/v1/own/password": "own",
    "POST /api/v1/own/totp": "own",
    "POST /api/v1/own/totp/confirm": "own",
    "DELETE /api/v1/own/totp": "own",
    "POST /api/v1/own/recovery-codes": "own",
    "POST /api/v1/own/passkeys/ask": "own",
    "POST /api/v1/own/passkeys": "own",
    "DELETE /api/v1/own/passkeys/{passkey}": "own",
    "GET /api/v1/own/sessions": "own",
    "DELETE /api/v1/own/sessions/{session}": "own",
    "POST /api/v1/own/sessions/end-others": "own",
    "GET /api/v1/access/people": "manage",
    "POST /api/v1/access/people": "manage",
    "PUT /api/v1/access/people/{user_id}/rights": "manage",
    "POST /api/v1/access/people/{user_id}/password": "manage",
    "DELETE /api/v1/access/people/{user_id}/factors": "manage",
    "GET /api/v1/access/people/{user_id}/ties": "manage",
    "GET /api/v1/access/ties": "manage",
    "POST /api/v1/access/leave": "manage",
    "GET /api/v1/access/sessions": "manage",
    "DELETE /api/v1/access/sessions/{session}": "manage",
    "POST /api/v1/access/sessions/end-others": "manage",
    "GET /api/v1/access/tokens": "manage",
    "POST /api/v1/access/tokens": "manage",
    "DELETE /api/v1/access/tokens/{token}": "manage",
    "GET /api/v1/access/trail": "manage",
    "GET /api/v1/access/trail/check": "manage",
    "GET /api/v1/house": "look",
    "GET /api/v1/storage": "look",
    "GET /api/v1/config": "manage",
    "POST /api/v1/config": "manage",
    "PUT /api/v1/config/secrets/{name}": "manage",
    "GET /api/v1/welcome": "manage",
    "POST /api/v1/welcome": "manage",
    "POST /api/v1/welcome/mail": "manage",
    "POST /api/v1/welcome/targets/{name}": "manage",
    "GET /api/v1/welcome/disks": "manage",
    "POST /api/v1/welcome/seal-keys": "manage",
    "GET /api/v1/welcome/outside": "manage",
    "POST /api/v1/welcome/outside": "manage",
    "POST /api/v1/welcome/tunnel": "manage",
    "GET /api/v1/cameras/{camera}/timelapses": "look",
    "GET /api/v1/cameras/{camera}/timelapses/{day}.mp4": "look",
    "GET /api/v1/case.zip": "export",
    "GET /api/v1/timeline": "look",
    "GET /api/v1/cameras/{camera}/thumb.jpg": "look",
    "GET /api/v1/cameras/{camera}/playback.mp4": "look",
    "POST /api/v1/cameras/{camera}/keep": "decide",
    "GET /api/v1/shares": "decide",
    "POST /api/v1/shares": "export",
    "DELETE /api/v1/shares/{share}": "decide",
    "GET /s/{token}": "public",
    "GET /s/{token}/{number}.mp4": "public",
    "GET /api/v1/settings": "manage",
    "POST /api/v1/setup/search": "manage",
    "GET /api/v1/setup/search": "manage",
    "DELETE /api/v1/setup/search": "manage",
    "GET /api/v1/setup/search/stream": "manage",
    "POST /api/v1/setup/look": "manage",
    "POST /api/v1/setup/try": "manage",
    "GET /api/v1/setup/tries/{trial}/picture.jpg": "manage",
    "POST /api/v1/setup/cameras": "manage",
    "POST /api/v1/setup/cameras/{camera}/rename": "manage",
    "DELETE /api/v1/setup/cameras/{camera}": "manage",
    "GET /api/v1/cameras": "look",
    "GET /api/v1/cameras/{camera}/timeline": "look",
    "GET /api/v1/events": "look",
    "GET /api/v1/events/{event}": "look",
    "POST /api/v1/events/{event}/keep": "decide",
    "POST /api/v1/events/{event}/reviewed": "decide",
    "GET /api/v1/review/choices": "look",
    "POST /api/v1/review/unseen": "look",
    "POST /api/v1/review/seen": "decide",
    "POST /api/v1/review/seen-down-to": "decide",
    "POST /api/v1/events/{event}/note": "decide",
    "GET /api/v1/events/{event}/suggestions": "manage",
    "POST /api/v1/events/{event}/suggestions/accept": "manage",
    "GET /api/v1/house/rules": "manage",
    "POST /api/v1/house/rules/{camera}": "manage",
    "POST /api/v1/house/rules/{camera}/enabled": "manage",
    "POST /api/v1/house/rules/{camera}/remind": "manage",
    "POST /api/v1/house/ways": "manage",
    "GET /api/v1/house/release": "manage",
    "POST /api/v1/house/release/ask": "manage",
    "GET /api/v1/house/schedule": "look",
    "GET /api/v1/house/latency": "look",
    "GET /api/v1/house/outgoing": "manage",
    "GET /api/v1/alerts": "look",
    "GET /api/v1/outages": "look",
    "POST /api/v1/detector/fetch": "manage",
    "POST /api/v1/telegram/enrol": "manage",
    "GET /api/v1/telegram/people": "manage",
    "POST /api/v1/telegram/people/{user_id}/role": "manage",
    "DELETE /api/v1/telegram/people/{user_id}": "manage",
    "GET /api/v1/snoozes": "look",
    "POST /api/v1/snoozes": "decide",
    "POST /api/v1/cameras/{camera}/snooze": "decide",
    "POST /api/v1/events/{event}/false-alarm": "decide",
    "GET /api/v1/cameras/{camera}/door": "manage",
    "GET /api/v1/doors": "manage",
    "GET /api/v1/actions": "look",
    "GET /api/v1/actions/trail": "look",
    "POST /api/v1/actions/{name}/off": "decide",
    "POST /api/v1/actions/{name}/test": "manage",
    "GET /api/v1/arming": "look",
    "GET /api/v1/arming/changes": "look",
    "POST /api/v1/arming": "decide",
    "POST /api/v1/arming/answer": "decide",
    "GET /api/v1/people": "look",
    "POST /api/v1/ping/{person}/{device}/{word}": "public",
    "GET /api/v1/cameras/{camera}/hook": "manage",
    "GET /api/v1/cameras/{camera}/ptz": "decide",
    "POST /api/v1/cameras/{camera}/ptz/move": "decide",
    "POST /api/v1/cameras/{camera}/ptz/stop": "decide",
    "POST /api/v1/cameras/{camera}/ptz/preset": "decide",
    "GET /api/v1/cameras/{camera}/trigger": "manage",
    "GET /api/v1/triggers/{camera}/{word}": "public",
    "POST /api/v1/triggers/{camera}/{word}": "public",
    "GET /api/v1/hooks/{camera}/{word}": "public",
    "POST /api/v1/hooks/{camera}/{word}": "public",
    "GET /api/v1/hooks/power": "manage",
    "POST /api/v1/hooks/power": "public",
    "GET /api/v1/offsite": "look",
    "GET /api/v1/cameras/{camera}/elsewhere": "look",
    "POST /api/v1/offsite/flush": "manage",
    "POST /api/v1/cameras/{camera}/door/accept": "manage",
    "POST /api/v1/cameras/{camera}/remedies": "manage",
    "POST /api/v1/cameras/{camera}/remedies/confirm": "manage",
    "POST /api/v1/cameras/{camera}/remedies/decline": "manage",
    "PUT /api/v1/firmware/{name}": "manage",
    "GET /api/v1/audit-trail": "manage",
    "GET /api/v1/audit-trail/{entry}": "manage",
    "GET /api/v1/logins": "look",
    "GET /api/v1/logins/watch": "look",
    "GET /api/v1/logs": "look",
    "GET /api/v1/copies": "look",
    "GET /api/v1/copies/diff": "manage",
    "GET /api/v1/copies/{copy}": "manage",
    "POST /api/v1/copies/{copy}/restore": "manage",
    "POST /api/v1/cameras/{camera}/copies": "manage",
    "POST /api/v1/cameras/{camera}/baseline": "manage",
    "GET /api/v1/audit": "manage",
    "GET /api/v1/porch": "manage",
    "GET /api/v1/push/key": "look",
    "GET /api/v1/push/devices": "look",
    "POST /api/v1/push/devices": "look",
    "PUT /api/v1/push/devices/{device}": "look",
    "DELETE /api/v1/push/devices/{device}": "look",
    "POST /api/v1/push/devices/{device}/test": "look",
    "GET /api/v1/way": "look",
    "GET /api/v1/way/authority.crt": "look",
    "GET /api/v1/audit/fence": "manage",
    "POST /api/v1/cameras/{camera}/audit": "manage",
    "POST /api/v1/cameras/{camera}/audit/apply": "manage",
    "POST /api/v1/cameras/{camera}/audit/accept": "manage",
    "GET /api/v1/stream": "look",
    "WEBSOCKET /api/v1/cameras/{camera}/live": "look",
    "WEBSOCKET /api/v1/live": "look",
    "GET /api/v1/events/{event}/picture.jpg": "look",
    "GET /api/v1/events/{event}/burst": "look",
    "GET /api/v1/events/{event}/burst/{number}.jpg": "look",
    "GET /api/v1/cameras/{camera}/snapshot.jpg": "look",
    "GET /api/v1/cameras/{camera}/live.mjpeg": "look",
    "GET /cam/{camera}/snapshot.jpg": "look",
    "GET /cam/{camera}/stream.mjpg": "look",
    "GET /cam/{camera}/ptz": "decide",
    "POST /cam/{camera}/ptz": "decide",
    "GET /cam/{camera}/cgi/{command:path}": "decide",
    "POST /cam/{camera}/cgi/{command:path}": "decide",
    "GET /api/v1/cameras/{camera}/relay": "decide",
    "POST /api/v1/cameras/{camera}/own-page": "manage",
    "POST /api/v1/relay/passwords/{name}": "manage",
    "GET /api/v1/cameras/{camera}/footage.mp4": "look",
    "GET /api/v1/cameras/{camera}/footage.fmp4": "export",
    "GET /healthz": "public",
    "GET /metrics": "metrics",
    "GET /api/openapi.json": "public",
    "GET /{path:path}": "public",
    "HEAD /{path:path}": "public",
}


def concrete(path: str) -> str:
    for placeholder, value in EXAMPLE.items():
        path = path.replace(placeholder, value)
    assert "{" not in path, f"add an example for {path}"
    return path


def test_sec_08_every_route_declares_the_permission_written_here(built: Built) -> None:
    found = {
        f"{method} {rule.path}": str(rule.permission) for rule in rules(built.app) for method in (rule.methods or {"WEBSOCKET"})
    }
    assert found == PERMISSIONS


def test_the_gate_sees_every_route_the_router_has(built: Built) -> None:
    assert len(rules(built.app)) == len(list(iter_route_contexts(built.app.routes)))


STRANGERS = [entry for entry, needed in PERMISSIONS.items() if needed not in {"public", "metrics"}]


async def test_sec_01_a_stranger_is_refused_before_and_after_the_claim(
    built: Built, browser: MakeBrowser, owner: Browser
) -> None:
    stranger, let_in = browser(), []
    for entry in STRANGERS:
        method, path = entry.split(" ")
        if method == "WEBSOCKET":
            if await websocket_status(built, concrete(path), origin=HTTP) != 403:
                let_in.append(entry)
            continue
        answer = await stranger.request(
            method, concrete(path), headers=stranger.page_headers(), json={} if method == "POST" else None
        )
        if answer.status_code != 401 or not answer.json()["detail"]:
            let_in.append(entry)
    assert STRANGERS
    assert not let_in


async def test_sec_01_before_the_claim_only_the_door_answers(built: Built, browser: MakeBrowser) -> None:
    stranger = browser()
    assert (await stranger.get("/api/v1/cameras")).status_code == 401
    session = (await stranger.get("/api/v1/session")).json()
    assert (session["claimed"], session["passwords_accepted"], session["user"], session["token"]) == (False, True, None, None)


async def test_a_viewer_may_look_and_nothing_else(viewer: Browser) -> None:
    wrong = []
    for entry, needed in PERMISSIONS.items():
        method, path = entry.split(" ")
        if method == "WEBSOCKET" or "{" in path or path in ENDS_OR_NEVER_ENDS:
            continue
        viewer.token = (await viewer.get("/api/v1/session")).json()["token"]  # some of what is asked ends the page's word
        answer = await viewer.request(method, path, headers=viewer.page_headers(), json={} if method == "POST" else None)
        if (answer.status_code == 403) is not (needed in {"decide", "export", "manage"}):
            wrong.append((entry, needed, answer.text))
    assert not wrong


async def test_a_viewer_may_not_keep_footage(viewer: Browser) -> None:
    answer = await viewer.send_json("/api/v1/events/e00100/keep", {"kept": True})
    assert answer.status_code == 403


async def test_sec_08_a_route_without_a_declaration_is_refused(built: Built) -> None:
    app = FastAPI()

    @app.get("/forgotten")
    async def forgotten() -> str:
        return "never seen"

    assert rules(app)[-1].permission is None
    sent = await call(
        Gate(app, auth=built.auth, table=rules(app), names=frozenset({"localhost"}), metrics_token="", clock=built.house.clock),
        "/forgotten",
    )
    assert sent[0]["status"] == 403
    assert b"never seen" not in sent[1]["body"]


async def call(app: object, path: str, headers: tuple[tuple[bytes, bytes], ...] = (), method: str = "GET") -> list[dict]:
    sent: list[dict] = []

    async def receive() -> dict:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "scheme": "http",
        "headers": [(b"host", b"localhost"), *headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    await app(scope, receive, send)
    return sent


async def websocket_status(
    built: Built, path: str, *, origin: str | None, cookie: str = "", host: str = "127.0.0.1:8080"
) -> int:
    """Return 101 when the connection was accepted, 403 when it was refused."""
    sent: list[dict] = []
    headers = [(b"host", host.encode())]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    if cookie:
        headers.append((b"cookie", cookie.encode()))
    incoming = iter([{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1000}])

    async def receive() -> dict:
        return next(incoming, {"type": "websocket.disconnect", "code": 1000})

    async def send(message: dict) -> None:
        sent.append(message)

    scope = {
        "type": "websocket",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"stream=sub",
        "scheme": "ws",
        "headers": headers,
        "subprotocols": [],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8080),
    }
    await built.app(scope, receive, send)
    return 101 if sent and sent[0]["type"] == "websocket.accept" else 403


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (HTTP, 101),
        (None, 403),
        ("null", 403),
        ("http://127.0.0.1:9090", 403),
        ("https://127.0.0.1:8080", 403),
        ("http://127.0.0.1:8080.evil.example", 403),
        ("http://evil.example", 403),
    ],
)
async def test_sec_12_a_websocket_opens_only_from_this_very_page(
    origin: str | None, expected: int, built: Built, owner: Browser
) -> None:
    cookie = f"hearthwatch={owner.cookies['hearthwatch']}"
    assert await websocket_status(built, "/api/v1/cameras/garden/live", origin=origin, cookie=cookie) == expected


@pytest.mark.parametrize(
    "changed",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8081"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {TOKEN_HEADER: ""},
        {TOKEN_HEADER: "none"},
        {TOKEN_HEADER: "f" * 64},
    ],
)
async def test_sec_11_a_change_needs_origin_and_token(changed: dict[str, str], built: Built, owner: Browser) -> None:
    answer = await owner.post("/api/v1/events/e00100/keep", json={"kept": True}, headers=owner.page_headers() | changed)
    assert answer.status_code == 403
    assert built.house.pinned == []


async def test_sec_11_without_origin_the_browsers_word_is_needed(built: Built, owner: Browser) -> None:
    bare = {TOKEN_HEADER: owner.token}
    assert (await owner.post("/api/v1/events/e00100/keep", json={"kept": True}, headers=bare)).status_code == 403
    said = bare | {"Sec-Fetch-Site": "same-origin"}
    assert (await owner.post("/api/v1/events/e00100/keep", json={"kept": True}, headers=said)).status_code == 200
    assert len(built.house.pinned) == 1


async def test_sec_11_a_form_from_elsewhere_cannot_log_in(built: Built, owner: Browser, browser: MakeBrowser) -> None:
    answer = await browser().post(
        "/api/v1/login", data={"name": "ada", "password": "x"}, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403


async def test_sec_11_reading_never_changes_state(owner: Browser) -> None:
    for path in ("/api/v1/events/e00100/keep", "/api/v1/logout", "/api/v1/detector/fetch"):
        assert (await owner.get(path)).status_code in {404, 405}


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1:8080", 200),
        ("localhost:8080", 200),
        ("[::1]:8080", 200),
        ("192.168.1.5", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost.evil.example:8080", 421),
        ("", 421),
    ],
)
async def test_sec_15_only_known_hosts_are_answered(host: str, expected: int, built: Built) -> None:
    sent = await call(built.app, "/healthz")
    assert sent[0]["status"] == 200
    answer = await Browser(built).get("/healthz", headers={"Host": host})
    assert answer.status_code == expected


@pytest.mark.parametrize(
    "path", ["/", "/assets/none.js", "/healthz", "/api/v1/session", "/api/v1/cameras", "/api/openapi.json", "/x/y"]
)
async def test_sec_13_every_answer_carries_the_security_headers(path: str, browser: MakeBrowser) -> None:
    answer = await browser().get(path)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "server" not in answer.headers


def test_sec_13_the_policy_is_what_we_decided() -> None:
    assert CSP == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self' blob:; connect-src 'self'; "
        "font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "worker-src 'self'; require-trusted-types-for 'script'; trusted-types hearthwatch-worker"
    )


async def test_sec_09_media_and_json_are_not_stored(owner: Browser) -> None:
    for path in ("/api/v1/events/e00100/picture.jpg", "/api/v1/cameras", "/api/v1/cameras/garden/snapshot.jpg"):
        answer = await owner.get(path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"


async def test_https_says_so(browser: MakeBrowser) -> None:
    answer = await browser(base=HTTPS, address="192.168.1.9").get("/healthz")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


async def test_sec_22_a_large_body_is_refused_unread(owner: Browser) -> None:
    headers = owner.page_headers() | {"Content-Type": "application/json"}
    answer = await owner.post("/api/v1/events/e00100/keep", content=b" " * (MAX_BODY_BYTES + 1), headers=headers)
    assert answer.status_code == 413


async def test_metrics_tell_what_is_wrong_now(browser: MakeBrowser) -> None:
    lines = [line for line in (await browser().get("/metrics")).text.splitlines() if line.startswith("hearthwatch_outage{")]
    assert lines
    assert all(line.endswith(" 1.0") and 'fault="' in line and 'subject="' in line for line in lines)


async def test_metrics_tell_how_the_loop_and_the_disk_keep_up(browser: MakeBrowser) -> None:
    text = (await browser().get("/metrics")).text
    late_s = next(line for line in text.splitlines() if line.startswith("hearthwatch_loop_late_seconds ")).split()[1]
    assert float(late_s) >= 0
    assert 'hearthwatch_commit_seconds_bucket{le="0.005"} 1.0' in text
    assert 'hearthwatch_commit_seconds_bucket{le="+Inf"} 1.0' in text


async def test_metrics_are_for_this_machine_or_a_bearer(browser: MakeBrowser) -> None:
    assert "hearthwatch_stream_live" in (await browser().get("/metrics")).text
    far = browser(base=HTTPS, address="192.168.1.9")
    assert (await far.get("/metrics")).status_code == 403
    assert (await far.get("/metrics", headers={"Authorization": "Bearer wrong"})).status_code == 403
    assert (await far.get("/metrics", headers={"Authorization": "Bearer metrics-secret"})).status_code == 200


async def test_what_is_nowhere_is_not_found_in_json(browser: MakeBrowser) -> None:
    answer = await browser().post("/api/v1/nothing", headers=browser().page_headers())
    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(json.loads(answer.content)) == {"type", "title", "status", "detail", "hint"}
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("host", "name"), [("a:1", "a"), ("a", "a"), ("[::1]:80", "::1"), ("[fe80::1]", "fe80::1"), ("::1", "::1"), ("", "")]
)
def test_split_host(host: str, name: str) -> None:
    assert split_host(host) == name


def test_loopback() -> None:
    assert is_loopback("127.0.0.2")
    assert is_loopback("::1")
    assert not is_loopback("10.0.0.1")
    assert not is_loopback("localhost.evil.example")


def test_permissions_are_a_closed_set() -> None:
    assert set(PERMISSIONS.values()) == {permission.value for permission in Permission}
