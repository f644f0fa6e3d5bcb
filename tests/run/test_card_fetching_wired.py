"""What is missing comes from the card of an emulated camera, once, and never while the camera's video is away."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import os
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.alerts.house import House
from tests.devices import dahua, reolink
from tests.devices.camera_state import Recording

from hearthwatch.feeds.packet import Gap, GapReason, Stream
from hearthwatch.health.board import Board
from hearthwatch.health.outage import Fault
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import BadReply
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.recording.segment import Origin
from hearthwatch.run.card_fetching import CardFetching
from hearthwatch.run.config import parse
from hearthwatch.vendors.device import Access, Vendor
from hearthwatch.vendors.doorman import Door, Doorman

pytestmark = pytest.mark.wired

FRONT = CameraId("front")
CLOCK = SystemClock()
CONFIG = '[camera.front]\nmain = "rtsp://192.168.1.9/main"\n'
FAMILIES = {Vendor.DAHUA: dahua.camera, Vendor.REOLINK: reolink.camera}


@dataclass
class Recorder:
    """Stands for index and recorder: what is missing until it is brought, and what was brought."""

    missing: list[Gap]
    brought: list[tuple[bytes, Origin, WallUs]] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    broken: bool = False

    def gaps(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs) -> list[Gap]:
        return self.missing

    async def bring(self, camera: CameraId, fd: int, origin: Origin, start: Any) -> Any:
        with os.fdopen(fd, "rb") as file:
            data = file.read()
        self.asked.set()
        if self.broken:
            raise BadReply("no clip")
        self.brought.append((data, origin, start(0)))
        self.missing = []
        return SimpleNamespace(kept_us=1)


@dataclass
class Bench:
    camera: Any
    recorder: Recorder
    board: Board
    fetching: CardFetching
    folder: Path

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.fetching.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def rounds(self, count: int) -> None:
        """Return after it looked `count` times more."""
        for _ in range(count):
            await self.fetching._look(FRONT)


@pytest.fixture(params=list(FAMILIES))
async def bench(request, tmp_path: Path) -> AsyncIterator[Bench]:
    house = House(tmp_path, CLOCK)
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(random.Random(1).randbytes(200_000))

    async def tell(_outage) -> None: ...

    async with FAMILIES[request.param]().running() as camera:
        now = camera.state.clock.local().replace(microsecond=0)
        for minutes in (30, 11, 10, 9):
            start = now - dt.timedelta(minutes=minutes)
            camera.state.card.append(Recording(start=start, end=start + dt.timedelta(minutes=1), clip=clip))
        [account] = [one for one in camera.state.accounts if one.name == "watch"]
        access = Access(
            camera=FRONT,
            host="127.0.0.1",
            port=camera.port,
            user="watch",
            password=Secret(account.password),
            allow_loopback=True,
        )
        doorman = Doorman(clock=CLOCK, rng=random.Random(1))
        await doorman.renew({FRONT: Door(vendor=request.param, access=access)})
        now_us = CLOCK.wall_us()
        gap = Gap(
            camera=FRONT,
            stream=Stream.MAIN,
            start_us=WallUs(now_us - 630 * US_PER_S),
            end_us=WallUs(now_us - 570 * US_PER_S),
            reason=GapReason.NETWORK,
        )
        recorder = Recorder([gap])
        board = Board(house.db, CLOCK, tell)
        folder = tmp_path / "card"
        folder.mkdir()
        (folder / "left.part").write_bytes(b"of a former house")
        fetching = CardFetching(
            doorman, recorder, recorder, board=board, clock=CLOCK, folder=folder, is_private=lambda _: False, every_s=0.05
        )
        fetching.renew(parse(CONFIG))
        yield Bench(camera, recorder, board, fetching, folder)
        await doorman.close()
    house.close()


async def test_what_is_missing_is_brought_marked_and_nothing_is_left(bench: Bench) -> None:
    assert not bench.fetching.has_card(FRONT)
    async with bench.running(), asyncio.timeout(60):
        await bench.recorder.asked.wait()
    await bench.rounds(1)
    assert bench.fetching.has_card(FRONT)
    data, origin, start_us = bench.recorder.brought[0]
    assert (len(data), origin) == (200_000, Origin.CARD)
    assert abs(CLOCK.wall_us() - start_us - 660 * US_PER_S) < 60 * US_PER_S
    assert len(bench.recorder.brought) <= 3
    assert list(bench.folder.iterdir()) == []


async def test_it_is_tried_once_even_when_it_cannot_be_read(bench: Bench) -> None:
    bench.recorder.broken = True
    await bench.rounds(1)
    asked = len(bench.camera.requests)
    await bench.rounds(3)
    assert len(bench.camera.requests) == asked
    assert bench.recorder.brought == []


async def test_nothing_while_the_video_is_away_or_the_owner_does_not_want_it(bench: Bench) -> None:
    bench.board.failed(Fault.CAMERA_UNREACHABLE, FRONT, "away", camera=FRONT)
    await bench.rounds(2)
    assert bench.recorder.brought == []
    bench.board.recovered(Fault.CAMERA_UNREACHABLE, FRONT)
    bench.fetching.renew(parse(CONFIG + "card.fetch = false\n"))
    await bench.rounds(2)
    assert bench.recorder.brought == []
    bench.fetching.renew(parse(CONFIG + "card.max_mib_per_day = 0\n"))
    await bench.rounds(2)
    assert bench.recorder.brought == []
