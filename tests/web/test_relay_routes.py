"""The cameras' addresses for other software: who may use them, what reaches a camera, and what a hostile page may not."""

from __future__ import annotations

import asyncio
import base64

import httpx2
import pytest
from tests.web.conftest import HTTP, HTTPS, Browser, MakeBrowser
from tests.web.fake_house import Built
from tests.web.fake_relay import JPEG, PASSWORD

from hearthwatch.kit.units import CameraId
from hearthwatch.web.accounts import Role
from hearthwatch.web.gate import TOKEN_HEADER
from hearthwatch.web.place import Place
from hearthwatch.web.relay.doors import CgiReply
from hearthwatch.web.relay.routes import _ended
from hearthwatch.web.sessions import Factor


def basic(password: str = PASSWORD, user: str = "viewer") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


async def test_pictures_for_a_session_and_for_name_and_password(built: Built, owner: Browser, browser: MakeBrowser) -> None:
    guest = browser(HTTPS, "192.168.1.77")
    for client, headers in ((owner, {}), (guest, basic())):
        answer = await client.get("/cam/front-door/snapshot.jpg", headers=headers)
        assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, JPEG, "image/jpeg")
        answer = await client.get("/cam/front-door/stream.mjpg", headers=headers)
        boundary = answer.headers["content-type"].partition("boundary=")[2]
        assert answer.content.startswith(f"--{boundary}\r\n".encode())
        assert answer.content.count(JPEG) == 3
    assert not guest.cookies


async def test_sec_05_a_stream_through_the_proxy_ends_with_the_rights(built: Built, owner: Browser) -> None:
    ben = await built.add_user("ben", Role.VIEWER)
    session = await built.auth.open(ben, Place(address="192.168.1.30", browser="curl"), Factor.PASSWORD)
    async with asyncio.timeout(60):
        ended = asyncio.create_task(_ended(built.app.state.site, session))
        await built.auth.access.set_rights(ben.id, Role.VIEWER, {CameraId("garden")})
        await ended


async def test_without_a_log_in_there_is_a_challenge_where_a_password_may_travel(
    built: Built, owner: Browser, browser: MakeBrowser
) -> None:
    private, plain = browser(HTTPS, "192.168.1.77"), browser("http://192.168.1.5:8080", "192.168.1.77")
    answer = await private.get("/cam/front-door/snapshot.jpg")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic ")
    answer = await plain.get("/cam/front-door/snapshot.jpg")
    assert answer.status_code == 401
    assert "www-authenticate" not in answer.headers
    assert (await plain.get("/cam/front-door/snapshot.jpg", headers=basic())).status_code == 403
    assert "www-authenticate" not in (await private.get("/api/v1/cameras")).headers
    assert (await private.get("/api/v1/cameras", headers=basic())).status_code == 401
    built.house.relay.password = ""
    assert "www-authenticate" not in (await private.get("/cam/front-door/snapshot.jpg")).headers
    assert (await private.get("/cam/front-door/snapshot.jpg", headers=basic(""))).status_code == 401


async def test_passwords_cannot_be_tried_for_long(owner: Browser, browser: MakeBrowser) -> None:
    guest = browser(HTTPS, "192.168.1.78")
    answers = [(await guest.get("/cam/front-door/snapshot.jpg", headers=basic("no"))).status_code for _ in range(11)]
    assert answers == [401] * 10 + [429]
    assert (await guest.get("/cam/front-door/snapshot.jpg", headers=basic())).status_code == 429
    other = browser(HTTPS, "192.168.1.79")
    assert (await other.get("/cam/front-door/snapshot.jpg", headers=basic())).status_code == 200


async def test_a_guest_only_looks_unless_it_may_control(built: Built, owner: Browser, browser: MakeBrowser) -> None:
    guest, relay = browser(HTTPS, "192.168.1.77"), built.house.relay
    command = "/cam/front-door/cgi/cgi-bin/magicBox.cgi?action=getDeviceType"
    assert (await guest.get(command, headers=basic())).status_code == 403
    assert (await guest.get("/cam/driveway/ptz?move=left&for_s=0.01", headers=basic())).status_code == 403
    assert not relay.calls
    relay.controls = True
    answer = await guest.get(command, headers=basic())
    assert (answer.status_code, answer.text) == (200, "type=IP2M-841B\r\n")
    assert (await guest.get("/cam/driveway/ptz?move=left&for_s=0.01", headers=basic())).status_code == 204
    assert (await guest.get("/cam/front-door/ptz?stop=true", headers=basic())).status_code == 204
    assert (await guest.get("/cam/front-door/ptz?move=left&preset=1", headers=basic())).status_code == 422
    assert (await guest.get("/cam/front-door/ptz?move=away", headers=basic())).status_code == 422
    assert len(relay.calls) == 1
    relay.hidden.add("front-door")
    for path in (command, "/cam/front-door/snapshot.jpg", "/cam/front-door/stream.mjpg"):
        assert (await guest.get(path, headers=basic())).status_code == 404
    assert len(relay.calls) == 1


