"""A Pi with its camera and a PIR, in the real house with stand-ins for both: pulse, burst, event, album.

`python -m tests.runs.pir` tells how long each took.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from hearthwatch.feeds.jpeg import jpeg_size
from tests.devices import pulsed_pins, rpicam
from tests.devices.fake_telegram import Taken
from tests.runs import rig

PIR, LED = 17, 27
_CAMERA = "picamera://0?width=1280&height=720&fps=10&kbps=1500"
_TRIGGER = f'[camera.hall.trigger]\npin = {PIR}\nled_pin = {LED}\nlabel = "pir"\nhold_off_s = 2\nwarm_up_s = 0\n'


@contextlib.contextmanager
def _environment(more: Mapping[str, str]):
    before = dict(os.environ)
    os.environ.update(more)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class Hall:
    """A house with a Pi camera in the hall, or one that is given, and a PIR beside it."""

    def __init__(self, house: rig.House, services: rig.Channels, folder: Path) -> None:
        self.house, self.services, self.folder = house, services, folder

    @property
    def albums(self) -> list[Taken]:
        return [one for one in self.services.telegram.taken if one.method == "sendMediaGroup"]

    @property
    def texts(self) -> list[Taken]:
        return [one for one in self.services.telegram.taken if one.method == "sendMessage" and "pir" in one.text]

    async def pulse(self, *, hold_s: float = 0.3) -> float:
        """The PIR sees something; returns when, by the monotonic clock."""
        await self.house.until(self._pins, lambda pins: PIR in pins)
        began = time.monotonic()
        await asyncio.to_thread(pulsed_pins.drive, self.folder, PIR, 1)
        await asyncio.sleep(hold_s)
        await asyncio.to_thread(pulsed_pins.drive, self.folder, PIR, 0)
        return began

    async def _pins(self) -> dict[int, bool]:
        try:
            return await asyncio.to_thread(pulsed_pins.drive, self.folder, LED)
        except OSError:
            return {}

    async def light_goes_on(self) -> None:
        await self.house.until(self._pins, lambda pins: pins.get(LED, False))

    async def event(self, number: int = 1) -> dict:
        """Wait for the sensor's n-th event and its picture."""

        def ready(found: list[dict]) -> bool:
            ours = [one for one in found if one["kind"] == "sensor"]
            return len(ours) >= number and ours[number - 1]["picture"]

        found = await self.house.until(self.house.events, ready)
        return [one for one in found if one["kind"] == "sensor"][number - 1]

    async def arm(self, mode: str) -> None:
        await self.house.post("/api/v1/arming", {"mode": mode, "password": rig.OWNER_PASSWORD})


@contextlib.asynccontextmanager
async def hall(folder: Path, section: rig.CameraSection | None = None) -> AsyncIterator[Hall]:
    programs = rpicam.programs(folder / "bin")
    more = {**pulsed_pins.installed(folder), "PATH": f"{programs}:{os.environ['PATH']}", "RPICAM_FAULT": str(folder / "fault")}
    section = section or rig.CameraSection(name="hall", main=_CAMERA, more=_TRIGGER)
    with _environment(more):
        async with rig.channels() as services, rig.running(folder / "house", [section], services) as house:
            await house.all_live()
            yield Hall(house, services, folder)
    assert rpicam.running(programs) == [], "a camera program was left behind"


def trigger_section() -> str:
    return _TRIGGER


async def _run(folder: Path) -> None:
    async with hall(folder) as found:
        for number in range(1, 4):
            began = await found.pulse()
            await found.services.telegram.wait_for(lambda number=number: len(found.albums) >= number)
            album = found.albums[-1]
            event = await found.event(number)
            _say(
                f"pulse {number}",
                text_s=round(found.texts[-1].at_ns / 1e9 - began, 2),
                album_s=round(album.at_ns / 1e9 - began, 2),
                pictures=[jpeg_size(jpeg) for jpeg in album.files],
                event=(event["label"], event["detail"]),
            )
            await asyncio.sleep(16)
        await found.arm("disarmed")
        sent = len(found.services.telegram.taken)
        await found.pulse()
        event = await found.event(4)
        await asyncio.sleep(4)
        new = [one.text for one in found.services.telegram.taken[sent:]]
        _say("disarmed", event=(event["label"], event["picture"]), told=[text for text in new if "pir" in text])


def _say(what: str, **found: object) -> None:
    print(json.dumps({what: found}), flush=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_run(Path(folder)))


if __name__ == "__main__":
    main()
