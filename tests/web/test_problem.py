"""Every refusal has one body, says which field and what to do, and repeats nothing that was sent."""

from __future__ import annotations

import pytest
from tests.web.conftest import HTTP, Browser, MakeBrowser
from tests.web.fake_house import Built

from hearthwatch.web.description import description

SECRET = "correct-horse-Battery-9"


def check(answer: object, status: int) -> dict[str, object]:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert "script-src" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    said = answer.json()
    assert (said["type"], said["status"]) == ("about:blank", status)
    assert said["title"]
    assert said["detail"].endswith(".")
    assert SECRET not in answer.text
    assert "Traceback" not in answer.text
    return said


async def test_every_kind_of_refusal_has_the_one_body(built: Built, owner: Browser, browser: MakeBrowser) -> None:
    check(await browser().get("/api/v1/house"), 401)
    check(await browser(base="http://evil.example").get("/api/v1/house"), 421)
    check(await owner.get("/api/v1/nothing"), 404)
    refused = await owner.delete("/api/v1/cameras", headers=owner.page_headers())
    assert (check(refused, 405)["hint"], refused.headers["allow"]) == ("It takes GET.", "GET")
    check(await owner.post("/api/v1/review/unseen", content=b"x" * 70_000, headers=owner.page_headers()), 413)
    check(await owner.post("/api/v1/review/unseen", json={}), 403)
    check(await owner.get("/api/v1/events?limit=0"), 422)
    check(await owner.send_json("/api/v1/login", {"name": "ada", "password": SECRET}), 401)
    for _ in range(30):
        late = await browser().send_json("/api/v1/login", {"name": "ada", "password": SECRET})
    check(late, 429)
    assert int(late.headers["retry-after"]) > 0


async def test_a_bug_is_told_in_the_one_body(built: Built, owner: Browser) -> None:
    import httpx2

    def broken() -> None:
        raise ZeroDivisionError(SECRET)

    built.house.logins.watched = broken
    transport = httpx2.ASGITransport(app=built.app, client=("127.0.0.1", 50_000), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url=HTTP, cookies=owner.cookies) as client:
        said = check(await client.get("/api/v1/logins/watch"), 500)
    assert "report it" in str(said["hint"])


@pytest.mark.parametrize(
    ("method", "path", "body", "hint"),
    [
        ("POST", "/review/seen", {}, "`events` is missing."),
        ("POST", "/review/seen", {"events": [], "reviewed": True}, "`events` needs at least 1 entry."),
        ("POST", "/review/seen", {"events": ["e1"], "reviewed": 1}, "`reviewed` must be true or false."),
        ("POST", "/review/seen", {"events": ["e1", ""]}, "`events[1]` needs at least 1 character."),
        ("POST", "/review/seen", {"events": "e1"}, "`events` must be a list."),
        ("POST", "/review/seen", {"events": ["e1"], "x": SECRET}, "`x` is not known here: leave it out."),
        ("POST", "/review/seen", [SECRET], "The body must be an object with fields."),
        ("POST", "/events/e00100/note", {"note": SECRET * 100}, "`note` may have at most 500 characters."),
        ("POST", "/events/e00100/note", {"note": 7}, "`note` must be text."),
        ("POST", "/arming", {"mode": SECRET}, "`mode` must be one of "),
        ("POST", "/own/proof", {"password": SECRET, "code": SECRET}, "The body does not fit here: give one of"),
        ("GET", "/events?limit=9999", None, "`limit` in the address must be 200 or less."),
        ("GET", "/events?camera=A%20B", None, "`camera` in the address may have small letters, digits and hyphens"),
        ("GET", "/timeline?start_us=soon&end_us=7", None, "`start_us` in the address must be a whole number."),
        ("POST", "/review/seen", b'{"events": ["e1"', "The body is not JSON from character 16 on."),
        ("POST", "/review/seen", b"\xff\xfe\x00", "Send JSON in UTF-8"),
        ("POST", "/review/seen", b"[" * 60_000, "Send JSON in UTF-8"),
        ("POST", "/review/seen", b'{"events": ["\\ud800"]}', "`events[0]` has characters that are half of one"),
        ("POST", "/review/seen", b'{"events": [' + b"9" * 5000 + b"]}", ""),
    ],
)
async def test_it_says_which_field_and_what_fits(owner: Browser, method: str, path: str, body: object, hint: str) -> None:
    named = {"content": body} if isinstance(body, bytes) else {"json": body}
    headers = owner.page_headers() | {"Content-Type": "application/json"}
    answer = await owner.request(method, f"/api/v1{path}", headers=headers, **(named if method == "POST" else {}))
    said = check(answer, answer.status_code)
    assert answer.status_code in {400, 422}
    assert str(said["hint"]).startswith(hint) or f" {hint}" in str(said["hint"]), said
    assert "pydantic" not in answer.text
    assert len(answer.text) < 700


def test_the_description_names_the_body_for_each_operation(built: Built) -> None:
    for path, operations in description(built.app)["paths"].items():
        for way, operation in operations.items():
            for status in ("4XX", "5XX"):
                assert list(operation["responses"][status]["content"]) == ["application/problem+json"], (way, path)
            assert "security" in operation
