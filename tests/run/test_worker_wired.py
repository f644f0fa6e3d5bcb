"""A worker with its real box: what it finds, what breaks the box, and that nothing is lost by it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.detect import gpu
from tests.fleet.glances import glance
from tests.fleet.nats_server import nats_server

from hearthwatch.detect.catalog import drawn_picture
from hearthwatch.detect.glance import Glance, Piece
from hearthwatch.detect.picture import frame_of
from hearthwatch.fleet.node import NodeId
from hearthwatch.fleet.work_nats import NatsOffers, prepare
from hearthwatch.fleet.work_table import OffersHere, WorkTable
from hearthwatch.frames.geometry import WHOLE
from hearthwatch.frames.jpeg import encode
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import ConfigFault, Unreachable, Unsupported
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.run.pieces import cut
from hearthwatch.run.worker import Box, Models, Worker

pytestmark = pytest.mark.wired

NODE = NodeId("gatehous")


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real limits are too short for a starved machine, and more so for a graphics driver that computes on its processor."""
    monkeypatch.setattr("hearthwatch.run.worker.LOOK_S", 120.0)
    monkeypatch.setattr("hearthwatch.run.worker._START_S", 240.0)


@pytest.fixture(scope="module")
def models(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Models:
    return Models(name="nanodet_plus_m_416", folder=tmp_path_factory.mktemp("models"), hand_placed=test_data / "models")


@pytest.fixture
async def box(models: Models) -> AsyncIterator[Box]:
    box = await Box.begin(models)
    yield box
    await box.close()


def person() -> Glance:
    return cut(drawn_picture(), (WHOLE,))


def hostile() -> list[bytes]:
    """What no camera of ours sends: no picture, a broken one, one that claims to be huge."""
    whole = encode(drawn_picture())
    huge = bytearray(encode(frame_of(np.zeros((32, 32, 3), np.uint8))))
    size = huge.index(b"\xff\xc0") + 5
    huge[size : size + 4] = b"\xff\xff\xff\xff"
    return [b"", b"no picture", whole[: len(whole) // 2], bytes(huge), whole[:-200] + os.urandom(150)]


async def test_a_box_finds_the_person_and_says_no_to_what_is_no_picture(box: Box) -> None:
    assert "nanodet_plus_m_416" in box.told
    assert "system-call filter on" in box.told
    for data in hostile():
        bad = Glance(camera=CameraId("gate"), at_us=WallUs(1), pieces=(Piece(box=WHOLE, jpeg=data),))
        try:
            found = await box.look(bad)
        except Unsupported:
            continue
        assert found.found  # a picture with a damaged end is still one
    answer = await box.look(person())
    assert answer.found[0][0].label == "person"


async def test_a_model_that_is_not_there_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(ConfigFault, match="hearthwatch models fetch"):
        await Box.begin(Models(name="nanodet_plus_m_416", folder=tmp_path, hand_placed=None))


async def test_a_box_that_dies_or_hangs_is_told_and_takes_nothing_along(
    models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = await Box.begin(models)
    monkeypatch.setattr("hearthwatch.run.worker.LOOK_S", 0.2)
    os.kill(box.pid, signal.SIGSTOP)
    with pytest.raises(Unreachable, match="does not answer"):
        await box.look(person())
    await box.close()
    box = await Box.begin(models)
    os.kill(box.pid, signal.SIGKILL)
    with pytest.raises(Unreachable):
        await box.look(person())
    await box.close()


@pytest.mark.skipif(not gpu.is_here(), reason=gpu.WHY_NOT)
class TestGpu:
    async def test_it_finds_what_the_processor_finds(self, box: Box, models: Models) -> None:
        at_gpu = await Box.begin(replace(models, name="auto", on_gpu=True))
        try:
            assert re.match(r"nanodet_plus_m_416 on .+; box: system-call filter on", at_gpu.told), at_gpu.told
            there, here = (await at_gpu.look(person())).found[0][0], (await box.look(person())).found[0][0]
            assert (there.label, there.score) == (here.label, pytest.approx(here.score, abs=0.02))
            for side in ("x0", "y0", "x1", "y1"):
                assert getattr(there.box, side) == pytest.approx(getattr(here.box, side), abs=0.01)
            for data in hostile()[:3]:  # it is read in the box, before there are pixels
                with pytest.raises(Unsupported):
                    await at_gpu.look(Glance(camera=CameraId("gate"), at_us=WallUs(1), pieces=(Piece(box=WHOLE, jpeg=data),)))
            assert (await at_gpu.look(person())).found[0][0].label == "person"
        finally:
            await at_gpu.close()

    async def test_the_process_with_the_driver_dies_and_ends_with_its_box(self, models: Models) -> None:
        box = await Box.begin(replace(models, on_gpu=True))
        assert box.gpu_pid is not None
        os.kill(box.gpu_pid, signal.SIGKILL)
        with pytest.raises(Unreachable):
            await box.look(person())
        await box.close()
        box = await Box.begin(replace(models, on_gpu=True))
        driver = box.gpu_pid
        os.kill(box.pid, signal.SIGKILL)
        await box.close()
        with pytest.raises(ProcessLookupError):
            os.kill(driver, 0)

    async def test_no_gpu_and_no_model_for_one_are_said_in_words(
        self, models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with pytest.raises(ConfigFault, match="yolox_nano_416 cannot run on a graphics processor: take one of nanodet"):
            await Box.begin(replace(models, name="yolox_nano_416", on_gpu=True))
        with pytest.raises(ConfigFault, match="no model for a graphics processor is here"):
            await Box.begin(Models(name="auto", folder=tmp_path, hand_placed=None, on_gpu=True))
        monkeypatch.setenv("VK_ICD_FILENAMES", str(tmp_path / "none.json"))
        with pytest.raises(ConfigFault, match="mesa-vulkan-drivers"):
            await Box.begin(replace(models, on_gpu=True))


class Mortal:
    """A Looks that dies over pictures of the camera `bad`, as a box does whose decoder was broken into."""

    told = "mortal"

    def __init__(self, box: Box, begun: list[Mortal]) -> None:
        self._box = box
        begun.append(self)

    async def look(self, glance: Glance) -> object:
        if glance.camera == "bad":
            os.kill(self._box.pid, signal.SIGKILL)
        return await self._box.look(glance)

    async def close(self) -> None:
        await self._box.close()


async def test_a_picture_that_kills_the_box_is_handed_to_nobody_and_the_worker_goes_on(models: Models) -> None:
    table = WorkTable(SystemClock(), patience_s=300.0)
    begun: list[Mortal] = []

    async def begin() -> Mortal:
        return Mortal(await Box.begin(models), begun)

    worker = Worker(table, begin, SystemClock())  # type: ignore[arg-type]
    working = asyncio.create_task(worker.run())
    offers = OffersHere(table, NODE)
    with pytest.raises(Unsupported, match="could not be looked at"):
        await offers.offer(glance("bad"))
    answer = await offers.offer(person())
    assert answer.model == "nanodet_plus_m_416"
    assert (len(begun), worker.given_up, table.count().given_up) == (2, 1, 1)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


async def test_the_command_looks_for_a_hub_and_ends_when_told(tmp_path: Path) -> None:
    nats = pytest.importorskip("nats")
    async with nats_server(tmp_path) as url:
        client = await nats.connect(url)
        await prepare(client)
        offers = NatsOffers(client, NODE)
        await offers.open()
        words = ("-m", "hearthwatch", "worker", "--hub", url, "--model", "hog", "--data", str(tmp_path / "data"))
        process = await asyncio.create_subprocess_exec(sys.executable, *words, stdout=asyncio.subprocess.PIPE)
        answer = None
        while answer is None:
            with contextlib.suppress(Unreachable, Unsupported):  # nobody is there, or his first look took too long
                answer = await offers.offer(person())
        assert answer.model == "hog"
        process.send_signal(signal.SIGTERM)
        said, _errors = await process.communicate()
        assert (process.returncode, b"with 1 detector" in said) == (0, True)
        await client.close()
