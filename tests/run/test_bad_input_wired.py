"""One house, many cameras that lie, fall silent or are not there, and a good one: each is named, and the good one loses nothing."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import pytest
from tests.devices import hostile_rtsp as hostile
from tests.devices.hostile_rtsp import Hostile, Talk
from tests.devices.http_camera import HttpCamera
from tests.devices.rtp_maker import RtpMaker
from tests.runs.rig import CameraSection, House, house_toml
from tests.runs.second_viewer import SecondViewer, segments_of, split, stored_in

from hearthwatch.bench.rtsp_server import Mount, RtspServer, encoded

pytestmark = pytest.mark.wired

WRONG = "wrong-Secret-4711"
RIGHT = "right-Secret-0815"
DIGEST = 'Digest realm="cam", nonce="n{n}", qop="auth", algorithm=MD5'

BAD = {
    "stranger": r"DESCRIBE: wrong user name or password",
    "nowhere": r"the host name 'no-such-camera\.invalid' cannot be resolved .*check the spelling and the name server",
    "closed": r"refuses connections on this port",
    "pathless": r"has no stream at '/live': check the path of its address",
    "webpage": r"answers with text instead of pictures: '<h1>Please log in",
    "shell": r"does not speak HTTP",
    "giant": r"32000\D+32000",
    "giant-poll": r"32000\D+32000",
    "circle": r"redirects again and again",
    "mute": r"DESCRIBE|OPTIONS: .*sent nothing for 10 s",
    "sleeper": r"has sent nothing for 10 s",
    "framer": r"does not speak RTSP",
}
"""What the owner must be able to read on the page, for each camera that is not live."""


def camera_units() -> list[list[bytes]]:
    """Return the NAL units of each picture of a real H.264 stream, parameter sets before each key frame."""
    with av.open(str(encoded(Mount(width_px=320, height_px=240, length_s=4, gop_s=1.0)))) as container:
        stream = container.streams.video[0]
        to_annexb = av.BitStreamFilterContext("h264_mp4toannexb", stream)
        pictures = [bytes(one) for packet in container.demux(stream) if packet.size for one in to_annexb.filter(packet)]
    return [[nal.rstrip(b"\0") for nal in picture.split(b"\0\0\1") if nal.strip(b"\0")] for picture in pictures]


def plays_hurt(units: list[list[bytes]], hurt: Callable[[bytes, random.Random], bytes]) -> hostile.Script:
    """Play a real stream at 10 pictures a second with its slices damaged, parameter sets left whole."""
    never = threading.Event()

    def script(talk: Talk) -> None:
        hostile.playing(talk)
        rng, maker = random.Random(5), RtpMaker()
        while True:
            for nals in units:
                talk.frames(maker.unit([hurt(nal, rng) if nal[0] & 31 in {1, 5} else nal for nal in nals], step=9000))
                never.wait(0.1)

    return script


def corrupted(nal: bytes, rng: random.Random) -> bytes:
    data = bytearray(nal)
    for _ in range(max(4, len(data) // 50)):
        data[rng.randrange(2, len(data))] = rng.randrange(256)
    return bytes(data)


def truncated(nal: bytes, rng: random.Random) -> bytes:
    return nal[: rng.randrange(3, max(4, len(nal) // 2))]


@dataclass
class Zoo:
    sections: list[CameraSection]
    good: RtspServer
    stranger: Hostile
    sleeper: RtspServer


def section(name: str, url: str, more: str = "", **named: str) -> CameraSection:
    return CameraSection(name=name, main=url, more=more, **named)


@pytest.fixture
def zoo() -> Iterator[Zoo]:
    units = camera_units()
    with contextlib.ExitStack() as stack:

        def lying(script: hostile.Script) -> Hostile:
            return stack.enter_context(Hostile(script))

        good = stack.enter_context(RtspServer([Mount(path="/main", gop_s=1.0, bitrate_kbps=1000)], user="eye", password=RIGHT))
        sleeper = stack.enter_context(RtspServer([Mount(path="/main", gop_s=1.0)]))
        http = HttpCamera()
        stack.callback(http.close)
        stranger = lying(hostile.asks_for_a_password(DIGEST))
        sections = [
            section("good", good.url("/main"), user="eye", password=RIGHT),
            section("stranger", stranger.url, user="eye", password=WRONG),
            section("nowhere", "rtsp://no-such-camera.invalid/live"),
            section("closed", "rtsp://127.0.0.1:9/live"),
            section("pathless", lying(hostile.answers_describe("404 Not Found")).url),
            section("webpage", http.url("/html")),
            section("shell", http.url("/broken")),
            section("giant", http.url("/mjpeg/huge")),
            section("giant-poll", http.url("/huge"), more="poll_s = 1"),
            section("circle", lying(hostile.redirects_to_itself).url),
            section("mute", lying(hostile.says_nothing).url),
            section("sleeper", sleeper.url("/main")),
            section("framer", lying(hostile.says(b"\x00\xffgarbage\r\n\r\n" * 50)).url),
            section("corrupted", lying(plays_hurt(units, corrupted)).url),
            section("truncated", lying(plays_hurt(units, truncated)).url),
        ]
        yield Zoo(sections, good, stranger, sleeper)


async def test_each_lie_is_named_and_costs_the_good_camera_no_frame(zoo: Zoo, tmp_path: Path) -> None:
    secrets = {name: value for one in zoo.sections for name, value in one.secrets().items()}
    text = house_toml(zoo.sections)
    house = House(tmp_path / "house", text, secrets)
    viewer = SecondViewer(zoo.good.url("/main"), user="eye", password=RIGHT)
    try:
        with viewer:
            await house.start()
            await house.claim()
            await house.until(house.cameras, lambda found: found["sleeper"]["state"] == "live")
            zoo.sleeper.pause()
            await every_lie_is_named(house)
            await broken_pictures_are_named(house)
            await a_broken_configuration_is_named(house, text)
            assert {name for name, camera in (await house.cameras()).items() if camera["state"] == "live"} == {
                "good",
                "corrupted",
                "truncated",
            }
            pids = house.pids()
            assert set(pids) == {"supervisor", "recorder", "looker", "house"}
            for page in ("cameras", "outages", "settings", "house", "alerts"):
                answer = str(await house.get(f"/api/v1/{page}"))
                assert WRONG not in answer
                assert RIGHT not in answer
            await house.stop()
        assert viewer.error == ""
        nothing_is_missing(house, viewer)
    finally:
        zoo.sleeper.resume()
        await house.close()
    said = "\n".join(house.lines)
    assert WRONG not in said
    assert RIGHT not in said
    assert "Traceback" not in said
    assert not [line for line in house.lines if "starting it again" in line]
    tries = [request for request in zoo.stranger.requests if "Authorization" in request]
    assert 1 <= len(tries) <= 2, "a wrong password is tried again only after minutes: cameras lock accounts"


async def every_lie_is_named(house: House) -> None:
    """Wait until the page shows each camera's own trouble."""

    def unnamed(found: dict[str, dict]) -> dict[str, str]:
        return {
            name: found[name]["cause"]
            for name, words in BAD.items()
            if found[name]["state"] == "live" or not re.search(words, found[name]["cause"])
        }

    try:
        await house.until(house.cameras, lambda found: not unnamed(found), every_s=0.5)
    except AssertionError:
        raise AssertionError(f"not named: {unnamed(await house.cameras())}") from None
    assert (await house.cameras())["stranger"]["state"] == "refused"

    async def untold() -> set[str]:
        return BAD.keys() - {each["camera"] for each in await house.outages() if each["detail"] and each["end_us"] is None}

    await house.until(untold, lambda names: not names, every_s=0.5)


