"""The API of the cameras' settings: what is shown, what is written, and that no secret ever is."""

from __future__ import annotations

from tests.web.conftest import Browser
from tests.web.fake_copies import MAIL_PASSWORD
from tests.web.fake_house import Built

FIRST, SECOND = "01J00000000000000000000001", "01J00000000000000000000002"


async def test_copies_newest_first_in_pages(owner: Browser, viewer: Browser) -> None:
    page = (await viewer.get("/api/v1/copies", params={"limit": 1})).json()
    assert [(copy["id"], copy["drift"], copy["change_count"]) for copy in page["copies"]] == [(SECOND, True, 3)]
    assert page["more"] is True
    older = (await viewer.get("/api/v1/copies", params={"before": SECOND})).json()
    assert [copy["id"] for copy in older["copies"]] == [FIRST]
    assert older["more"] is False
    assert (await viewer.get("/api/v1/copies", params={"camera": "garage"})).json()["copies"] == []


async def test_why_the_last_look_failed_is_told(owner: Browser, built: Built) -> None:
    built.house.copies.away = True
    assert (await owner.get("/api/v1/copies")).json()["troubles"] == {"front-door": "no answer"}


async def test_a_copy_and_a_difference_without_secrets(owner: Browser) -> None:
    answer = await owner.get(f"/api/v1/copies/{SECOND}")
    found = answer.json()
    assert found["kept"]["reason"] == "a log-in of admin from 203.0.113.9"
    assert found["settings"]["Email.Password"] == "***"
    difference = await owner.get("/api/v1/copies/diff", params={"from": FIRST, "to": SECOND})
    sections = difference.json()["sections"]
    assert [(one["title"], one["sections"]) for one in sections] == [
        ("Cloud", ["T2UServer"]),
        ("Mail", ["Email"]),
        ("VideoColor", ["VideoColor"]),
    ]
    assert [change["text"] for one in sections for change in one["changes"]] == [
        "P2P cloud access switched on",
        "Password for mails: changed (secret)",
        "VideoColor[0].Brightness: 50 → 51",
    ]
    for text in (answer.text, difference.text):
        assert MAIL_PASSWORD not in text
        assert "1" * 32 not in text
        assert "2" * 32 not in text


async def test_restore_is_a_dry_run_unless_asked_otherwise(owner: Browser, built: Built) -> None:
    said = (await owner.send_json(f"/api/v1/copies/{FIRST}/restore", {"sections": ["T2UServer"]})).json()
    assert (said["applied"], said["done"]) == (False, False)
    assert [change["key"] for one in said["planned"]["sections"] for change in one["changes"]] == ["T2UServer.Enable"]
    assert built.house.copies.written == []
    said = (await owner.send_json(f"/api/v1/copies/{FIRST}/restore", {"dry_run": False})).json()
    assert (said["applied"], said["done"], said["failures"]) == (True, True, [])
    assert [(who, one.copy) for who, one in built.house.copies.written] == [("page ada", FIRST)]


async def test_the_baseline_and_a_look(owner: Browser, built: Built) -> None:
    assert (await owner.send_json("/api/v1/cameras/front-door/baseline")).json()["applied"] is False
    assert (await owner.send_json("/api/v1/cameras/front-door/baseline", {"dry_run": False})).json()["applied"] is True
    assert (await owner.send_json("/api/v1/cameras/front-door/copies")).json()["newest"]["id"] == SECOND
    built.house.copies.away = True
    assert (await owner.send_json("/api/v1/cameras/front-door/copies")).status_code == 503


async def test_what_is_asked_wrongly(owner: Browser, viewer: Browser) -> None:
    assert (await owner.get("/api/v1/copies/nonsense")).status_code == 422
    assert (await owner.get("/api/v1/copies/01J00000000000000000000009")).status_code == 409
    assert (await owner.send_json(f"/api/v1/copies/{FIRST}/restore", {"apply": True})).status_code == 422
    assert (await viewer.send_json(f"/api/v1/copies/{FIRST}/restore")).status_code == 403
    assert (await viewer.get(f"/api/v1/copies/{FIRST}")).status_code == 403
