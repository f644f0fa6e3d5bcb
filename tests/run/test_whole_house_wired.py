"""The whole house as an owner has it: cameras in, footage, events and alerts out; edited while it runs, ended in order."""

from __future__ import annotations

import os
import pty
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.runs.reckoning import coverage
from tests.runs.rig import CameraSection, Channels, House, channels, house_toml, running

from hearthwatch.bench.rtsp_server import Mount, RtspServer
from hearthwatch.feeds.packet import GapReason, Stream
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording.segment import SegmentState
from hearthwatch.recording.verify import verify

pytestmark = pytest.mark.wired

FOREVER_US = WallUs(2**53)


@pytest.fixture(scope="module")
def cameras(test_data: Path) -> Iterator[RtspServer]:
    """A hall that somebody enters after six seconds, main and sub, and a camera of which only the main stream is known."""
    room = test_data / "videos" / "indoor_one_by_one.mp4"
    mounts = [
        Mount(path="/hall", clip=room, length_s=14, width_px=768, height_px=432, fps=10, gop_s=1.0),
        Mount(path="/hall-sub", clip=room, length_s=14, width_px=640, height_px=360, fps=10, gop_s=1.0),
        Mount(path="/yard", codec="h265", length_s=10, width_px=640, height_px=360, gop_s=1.0),
    ]
    with RtspServer(mounts, user="eye", password="right-Secret-0815") as server:
        yield server


def section(name: str, server: RtspServer, *, sub: bool = False, more: str = "") -> CameraSection:
    url = server.url(f"/{name}")
    return CameraSection(
        name=name, main=url, sub=f"{url}-sub" if sub else "", user="eye", password="right-Secret-0815", more=more
    )


async def sizes(house: House) -> dict[str, int]:
    return {
        name: sum(path.stat().st_size for path in (house.footage / name / "main").glob("*.mp4")) for name in ("hall", "yard")
    }