async def broken_pictures_are_named(house: House) -> None:
    """A stream that arrives but cannot be decoded is recorded, and said to be damaged."""

    async def damaged() -> set[str]:
        found = [outage for outage in await house.outages() if outage["fault"] == "camera-damaged"]
        assert all("arrive damaged" in outage["detail"] for outage in found)
        return {outage["camera"] for outage in found}

    await house.until(damaged, lambda names: names == {"corrupted", "truncated"}, every_s=0.5)


async def a_broken_configuration_is_named(house: House, text: str) -> None:
    """A mistake in the file leaves the old configuration in force, and is told with its line until it is mended."""

    def mistakes(found: list[dict]) -> list[str]:
        return [outage["detail"] for outage in found if outage["fault"] == "config-wrong" and outage["end_us"] is None]

    house.write_config(text + '\n[camera.porch]\nmian = "rtsp://127.0.0.1/x"\n')
    found = await house.until(house.outages, mistakes)
    line = (text + "\n[camera.porch]\n").count("\n") + 1
    assert f"hearthwatch.toml:{line}: camera.porch.mian: " in mistakes(found)[0]
    assert "main" in mistakes(found)[0]
    house.write_config(text + "[[[")
    await house.until(house.outages, lambda found: any("porch" not in detail for detail in mistakes(found)))
    house.write_config(text)
    await house.until(house.outages, lambda found: not mistakes(found))


def nothing_is_missing(house: House, viewer: SecondViewer) -> None:
    """Compare the good camera's footage with what a second viewer of it saw, from the first to the last stored picture."""
    with house.index() as reader:
        stored = stored_in(house.footage, segments_of(reader, "good"))
    assert len(stored) > 100
    kept, missing = split(viewer.frames, stored)
    assert missing == []
    assert abs(len(kept) - len(stored)) <= 2


async def test_a_house_with_a_broken_configuration_does_not_start_and_says_what_to_mend(tmp_path: Path) -> None:
    house = House(tmp_path / "house", '[camera.front]\nmain = "rstp://192.168.1.9/live"\n', {})
    arguments = ["run", "--data", str(house.folder), "--config", str(house.config_path)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hearthwatch", *arguments, stderr=asyncio.subprocess.PIPE
    )
    _, said = await asyncio.wait_for(process.communicate(), 60)
    await house.close()
    assert process.returncode == 2
    assert re.search(r'hearthwatch\.toml:2: camera\.front\.main: .*did you mean "rtsp://"\?', said.decode())
    assert "Traceback" not in said.decode()
