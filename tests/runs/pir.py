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

    async def key_frame(self) -> None:
        """Wait for the stream's next key frame."""

        async def newest() -> str:
            try:
                return (self.folder / "bin" / "keys").read_text()
            except FileNotFoundError:
                return ""

        before = await newest()
        await self.house.until(newest, lambda number: number not in {before, ""}, every_s=0.02)

    async def burst(self, event: str) -> tuple[bytes, ...]:
        """Return the four kept pictures of an event; where the disk is slow they are kept after they were sent."""

        async def kept() -> tuple[bytes, ...]:
            try:
                return tuple(
                    [await self.house.get_bytes(f"/api/v1/events/{event}/burst/{number}.jpg") for number in (1, 2, 3, 4)]
                )
            except AssertionError:
                return ()

        return await self.house.until(kept, bool)

    async def parts(self) -> set[tuple[str, str]]:
        """Return what goes or went which way, such as `("telegram", "album")`."""
        return {
            (delivery["channel"].partition(":")[0], delivery["part"])
            for alert in await self.house.alerts()
            for delivery in alert["deliveries"]
        }

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

    async def left() -> list[tuple[int, str]]:
        return rpicam.running(programs)

    await house.until(left, lambda found: not found, timeout_s=10, every_s=0.02)  # what was killed may still be dying


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
