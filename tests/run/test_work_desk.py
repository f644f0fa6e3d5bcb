"""The hub's desk: its own detector begins with the first picture, and pictures wait where the hub has them wait."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.fleet.nats_server import nats_server

from hearthwatch.detect.catalog import drawn_picture
from hearthwatch.detect.detection import DetectOptions
from hearthwatch.frames.geometry import WHOLE
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import Unreachable
from hearthwatch.run.pieces import cut
from hearthwatch.run.work_desk import OWN_HOUSE, WorkDesk

pytestmark = pytest.mark.wired


async def answered(desk: WorkDesk) -> str:
    """Offer until somebody looked; return what did. A detector takes a while to come up."""
    while True:
        try:
            return (await desk.offers(OWN_HOUSE).offer(cut(drawn_picture(), (WHOLE,)))).model
        except Unreachable:
            continue


async def test_its_own_detector_looks_here_and_by_jetstream_and_here_again(tmp_path: Path) -> None:
    nats = pytest.importorskip("nats")
    desk = WorkDesk(lambda: DetectOptions(model="hog"), tmp_path, SystemClock())
    running = asyncio.create_task(desk.run())
    assert await answered(desk) == "hog"
    assert desk.count().answered == 1
    async with nats_server(tmp_path) as url:
        client = await nats.connect(url)
        await desk.use(client)
        assert await answered(desk) == "hog"
        assert desk.count().answered == 1, "it went by JetStream"
        desk.leave()
        await client.close()
    assert await answered(desk) == "hog"
    assert desk.count().answered == 2
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
