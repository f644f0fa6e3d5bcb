"""Cameras found, tried, added, renamed and removed by the API: who may, what is answered, and that no password comes back."""

from __future__ import annotations

import pytest
from tests.web.conftest import Browser
from tests.web.fake_camera_setup import FOUND, PASSWORD
from tests.web.fake_house import Built

BASE = "/api/v1/setup/cameras"
TRY = {"host": "192.168.1.31", "port": 80, "user": "watch", "password": PASSWORD}


async def test_the_search_is_started_by_hand_and_followed_to_its_end(built: Built, owner: Browser) -> None:
    assert (await owner.get("/api/v1/setup/search")).json()["found"] == []
    begun = (await owner.send_json("/api/v1/setup/search")).json()
    assert (begun["running"], begun["ignored"], len(begun["found"])) == (True, 3, 1)
    text = (await owner.get("/api/v1/setup/search/stream")).text
    assert text.count("event: search") == 2
    assert text.endswith("event: over\ndata: {}\n\n")
    done = (await owner.get("/api/v1/setup/search")).json()
    assert [(one["host"], one["camera"]) for one in done["found"]] == [(one.host, one.camera) for one in FOUND]


async def test_a_camera_is_tried_seen_and_added_and_its_password_never_comes_back(built: Built, owner: Browser) -> None:
    answer = await owner.send_json("/api/v1/setup/try", TRY)
    trial = answer.json()
    assert answer.status_code == 200
    assert (trial["model"], trial["main"], trial["has_picture"]) == ("E1 Zoom", "rtsp://192.168.1.31:554/main", True)
    assert trial["streams"][0]["words"].endswith("about 33 GB a day")
    picture = await owner.get(f"/api/v1/setup/tries/{trial['id']}/picture.jpg")
    assert picture.content.startswith(b"\xff\xd8\xff")
    assert picture.headers["cache-control"] == "no-store"
    added = await owner.send_json(BASE, {"trial": trial["id"], "name": "Back gate", "main": trial["main"], "sub": trial["sub"]})
    assert added.json() == {"camera": "back-gate"}
    assert built.house.camera_setup.added[0].sub == trial["sub"]
    assert built.house.camera_setup.tries[0].password.reveal() == PASSWORD
    for text in (answer.text, added.text):
        assert PASSWORD not in text


async def test_a_wrong_password_is_said_in_plain_words_and_tried_once(built: Built, owner: Browser) -> None:
    answer = await owner.send_json("/api/v1/setup/try", TRY | {"password": "guess"})
    assert (answer.status_code, answer.json()["detail"]) == (422, "The camera does not accept this name and password.")
    assert "guess" not in answer.text
    assert len(built.house.camera_setup.tries) == 1


async def test_what_the_check_of_the_configuration_says_is_said_here(owner: Browser) -> None:
    answer = await owner.send_json(BASE, {"trial": "01TRIAL", "name": "a:b"})
    assert (answer.status_code, answer.json()["hint"]) == (
        422,
        "camera.x.name: must be one line of at most 60 ordinary characters",
    )
    gone = await owner.send_json(BASE, {"trial": "0OLD", "name": "Gate"})
    assert (gone.status_code, "try it once more" in gone.json()["detail"]) == (409, True)


async def test_rename_and_remove(built: Built, owner: Browser) -> None:
    assert (await owner.send_json(f"{BASE}/front-door/rename", {"name": "Porch"})).json() == {"camera": "front-door"}
    gone = await owner.delete(f"{BASE}/front-door", headers=owner.page_headers())
    assert (gone.status_code, "footage stays" in gone.json()["text"]) == (200, True)
    assert (built.house.camera_setup.renamed, built.house.camera_setup.removed) == ([("front-door", "Porch")], ["front-door"])
    assert (await owner.delete(f"{BASE}/nobody", headers=owner.page_headers())).status_code == 409


@pytest.mark.parametrize(
    "body",
    [
        {}, {"host": "a b"}, {"host": "192.168.1.2/../x"}, {"host": "x" * 300}, {"host": "192.168.1.2", "port": 70_000},
        {"host": "192.168.1.2", "vendor": "acme"}, {"host": "192.168.1.2", "channel": 0}, {"host": "192.168.1.2", "password": "x" * 200},
        {"main": "rtsp://" + "x" * 3000}, {"host": "192.168.1.2", "more": 1}, {"host": 7}, [],
    ],
)  # fmt: skip
async def test_what_is_no_question_never_reaches_a_camera(built: Built, owner: Browser, body: object) -> None:
    answer = await owner.post("/api/v1/setup/try", json=body, headers=owner.page_headers())
    assert answer.status_code == 422
    assert built.house.camera_setup.tries == []


async def test_a_camera_of_any_name_can_be_removed(built: Built, owner: Browser) -> None:
    for name in ("search", "look", "try", "tries"):
        assert (await owner.delete(f"{BASE}/{name}", headers=owner.page_headers())).status_code == 200
    assert built.house.camera_setup.removed == ["search", "look", "try", "tries"]


async def test_only_the_owner_may(built: Built, viewer: Browser, browser) -> None:
    for client, status in ((viewer, 403), (browser(), 401)):
        for method, path, body in (
            ("GET", "/setup/search", None),
            ("POST", "/setup/search", {}),
            ("DELETE", "/setup/search", None),
            ("GET", "/setup/search/stream", None),
            ("POST", "/setup/look", {"host": "192.168.1.31"}),
            ("POST", "/setup/try", TRY),
            ("GET", "/setup/tries/01TRIAL/picture.jpg", None),
            ("POST", "/setup/cameras", {"trial": "01TRIAL", "name": "x"}),
            ("POST", "/setup/cameras/front-door/rename", {"name": "x"}),
            ("DELETE", "/setup/cameras/front-door", None),
        ):
            answer = await client.request(method, f"/api/v1{path}", json=body, headers=client.page_headers())
            assert answer.status_code == status, (method, path)
    house = built.house.camera_setup
    assert (house.tries, house.added, house.renamed, house.removed) == ([], [], [], [])
