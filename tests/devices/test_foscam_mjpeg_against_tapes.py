"""The emulated MJPEG Foscam says what a real one said: variables, order, line ends and every header, without our clients."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.devices import foscam_mjpeg
from tests.devices.camera_state import Account
from tests.devices.raw_client import Answer, fetch

pytestmark = pytest.mark.wired
WATCH = "user=watch&pwd=watchPass1"
_STATEMENT = re.compile(r"^var (\w+)=('?).*;$")


@pytest.fixture
def tape(test_data: Path) -> Path:
    return test_data / "tapes" / "foscam-mjpeg" / "foscam-ruby-11.22.2.38"


async def said(target: str) -> Answer:
    async with foscam_mjpeg.camera().running() as camera:
        return await fetch(camera.port, f"{target}{'&' if '?' in target else '?'}{WATCH}")


def statements(text: str) -> list[tuple[str, str]]:
    """Each variable and whether it is quoted."""
    return [match.groups() for match in map(_STATEMENT.match, text.split("\n")) if match]  # type: ignore[misc]


@pytest.mark.parametrize("cgi", ["get_status.cgi", "get_params.cgi", "get_misc.cgi", "get_camera_params.cgi"])
async def test_variables_are_the_recorded_ones_in_their_order(tape: Path, cgi: str) -> None:
    recorded = (tape / f"{cgi}.txt").read_text()
    answer = await said(f"/{cgi}")
    assert statements(answer.body.decode()) == statements(recorded)
    assert len(statements(recorded)) == recorded.count("\n") == answer.body.count(b"\n")
    assert b"\r" not in answer.body


@pytest.mark.parametrize("cgi", ["get_misc.cgi", "get_camera_params.cgi"])
async def test_what_tells_no_story_is_the_recorded_bytes(tape: Path, cgi: str) -> None:
    assert (await said(f"/{cgi}")).body == (tape / f"{cgi}.txt").read_bytes()


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("get_status.cgi", "/get_status.cgi"),
        ("get_params.cgi", "/get_params.cgi"),
        ("set_alarm.cgi", "/set_alarm.cgi?motion_armed=1"),
        ("set_ddns.cgi", "/set_ddns.cgi?service=no-number"),
        ("set_datetime.cgi", "/set_datetime.cgi?tz=18000"),
        ("snapshot.cgi", "/snapshot.cgi"),
    ],
)
async def test_headers_are_the_recorded_ones_in_their_order(tape: Path, name: str, target: str) -> None:
    recorded = json.loads((tape / f"{name}.headers.json").read_text())["headers"]
    answer = await said(target)
    assert [one.lower() for one, _ in answer.headers] == list(recorded)
    for key, values in recorded.items():
        if key not in {"date", "content-length", "content-disposition"}:
            assert answer.header(key) == values[0]
    assert int(answer.header("content-length")) == len(answer.body)
    assert re.sub(r"[A-Z][a-z]{2}|\d", "x", answer.header("date")) == re.sub(r"[A-Z][a-z]{2}|\d", "x", recorded["date"][0])
    if name == "snapshot.cgi":
        digits = re.compile(r"(?<=_)\d{14}(?=\.jpg)")
        assert digits.sub("T", answer.header("content-disposition")) == digits.sub("T", recorded["content-disposition"][0])


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("set_alarm.cgi", "/set_alarm.cgi?motion_armed=1"),
        ("set_datetime.cgi", "/set_datetime.cgi?tz=18000"),
        ("reboot.cgi", "/reboot.cgi"),
        ("set_ddns.cgi", "/set_ddns.cgi?service=no-number"),
    ],
)
async def test_setters_answer_the_recorded_bytes(tape: Path, name: str, target: str) -> None:
    assert (await said(target)).body == (tape / f"{name}.txt").read_bytes()


async def test_lines_of_the_log_are_the_recorded_ones(test_data: Path) -> None:
    """But for the weekday, which the recording has wrong."""
    recorded = (test_data / "tapes/foscam-mjpeg/foscamalerter-fi8910w/get_log.lines.txt").read_text().splitlines()
    emulated = foscam_mjpeg.camera(accounts=[Account(name="USER", password="p", group="admin")], west_s=0)
    async with emulated.running() as camera:
        for line in recorded:
            year, month, day, hour, minute, second = map(int, re.findall(r"\d+", line)[:6])
            clock = camera.state.clock
            clock.set_local(clock.local().replace(year=year, month=month, day=day, hour=hour, minute=minute, second=second))
            await camera.log_in("192.168.1.11", "USER")
        camera.state.clock.sync()
        answer = await fetch(camera.port, "/get_log.cgi?user=USER&pwd=p")
    text = re.fullmatch(r"var log_text='(.*)';\n", answer.body.decode())
    assert text is not None
    lines = text[1].split("\\n")[:3]
    assert [line.partition(", ")[2] for line in lines] == [line.partition(", ")[2] for line in recorded]
