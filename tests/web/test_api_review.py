"""Going through the events by the API: filters, search, marks, notes, suggestions, and who may."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.web.conftest import Browser
from tests.web.fake_house import Built
from tests.web.naughty import kept_words

from hearthwatch.frames.geometry import Box


async def ids(client: Browser, **query: object) -> list[str]:
    answer = await client.get("/api/v1/events", params={name: value for name, value in query.items() if value is not None})
    assert answer.status_code == 200, answer.text
    return [event["id"] for event in answer.json()["events"]]


async def test_pages_follow_each_other_without_a_gap(built: Built, owner: Browser) -> None:
    whole = await ids(owner, limit=200)
    found: list[str] = []
    after = None
    while page := await ids(owner, limit=7, after=after):
        found += page
        after = page[-1]
    assert found == whole
    assert len(set(whole)) == len(whole) > 14


async def test_filters_and_words(built: Built, owner: Browser) -> None:
    events = built.house.events_now
    events[0] = replace(events[0], zones=frozenset({"Gehweg"}), note="Der Müllmann")
    by_camera = await ids(owner, camera="driveway")
    assert by_camera
    assert all(next(each for each in events if each.id == one).camera == "driveway" for one in by_camera)
    assert set(await ids(owner, search="DRIVEWAY")) >= set(by_camera), "the camera's name is searched"
    assert await ids(owner, search="muellmann") == [events[0].id]
    assert await ids(owner, zone="Gehweg") == [events[0].id]
    assert await ids(owner, search="muellmann", zone="drive") == []
    assert all(not next(each for each in events if each.id == one).reviewed for one in await ids(owner, reviewed="false"))
    assert (await owner.get("/api/v1/review/choices")).json()["zones"] == sorted({z for e in events for z in e.zones})


async def test_marks(built: Built, owner: Browser, viewer: Browser) -> None:
    built.house.events_now[:] = [replace(event, reviewed=False) for event in built.house.events_now]
    whole = await ids(owner, limit=200)
    answer = await owner.send_json("/api/v1/review/seen", {"events": whole[3:5]})
    assert answer.json() == {"changed": 2}
    ask = {"choice": {"camera": "front-door"}, "first": whole[0], "last": whole[8]}
    expected = [event for event in await ids(owner, camera="front-door", reviewed="false", limit=200) if event in whole[:9]]
    assert (await owner.send_json("/api/v1/review/seen-down-to", ask)).json() == {"changed": len(expected)}
    left = (await owner.send_json("/api/v1/review/unseen", {})).json()["count"]
    assert left == len(whole) - 2 - len(expected)
    assert (await owner.send_json("/api/v1/review/seen-down-to", {"choice": {}, "first": whole[0]})).json() == {"changed": left}
    assert (await viewer.send_json("/api/v1/review/seen", {"events": whole[:1]})).status_code == 403
    assert (await viewer.send_json("/api/v1/review/unseen", {})).json() == {"count": 0}


async def test_three_marked_alike_are_a_proposal_that_is_accepted_as_it_was_shown(
    built: Built, owner: Browser, viewer: Browser
) -> None:
    same = [event for event in built.house.events_now if event.label == "person" and event.camera == "front-door"][:3]
    near = {event.id: Box(x0=0.02, y0=0.02 * n, x1=0.1, y1=0.02 * n + 0.1) for n, event in enumerate(same)}
    rest = [e for e in built.house.events_now if (e.camera, e.label) != ("front-door", "person") or e.id in near]
    built.house.events_now[:] = [replace(event, box=near.get(event.id, event.box)) for event in rest]
    for event in same:
        assert (await owner.send_json(f"/api/v1/events/{event.id}/false-alarm", {"false_alarm": True})).status_code == 200
    found = (await owner.get(f"/api/v1/events/{same[0].id}/suggestions")).json()
    assert len(found["boxes"]) == 3
    mask = next(one for one in found["suggestions"] if one["kind"] == "mask")
    assert (mask["of"], mask["covers"]) == (3, 3)
    path = f"/api/v1/events/{same[0].id}/suggestions/accept"
    other = {"kind": "mask", "region": {"x0": 0, "y0": 0, "x1": 1, "y1": 1}}
    assert (await owner.send_json(path, other)).status_code == 409, "only what was shown is written"
    assert built.house.review.accepted == []
    ask = {"kind": "mask", "region": mask["region"], "value": mask["value"]}
    assert (await viewer.send_json(path, ask)).status_code == 403
    assert (await owner.send_json(path, ask)).status_code == 200
    ((accepted, who),) = built.house.review.accepted
    assert (accepted.camera, accepted.kind.value, who) == ("front-door", "mask", "ada")


@pytest.mark.long
async def test_hostile_notes_and_searches_are_only_words(built: Built, owner: Browser) -> None:
    event = built.house.events_now[0].id
    for word in kept_words():
        kept = await owner.send_json(f"/api/v1/events/{event}/note", {"note": word[:500]})
        assert kept.status_code == 200, word
        assert kept.json()["note"] == word[:500]
        found = await owner.get("/api/v1/events", params={"search": word[:200], "limit": 1})
        assert found.status_code == 200, word


@pytest.mark.parametrize(
    "query",
    [
        {"kind": "ghost"},
        {"limit": 0},
        {"limit": 1000},
        {"start_us": -1},
        {"camera": "../etc"},
        {"search": "x" * 201},
        {"reviewed": "perhaps"},
    ],
)
async def test_what_is_not_understood_is_said(owner: Browser, query: dict[str, object]) -> None:
    assert (await owner.get("/api/v1/events", params=query)).status_code == 422


async def test_an_event_that_is_gone(owner: Browser) -> None:
    assert (await owner.get("/api/v1/events", params={"after": "nothing"})).status_code == 404
    assert (await owner.send_json("/api/v1/review/seen-down-to", {"choice": {}, "last": "nothing"})).status_code == 404
    assert (await owner.send_json("/api/v1/events/nothing/note", {"note": "x"})).status_code == 404
