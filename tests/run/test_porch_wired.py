"""What cameras push, in the real house: a mail and a clip become events with picture and footage, a flood stays its own affair."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import ftplib
import functools
import io
import itertools
import json
import smtplib
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.devices.free_port import free_port
from tests.ingest.letters import OLDER_DIALECT, alarm_letter
from tests.runs.rig import CameraSection, Channels, House, channels, running

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording.segment import Origin

pytestmark = pytest.mark.wired

PASSWORD = "porch-Secret-4711"
GONE = "rtsp://127.0.0.1:1/nothing"
TO = "owner@example.org"
CLIP_S = 85.3
"""ir_hall_person.mp4 lasts so long."""


@contextlib.asynccontextmanager
async def porch_house(folder: Path, services: Channels, names: tuple[str, ...], more: str = "") -> AsyncIterator[Porch]:
    """A house whose cameras do not answer, so that all there is of them comes by the porch."""
    mail, files = free_port(), free_port()
    porch = f'[porch]\nenabled = true\naddress = "127.0.0.1"\nsmtp_port = {mail}\nftp_port = {files}\n'
    sections = [CameraSection(name=name, main=GONE, more=more) for name in names]
    async with running(folder, sections, services) as house:
        for name in names:
            house.set_secret(f"camera.{name}.porch.password", PASSWORD)
        # last, so that it opens once: a further account makes another porch
        house.write_config(f"{house.config_path.read_text()}\n{porch}")
        found = Porch(house, mail, files)
        await house.until(found.now, lambda now: now["smtp_port"] == mail and now["ftp_port"] == files)
        yield found


class Porch:
    def __init__(self, house: House, mail: int, files: int) -> None:
        self.house, self.mail_port, self.ftp_port = house, mail, files

    async def now(self) -> dict:
        return await self.house.get("/api/v1/porch")

    async def account(self, name: str) -> dict:
        return next(one for one in (await self.now())["accounts"] if one["camera"] == name)

    def send(self, letter: bytes, user: str) -> None:
        with smtplib.SMTP("127.0.0.1", self.mail_port, timeout=30) as client:
            client.login(user, PASSWORD)
            client.sendmail(f"{user}@camera.lan", [TO], letter)

    def store(self, name: str, data: bytes, user: str, *, passive: bool = True) -> None:
        with ftplib.FTP(timeout=30) as client:
            client.connect("127.0.0.1", self.ftp_port)
            client.login(user, PASSWORD)
            client.set_pasv(passive)
            client.storbinary(f"STOR {name}", io.BytesIO(data))

    async def event(self, **wanted: object) -> dict:
        def ready(found: list[dict]) -> bool:
            return any(wanted.items() <= event.items() for event in found)

        found = await self.house.until(self.house.events, ready)
        return next(event for event in found if wanted.items() <= event.items())

    async def clip(self, camera: str, start_us: int, end_us: int, folder: Path) -> dict:
        """Export as the page does and let ffprobe say what it is."""
        path = folder / "export.mp4"
        query = f"start_us={start_us}&end_us={end_us}"
        path.write_bytes(await self.house.get_bytes(f"/api/v1/cameras/{camera}/footage.mp4?{query}"))
        command = [
            "ffprobe",
            "-v",
            "error",
            "-show_entries",
            "stream=codec_name,nb_frames:format=duration",
            "-of",
            "json",
            path,
        ]
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=True)
        return json.loads(done.stdout)


def status_of(pid: int) -> str:
    return Path(f"/proc/{pid}/status").read_text()


def stamp(at_s: float) -> str:
    return dt.datetime.fromtimestamp(at_s, dt.UTC).strftime("%Y%m%d%H%M%S")


async def test_a_dahua_alarm_mail_is_an_event_with_its_picture_and_told(tmp_path: Path, test_data: Path) -> None:
    tape = (test_data / "tapes" / "dahua" / "dahua-ipcmanview" / "mail-body-intrusion.txt").read_bytes()
    picture = next(iter(sorted((test_data / "images").rglob("*.jpg")))).read_bytes()
    async with channels() as services, porch_house(tmp_path, services, ("gate", "yard", "hall")) as porch:
        porch.send(alarm_letter(tape), "hall")
        # mails of one visitor come within ten seconds, and a picture with the first would have a process start in between
        porch.send(alarm_letter(OLDER_DIALECT.encode(), picture), "hall")
        both = "the camera says by mail: Intrusion; the camera says by mail: Motion Detected"
        hall = await porch.event(camera="hall", label="crossing", detail=both, picture=True)
        porch.send(alarm_letter(tape, picture), "gate")
        event = await porch.event(camera="gate", label="crossing", picture=True)
        assert (event["kind"], event["detail"]) == ("alarm", "the camera says by mail: Intrusion")
        assert abs(event["start_us"] / 1e6 - time.time()) < 60, "the date of the tape is not believed"
        shown = await porch.house.get_bytes(f"/api/v1/events/{event['id']}/picture.jpg")
        assert shown.startswith(b"\xff\xd8")
        assert shown != picture, "a camera's bytes are not passed on: the picture is made anew"
        assert b"Exif" not in shown
        for method in ("sendMessage", "sendPhoto"):
            await services.telegram.wait_for(functools.partial(has_told, services, method, "gate: crossing"))
        porch.send(b"Subject: FI9821 alarm\r\n\r\nhello\r\n", "yard")
        other = await porch.event(camera="yard", label="alarm", kind="alarm")
        found = await porch.house.events()
        assert {one["id"] for one in found} == {event["id"], other["id"], hall["id"]}, found
        for name, mails in (("gate", 1), ("hall", 2)):
            now = await porch.house.until(
                functools.partial(porch.account, name),
                lambda one, mails=mails: one["taken"] == mails and not one["waiting_bytes"],
            )
            assert (now["turned"], now["trouble"]) == ({}, "")


def has_told(services: Channels, method: str, text: str) -> bool:
    return any(one.method == method and one.text.startswith(text) for one in services.telegram.taken)


async def test_an_uploaded_clip_is_footage_in_its_gap_and_an_event(tmp_path: Path, test_data: Path) -> None:
    clip = (test_data / "videos" / "ir_hall_person.mp4").read_bytes()
    avi = (test_data / "videos" / "street_brightness.avi").read_bytes()
    began = int(time.time()) - 600
    async with channels() as services, porch_house(tmp_path, services, ("gate",)) as porch:
        porch.store(f"/Front_01_{stamp(began)}.mp4", clip, "gate")
        event = await porch.event(camera="gate", start_us=began * 1_000_000, picture=True)
        assert event["kind"] == "motion"
        assert event["end_us"] / 1e6 == pytest.approx(began + CLIP_S, abs=1)
        found = await porch.clip("gate", event["start_us"], event["end_us"], tmp_path)
        assert [stream["codec_name"] for stream in found["streams"]] == ["h264"]
        assert float(found["format"]["duration"]) == pytest.approx(CLIP_S, abs=1)
        assert int(found["streams"][0]["nb_frames"]) == 512
        porch.store(f"/Front_01_{stamp(began)}.mp4", clip, "gate")
        porch.store("/MDAlarm_now.avi", avi, "gate", passive=False)
        fresh = await porch.event(camera="gate", detail="the camera says by a file: MDAlarm_now.avi", picture=True)
        assert (await porch.clip("gate", fresh["start_us"], fresh["start_us"] + 6_000_000, tmp_path))["streams"]
        await porch.house.until(lambda: porch.account("gate"), lambda now: now["taken"] == 3 and now["waiting_bytes"] == 0)
        kept = (await porch.account("gate"))["kept_bytes"]
        with porch.house.index() as index:
            segments = list(index.all_segments())
            gaps = index.gaps(CameraId("gate"), Stream.MAIN, WallUs(0), WallUs(2**53))
        assert {segment.origin for segment in segments} == {Origin.UPLOAD}
        assert sum(segment.size_bytes for segment in segments) == kept
        ordered = sorted(segments, key=lambda one: one.start_us)
        assert all(one.end_us <= other.start_us for one, other in itertools.pairwise(ordered)), "doubled"
        for gap in gaps:
            assert not any(gap.start_us < one.end_us - 1 and (gap.end_us or 2**53) > one.start_us + 1 for one in segments)
        assert await porch.house.stop() == 0
    assert not [line for line in porch.house.lines if "Traceback" in line]


async def test_sec_28_a_flood_on_one_account_leaves_the_others_retention_as_it_was(tmp_path: Path, test_data: Path) -> None:
    clip = (test_data / "videos" / "ir_hall_person.mp4").read_bytes()
    quota_bytes = 2 << 20
    more = f"porch.quota_gib = {quota_bytes / 2**30}"
    began = int(time.time()) - 40_000
    storage = "[storage]\nmax_gib = 0.000001\n"
    async with channels() as services, porch_house(tmp_path, services, ("gate", "yard"), more) as porch:
        porch.store(f"/Yard_01_{stamp(began - 3600)}.mp4", clip, "yard")
        await porch.house.until(lambda: porch.account("yard"), lambda now: now["kept_bytes"] > 100_000)
        yard_bytes = (await porch.account("yard"))["kept_bytes"]
        porch.house.write_config(porch.house.config_path.read_text() + storage)
        refused = 0
        for number in range(100):
            try:
                porch.store(f"/Gate_01_{stamp(began + 100 * number)}.mp4", clip, "gate")
            except ftplib.Error:
                refused += 1
        assert refused > 0
        flooded = await porch.house.until(
            porch.house.outages, lambda found: any(one["fault"] == "porch-flooded" for one in found)
        )
        assert [one["camera"] for one in flooded if one["fault"] == "porch-flooded"] == ["gate"]
        await porch.house.until(lambda: porch.account("gate"), lambda now: now["waiting_bytes"] == 0, timeout_s=90)
        gate = await porch.account("gate")
        assert 0 < gate["kept_bytes"] <= gate["quota_bytes"] - gate["quota_bytes"] // 4
        assert (await porch.account("yard"))["kept_bytes"] == yard_bytes
        told = [
            one for one in services.telegram.taken if "leaves more mails or files" in one.text and one.method == "sendMessage"
        ]
        assert len(told) == 1


async def test_pictures_one_after_the_other_are_one_event_and_footage(tmp_path: Path, test_data: Path) -> None:
    picture = next(iter(sorted((test_data / "images").rglob("*.jpg")))).read_bytes()
    began = int(time.time()) - 900
    async with channels() as services, porch_house(tmp_path, services, ("gate",)) as porch:
        for number in range(6):
            porch.store(f"/snap/MDAlarm_{stamp(began + number)}.jpg", picture, "gate")
        event = await porch.event(camera="gate", picture=True)
        # five seconds between two of them make two series, each with its own footage
        await porch.house.until(lambda: porch.account("gate"), lambda now: now["kept_bytes"] > 0 and not now["waiting_bytes"])
        found = await porch.clip("gate", began * 1_000_000, (began + 8) * 1_000_000, tmp_path)
        assert found["streams"][0]["codec_name"] == "mjpeg"
        assert int(found["streams"][0]["nb_frames"]) == 6
        assert [one["id"] for one in await porch.house.events() if one["camera"] == "gate"] == [event["id"]]


async def test_the_porch_is_in_a_box_and_comes_back_when_it_dies(tmp_path: Path, test_data: Path) -> None:
    tape = (test_data / "tapes" / "dahua" / "dahua-ipcmanview" / "mail-body-intrusion.txt").read_bytes()
    async with channels() as services, porch_house(tmp_path, services, ("gate",)) as porch:
        pid = porch.house.kill("porch")
        await porch.house.until(porch.now, lambda now: porch.house.pids().get("porch", pid) != pid)

        async def comes() -> bool:
            try:
                porch.send(alarm_letter(tape), "gate")
            except OSError:
                return False
            return True

        await porch.house.until(comes, bool)
        await porch.event(camera="gate", label="crossing")
        status = status_of(porch.house.pids()["porch"])
        assert "Seccomp:\t2" in status
        assert "NoNewPrivs:\t1" in status
        changed = porch.house.config_path.read_text().replace("enabled = true", "enabled = false")
        porch.house.write_config(changed)
        await porch.house.until(porch.now, lambda now: not now["enabled"])
        await porch.house.until(porch.now, lambda now: "porch" not in porch.house.pids())
