"""The JSON API: what a page reads, what it may change, and how a mistake is answered."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import fields, replace

import pytest
from tests.conftest import ROOT
from tests.web.conftest import Browser, MakeBrowser
from tests.web.fake_house import Built

from hearthwatch.feeds.packet import GapReason, Stream
from hearthwatch.health.outage import Fault
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import BadReply, Refused, StorageFailed, StorageFault, Unreachable, Unsupported
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.recording.segment import SegmentState
from hearthwatch.web import alert_replies, api_elsewhere, api_telegram, entry_replies, replies
from hearthwatch.web.changes import Changes
from hearthwatch.web.doors import CameraNow, StreamNow
from hearthwatch.web.stream import _follow

HOUR_US = 3600 * US_PER_S


async def test_cameras_with_their_counters(owner: Browser) -> None:
    cameras = {camera["id"]: camera for camera in (await owner.get("/api/v1/cameras")).json()}
    assert list(cameras) == ["front-door", "driveway", "garden", "garage"]
    assert cameras["garage"]["state"] == "lost"
    assert "192.168.1.64" in cameras["garage"]["cause"]
    box = cameras["garden"]["streams"][0]["boxes"][1]
    assert box == {"name": "looker", "put": 24310, "dropped": 40, "waiting": 1}


def test_a_camera_reply_has_every_field_of_its_noun() -> None:
    assert set(replies.CameraReply.model_fields) == {field.name for field in fields(CameraNow)}
    assert set(replies.StreamReply.model_fields) == {field.name for field in fields(StreamNow)}


async def test_events_newest_first_with_filters_and_pages(owner: Browser) -> None:
    everything = (await owner.get("/api/v1/events", params={"limit": 200})).json()
    starts = [event["start_us"] for event in everything["events"]]
    assert starts == sorted(starts, reverse=True)
    assert everything["more"] is False
    assert everything["labels"] == ["person"]
    page = (await owner.get("/api/v1/events", params={"limit": 10})).json()
    assert page["more"] is True
    older = (await owner.get("/api/v1/events", params={"limit": 200, "end_us": page["events"][-1]["start_us"]})).json()
    assert [event["id"] for event in page["events"] + older["events"]] == [event["id"] for event in everything["events"]]
    garden = (await owner.get("/api/v1/events", params={"camera": "garden"})).json()["events"]
    assert {event["camera"] for event in garden} == {"garden"}
    assert (await owner.get("/api/v1/events", params={"label": "cat"})).json()["events"] == []


async def test_an_event_knows_its_footage_with_roll(owner: Browser) -> None:
    event = (await owner.get("/api/v1/events/e00100")).json()
    assert event["has_footage"] is True
    assert event["event"]["clip_start_us"] == event["event"]["start_us"] - 5 * US_PER_S
    assert event["event"]["clip_end_us"] == event["event"]["end_us"] + 5 * US_PER_S


async def test_keep_and_release(built: Built, owner: Browser) -> None:
    assert (await owner.send_json("/api/v1/events/e00100/keep", {"kept": True})).json()["segments"] >= 1
    assert (await owner.get("/api/v1/events/e00100")).json()["kept"] is True
    await owner.send_json("/api/v1/events/e00100/keep", {"kept": False})
    assert (await owner.get("/api/v1/events/e00100")).json()["kept"] is False


async def test_an_event_that_lasts_has_footage_up_to_now(built: Built, owner: Browser, clock: FakeClock) -> None:
    event = built.house.visit()
    clock.advance(3)
    found = (await owner.get(f"/api/v1/events/{event.id}")).json()
    assert found["event"]["clip_end_us"] is None
    await owner.send_json(f"/api/v1/events/{event.id}/keep", {"kept": True})
    assert built.house.pinned == [("front-door", event.start_us - 5 * US_PER_S, clock.wall_us())]


async def test_reviewed(owner: Browser) -> None:
    assert (await owner.send_json("/api/v1/events/e00100/reviewed")).status_code == 204
    assert (await owner.get("/api/v1/events/e00100")).json()["event"]["reviewed"] is True


async def test_a_timeline_draws_footage_gaps_and_events(owner: Browser, clock: FakeClock) -> None:
    now_us = clock.wall_us()
    line = (
        await owner.get("/api/v1/cameras/driveway/timeline", params={"start_us": now_us - 8 * HOUR_US, "end_us": now_us})
    ).json()
    assert [gap["reason"] for gap in line["gaps"]] == ["camera", "us"]
    assert line["gaps"][0]["detail"] == "the camera closed the connection"
    assert line["spans"]
    assert all(event["camera"] == "driveway" for event in line["events"])
    gap = line["gaps"][0]
    assert not any(span["start_us"] < gap["end_us"] and span["end_us"] > gap["start_us"] for span in line["spans"])


@pytest.mark.parametrize("length_us", [0, -1, 9 * 24 * HOUR_US])
async def test_a_timeline_of_a_wrong_length_is_refused(length_us: int, owner: Browser, clock: FakeClock) -> None:
    start = clock.wall_us()
    answer = await owner.get("/api/v1/cameras/garden/timeline", params={"start_us": start, "end_us": start + length_us})
    assert answer.status_code == 422


async def test_alerts_with_the_way_of_each_part(owner: Browser) -> None:
    found = (await owner.get("/api/v1/alerts", params={"limit": 5})).json()
    assert found["more"] is True
    times = [alert["at_us"] for alert in found["alerts"]]
    assert times == sorted(times, reverse=True)
    told = next(alert for alert in found["alerts"] if alert["event"])
    assert told["decided_ms"] == 42.5
    text = told["deliveries"][0]
    assert text["channel"] == "telegram"
    assert text["part"] == "text"
    assert 0 < text["decided_ms"] < text["accepted_ms"]


async def test_outages_and_house_and_settings(owner: Browser) -> None:
    assert (await owner.get("/api/v1/outages")).json()[0]["fault"] == "camera-unreachable"
    house = (await owner.get("/api/v1/house")).json()
    assert house["detector"]["basic"] is True
    settings = (await owner.get("/api/v1/settings")).json()
    assert {"section": "camera.front-door", "key": "password", "value": "set"} in settings["settings"]
    assert settings["outbound"][0]["host"] == "api.telegram.org"


async def test_the_model_button(built: Built, owner: Browser) -> None:
    answer = await owner.send_json("/api/v1/detector/fetch")
    assert answer.status_code == 202
    assert answer.json()["fetching"] is True
    built.house.basic = False
    again = await owner.send_json("/api/v1/detector/fetch")
    assert again.status_code == 409
    assert again.json()["detail"] == "The detection model is there already."


async def test_health_is_one_word_for_strangers(built: Built, browser: MakeBrowser) -> None:
    assert ((await browser().get("/healthz")).status_code, (await browser().get("/healthz")).text) == (200, "ok\n")
    built.house.healthy = False
    answer = await browser().get("/healthz")
    assert (answer.status_code, answer.text) == (503, "not ok\n")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/events/none", 404),
        ("/api/v1/events/" + "x" * 300, 404),
        ("/api/v1/cameras/attic/snapshot.jpg", 404),
        ("/api/v1/cameras/..%2Fetc/snapshot.jpg", 404),
        ("/api/v1/events?limit=0", 422),
        ("/api/v1/events?limit=99999", 422),
        ("/api/v1/events?start_us=soon", 422),
        ("/api/v1/events?camera=A%20B", 422),
        ("/api/v1/cameras/garden/timeline", 422),
        ("/api/v1/cameras/garage/snapshot.jpg", 503),
    ],
)
async def test_a_mistake_is_answered_with_what_to_do(path: str, status: int, owner: Browser) -> None:
    answer = await owner.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json().keys() == {"type", "title", "status", "detail", "hint"}
    assert answer.json()["status"] == status
    assert answer.json()["detail"]
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"kept": 7}', b'{"kept": true, "more": 1}', b"\xff\xfe", b"[" * 5000])
async def test_a_broken_body_is_answered_clearly(body: bytes, owner: Browser) -> None:
    headers = owner.page_headers() | {"Content-Type": "application/json"}
    answer = await owner.post("/api/v1/events/e00100/keep", content=body, headers=headers)
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["hint"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Unreachable("the recorder does not answer"), 503),
        (Refused("no"), 502),
        (Unsupported("no footage"), 409),
        (BadReply("nonsense"), 502),
        (StorageFailed(StorageFault.NO_SPACE, "the disk is full"), 507),
    ],
)
async def test_sec_36_a_failure_behind_a_door_is_told_without_secrets(
    error: Exception, status: int, built: Built, owner: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_args: object, **_named: object) -> int:
        raise type(error)(
            *(error.args if not isinstance(error, StorageFailed) else (error.fault, f"{error} rtsp://ada:hunter2@cam/"))
        )

    keeper = built.app.state.site.doors.keeper
    monkeypatch.setattr(type(keeper), "keep", fail)
    answer = await owner.send_json("/api/v1/events/e00100/keep", {"kept": True})
    assert answer.status_code == status
    assert str(error) in answer.json()["detail"]
    assert "hunter2" not in answer.text


async def test_sec_36_texts_from_outside_are_redacted(built: Built, owner: Browser) -> None:
    event = built.house.events_now[0]
    built.house.events_now[0] = replace(event, detail="rtsp://ada:hunter2@10.0.0.1/ answered 401")
    assert "hunter2" not in (await owner.get("/api/v1/events")).text


async def test_the_openapi_document_lists_what_is_served(browser: MakeBrowser) -> None:
    document = (await browser().get("/api/openapi.json")).json()
    assert document["info"]["title"] == "Hearthwatch"
    assert "/api/v1/events/{event}" in document["paths"]
    assert "/{path}" not in document["paths"]


def test_every_address_the_page_calls_exists(built: Built) -> None:
    from hearthwatch.web.gate import rules

    table = rules(built.app)
    source = (ROOT / "ui/src/api.ts").read_text()
    calls = re.findall(r'ask<[^>]*>+\("(\w+)", ["`]([^"`]+)["`]', source)
    calls += [("GET", path) for path in re.findall(r'address\([`"](/(?:\$\{[^}]*\}|[^`"$])*)[`"]', source)]
    assert len(calls) == 26
    for method, path in calls:
        concrete = "/api/v1" + re.sub(r"\$\{id\(\w+\)\}", "front-door", path)
        matching = [rule for rule in table if rule.pattern.match(concrete) and rule.path != "/{path:path}"]
        assert any(method in rule.methods or not rule.methods for rule in matching), (method, concrete)


def test_the_pages_types_have_the_servers_fields() -> None:
    source = (ROOT / "ui/src/api.ts").read_text()
    pairs = {
        "Session": entry_replies.SessionReply,
        "Camera": replies.CameraReply,
        "Stream": replies.StreamReply,
        "HouseEvent": replies.EventReply,
        "EventDetail": replies.EventDetailReply,
        "Events": replies.EventsReply,
        "Timeline": replies.TimelineReply,
        "Place": replies.PlaceReply,
        "ElsewhereSpan": replies.ElsewhereReply,
        "WayBack": api_elsewhere.WayBackReply,
        "Whereabouts": api_elsewhere.WhereaboutsReply,
        "Span": replies.Span,
        "Gap": replies.GapReply,
        "Alert": alert_replies.AlertReply,
        "Alerts": alert_replies.AlertsReply,
        "Delivery": alert_replies.DeliveryReply,
        "Outage": replies.OutageReply,
        "Detector": replies.DetectorReply,
        "House": replies.HouseReply,
        "Settings": replies.SettingsReply,
        "Enrolment": api_telegram.EnrolmentReply,
        "Box": replies.BoxReply,
    }
    for name, model in pairs.items():
        body = re.search(rf"export interface {name} {{\n(.*?)\n}}", source, re.DOTALL)
        assert body, name
        assert set(re.findall(r"^  (\w+):", body[1], re.MULTILINE)) == set(model.model_fields), name


def test_the_page_has_words_for_every_cause_and_fault() -> None:
    source = (ROOT / "ui/src/format.ts").read_text()
    for each in (*GapReason, *Fault):
        assert re.search(rf'^  "?{each}"?:', source, re.MULTILINE), each


async def lines(built: Built, owner: Browser):
    session = await built.auth.session(owner.cookies["hearthwatch"])
    return _follow(built.app.state.site, session)


async def test_a_page_that_reads_everything_when_the_stream_has_begun_misses_nothing(built: Built, owner: Browser) -> None:
    stream = await lines(built, owner)
    try:
        first = await anext(stream)
        assert first.startswith(b"retry: 2000\n\nevent: begun\n")
        built.house.visit()  # between that and the next look at the stream
        told = await asyncio.wait_for(anext(stream), 60)
        assert b"event: alert" in told
        assert b"event: begun" not in told
    finally:
        await stream.aclose()


async def test_the_event_stream_tells_changes_as_they_come(built: Built, owner: Browser) -> None:
    stream = await lines(built, owner)
    try:
        await anext(stream)
        waiting = asyncio.create_task(anext(stream))
        await asyncio.sleep(0)
        built.house.visit()
        told = b""
        while b"event: alert" not in told:
            told += await asyncio.wait_for(waiting, 60)
            waiting = asyncio.create_task(anext(stream))
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        names = [line.removeprefix(b"event: ") for line in told.split(b"\n") if line.startswith(b"event: ")]
        assert {b"event", b"alert", b"cameras"} >= set(names) >= {b"event", b"alert"}
        data = next(line for line in told.split(b"\n") if line.startswith(b"data: ") and b'"clip_start_us"' in line)
        assert json.loads(data.removeprefix(b"data: "))["camera"] == "front-door"
    finally:
        await stream.aclose()


async def test_sec_05_the_event_stream_ends_with_its_session(built: Built, owner: Browser) -> None:
    stream = await lines(built, owner)
    await anext(stream)
    await owner.send_json("/api/v1/logout")

    async def rest() -> None:
        async for _ in stream:
            pass

    await asyncio.wait_for(rest(), 60)


async def test_a_page_too_slow_is_told_to_read_anew(built: Built) -> None:
    changes = Changes()
    event = built.house.events_now[0]
    following = changes.follow(60)
    await anext(following)
    first = asyncio.create_task(anext(following))
    await asyncio.sleep(0)
    for _ in range(300):
        changes.publish(event)
    batches = [await first]
    batches.append(await anext(following)) if not batches[0].lost else None
    assert any(batch.lost for batch in batches)
    await following.aclose()
    changes.publish(event)


def test_a_file_still_being_written_reaches_to_now(built: Built, clock: FakeClock) -> None:
    footage = built.app.state.site.doors.footage
    now_us = clock.wall_us()
    (segment,) = footage.segments(CameraId("garden"), Stream.MAIN, WallUs(now_us - 1), WallUs(now_us))
    growing = replace(segment, state=SegmentState.RECORDING, start_us=WallUs(now_us - 30 * US_PER_S), duration_us=0)
    assert replies.Span.of(growing, now_us).end_us == now_us
    done = replace(growing, state=SegmentState.COMPLETE, duration_us=US_PER_S)
    assert replies.Span.of(done, now_us).end_us == done.end_us
