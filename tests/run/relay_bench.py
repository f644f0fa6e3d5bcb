"""The relay with real cameras at its one end and whatever asks at its other; no house around it."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from tests.vendors.fake_neighbours import FakeNeighbours
from tests.web.streams import Streams

from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import CameraId
from hearthwatch.run.camera_doors import door_of
from hearthwatch.run.config import Config, parse
from hearthwatch.run.relay_desk import RelayDesk
from hearthwatch.vendors.doorman import Doorman
from hearthwatch.web.relay.own_page import ENTRY
from hearthwatch.web.relay.shared import SharedPictures


@dataclass
class Relay:
    desk: RelayDesk
    config: Config
    doorman: Doorman
    secrets: Secrets

    async def configure(self, text: str) -> None:
        """Take over another configuration."""
        self.config = parse(text)
        doors = {name: door_of(name, camera, self.secrets) for name, camera in self.config.cameras.items()}
        await self.doorman.renew({name: door for name, door in doors.items() if door is not None})
        await self.desk.renew()

    async def enter(self, camera: str, who: str = "s1") -> tuple[int, str]:
        """Open a camera's own page; return its port and the address that lets in once."""
        port = await self.desk.open_page(CameraId(camera), https=False)
        return port, f"http://127.0.0.1:{port}{ENTRY}{self.desk.ticket(CameraId(camera), who)}"


@contextlib.asynccontextmanager
async def relaying(folder: Path, text: str, secrets: dict[str, str], streams: Streams | None = None) -> AsyncIterator[Relay]:
    """Run the relay of the configuration `text` until the block ends."""
    streams = streams or Streams({})
    kept = Secrets(folder)
    for name, value in secrets.items():
        kept.set(name, value)
    clock = SystemClock()
    doorman = Doorman(clock=clock, rng=random.Random(3), neighbours=FakeNeighbours())
    relay = Relay.__new__(Relay)
    pictures = SharedPictures(_NoPictures(), streams.hub, streams, clock)
    desk = RelayDesk(
        pictures, streams.hub, streams, doorman, kept, config=lambda: relay.config, data_folder=folder, clock=clock
    )
    relay.desk, relay.config, relay.doorman, relay.secrets = desk, parse(text), doorman, kept
    await relay.configure(text)
    tasks = [asyncio.ensure_future(work()) for _, work in desk.tasks]
    try:
        yield relay
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await doorman.close()


class _NoPictures:
    """A PictureDoor that is not to be asked."""

    async def snapshot(self, camera: CameraId) -> bytes:
        raise AssertionError(camera)

    def mjpeg(self, camera: CameraId) -> object:
        raise AssertionError(camera)