@pytest.mark.parametrize(
    "path",
    [
        "/cam/front-door/cgi/cgi-bin/magicBox.cgi?action=reboot",
        "/cam/front-door/cgi/cgi-bin/configManager.cgi?action=getConfig",
        "/cam/front-door/cgi/cgi-bin/..%2f..%2fmagicBox.cgi",
        "/cam/front-door/cgi/cgi-bin/%2e%2e/magicBox.cgi?action=getDeviceType",
        "/cam/front-door/cgi//cgi-bin/magicBox.cgi?action=getDeviceType",
        "/cam/front-door/cgi/cgi-bin/magicBox%2ecgi?action=getDeviceType",
        "/cam/front-door/cgi/cgi-bin/magicBox.cgi?action=getDeviceType%0d%0aX:y",
        "/cam/front-door/cgi/cgi-bin/magicBox.cgi?action=getDeviceType&action=reboot",
        "/cam/front-door/cgi/cgi-bin/magicBox.cgi?action=getDeviceType&user=x",
        "/cam/front-door/cgi/",
        "/cam/nobody/cgi/cgi-bin/magicBox.cgi?action=getDeviceType",
    ],
)
async def test_sec_24_nothing_else_reaches_a_camera(built: Built, owner: Browser, browser: MakeBrowser, path: str) -> None:
    guest = browser(HTTPS, "192.168.1.77")
    built.house.relay.controls = True
    answer = await guest.send(raw(guest, "GET", path, basic()))
    assert 400 <= answer.status_code < 500
    assert not built.house.relay.calls


def raw(client: Browser, method: str, path: str, headers: dict[str, str]) -> httpx2.Request:
    """Return a request whose target goes out as it is written."""
    request = client.build_request(method, "/", headers=headers)
    request.url = request.url.copy_with(raw_path=path.encode())
    return request


async def test_a_page_from_elsewhere_cannot_use_what_a_browser_remembers(
    built: Built, owner: Browser, browser: MakeBrowser
) -> None:
    guest = browser(HTTPS, "192.168.1.77")
    built.house.relay.controls = True
    for site in ("cross-site", "same-site"):
        headers = basic() | {"Sec-Fetch-Site": site}
        for path in ("snapshot.jpg", "stream.mjpg", "ptz?stop=true", "cgi/cgi-bin/magicBox.cgi?action=getDeviceType"):
            assert (await guest.get(f"/cam/front-door/{path}", headers=headers)).status_code == 403
    # the owner's own session moves nothing by an address alone: a link or a picture could hold it
    for path in ("ptz?stop=true", "cgi/cgi-bin/magicBox.cgi?action=getDeviceType"):
        assert (await owner.get(f"/cam/front-door/{path}")).status_code == 403
        assert (await owner.get(f"/cam/front-door/{path}", headers={TOKEN_HEADER: "guessed"})).status_code == 403
        assert (await owner.get(f"/cam/front-door/{path}", headers={TOKEN_HEADER: owner.token})).status_code in {200, 204}
    assert len(built.house.relay.calls) == 1


async def test_a_viewer_looks_and_no_more(viewer: Browser) -> None:
    assert (await viewer.get("/cam/front-door/snapshot.jpg")).status_code == 200
    for path in ("ptz?stop=true", "cgi/cgi-bin/magicBox.cgi?action=getDeviceType"):
        assert (await viewer.get(f"/cam/front-door/{path}", headers={TOKEN_HEADER: viewer.token})).status_code == 403
    assert (await viewer.get("/api/v1/cameras/front-door/relay")).status_code == 403
    assert (await viewer.send_json("/api/v1/cameras/front-door/own-page")).status_code == 403


async def test_a_camera_s_answer_never_becomes_a_page_of_ours(built: Built, owner: Browser) -> None:
    built.house.relay.reply = CgiReply(status=418, content_type="text/html", body=b"<script>alert(1)</script>")
    path = "/cam/front-door/cgi/cgi-bin/magicBox.cgi?action=getDeviceType"
    answer = await owner.get(path, headers={TOKEN_HEADER: owner.token})
    assert answer.status_code == 418
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "script-src 'self'" in answer.headers["content-security-policy"]


async def test_the_page_learns_the_addresses_and_opens_a_camera_s_own_page(built: Built, owner: Browser) -> None:
    now = (await owner.get("/api/v1/cameras/front-door/relay")).json()
    assert now["restream_port"] == 8554
    assert now["has_page"]
    assert PASSWORD not in str(now)
    answer = await owner.send_json("/api/v1/cameras/front-door/own-page")
    assert answer.json() == {"url": "http://127.0.0.1:8451/hearthwatch-enter/a-ticket"}
    assert built.house.relay.opened == ["front-door"]
    made = (await owner.send_json("/api/v1/relay/passwords/proxy")).json()
    assert made == {"user": "viewer", "password": built.house.relay.password}
    assert (await owner.send_json("/api/v1/relay/passwords/other")).status_code == 422
    assert HTTP.startswith("http://127.")
