"""The house page by the API: rules, schedule, latency and what leaves the house."""

from __future__ import annotations

from tests.web.conftest import Browser


async def test_the_rules_and_a_press(owner: Browser, viewer: Browser) -> None:
    found = (await owner.get("/api/v1/house/rules")).json()
    front = next(row for row in found["cameras"] if row["camera"] == "front-door")
    assert front["told"]["away"] == ["person", "dog", "cat"]
    assert front["told"]["disabled"] == []
    assert {one["channel"]: one["who"] for one in found["recipients"]} == {"telegram:2000": "Ada", "email": "ada@example.org"}
    path = "/api/v1/house/rules/front-door"
    assert (await owner.send_json(path, {"mode": "away", "label": "car", "told": True})).status_code == 204
    assert (await owner.send_json(f"{path}/enabled", {"enabled": False})).status_code == 204
    front = next(row for row in (await owner.get("/api/v1/house/rules")).json()["cameras"] if row["camera"] == "front-door")
    assert front["told"]["away"] == ["person", "car", "dog", "cat"]
    assert not front["enabled"]
    assert (await owner.send_json(path, {"mode": "disabled", "label": "car", "told": True})).status_code == 409
    assert (await owner.send_json(path, {"mode": "party", "label": "car", "told": True})).status_code == 422
    assert (
        await owner.send_json("/api/v1/house/rules/attic", {"mode": "away", "label": "car", "told": True})
    ).status_code == 404
    assert (await viewer.send_json(path, {"mode": "away", "label": "car", "told": False})).status_code == 403
    assert (await viewer.get("/api/v1/house/rules")).status_code == 403


async def test_what_goes_which_way_and_who_stays(owner: Browser, viewer: Browser) -> None:
    found = (await owner.get("/api/v1/house/rules")).json()
    everything = {
        "topics": ["visitors", "cameras", "doors", "house"],
        "cameras": [],
        "labels": [],
        "importance": "info",
        "times": [],
    }
    assert {each["way"]: each["route"] for each in found["ways"]} == {"email": everything, "telegram:Ada": everything}
    wish = {
        "topics": ["house", "visitors"],
        "cameras": ["garden"],
        "labels": ["dog"],
        "importance": "warn",
        "times": ["22:00-06:00"],
    }
    assert (await owner.send_json("/api/v1/house/ways", {"way": "email", "route": wish})).status_code == 204
    assert (await owner.send_json("/api/v1/house/rules/garden/remind", {"remind_s": 600})).status_code == 204
    found = (await owner.get("/api/v1/house/rules")).json()
    assert found["ways"][0]["route"] == wish | {"topics": ["visitors", "house"]}
    assert next(row for row in found["cameras"] if row["camera"] == "garden")["remind_s"] == 600
    refused = await owner.send_json("/api/v1/house/ways", {"way": "sms", "route": wish})
    assert refused.status_code == 409
    assert "no way alerts can take" in refused.text
    assert (await owner.send_json("/api/v1/house/ways", {"way": "email", "route": wish | {"topics": ["x"]}})).status_code == 422
    assert (await viewer.send_json("/api/v1/house/ways", {"way": "email", "route": wish})).status_code == 403
    assert (await viewer.send_json("/api/v1/house/rules/garden/remind", {"remind_s": 0})).status_code == 403


async def test_what_anybody_may_see(viewer: Browser) -> None:
    plan = (await viewer.get("/api/v1/house/schedule")).json()
    assert [one["at"] for one in plan["times"]] == ["22:30", "06:30"]
    assert plan["next_name"] == "night"
    speed = (await viewer.get("/api/v1/house/latency")).json()
    assert speed[0] == {
        "channel": "telegram:2000",
        "part": "text",
        "count": 148,
        "decided_p50_ms": 92.0,
        "decided_p95_ms": 180.0,
        "handed_p50_ms": 121.0,
        "handed_p95_ms": 363.0,
        "whole_p50_ms": 213.0,
        "whole_p95_ms": 543.0,
    }


async def test_what_leaves_the_house(owner: Browser, viewer: Browser) -> None:
    found = (await owner.get("/api/v1/house/outgoing")).json()
    by_host = {one["host"]: one for one in found["destinations"]}
    assert by_host["api.telegram.org"]["sent_bytes"] == 48_300_000
    assert by_host["the services in its URLs"]["sent_bytes"] is None, "what nobody counts is not said to be nothing"
    assert (by_host["hooks.example.org"]["sent_bytes"], by_host["hooks.example.org"]["last_us"]) == (0, 0)
    assert (await viewer.get("/api/v1/house/outgoing")).status_code == 403
