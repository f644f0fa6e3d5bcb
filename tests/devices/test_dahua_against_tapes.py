"""The emulated Dahua says what real ones said: keys, order, framing and line ends, without any code of our clients."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.devices import dahua
from tests.devices.dahua_alarms import Framing, event, part
from tests.devices.dahua_tree import styled
from tests.devices.raw_client import Answer, fetch, fetch_by_digest

pytestmark = pytest.mark.wired
WATCH = ("watch", "watch-Pass-1")
HDW5831R = {"device_type": "IPC-HDW5831R-ZE", "version": "2.800.0000016.0.R,build:2020-06-05", "serial": "4X7C5A1ZAG21L3F"}


@pytest.fixture
def tapes(test_data: Path) -> Path:
    return test_data / "tapes" / "dahua"


async def said(target: str, **more: Any) -> Answer:
    async with dahua.camera(**more).running() as camera:
        return await fetch_by_digest(camera.port, target, *WATCH)


def keys(text: str) -> list[str]:
    return [line.partition("=")[0] for line in text.splitlines() if line]


def parts_of(stream: bytes) -> list[tuple[str, bytes, bytes]]:
    """Cut a recorded stream by its own lengths: the head, the content, and what follows up to the next boundary."""
    found = []
    for piece in re.split(rb"(?=--myboundary\r\n)", stream):
        head, blank, rest = piece.partition(b"\r\n\r\n")
        if not blank:
            continue
        length = int(re.search(rb"Content-Length: ?(\d+)", head)[1])  # type: ignore[index]
        found.append((head.decode(), rest[:length], rest[length:]))
    return found


def event_of(content: bytes) -> tuple[str, str, int, Any]:
    code, action, index, data = re.match(
        r"Code=(\w+);action=(\w+);index=(\d+)(?:;data=(.*))?", content.decode(), re.DOTALL
    ).groups()  # type: ignore[union-attr]
    return code, action, int(index), None if data is None else json.loads(data)


@pytest.mark.parametrize(
    ("tape", "framing"),
    [("amcrest-camera-ui/event-stream-capture.bin", Framing.A), ("amcrest-ad410/doorbell-press.rebuilt.bin", Framing.B)],
)
def test_parts_of_the_alarm_stream_are_the_recorded_bytes(tapes: Path, tape: str, framing: Framing) -> None:
    recorded = parts_of((tapes / tape).read_bytes())
    assert len(recorded) >= 12
    for head, content, after in recorded:
        printed = content if content == b"Heartbeat" else event(*event_of(content), framing)
        assert printed == content
        whole = part(printed, framing)
        assert whole == head.encode() + b"\r\n\r\n" + content + whole[len(head) + 4 + len(content) :]
        ends = whole[len(head) + 4 + len(content) :]
        assert after in {ends, b""} or after.startswith(ends)


def test_a_chunk_without_its_head_is_the_same_event_too(tapes: Path) -> None:
    chunk = (tapes / "dahua-ipc-hdw5831r/event-chunk.bin").read_bytes()
    assert event(*event_of(chunk), Framing.B) + b"\r\n" == chunk


def test_smart_motion_is_printed_as_recorded(tapes: Path) -> None:
    recorded = (tapes / "amcrest-camera-ui/smart-motion-vehicle.data.json").read_text().strip()
    assert styled(json.loads(recorded)) == recorded


async def test_system_info_and_firmware_have_the_recorded_keys_and_crlf(tapes: Path) -> None:
    folder = tapes / "dahua-ipc-hdw5831r"
    for action in ("getSystemInfo", "getSoftwareVersion"):
        recorded = (folder / f"magicBox-{action}.txt").read_text()
        answer = await said(f"/cgi-bin/magicBox.cgi?action={action}", **HDW5831R)
        assert keys(answer.body.decode()) == keys(recorded)
        assert answer.body.count(b"\r\n") == answer.body.count(b"\n") == len(keys(recorded))
    version = await said("/cgi-bin/magicBox.cgi?action=getSoftwareVersion", **HDW5831R)
    assert version.body.decode().strip() == (folder / "magicBox-getSoftwareVersion.txt").read_text().strip()


@pytest.mark.parametrize("name", ["MotionDetect", "SmartMotionDetect"])
async def test_settings_are_the_recorded_lines(tapes: Path, name: str) -> None:
    recorded = (tapes / f"dahua-ipc-hdw5831r/getConfig-{name}.txt").read_text()
    answer = await said(f"/cgi-bin/configManager.cgi?action=getConfig&name={name}")
    assert answer.body.decode().splitlines() == recorded.splitlines()


async def test_nested_settings_have_the_recorded_keys(tapes: Path) -> None:
    recorded = (tapes / "dahua-ipc-hdw5831r/getConfig-Lighting_V2.txt").read_text()
    answer = await said("/cgi-bin/configManager.cgi?action=getConfig&name=Lighting_V2")
    shape = [re.sub(r"\[\d+\]", "[n]", key) for key in keys(recorded)]
    assert [re.sub(r"\[\d+\]", "[n]", key) for key in keys(answer.body.decode())] == shape


async def test_streams_are_the_recorded_ones(tapes: Path) -> None:
    """The recording was cut down to four keys of each stream by who took it."""
    recorded = (tapes / "amcrest-camera-ui/getConfig-Encode.txt").read_text().splitlines()
    answer = await said("/cgi-bin/configManager.cgi?action=getConfig&name=Encode")
    kept = [line for line in answer.body.decode().splitlines() if re.search(r"VideoEnable|Compression|Width|Height", line)]
    assert kept == recorded


async def test_clock_is_printed_as_recorded(tapes: Path) -> None:
    recorded = (tapes / "opendahua/global-getCurrentTime.txt").read_bytes()
    answer = await said("/cgi-bin/global.cgi?action=getCurrentTime")
    assert re.sub(rb"\d", b"9", answer.body) == re.sub(rb"\d", b"9", recorded)


async def test_challenge_has_the_recorded_form(tapes: Path) -> None:
    recorded = (tapes / "dahua-nvr-homebridge/www-authenticate.txt").read_text().splitlines()
    async with dahua.camera(serial="ND021811019863").running() as camera:
        camera.door.separator = ","
        tight = await fetch(camera.port, "/cgi-bin/magicBox.cgi?action=getVendor")
        camera.door.separator = ", "
        wide = await fetch(camera.port, "/cgi-bin/magicBox.cgi?action=getVendor")
    shown = [re.sub(r'nonce="\d+"', 'nonce="N"', one.header("WWW-Authenticate")) for one in (tight, wide)]
    assert shown == [re.sub(r'nonce="\d+"', 'nonce="N"', line) for line in recorded]


async def test_a_name_that_does_not_exist_is_refused_in_the_recorded_words() -> None:
    """tapes.md 3.8: the text holds an equals sign."""
    answer = await said("/cgi-bin/configManager.cgi?action=getConfig&name=Nothing")
    assert answer.status == 400
    assert answer.body == b"Error: Error -1 getting param in name=Nothing\r\n"