async def test_a_visitor_is_recorded_shown_and_told_and_the_end_is_clean(cameras: RtspServer, tmp_path: Path) -> None:
    sections = [section("hall", cameras, sub=True), section("yard", cameras)]
    async with channels() as services, running(tmp_path, sections, services) as house:
        await house.all_live()
        roles = house.pids()
        assert set(roles) == {"supervisor", "recorder", "looker", "house"}
        before = await sizes(house)
        await services.telegram.wait_for(
            lambda: any(one.method == "sendPhoto" and one.text.startswith("hall: person") for one in services.telegram.taken),
        )
        await house.until(house.alerts, told)
        event = next(event for event in await house.events() if event["label"] == "person")
        assert (event["camera"], event["picture"]) == ("hall", True)
        assert (await house.get_bytes(f"/api/v1/events/{event['id']}/picture.jpg")).startswith(b"\xff\xd8")
        await house.until(lambda: sizes(house), lambda now: all(now[name] > size for name, size in before.items()))
        assert house.pids() == roles, "a process was restarted"
        check_told(services)
        assert await house.stop() == 0
    assert not [line for line in house.lines if "Traceback" in line or " ERROR " in line]
    warned = [line for line in house.lines if "can damage a database" in line]
    assert len(warned) == (sqlite3.sqlite_version_info < (3, 51, 3)), "said once, in the log"
    assert not [one for one in services.telegram.taken if "SQLite" in one.text]
    with house.index() as index:
        report = verify(house.footage, index, now_us=WallUs(time.time_ns() // 1000), deep=True)
        assert report.is_clean, report.findings
        segments = list(index.all_segments())
        assert {str(segment.camera) for segment in segments} == {"hall", "yard"}
        assert {segment.state for segment in segments} == {SegmentState.COMPLETE}
        for name in ("hall", "yard"):
            last = index.gaps(CameraId(name), Stream.MAIN, WallUs(0), FOREVER_US)[-1]
            assert (last.reason, last.end_us) == (GapReason.STOPPED, None)
    code, said = await house.command("erase", "--yes")
    assert code == 0, said
    assert left_in(tmp_path) == ["console.log"], "a whole life is erased; the log is the rig's"


def left_in(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*")]


def told(alerts: list[dict]) -> bool:
    """Every part of the visitor's alert went out by both channels."""
    mine = [alert for alert in alerts if alert["title"] == "hall: person"]
    parts = {
        (delivery["channel"], delivery["part"])
        for alert in mine
        for delivery in alert["deliveries"]
        if delivery["state"] == "sent"
    }
    return parts >= {(channel, part) for channel in ("telegram:1000", "email") for part in ("text", "picture")}


def check_told(services: Channels) -> None:
    """The text came before its picture, and once; the mail has the picture attached."""
    mine = [one for one in services.telegram.taken if one.text.startswith("hall: person")]
    assert [one.method for one in mine[:2]] == ["sendMessage", "sendPhoto"]
    assert mine[1].data.startswith(b"\xff\xd8")
    assert len({one.text for one in mine if one.method == "sendMessage"}) == sum(one.method == "sendMessage" for one in mine)
    mails = [mail for mail in services.mail.messages if "hall: person" in mail["subject"]]
    attached = [part.get_content_type() for mail in mails for part in mail.iter_attachments()]
    assert "image/jpeg" in attached


async def test_an_edit_is_taken_over_and_a_broken_one_refused_while_the_camera_goes_on(
    cameras: RtspServer, tmp_path: Path
) -> None:
    hall, yard = section("hall", cameras, sub=True), section("yard", cameras)
    masked = section("hall", cameras, sub=True, more="motion.masks = [[[0.0, 0.0], [0.3, 0.0], [0.3, 0.3]]]")
    async with channels() as services, running(tmp_path, [hall], services) as house:
        await house.all_live()
        start_us = time.time_ns() // 1000
        roles = house.pids()
        house.set_secret("camera.yard.password", yard.password)
        house.write_config(house_toml([masked, yard], services.toml()))
        await house.until(house.cameras, lambda found: found.get("yard", {}).get("state") == "live", timeout_s=60)
        await settings_say(house, "0.3")
        os.kill(roles["supervisor"], signal.SIGHUP)
        house.write_config(house_toml([masked, yard], services.toml(), "[storage]\nkeep_evnt_days = 3\n"))
        broken = await house.until(house.outages, lambda found: bool(wrong(found)), timeout_s=60)
        detail = wrong(broken)[0]["detail"]
        assert "keep_evnt_days" in detail
        assert "keep_event_days" in detail, "the nearest right key is named"
        assert {name: camera["state"] for name, camera in (await house.cameras()).items()} == {"hall": "live", "yard": "live"}
        house.write_config(house_toml([masked, yard], services.toml(), "[storage]\nkeep_event_days = 3\n"))
        await house.until(house.outages, lambda found: all(outage["end_us"] for outage in wrong(found)), timeout_s=60)
        await house.until(lambda: sizes(house), lambda now: now["yard"] > 50_000)
        assert house.pids() == roles, "a process was restarted"
        end_us = time.time_ns() // 1000 - 1_000_000
        assert await house.stop() == 0
    with house.index() as index:
        found = coverage(house.footage, index, "hall", start_us, end_us)
        runs = {segment.run for segment in index.all_segments() if segment.camera == "hall"}
    assert (found.holes, found.gaps, len(runs)) == ([], [], 1)
    assert found.longest_frame_s < 0.25


def wrong(outages: list[dict]) -> list[dict]:
    return [outage for outage in outages if outage["fault"] == "config-wrong"]


async def settings_say(house: House, text: str) -> None:
    """Wait until the page shows the masks that are in force."""

    async def masks() -> list[str]:
        settings = (await house.get("/api/v1/settings"))["settings"]
        return [one["value"] for one in settings if "masks" in one["key"]]

    await house.until(masks, lambda found: any(text in value for value in found), timeout_s=60)


async def test_a_closed_terminal_ends_the_house_in_order(tmp_path: Path) -> None:
    house = House(tmp_path, house_toml([]), {})
    ours, theirs = pty.openpty()
    try:
        await house.start(stdin=theirs)
        for pid in house.pids().values():
            os.kill(pid, signal.SIGHUP)
        assert await house.ended() == 0
        assert "Hearthwatch has ended" in house.lines[-1]
    finally:
        await house.close()
        os.close(ours)
        os.close(theirs)
