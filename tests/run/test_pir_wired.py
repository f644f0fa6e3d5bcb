"""A Pi camera with a PIR in the real house, mock pins and a stand-in for its program: pulse, burst, event, album."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.devices import rpicam
from tests.runs import rig
from tests.runs.pir import Hall, hall, trigger_section

from hearthwatch.feeds.jpeg import jpeg_size

pytestmark = pytest.mark.wired


def square_px(jpeg: bytes) -> int:
    """Return where the stand-in's bright square is, which moves 8 pixels with each of its 10 pictures a second."""
    grey = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    return round(int(np.argmax(grey[450] > 222)) / 8) * 8


def steps(places: list[int]) -> list[int]:
    return [(later - place) % (1280 - 180) for place, later in itertools.pairwise(places)]


async def quiet_after(found: Hall, sent: int) -> list[str]:
    """Return what was told beside what is the house's own, once a notice of ours has passed behind it."""
    await found.arm("away")
    telegram = found.services.telegram
    await telegram.wait_for(lambda: any("armed" in one.text and "disarmed" not in one.text for one in telegram.taken[sent:]))
    return [one.text for one in telegram.taken[sent:] if "pir" in one.text.lower()]


async def test_a_pulse_is_an_event_with_an_album_and_nothing_is_told_when_disarmed(tmp_path: Path) -> None:
    async with hall(tmp_path) as found:
        await found.light_goes_on()
        await found.key_frame()  # a burst whose job starts late begins with a key frame behind the pulse, if one came meanwhile
        await found.pulse()
        await found.services.telegram.wait_for(lambda: bool(found.albums))
        (album,) = found.albums
        assert [jpeg_size(jpeg) for jpeg in album.files] == [(1280, 720)] * 4
        apart_px = steps([square_px(jpeg) for jpeg in album.files])
        assert all(16 <= each <= 64 for each in apart_px), (
            f"half a second of the stream, three pictures more or less: {apart_px}"
        )
        assert "hall: pir" in album.text
        assert json.loads(album.fields["reply_parameters"])["message_id"]
        event = await found.event()
        assert (event["label"], event["detail"], event["camera"]) == ("pir", "the sensor at GPIO 17", "hall")
        shown = await found.house.get_bytes(f"/api/v1/events/{event['id']}/picture.jpg")
        assert jpeg_size(shown) == (1280, 720)
        assert await found.burst(event["id"]) == album.files
        parts = await found.house.until(found.parts, lambda parts: ("telegram", "album") in parts)
        assert ("email", "picture") in parts
        assert ("email", "album") not in parts, "a mail carries one picture"

        await found.arm("disarmed")
        await found.house.until(found.house.events, lambda events: events[0]["end_us"] is not None)
        sent = len(found.services.telegram.taken)
        await found.pulse()
        event = await found.event(2)
        assert event["picture"], "it is recorded with its picture"
        assert await quiet_after(found, sent) == []


async def test_an_unplugged_camera_is_told_in_words_and_comes_back(tmp_path: Path) -> None:
    async with hall(tmp_path) as found:
        (tmp_path / "fault").write_text(rpicam.NO_CAMERA)
        lost = await found.house.until(found.house.cameras, lambda cameras: cameras["hall"]["state"] == "lost")
        assert "no camera found: check the ribbon cable" in lost["hall"]["cause"]
        (tmp_path / "fault").unlink()
        await found.house.all_live()
        ((pid, _arguments),) = rpicam.running(tmp_path / "bin")
        before = (await found.house.cameras())["hall"]
        found.house.kill("guest")
        await found.house.until(
            found.house.cameras,
            lambda cameras: cameras["hall"]["state"] == "live" and cameras["hall"]["since_us"] > before["since_us"],
        )
        ((other, _arguments),) = rpicam.running(tmp_path / "bin")
        assert other != pid, "the killed reader took its program with it"
        await found.light_goes_on()
        await found.pulse()
        assert (await found.event())["label"] == "pir"


async def test_a_pi_camera_that_gives_stills_only_is_a_whole_camera(tmp_path: Path) -> None:
    section = rig.CameraSection(
        name="hall", main="", more='snapshot = "picamera://0?width=640&height=480"\npoll_s = 2\n' + trigger_section()
    )
    async with hall(tmp_path, section) as found:
        camera = (await found.house.cameras())["hall"]
        assert (camera["state"], camera["streams"], camera["recorded"]) == ("live", [], False)
        assert jpeg_size(await found.house.get_bytes("/api/v1/cameras/hall/snapshot.jpg")) == (640, 480)
        await found.pulse()
        await found.services.telegram.wait_for(lambda: bool(found.albums))
        assert [jpeg_size(jpeg) for jpeg in found.albums[0].files] == [(640, 480)] * 4
        event = await found.event()
        assert event["label"] == "pir"
        (tmp_path / "fault").write_text(rpicam.NO_CAMERA)
        outages = await found.house.until(found.house.outages, bool)
        assert (outages[0]["fault"], outages[0]["camera"]) == ("camera-unreachable", "hall")
        assert "ribbon cable" in outages[0]["detail"]


async def test_a_sensor_elsewhere_calls_a_secret_address(tmp_path: Path) -> None:
    section = rig.CameraSection(
        name="hall", main="demo://street?seed=1&walker=0&fps=5", more='trigger.webhook = true\ntrigger.label = "mat"\n'
    )
    async with rig.channels() as services, rig.running(tmp_path, [section], services) as house:
        await house.all_live()
        told = await house.get("/api/v1/cameras/hall/trigger")
        await house.post(told["path"])
        telegram = services.telegram
        await telegram.wait_for(lambda: any(one.method == "sendMediaGroup" and "mat" in one.text for one in telegram.taken))
        await house.until(house.events, lambda found: any(event["label"] == "mat" for event in found))
