"""Devices that are notified, by the API: everybody has their own, the owner sees all."""

from __future__ import annotations

import pytest
from tests.devices.push_service import Browser as PushBrowser
from tests.devices.push_service import base64url
from tests.web.conftest import Browser
from tests.web.fake_house import Built
from tests.web.fake_push import KEY

from hearthwatch.kit.clock import FakeClock

ENDPOINT = "https://push.example.org/abc"


def subscription(**changes: str) -> dict[str, str]:
    browser = PushBrowser(token="x", key=KEY)
    return {
        "name": "Phone",
        "endpoint": ENDPOINT,
        "p256dh": base64url(browser.p256dh),
        "auth": base64url(browser.auth),
        **changes,
    }


async def test_a_viewer_has_devices_of_their_own(built: Built, owner: Browser, viewer: Browser) -> None:
    assert (await viewer.get("/api/v1/push/key")).json() == {"key": KEY}
    made = await viewer.send_json("/api/v1/push/devices", subscription())
    assert made.status_code == 200, made.text
    (endpoint, p256dh, auth) = built.house.push.given[0]
    assert (endpoint, len(p256dh), len(auth)) == (ENDPOINT, 65, 16)
    assert ENDPOINT not in made.text
    assert made.json()["mine"]
    await owner.send_json("/api/v1/push/devices", subscription(endpoint=ENDPOINT + "2"))
    assert [each["user"] for each in (await viewer.get("/api/v1/push/devices")).json()] == ["tablet"]
    assert [(each["user"], each["mine"]) for each in (await owner.get("/api/v1/push/devices")).json()] == [
        ("tablet", False),
        ("ada", True),
    ]


async def test_nobody_touches_what_is_somebody_elses_but_the_owner(built: Built, owner: Browser, viewer: Browser) -> None:
    hers = (await owner.send_json("/api/v1/push/devices", subscription())).json()["id"]
    assert (await viewer.send_json(f"/api/v1/push/devices/{hers}/test")).status_code == 404
    assert (await viewer.delete(f"/api/v1/push/devices/{hers}", headers=viewer.page_headers())).status_code == 404
    his = (await viewer.send_json("/api/v1/push/devices", subscription(endpoint=ENDPOINT + "2"))).json()["id"]
    assert (await viewer.send_json(f"/api/v1/push/devices/{his}/test")).json()["sent_us"] is not None
    assert built.house.push.tested == [his]
    left = await owner.delete(f"/api/v1/push/devices/{his}", headers=owner.page_headers())
    assert [each["id"] for each in left.json()] == [hers]


async def test_a_browser_with_a_new_address_stays_one_device(owner: Browser, viewer: Browser) -> None:
    old = (await owner.send_json("/api/v1/push/devices", subscription())).json()
    moved = subscription(endpoint=ENDPOINT + "2")
    path = f"/api/v1/push/devices/{old['id']}"
    assert (await viewer.put(path, json=moved, headers=viewer.page_headers())).status_code == 404
    assert (await owner.put(path, json=moved, headers=owner.page_headers())).status_code == 200
    (left,) = (await owner.get("/api/v1/push/devices")).json()
    assert left["mark"] != old["mark"]


async def test_an_old_log_in_alone_adds_no_device(built: Built, owner: Browser, clock: FakeClock) -> None:
    clock.advance(3600)
    answer = await owner.send_json("/api/v1/push/devices", subscription())
    assert (answer.status_code, answer.json()["wanted"]) == (403, "proof")
    assert not built.house.push.given


async def test_a_stranger_gets_nothing(browser, built: Built, owner: Browser) -> None:
    stranger = browser()
    for path in ("/api/v1/push/key", "/api/v1/push/devices"):
        assert (await stranger.get(path)).status_code == 401
    assert (await stranger.send_json("/api/v1/push/devices", subscription())).status_code == 401
    assert not built.house.push.given


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"p256dh": "AAAA"}, 422),
        ({"p256dh": "*" * 80}, 422),
        ({"auth": ""}, 422),
        ({"name": " \t "}, 422),
        ({"name": "a\u202eb"}, 422),
        ({"name": "x" * 65}, 422),
        ({"endpoint": "http://push.example.org"}, 409),
        ({"more": "x"}, 422),
    ],
)
async def test_what_is_no_subscription_is_refused(built: Built, owner: Browser, changes: dict[str, str], status: int) -> None:
    answer = await owner.send_json("/api/v1/push/devices", subscription(**changes))
    assert answer.status_code == status
    assert answer.json()["detail"]
    assert not built.house.push.given
